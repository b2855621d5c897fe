"""From ids to what a model takes: special tokens around sequences, truncation, type ids, padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.backends.patterns import slots
from lexel.backends.truncation import truncate
from lexel.batch_encoding import BatchEncoding, TensorType
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel.backends.patterns import Slot

__all__ = ["ModelInputs", "Offsets"]

Offsets = list[tuple[int, int]]


class ModelInputs(Tokenizer):
    """A tokenizer whose special tokens are written in Python, by the pattern it states."""

    token_type_ids_pattern: str
    token_type_ids_include_special_tokens: bool
    special_tokens_pattern: str | None

    def prepare_for_model(
        self,
        ids: list[int],
        pair_ids: list[int] | None = None,
        add_special_tokens: bool = True,
        padding: bool | str | PaddingStrategy = False,
        truncation: bool | str | TruncationStrategy = False,
        max_length: int | None = None,
        stride: int = 0,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | TensorType | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_length: bool = False,
        verbose: bool = True,
        prepend_batch_axis: bool = False,
        ids_offsets: Offsets | None = None,
        pair_ids_offsets: Offsets | None = None,
        **_ignored: Any,
    ) -> BatchEncoding:
        """Make an input of ids: truncate, write special tokens, pad.

        Args:
            ids: the ids of the first sequence.
            pair_ids: those of the second.
            add_special_tokens: whether special tokens are written.
            padding: as in a call.
            truncation: as in a call.
            max_length: as in a call.
            stride: how many kept ids `overflowing_tokens` repeats.
            pad_to_multiple_of: as in a call.
            padding_side: as in a call.
            return_tensors: as in a call.
            return_token_type_ids: None: if the model takes them.
            return_attention_mask: None: if the model takes one.
            return_overflowing_tokens: add what was cut off, `overflowing_tokens`, and `num_truncated_tokens`.
            return_special_tokens_mask: add 1 for special tokens that were written.
            return_length: add the number of ids.
            verbose: whether to log hints.
            prepend_batch_axis: tensors get a first axis of length 1.
            ids_offsets: where the ids stand in their text; then `offset_mapping` is added.
            pair_ids_offsets: the same of the second sequence.

        Raises:
            TypeError: a text in place of ids.
            ValueError: overflowing ids of a pair truncated by "longest_first": they come from both sequences.
        """
        if isinstance(ids, str) or isinstance(pair_ids, str):
            raise TypeError("prepare_for_model takes ids, not a str; call the tokenizer with texts")
        pad, cut, limit = self._strategies(padding, truncation, max_length, pad_to_multiple_of, verbose)
        pair = pair_ids is not None
        if return_overflowing_tokens and cut is TruncationStrategy.LONGEST_FIRST and pair:
            raise ValueError(
                "Not possible to return overflowing tokens for pair of sequences with the `longest_first`. Please "
                "select another truncation strategy than `longest_first`, for instance `only_second` or `only_first`."
            )
        special = self.num_special_tokens_to_add(pair=pair) if add_special_tokens else 0
        total = len(ids) + len(pair_ids or ()) + special
        overflow: list[int] = []
        if cut is not TruncationStrategy.DO_NOT_TRUNCATE and limit and total > limit:
            remove = total - limit
            if ids_offsets is not None:
                side = self.truncation_side
                ids_offsets, pair_ids_offsets, _ = truncate(ids_offsets, pair_ids_offsets, remove, cut, stride, side)
            ids, pair_ids, overflow = self.truncate_sequences(ids, pair_ids, remove, cut, stride)
        row = self.build_inputs_with_special_tokens(ids, pair_ids) if add_special_tokens else ids + (pair_ids or [])
        made: dict[str, Any] = {"input_ids": row}
        if "token_type_ids" in self.model_input_names if return_token_type_ids is None else return_token_type_ids:
            types = self.create_token_type_ids_from_sequences(ids, pair_ids) if add_special_tokens else [0] * len(row)
            made["token_type_ids"] = types
        mask = self.get_special_tokens_mask(ids, pair_ids) if add_special_tokens else [0] * len(row)
        if return_special_tokens_mask:
            made["special_tokens_mask"] = mask
        if ids_offsets is not None:
            found = iter([*ids_offsets, *(pair_ids_offsets or ())])
            made["offset_mapping"] = [(0, 0) if written else next(found, (0, 0)) for written in mask]
        if return_overflowing_tokens and not return_tensors and overflow:
            made["overflowing_tokens"] = overflow
            made["num_truncated_tokens"] = total - limit if limit else 0
        if limit is None and verbose and len(row) > self.model_max_length > 0:
            self._warn_too_long(len(row))
        if return_attention_mask is None:
            return_attention_mask = "attention_mask" in self.model_input_names
        if pad is not PaddingStrategy.DO_NOT_PAD or return_attention_mask:
            made = dict(
                self.pad(
                    made,
                    padding=pad.value,
                    max_length=limit,
                    pad_to_multiple_of=pad_to_multiple_of,
                    padding_side=padding_side,
                    return_attention_mask=return_attention_mask,
                )
            )
            places = made.get("offset_mapping")
            if places is not None:
                gap = [(0, 0)] * (len(made["input_ids"]) - len(places))
                left = (padding_side or self.padding_side) == "left"
                made["offset_mapping"] = gap + places if left else places + gap
        if return_length:
            made["length"] = len(made["input_ids"])
        return BatchEncoding(made, tensor_type=return_tensors, prepend_batch_axis=prepend_batch_axis)

    def truncate_sequences(
        self,
        ids: list[int],
        pair_ids: list[int] | None = None,
        num_tokens_to_remove: int = 0,
        truncation_strategy: str | TruncationStrategy = "longest_first",
        stride: int = 0,
    ) -> tuple[list[int], list[int] | None, list[int]]:
        """Remove ids from one sequence or from two; return both, and what was removed (with `stride` kept ids)."""
        strategy = TruncationStrategy(truncation_strategy)
        return truncate(ids, pair_ids, num_tokens_to_remove, strategy, stride, self.truncation_side)

    # --- special tokens around sequences ------------------------------------------------------------------------------

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """Return how many special tokens a call adds to one text, or to a pair."""
        return len(self.build_inputs_with_special_tokens([], [] if pair else None))

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the ids of one sequence or of two with the special tokens of `special_tokens_pattern`.

        Raises:
            ValueError: a special token of the pattern is not set.
        """
        row: list[int] = []
        for slot in slots(self.special_tokens_pattern, pair=token_ids_1 is not None):
            if slot in ("A", "B"):
                row += token_ids_0 if slot == "A" else token_ids_1 or []
            else:
                row += self._special_ids(slot)
        return row

    def _special_ids(self, slot: Slot) -> list[int]:
        """Return what stands for a slot that is no sequence."""
        if slot in ("prefix", "suffix"):
            return list(getattr(self, f"{slot}_tokens", ()))
        index = getattr(self, f"{slot}_token_id")
        if index is None:
            raise ValueError(
                f"Cannot add special tokens following {self.special_tokens_pattern!r} pattern because the {slot} token "
                f"is not defined: set {slot}_token, or another special_tokens_pattern"
            )
        return [index]

    def get_special_tokens_mask(
        self,
        token_ids_0: Sequence[int],
        token_ids_1: Sequence[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for every special token, 0 for the others: of a finished row, or of what would be made of ids."""
        if already_has_special_tokens:
            return super().get_special_tokens_mask(token_ids_0, token_ids_1, already_has_special_tokens=True)
        mask: list[int] = []
        for slot in slots(self.special_tokens_pattern, pair=token_ids_1 is not None):
            if slot in ("A", "B"):
                mask += [0] * len(token_ids_0 if slot == "A" else token_ids_1 or ())
            else:
                mask += [1] * (len(self._special_ids(slot)) if slot in ("prefix", "suffix") else 1)
        return mask

    def create_token_type_ids_from_sequences(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the type ids of one sequence or of two, special tokens included."""
        if self.token_type_ids_include_special_tokens:
            total = len(self.build_inputs_with_special_tokens(token_ids_0, token_ids_1))
            first = len(self.build_inputs_with_special_tokens(token_ids_0))
        else:
            first, total = len(token_ids_0), len(token_ids_0) + len(token_ids_1 or ())
        bert = self.token_type_ids_pattern == "bert_style" and self.special_tokens_pattern != "prefix_suffix"
        if token_ids_1 is None or not bert:
            return [0] * total
        return [0] * first + [1] * (total - first)
