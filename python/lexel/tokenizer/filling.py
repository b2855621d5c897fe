"""Padding of rows that are encoded already, and what a call's padding and truncation mean for this tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lexel.batch_encoding import BatchEncoding, TensorType
from lexel.padding import PaddingStrategy, PadValues, TruncationStrategy, merge_rows, pad_rows, resolve
from lexel.tokenizer.ids import columns_of_lists
from lexel.tokenizer.special_token_attributes import SpecialTokenAttributes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Filling", "side_of"]


class Filling(SpecialTokenAttributes):
    """The padding of a tokenizer."""

    model_input_names: list[str]
    model_max_length: int
    padding_side: str
    _pad_token_type_id: int

    @property
    def pad_token_type_id(self) -> int:
        """The type id that padding gets."""
        return self._pad_token_type_id

    def _strategies(
        self,
        padding: bool | str | PaddingStrategy,
        truncation: bool | str | TruncationStrategy | None,
        max_length: int | None,
        pad_to_multiple_of: int | None,
        verbose: bool = True,
    ) -> tuple[PaddingStrategy, TruncationStrategy, int | None]:
        return resolve(
            padding,
            truncation,
            max_length,
            pad_to_multiple_of,
            model_max_length=self.model_max_length,
            pad_token_id=self._pad_id,
            told=self.deprecation_warnings,
            verbose=verbose,
        )

    def _pad_id(self) -> int | None:
        token = self._special.named.get("pad_token")
        return None if token is None else cast("int | None", self.convert_tokens_to_ids(str(token)))

    def pad(
        self,
        encoded_inputs: Any,
        padding: bool | str | PaddingStrategy = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | TensorType | None = None,
        verbose: bool = True,
        *,
        pad_values: Mapping[str, int] | None = None,
    ) -> BatchEncoding:
        """Pad rows that are encoded already, for collators.

        Args:
            encoded_inputs: columns of one row or of a batch, or a list of rows; lists, numpy arrays or torch tensors.
            padding: True or "longest"; "max_length"; False.
            max_length: for "max_length"; None for the model's.
            pad_to_multiple_of: the length is rounded up to a multiple of this.
            padding_side: "left" or "right"; None for the tokenizer's.
            return_attention_mask: None: if the model takes one.
            return_tensors: "np", "pt" or "mlx"; None for what was given.
            verbose: whether to log hints.
            pad_values: what further columns are filled with, by name (`{"labels": -100}`): to the length of the ids,
                or, where their rows have lengths of their own, to the longest of them. Other columns are passed
                through as they are.

        Raises:
            ValueError: the main input is missing, the columns differ in length, or there is no pad token.
        """
        columns = merge_rows(encoded_inputs)
        main = self.model_input_names[0]
        if main not in columns:
            raise ValueError(
                "You should supply an encoding or a list of encodings to this method that includes "
                f"{main}, but you provided {list(columns)}"
            )
        if columns[main] is None or (hasattr(columns[main], "__len__") and len(columns[main]) == 0):
            if return_attention_mask:
                columns["attention_mask"] = []
            return cast("BatchEncoding", columns)
        lists, framework, masks = columns_of_lists(columns, main, pad_values or ())
        strategy, _, limit = self._strategies(padding, None, max_length, None, verbose)
        pad_id = self._pad_id() if strategy is not PaddingStrategy.DO_NOT_PAD else None
        side = side_of("Padding", self.padding_side if padding_side is None else padding_side)
        mask = ("attention_mask" in self.model_input_names) if return_attention_mask is None else return_attention_mask
        if type(self)._pad is not Filling._pad:
            made = self._padded_by_row(lists, strategy, limit, pad_to_multiple_of, padding_side, return_attention_mask)
        else:
            made = pad_rows(
                lists,
                PadValues(main, pad_id or 0, self.pad_token_type_id, side, pad_values or {}),
                strategy,
                limit,
                pad_to_multiple_of,
                return_attention_mask=mask and masks is None,
            )
        if masks is not None:
            made["attention_mask"] = masks
        return BatchEncoding(made, tensor_type=framework if return_tensors is None else return_tensors)

    def _pad(
        self,
        encoded_inputs: Any,
        max_length: int | None = None,
        padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
    ) -> Any:
        """Pad one row. A subclass may have its own, which `pad` then calls for every row, of a batch to its length."""
        main = self.model_input_names[0]
        mask = ("attention_mask" in self.model_input_names) if return_attention_mask is None else return_attention_mask
        values = PadValues(main, self._pad_id() or 0, self.pad_token_type_id, padding_side or self.padding_side)
        rows = {key: [value] for key, value in encoded_inputs.items()}
        made = pad_rows(rows, values, padding_strategy, max_length, pad_to_multiple_of, return_attention_mask=mask)
        return {key: value[0] for key, value in made.items()}

    def _padded_by_row(
        self,
        columns: dict[str, Any],
        strategy: PaddingStrategy,
        limit: int | None,
        multiple: int | None,
        side: str | None,
        mask: bool | None,
    ) -> dict[str, Any]:
        """Pad by the subclass's own method, row by row."""
        rows = columns[self.model_input_names[0]]
        options: dict[str, Any] = {
            "max_length": limit,
            "padding_strategy": strategy,
            "pad_to_multiple_of": multiple,
            "padding_side": side,
            "return_attention_mask": mask,
        }
        if not isinstance(rows[0], (list, tuple)):
            return dict(self._pad(columns, **options))
        if strategy is PaddingStrategy.LONGEST:
            options |= {"max_length": max(map(len, rows)), "padding_strategy": PaddingStrategy.MAX_LENGTH}
        made = [
            self._pad({key: column[index] for key, column in columns.items()}, **options) for index in range(len(rows))
        ]
        return {key: [row[key] for row in made] for key in made[0]}


def side_of(what: str, side: Any) -> str:
    """Return a side that is one, or raise `ValueError`; `what` begins the message."""
    if side not in ("left", "right"):
        raise ValueError(f"{what} side should be selected between 'right' and 'left', current value: {side!r}")
    return str(side)
