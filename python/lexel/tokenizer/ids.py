"""Ids in the many forms callers have them: numbers, lists, arrays of any framework, encodings."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

from lexel.batch_encoding import TensorType, as_lists, framework_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["columns_of_lists", "one_id", "rows_of_ids"]

_PADDED = ("attention_mask", "token_type_ids", "special_tokens_mask")


def _index(value: Any) -> int:
    """Return an id as an int; what is no integer is refused, and not rounded."""
    try:
        return index(value)
    except TypeError as error:
        raise TypeError(f"ids are integers, not {type(value).__name__}: {value!r:.80}") from error


def one_id(ids: Any) -> int | None:
    """Return an id given by itself (an int, a number or array without dimensions) as an int, None for many."""
    if isinstance(ids, int):
        return ids
    if getattr(ids, "ndim", None) == 0 or not hasattr(ids, "__iter__"):
        return _index(ids)
    return None


def rows_of_ids(ids: Any) -> tuple[Sequence[Any], bool]:
    """Return rows of ids, and whether they were many."""
    if isinstance(ids, (str, bytes)):
        raise TypeError(f"decode takes ids, not a {type(ids).__name__}: {ids!r:.80}")
    if isinstance(ids, (list, tuple)):
        if not ids or isinstance(ids[0], int):
            return [ids], False
        if isinstance(ids[0], (list, tuple)) or getattr(ids[0], "ndim", 0) == 1:
            return ids, True
        return [[_index(value) for value in ids]], False
    if isinstance(ids, int):
        return [[ids]], False
    kind = framework_of(ids)
    if kind is not None:
        if kind is TensorType.PYTORCH:
            ids = ids.detach().cpu().numpy()
        if ids.ndim < 2 and kind is not TensorType.MLX:
            return [ids.reshape(-1)], False
        rows = as_lists(ids)
        return (rows, True) if ids.ndim == 2 else ([rows] if ids.ndim else [[rows]], False)
    if hasattr(ids, "keys"):
        inner = ids["input_ids"]
        rows, many = rows_of_ids(inner)
        if many and len(rows) != 1:
            raise TypeError("decode takes the encoding of one text; for a batch: decode(encoding['input_ids'])")
        return rows, False
    if hasattr(ids, "__index__"):
        return [[int(ids)]], False
    if hasattr(ids, "__iter__"):
        return rows_of_ids(list(ids))
    raise TypeError(f"decode takes ids (a list, an array, or an int), not {type(ids).__name__}: {ids!r:.80}")


def columns_of_lists(
    columns: Any, main: str, more: Iterable[str] = ()
) -> tuple[dict[str, Any], TensorType | None, Any]:
    """Return columns as lists, the framework they came in, and attention masks that are matrices (stacked).

    Beside lists of ids, only columns that will be padded are made lists: the usual ones and `more`.
    """
    made = dict(columns)
    masks = made.get("attention_mask")
    stacked = None
    if isinstance(masks, list) and masks and getattr(masks[0], "ndim", 0) > 1:
        stacked = made.pop("attention_mask")
        if framework_of(stacked[0]) is TensorType.PYTORCH:
            import torch

            stacked = torch.stack(stacked)
        else:
            import numpy as np

            stacked = np.stack(stacked)
    framework = framework_of(made[main])
    if framework is None:
        first = made[main][0]
        if isinstance(first, (list, tuple)):
            first = next((row[0] for row in made[main] if len(row)), 0)
        if isinstance(first, int):
            # Columns that are padded too may be arrays all the same; the others are passed through as they are.
            padded = {key: as_lists(made[key]) for key in (*_PADDED, *more) if framework_of(made.get(key)) is not None}
            return {**made, **padded}, None, stacked
        framework = framework_of(first)
        if framework is None:
            raise ValueError(
                f"type of {first!r} unknown: {type(first).__name__}; give Python numbers, numpy arrays or torch tensors"
            )
    return {key: as_lists(value) for key, value in made.items()}, framework, stacked
