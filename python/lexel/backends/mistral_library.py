"""The library mistral-common behind one object: a tokenizer's file, its pieces, its text, its conversations.

The library is imported when a tokenizer is made, not before.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from lexel.backends.mistral_spans import spans_of
from lexel.backends.surrogates import replace_surrogates
from lexel.errors import FormatError, LoadError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["MistralLibrary", "choose_file", "mode_of"]

_SPACE = "▁"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_MISSING = "MistralCommonBackend runs tokenizers with the library mistral-common: pip install 'lexel[mistral]'"


def mode_of(mode: Any) -> Any:
    """Return a mode of validation by its name, or as the library has it.

    Raises:
        ValueError: there is no such mode.
        MissingDependencyError: the library is not installed.
    """
    try:
        from mistral_common.protocol.instruct.validator import ValidationMode
    except ImportError as error:
        raise MissingDependencyError(_MISSING) from error
    if isinstance(mode, ValidationMode):
        return mode
    names = [known.value for known in ValidationMode]
    if mode not in names:
        raise ValueError(f"there is no mode {mode!r} of mistral-common tokenizers; there are {', '.join(names)}")
    return ValidationMode(mode)


def choose_file(names: Sequence[str], where: str) -> str:
    """Return which of a folder's files is the library's: tekken.json before the newest `tokenizer.model.v…`.

    Raises:
        FormatError: none is.
    """
    from mistral_common.tokens.tokenizers.utils import get_one_valid_tokenizer_file

    try:
        return str(get_one_valid_tokenizer_file(list(names)))
    except ValueError as error:
        raise FormatError(
            f"{where!r} has no tokenizer file of mistral-common (tekken.json, or tokenizer.model with a version as in "
            f"tokenizer.model.v3); it has {', '.join(names[:12]) or 'no files'}"
        ) from error


def _piece_bytes(piece: str) -> bytes:
    found = _BYTE.fullmatch(piece)
    return bytes([int(found[1], 16)]) if found else piece.encode()


class MistralLibrary:
    """One tokenizer of the library; it never changes, so that copies share it.

    Attributes:
        tokenizer: the library's tokenizer, a `MistralTokenizer`.
        pieces: what of it knows pieces and texts.
        is_tekken: whether that is a tekken vocabulary, whose pieces are bytes; otherwise it is a SentencePiece model.
        size: how many ids there are.
        digest: a hash of the file, its version and the mode.
        ends_texts: whether texts get an end.

    Args:
        path: its file.
        mode: how strictly conversations are checked, and whether texts get an end.

    Raises:
        LoadError: there is no such file.
        FormatError: the library does not know the file.
        MissingDependencyError: the library is not installed, or, for a SentencePiece model, that one is not.
    """

    def __init__(self, path: Path, mode: Any) -> None:
        self.path = path
        self.mode = mode_of(mode)
        try:
            from mistral_common.exceptions import TokenizerException
            from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
            from mistral_common.tokens.tokenizers.tekken import Tekkenizer
        except ImportError as error:
            raise MissingDependencyError(_MISSING) from error
        if not path.is_file():
            raise LoadError(
                f"there is no tokenizer file {str(path)!r}; to load a folder or a hub repository use "
                "MistralCommonBackend.from_pretrained(...)"
            )
        try:
            self.tokenizer: Any = MistralTokenizer.from_file(str(path), mode=self.mode)
        except ImportError as error:
            raise MissingDependencyError(
                f"{path.name} is a SentencePiece model: pip install 'lexel[mistral]'"
            ) from error
        except (TokenizerException, KeyError, ValueError, RuntimeError, AssertionError) as error:
            raise FormatError(f"mistral-common cannot read {str(path)!r}: {error}") from error
        self.pieces: Any = self.tokenizer.instruct_tokenizer.tokenizer
        self.is_tekken = isinstance(self.pieces, Tekkenizer)
        stated = f"{self.pieces.version.value} {self.mode.value} ".encode()
        self.digest = hashlib.sha256(stated + path.read_bytes()).hexdigest()
        self.size = int(self.pieces.n_words)
        self.ends_texts = self.mode.value == "finetuning"

    # Pickled it is its file's path: the library's own tables are large, and are made of that file again.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.mode.value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """The ids of all control tokens."""
        return frozenset(int(index) for index in self.pieces.special_ids)

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Piece → id, ascending by id. Pieces that are parts of characters have no writing of their own: many are one
        entry then, with the id of the unknown token.
        """
        found = {piece: self.id_of(piece) for piece in self.pieces.vocab()}
        unknown = self.pieces.unk_id
        return dict(sorted(((piece, unknown if i is None else i) for piece, i in found.items()), key=lambda e: e[1]))

    @cached_property
    def _ids(self) -> dict[bytes, int]:
        """Bytes → id of a tekken vocabulary; of two with the same bytes, the control token."""
        return {self.bytes_of(index): index for index in reversed(range(self.size))}

    def bytes_of(self, index: int) -> bytes:
        """Return the bytes of an id of a tekken vocabulary; of a control token those of its name."""
        from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

        return bytes(self.pieces.id_to_byte_piece(index, SpecialTokenPolicy.KEEP))

    def id_of(self, piece: str) -> int | None:
        """Return the id of a piece; None for an unknown one."""
        if self.is_tekken:
            return self._ids.get(piece.encode("utf-8", "replace"))
        index = int(self.pieces.get_special_token(piece.encode("utf-8", "replace").decode()))
        return index if index != self.pieces.unk_id or piece == self.pieces.id_to_piece(index) else None

    def piece(self, index: int) -> str | None:
        """Return the piece of an id; None for an id there is not."""
        return str(self.pieces.id_to_piece(index)) if 0 <= index < self.size else None

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; control tokens in it are ordinary characters."""
        return list(self.pieces.encode(replace_surrogates(text), bos=False, eos=False))

    def encode_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the ids of a text, and the code points of it each stands for.

        Raises:
            UnsupportedError: the ids do not spell the text.
        """
        ids, text = self.encode(text), replace_surrogates(text)
        if self.is_tekken or not ids:
            return ids, spans_of([self.bytes_of(index) for index in ids], text)
        # A SentencePiece model writes spaces as a character, and one before the text.
        pieces = [_piece_bytes(str(self.pieces.id_to_piece(index))) for index in ids]
        spans = spans_of(pieces, _SPACE + text.replace(" ", _SPACE))
        return ids, [(max(start - 1, 0), end - 1) for start, end in spans]

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        """Return the text of ids.

        Args:
            ids: those outside the vocabulary are dropped, as of padded model heads.
            skip_special_tokens: whether control tokens are left out.

        Raises:
            OverflowError: a negative id.
        """
        from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

        known = []
        for value in ids:
            index = int(value)
            if index < 0:
                raise OverflowError(f"ids are not negative, and {index} is; labels with -100 are no text")
            if index < self.size:
                known.append(index)
        policy = SpecialTokenPolicy.IGNORE if skip_special_tokens else SpecialTokenPolicy.KEEP
        return str(self.tokenizer.decode(known, special_token_policy=policy))

    def converse(self, messages: list[Any], **request: Any) -> Any:
        """Return how the library encodes a conversation: an object with `tokens`, `images` and `audios`."""
        from mistral_common.protocol.instruct.request import ChatCompletionRequest

        return self.tokenizer.encode_chat_completion(ChatCompletionRequest.from_openai(messages=messages, **request))
