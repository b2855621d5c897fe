"""What a backend brings: the few methods the rest of the tokenizer class stands on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.masks import flat_offsets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lexel._lexel import DecodeStream
    from lexel.added_token import AddedToken
    from lexel.batch_encoding import BatchEncoding
    from lexel.tokenizer.config import Compat

__all__ = ["BackendContract"]


_SPANS = {"return_offsets_mapping": True}


class BackendContract:
    """The methods a backend (or a tokenizer written from scratch) implements; each raises here."""

    def _lacks(self, method: str) -> str:
        return (
            f"{type(self).__name__} does not implement {method}; Tokenizer.from_pretrained(...) returns a complete "
            "tokenizer, and a class of your own derives from a backend (TokenizersBackend)"
        )

    @property
    def is_fast(self) -> bool:
        """Whether encodings know their spans."""
        return False

    @property
    def vocab_size(self) -> int:
        """The size of the model's vocabulary, added tokens left out."""
        raise NotImplementedError(self._lacks("vocab_size"))

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Id → added token, ascending by id."""
        raise NotImplementedError(self._lacks("added_tokens_decoder"))

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included, ascending by id."""
        raise NotImplementedError(self._lacks("get_vocab"))

    def __len__(self) -> int:
        raise NotImplementedError(self._lacks("__len__"))

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """Return how many special tokens a call adds to one text, or to a pair."""
        raise NotImplementedError(self._lacks("num_special_tokens_to_add"))

    def tokenize(
        self, text: str, pair: str | None = None, add_special_tokens: bool = False, **kwargs: Any
    ) -> list[str]:
        """Return the token strings of a text, in the vocabulary's own writing."""
        raise NotImplementedError(self._lacks("tokenize"))

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        """Return the token of an id, or the tokens of many; None for ids that do not exist."""
        raise NotImplementedError(self._lacks("convert_ids_to_tokens"))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that token strings stand for."""
        raise NotImplementedError(self._lacks("convert_tokens_to_string"))

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary in the format of the tokenizer's original files; return their paths."""
        raise NotImplementedError(self._lacks("save_vocabulary"))

    def token_bytes(self, index: int) -> bytes | None:
        """Return the exact bytes an id contributes to a decoded text; None for ids that do not exist.

        Raises:
            UnsupportedError: a decoder whose text for a token depends on its neighbours.
        """
        raise NotImplementedError(self._lacks("token_bytes"))

    def token_bytes_table(self) -> list[bytes]:
        """Return `token_bytes` of every id, by id; b"" for ids that do not exist.

        Raises:
            UnsupportedError: as `token_bytes`.
        """
        raise NotImplementedError(self._lacks("token_bytes_table"))

    def decode_stream(self, *, skip_special_tokens: bool = False) -> DecodeStream:
        """Return an object that turns ids into text one by one, as a model generates them."""
        raise NotImplementedError(self._lacks("decode_stream"))

    def _encode_plus(self, text: Any, text_pair: Any = None, **options: Any) -> BatchEncoding:
        raise NotImplementedError(self._lacks("_encode_plus"))

    def _encode_spans(self, text: str, plain: bool) -> tuple[list[int], list[tuple[int, int]]]:
        """Return ids and spans of a text, no special tokens written; `plain`: added tokens in it are mere text."""
        raise NotImplementedError(self._lacks("_encode_spans"))

    def _encode_texts(self, texts: list[str], *, plain: bool, spans: bool) -> tuple[list[list[int]], Any]:
        """Return the ids of every text, and their spans behind each other, int64 `[tokens, 2]` (None: not asked for).

        Args:
            texts: encoded each by itself, no special tokens written.
            plain: added tokens in them are mere text.
            spans: whether to compute where the tokens stand.

        Raises:
            UnsupportedError: spans of a tokenizer that does not know them.
        """
        if not spans:
            options: dict[str, Any] = {"add_special_tokens": False, "split_special_tokens": plain, "verbose": False}
            tokenizer: Any = self
            return [tokenizer.encode(text, **options) for text in texts], None
        rows = [self._encode_spans(text, plain) for text in texts]
        return [ids for ids, _ in rows], flat_offsets([places for _, places in rows])

    def _normalized_tokens(self) -> list[int]:
        """Return the added tokens that are looked for in texts a normalizer has changed."""
        return []

    def _encode_placed(self, texts: str | list[str], **options: Any) -> tuple[BatchEncoding, list[int], Any]:
        """Return the result of a call, the length of each of its rows, and the spans of all their tokens.

        Args:
            texts: one text, or a batch.
            **options: arguments of the call.

        Returns:
            The spans are int64 `[tokens, 2]`, rows behind each other; padding is at (0, 0).

        Raises:
            UnsupportedError: a tokenizer that does not know its spans.
        """
        wanted, tensors = options.pop("return_offsets_mapping", False), options.pop("return_tensors", None)
        tokenizer: Any = self
        made: BatchEncoding = tokenizer([texts] if tensors and isinstance(texts, str) else texts, **options, **_SPANS)
        flat = tensors is None and isinstance(texts, str)
        ids, spans = made["input_ids"], made.pop("offset_mapping")
        rows = [spans] if flat else spans
        left = (options.get("padding_side") or tokenizer.padding_side) == "left"
        # Rows are padded after their spans were found.
        for row, padded in zip(rows, [ids] if flat else ids, strict=True):
            gap = [(0, 0)] * (len(padded) - len(row))
            row[:] = [*gap, *row] if left else [*row, *gap]
        if wanted:
            made["offset_mapping"] = spans
        return made.convert_to_tensors(tensors), [len(row) for row in rows], flat_offsets(rows)

    def _cutting_words(self) -> Mapping[str, int | None] | None:
        """Return the texts that are found before anything else looks at a text, leftmost and longest first.

        Returns:
            Each with its id, or None if its neighbours decide whether it is found. None instead of a mapping: what is
            left and right of such a text is not encoded as if each were alone.
        """
        return None

    def _encoding_state(self) -> Any:
        """Return a value that stays equal as long as `_cutting_words` and the ids of texts do, as far as is known."""
        return None

    def _decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **kwargs: Any,
    ) -> str:
        raise NotImplementedError(self._lacks("_decode"))

    def _decode_rows(self, rows: Sequence[Any], **options: Any) -> list[str]:
        return [self._decode(row, **options) for row in rows]

    def _add_tokens(self, new_tokens: Sequence[Any], special_tokens: bool = False) -> int:
        raise NotImplementedError(self._lacks("_add_tokens"))

    def _convert_token_to_id_with_added_voc(self, token: str) -> int | None:
        raise NotImplementedError(self._lacks("_convert_token_to_id_with_added_voc"))

    def _save_backend(self, folder: Path, prefix: str, legacy_format: bool | None) -> tuple[str, ...]:
        """Write the files of the backend; return their paths."""
        if legacy_format is False:
            raise ValueError(f"{type(self).__name__} has no unified file; legacy_format=False is for TokenizersBackend")
        return tuple(self.save_vocabulary(str(folder), prefix[:-1] or None))

    def _saved_state(self) -> dict[str, Any]:
        """Return what the configuration states that no file of the backend holds."""
        return {}

    def _backend_state(self) -> str:
        """Return all that decides what the backend does, as text."""
        return json.dumps(sorted(self.get_vocab().items()))

    def _saved_class_name(self, compat: Compat, stated: Mapping[str, Any]) -> str:
        """Return the class name a saved configuration states beside these settings."""
        del compat, stated
        return type(self).__name__
