"""`tok.as_tiktoken()`: a tokenizer in tiktoken's way of working.

Source: the surface, results and errors are those of `tiktoken.Encoding` (0.14). Of a tokenizer that does not come from
ranks the ids are what our engine gives; its special tokens are those tiktoken would call so.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from lexel.backends.tiktoken_arguments import (
    Allowed,
    Disallowed,
    allowed_and_disallowed,
    check_disallowed,
    check_set,
    check_text,
    id_of,
    ids_of,
    splitter,
)
from lexel.errors import UnsupportedError
from lexel.spec import leaves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    import numpy as np
    import numpy.typing as npt

    from lexel.backends.engine import AnyEngine

__all__ = ["TiktokenEncoding"]


class TiktokenEncoding:
    """A byte-level tokenizer with the methods of `tiktoken.Encoding`.

    Ids are ints, offsets code points of the decoded text. It is a view of the tokenizer as it was when it was made:
    what is added to that later is not seen here.

    Args:
        engine: what encodes and decodes.
        name: what it is called.

    Raises:
        UnsupportedError: the tokenizer is no byte-level BPE; says what it is.

    Example:
        ::

            enc = tok.as_tiktoken()
            enc.encode("hello <|endoftext|>", allowed_special={"<|endoftext|>"})
    """

    def __init__(self, engine: AnyEngine, name: str) -> None:
        _check_byte_level(engine)
        self.name = name
        self._engine = engine
        added = engine.added_tokens()
        self._special = {content: index for index, (content, *_, special) in added if special}
        self._special |= engine.added_token_aliases()
        self._special_ids = set(self._special.values())
        self.max_token_value: int = engine.max_id() or 0

    def __repr__(self) -> str:
        return f"<Encoding {self.name!r}>"

    # --- encoding -----------------------------------------------------------------------------------------------------

    def encode_ordinary(self, text: str) -> list[int]:
        """Encode a text, taking special tokens in it for plain text."""
        return self._plain(check_text(text))

    def encode(
        self, text: str, *, allowed_special: Allowed = frozenset(), disallowed_special: Disallowed = "all"
    ) -> list[int]:
        """Encode a text.

        Args:
            text: the text.
            allowed_special: special tokens that are recognised; "all": every one.
            disallowed_special: special tokens the text must not contain; "all": every one that is not allowed. Others
                are plain text.

        Raises:
            ValueError: the text contains a disallowed token; says which, and the options.
            TypeError: no text, or no set.
        """
        allowed, disallowed = allowed_and_disallowed(allowed_special, disallowed_special, self.special_tokens_set)
        check_disallowed(text, disallowed)
        return self._encode(text, allowed)

    def _encode(self, text: Any, allowed: AbstractSet[str]) -> list[int]:
        text = check_text(text)
        check_set(allowed)
        if not allowed or allowed.isdisjoint(self._special):
            return self._plain(text)
        if allowed >= self._special.keys():
            return self._engine.encode(text, add_special_tokens=False, split_special_tokens=False)
        ids: list[int] = []
        for plain, token in splitter(frozenset(allowed & self._special.keys()), text):
            ids += self._plain(plain)
            if token is not None:
                ids.append(self._special[token])
        return ids

    def _plain(self, text: str) -> list[int]:
        return self._engine.encode(text, add_special_tokens=False, split_special_tokens=True) if text else []

    def encode_to_numpy(
        self, text: str, *, allowed_special: Allowed = frozenset(), disallowed_special: Disallowed = "all"
    ) -> npt.NDArray[np.uint32]:
        """Encode a text to an array, uint32 [length], read-only; the arguments are those of `encode`.

        Raises:
            UnicodeEncodeError: the text has surrogates, which here are not replaced.
        """
        import numpy as np

        allowed, disallowed = allowed_and_disallowed(allowed_special, disallowed_special, self.special_tokens_set)
        check_disallowed(text, disallowed)
        if isinstance(text, str):
            text.encode("utf-8")
        made = np.asarray(self._encode(text, allowed), dtype=np.uint32)
        made.flags.writeable = False
        return made

    def encode_ordinary_batch(self, text: list[str], *, num_threads: int = 8) -> list[list[int]]:
        """Encode texts in parallel, taking special tokens in them for plain text."""
        return self._batch([check_text(one) for one in text], num_threads, special=False)

    def encode_batch(
        self,
        text: list[str],
        *,
        num_threads: int = 8,
        allowed_special: Allowed = frozenset(),
        disallowed_special: Disallowed = "all",
    ) -> list[list[int]]:
        """Encode texts in parallel; the arguments are those of `encode`."""
        allowed, disallowed = allowed_and_disallowed(allowed_special, disallowed_special, self.special_tokens_set)
        _check_threads(num_threads)
        texts = []
        for one in text:
            check_disallowed(one, disallowed)
            texts.append(check_text(one))
        check_set(allowed)
        if not allowed or allowed.isdisjoint(self._special):
            return self._batch(texts, num_threads, special=False)
        if allowed >= self._special.keys():
            return self._batch(texts, num_threads, special=True)
        return [self._encode(one, allowed) for one in texts]

    def _batch(self, texts: list[str], num_threads: int, *, special: bool) -> list[list[int]]:
        _check_threads(num_threads)
        made = self._engine.encode_batch(
            texts, add_special_tokens=False, split_special_tokens=not special, offsets=False, num_threads=num_threads
        )
        return made.lists("ids")

    def encode_with_unstable(
        self, text: str, *, allowed_special: Allowed = frozenset(), disallowed_special: Disallowed = "all"
    ) -> tuple[list[int], list[list[int]]]:
        """Encode a text to the tokens that stay whatever follows, and the ways in which it may go on from there.

        Returns:
            The stable ids, and sequences of ids, in no order, each of which begins with the rest of the text.
        """
        from lexel.backends.tiktoken_unstable import with_completions

        allowed, disallowed = allowed_and_disallowed(allowed_special, disallowed_special, self.special_tokens_set)
        check_disallowed(text, disallowed)
        if isinstance(text, str):
            text.encode("utf-8")
        check_text(text)
        check_set(allowed)
        parts = list(splitter(frozenset(allowed & self._special.keys()), text))
        ids: list[int] = []
        for plain, token in parts[:-1]:
            ids += self._plain(plain)
            ids += [] if token is None else [self._special[token]]
        words = self._engine.encode_batch(
            [parts[-1][0]], add_special_tokens=False, split_special_tokens=True, offsets=True
        ).row(0)
        last = sum(word == words.word_ids[-1] for word in words.word_ids) if words.ids else 0
        return with_completions([*ids, *words.ids], last, self._ranks, self._bytes, self._plain)

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """Return the id of a token; special tokens are tokens here.

        Raises:
            KeyError: there is no such token.
        """
        piece = text_or_bytes.encode("utf-8") if isinstance(text_or_bytes, str) else text_or_bytes
        if not isinstance(piece, bytes):
            found = "'None'" if piece is None else f"'{type(piece).__name__}' object"
            raise TypeError(f"{found} is not an instance of 'bytes'")
        index = self._ranks.get(piece)
        if index is None:
            index = self._special.get(piece.decode("utf-8", "replace"))
        if index is None:
            raise KeyError(piece)
        return index

    # --- decoding -----------------------------------------------------------------------------------------------------

    def decode_bytes(self, tokens: Sequence[int]) -> bytes:
        """Return the bytes of ids.

        Raises:
            KeyError: an id that is no token.
        """
        ids = ids_of(tokens)
        try:
            return b"".join(map(self._bytes.__getitem__, ids))
        except KeyError as error:
            raise KeyError(f"Invalid token for decoding: {error.args[0]}") from None

    def decode(self, tokens: Sequence[int], errors: str = "replace") -> str:
        """Return the text of ids; `errors` says what becomes of bytes that are no UTF-8, as in `bytes.decode`.

        Raises:
            KeyError: an id that is no token.
        """
        return self.decode_bytes(tokens).decode("utf-8", errors=errors)

    def decode_single_token_bytes(self, token: int) -> bytes:
        """Return the bytes of one id.

        Raises:
            KeyError: it is no token.
        """
        index = id_of(token)
        found = self._bytes.get(index)
        if found is None:
            raise KeyError(str(index))
        return found

    def decode_tokens_bytes(self, tokens: Sequence[int]) -> list[bytes]:
        """Return the bytes of each id."""
        return [self.decode_single_token_bytes(token) for token in tokens]

    def decode_with_offsets(self, tokens: Sequence[int]) -> tuple[str, list[int]]:
        """Return the text of ids, and where in it each begins, in code points.

        A token that begins inside a character begins where the character does.

        Raises:
            UnicodeDecodeError: the bytes are no UTF-8.
        """
        pieces = self.decode_tokens_bytes(tokens)
        offsets, length = [], 0
        for piece in pieces:
            continues = 0x80 <= piece[0] < 0xC0
            offsets.append(max(0, length - continues))
            length += len(piece) - sum(0x80 <= byte < 0xC0 for byte in piece)
        return b"".join(pieces).decode("utf-8", errors="strict"), offsets

    def decode_batch(
        self, batch: Sequence[Sequence[int]], *, errors: str = "replace", num_threads: int = 8
    ) -> list[str]:
        """Return the texts of rows of ids."""
        _check_threads(num_threads)
        return [self.decode(tokens, errors=errors) for tokens in batch]

    def decode_bytes_batch(self, batch: Sequence[Sequence[int]], *, num_threads: int = 8) -> list[bytes]:
        """Return the bytes of rows of ids."""
        _check_threads(num_threads)
        return [self.decode_bytes(tokens) for tokens in batch]

    # --- vocabulary ---------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _bytes(self) -> dict[int, bytes]:
        """The bytes of every id; of special tokens their text."""
        joined, ends = self._engine.token_bytes_table()
        places = ends.tolist()
        known = self._engine.vocab(True).values()
        made = {index: joined[places[index] : places[index + 1]] for index in known}
        return made | {index: text.encode() for text, index in reversed(self._special.items())}

    @functools.cached_property
    def _ranks(self) -> dict[bytes, int]:
        """The id of every token that is not special."""
        return {token: index for index, token in self._bytes.items() if index not in self._special_ids}

    def token_byte_values(self) -> list[bytes]:
        """Return the bytes of all tokens that are not special, sorted."""
        return sorted(self._ranks)

    @property
    def eot_token(self) -> int:
        """The id of `<|endoftext|>`; KeyError where there is none."""
        return self._special["<|endoftext|>"]

    @functools.cached_property
    def special_tokens_set(self) -> set[str]:
        """The special tokens."""
        return set(self._special)

    def is_special_token(self, token: int) -> bool:
        """Return whether an id is that of a special token."""
        if not isinstance(token, int):
            raise AssertionError
        return token in self._special_ids

    @property
    def n_vocab(self) -> int:
        """The largest id, and one."""
        return self.max_token_value + 1


def _check_threads(count: int) -> None:
    if count <= 0:
        raise ValueError("max_workers must be greater than 0")


def _check_byte_level(engine: AnyEngine) -> None:
    kind = json.loads(engine.model_info()).get("type")
    if kind != "BPE":
        raise UnsupportedError(f"tiktoken's way of working is for byte-level BPE, and this model is {kind}")
    for stage in ("pre_tokenizer", "decoder"):
        found = leaves(json.loads(engine.component(stage) or "{}"))
        if not any(leaf.get("type") == "ByteLevel" for leaf in found):
            kinds = ", ".join(str(leaf.get("type")) for leaf in found if leaf) or "none"
            raise UnsupportedError(
                f"tiktoken's way of working is for byte-level BPE, and the {stage} of this tokenizer is not: {kinds}"
            )
