"""The calls of a tokenizer of mistral-common: texts or ids to rows, one text a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.backends.mistral_fixed import FixedVocabulary
from lexel.batch_encoding import BatchEncoding
from lexel.padding import PaddingStrategy, TruncationStrategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lexel.backends.mistral_library import MistralLibrary
    from lexel.batch_encoding import TensorType

__all__ = ["MistralRows", "refuse_unknown"]

_CLASS = "MistralCommonBackend"
# What other tokenizers take and these do not; switched off they are no request.
_NOT_HERE = ("is_split_into_words", "return_offsets_mapping", "split_special_tokens")
_ENCODE = ("pad_to_multiple_of", "return_attention_mask", "verbose")
_PER_ROW = ("return_token_type_ids", "return_special_tokens_mask", "return_length", "verbose")
_PADDING = ("pad_to_multiple_of", "padding_side", "return_attention_mask")


def refuse_unknown(method: str, given: Mapping[str, Any], known: Iterable[str] = ()) -> None:
    """Raise `ValueError` for arguments a method does not have, naming both."""
    unknown = [key for key in given if key not in known and (key not in _NOT_HERE or given[key])]
    if unknown:
        raise ValueError(f"Kwargs {unknown} are not supported by `{_CLASS}.{method}`.")


def _refuse_truncation_of_pairs(truncation: Any) -> None:
    """Raise `ValueError` for strategies of pairs, even where nothing is too long."""
    name = truncation.value if isinstance(truncation, TruncationStrategy) else truncation
    if isinstance(name, str) and name in ("only_first", "only_second"):
        raise ValueError(f"Truncation strategy `{name}` is for pairs, which `{_CLASS}` does not have.")


def _refuse_second(what: str, value: Any) -> None:
    if value is not None:
        raise ValueError(f"{what} is not supported by `{_CLASS}`, whose rows are of one text each; it must be None")


class MistralRows(FixedVocabulary):
    """A tokenizer whose rows are of one text, with a beginning and, for training, an end."""

    _library: MistralLibrary

    def __call__(
        self,
        text: Any = None,
        text_pair: Any = None,
        text_target: Any = None,
        text_pair_target: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> BatchEncoding:
        """Encode a text, the ids of one, or a batch of either.

        Args:
            text: a str, a list of ids, or a list of these.
            text_pair: refused, as are targets: rows are of one text.
            text_target: refused.
            text_pair_target: refused.
            *args: as for every tokenizer.
            **kwargs: as for every tokenizer, but for words, offsets and `split_special_tokens`.

        Returns:
            The columns asked for. What truncation cuts off is a column of its own, `overflowing_tokens`.

        Raises:
            ValueError: no text, or an argument these tokenizers do not have.
        """
        _refuse_second("text_pair", text_pair)
        _refuse_second("text_target", text_target)
        _refuse_second("text_pair_target", text_pair_target)
        refuse_unknown("__call__", {key: kwargs[key] for key in _NOT_HERE if key in kwargs})
        # After the four texts come add_special_tokens, padding and truncation.
        _refuse_truncation_of_pairs(args[2] if len(args) > 2 else kwargs.get("truncation"))
        return super().__call__(text, None, None, None, *args, **kwargs)

    def encode(self, text: Any, text_pair: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the `input_ids` of the call with these arguments: a list of ids, a list of lists, or an array.

        Raises:
            ValueError: a pair, or an argument this method does not have.
        """
        _refuse_second("text_pair", text_pair)
        positional = ("add_special_tokens", "padding", "truncation", "max_length", "stride", "padding_side")
        refuse_unknown("encode", kwargs, (*positional, "return_tensors", *_ENCODE))
        _refuse_truncation_of_pairs(args[2] if len(args) > 2 else kwargs.get("truncation"))
        return super().encode(text, None, *args, **kwargs)

    def batch_decode(
        self,
        sequences: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Return the texts of many rows, always as a list; a flat list of ids is one row."""
        refuse_unknown("batch_decode", kwargs, ("errors",))
        return super().batch_decode(sequences, skip_special_tokens, clean_up_tokenization_spaces, **kwargs)

    def _encode_plus(self, text: Any, text_pair: Any = None, **options: Any) -> BatchEncoding:
        _refuse_second("text_pair", text_pair)
        pad: PaddingStrategy = options.pop("padding_strategy", PaddingStrategy.DO_NOT_PAD)
        cut: TruncationStrategy = options.pop("truncation_strategy", TruncationStrategy.DO_NOT_TRUNCATE)
        limit: int | None = options.pop("max_length", None)
        tensors: str | TensorType | None = options.pop("return_tensors", None)
        overflow: bool = options.pop("return_overflowing_tokens", False)
        offsets: bool = options.pop("return_offsets_mapping", False)
        padding = {key: options.pop(key) for key in _PADDING if key in options}
        padding |= {"padding": pad.value, "max_length": limit}
        shared = {key: options.pop(key) for key in (*_PER_ROW, "add_special_tokens", "stride") if key in options}
        shared |= {"truncation": cut.value, "max_length": limit}
        refuse_unknown("__call__", options)
        _refuse_truncation_of_pairs(cut)
        if offsets and isinstance(text, str):
            # For the views of a text: callers get no offsets, as in the reference.
            ids, shared["ids_offsets"] = self._library.encode_spans(text)
            return super().prepare_for_model(ids, **{**padding, **shared})
        rows, batched = self._rows(text)
        if not batched:
            asked = {**padding, **shared, "return_tensors": tensors, "return_overflowing_tokens": overflow}
            return self.prepare_for_model(rows[0], **asked, prepend_batch_axis=True)
        # Rows of what was cut off have no common length, and make no tensor.
        shared |= {"return_overflowing_tokens": overflow and tensors is None, "return_attention_mask": False}
        made = [self.prepare_for_model(row, **shared) for row in rows]
        # A row of which nothing was cut off has nothing in two columns.
        keys = dict.fromkeys(key for row in made for key in row) if made else self.model_input_names
        columns: dict[str, Any] = {key: [row.get(key, [0]) for row in made] for key in keys}
        return BatchEncoding(self.pad(columns, **padding) if made else columns, tensor_type=tensors)

    def _encode_spans(self, text: str, plain: bool) -> tuple[list[int], list[tuple[int, int]]]:
        del plain  # Control tokens in a text are never more than its characters.
        return self._library.encode_spans(text)

    def _rows(self, text: Any) -> tuple[list[list[int]], bool]:
        """Return the ids of every row, and whether the caller gave a batch."""
        if isinstance(text, (list, tuple)) and (not text or isinstance(text[0], (str, list, tuple))):
            return [self._ids(row) for row in text], True
        return [self._ids(text)], False

    def _ids(self, text: Any) -> list[int]:
        if isinstance(text, str):
            return self._library.encode(text)
        if isinstance(text, (list, tuple)) and all(hasattr(index, "__index__") for index in text):
            return [int(index) for index in text]
        raise ValueError(f"Input {text!r:.80} is not valid. Should be a string, or a list/tuple of integers.")

    # --- special tokens around a row ----------------------------------------------------------------------------------

    def prepare_for_model(self, ids: list[int], pair_ids: Any = None, *args: Any, **kwargs: Any) -> BatchEncoding:
        """Make an input of ids: truncate, write special tokens, pad; arguments as in a call.

        Raises:
            TypeError: a text in place of ids.
            ValueError: a second sequence, or an argument this method does not have.
        """
        _refuse_second("pair_ids", pair_ids)
        known = ("add_special_tokens", "padding", "truncation", "max_length", "stride", "return_tensors")
        own = ("return_overflowing_tokens", "prepend_batch_axis")
        refuse_unknown("prepare_for_model", kwargs, (*known, *own, *_PADDING, *_PER_ROW))
        kwargs = {key: value for key, value in kwargs.items() if key not in _NOT_HERE}
        if len(args) < 3:
            kwargs.setdefault("truncation", None)  # so that a length alone cuts, as in a call
        return super().prepare_for_model(ids if isinstance(ids, str) else list(ids), None, *args, **kwargs)

    def truncate_sequences(
        self,
        ids: list[int],
        pair_ids: Any = None,
        num_tokens_to_remove: int = 0,
        truncation_strategy: str | TruncationStrategy = "longest_first",
        stride: int = 0,
        **_ignored: Any,
    ) -> tuple[list[int], None, list[int]]:
        """Remove ids from a sequence; return it, None, and what was removed (with `stride` kept ids).

        Raises:
            ValueError: a second sequence, or a strategy for pairs.
        """
        _refuse_second("pair_ids", pair_ids)
        strategy = TruncationStrategy(truncation_strategy)
        if strategy in (TruncationStrategy.ONLY_FIRST, TruncationStrategy.ONLY_SECOND):
            raise ValueError(f"Truncation strategy `{strategy.value}` is for pairs, which `{_CLASS}` does not have.")
        kept, _, removed = super().truncate_sequences(ids, None, num_tokens_to_remove, strategy, stride)
        return kept, None, removed

    def _around(self) -> tuple[list[int], list[int]]:
        pieces = self._library.pieces
        return [int(pieces.bos_id)], [int(pieces.eos_id)] if self._library.ends_texts else []

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """Return how many special tokens a call adds to a text."""
        _refuse_second("pair=True", pair or None)
        return sum(map(len, self._around()))

    def build_inputs_with_special_tokens(self, token_ids_0: list[int], token_ids_1: Any = None) -> list[int]:
        """Return the ids of a sequence with its beginning and, in the mode "finetuning", its end."""
        _refuse_second("token_ids_1", token_ids_1)
        before, after = self._around()
        return [*before, *token_ids_0, *after]

    def create_token_type_ids_from_sequences(self, token_ids_0: list[int], token_ids_1: Any = None) -> list[int]:
        """Return zeros, special tokens included."""
        _refuse_second("token_ids_1", token_ids_1)
        return [0] * (len(token_ids_0) + self.num_special_tokens_to_add())

    def get_special_tokens_mask(
        self, token_ids_0: Sequence[int], token_ids_1: Any = None, already_has_special_tokens: bool = False
    ) -> list[int]:
        """Return 1 for every special token, 0 for the others: of a finished row, or of what would be made of ids."""
        _refuse_second("token_ids_1", token_ids_1)
        if already_has_special_tokens:
            return [int(int(index) in self._library.special_ids) for index in token_ids_0]
        before, after = self._around()
        return [1] * len(before) + [0] * len(token_ids_0) + [1] * len(after)
