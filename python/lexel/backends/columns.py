"""From encoded rows to the columns of a result: lists or arrays, and the encodings when someone asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.batch_encoding import BatchEncoding, TensorType, from_buffer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel._lexel import Encoding, Field
    from lexel.backends.engine import AnyEngine

__all__ = ["Recall", "arrays", "flat_spans", "lists", "one"]

OFFSETS = "offset_mapping"


class Recall:
    """Computes the encodings of a call again, with spans: a call that only wants ids keeps its inputs instead.

    Args:
        engine: the engine of that call; engines are immutable, so the result is the same.
        rows: its inputs.
        options: its options.
        windows: whether overflow windows are rows of their own.
    """

    __slots__ = ("_batch", "_engine", "_options", "_rows", "_windows")

    def __init__(self, engine: AnyEngine, rows: list[Any], options: dict[str, Any], windows: bool) -> None:
        self._engine = engine
        self._rows = rows
        self._options = options
        self._windows = windows
        self._batch: Any = None

    def keeping(self, batch: Any, kept: list[Any] | None) -> Recall:
        """Take the rows as they were encoded, with spans, into the list (None: they have no spans); return this."""
        if kept is not None:
            self._batch = batch
            kept.append(batch)
        return self

    def __call__(self) -> list[Encoding]:
        """Return the encoding of every row."""
        batch = self._batch
        if batch is None:
            batch = self._engine.encode_batch(self._rows, offsets=True, **self._options)
            batch = batch.windows() if self._windows else batch
        return [batch.row(index) for index in range(len(batch))]


def one(
    engine: AnyEngine, text: str, ids: list[int], mask: bool, add_special_tokens: bool, split_special_tokens: bool
) -> BatchEncoding:
    """Return the result for one text whose ids are known."""
    data: dict[str, Any] = {"input_ids": ids, "attention_mask": [1] * len(ids)} if mask else {"input_ids": ids}
    options = {"add_special_tokens": add_special_tokens, "split_special_tokens": split_special_tokens}
    return BatchEncoding.lazy(data, Recall(engine, [text], options, False), 1)


def lists(batch: Any, fields: Sequence[tuple[str, Field]], *, offsets: bool, flat: bool) -> dict[str, Any]:
    """Return columns as lists of rows.

    Args:
        batch: the encoded rows.
        fields: (name of the column, field of the batch).
        offsets: whether spans are a column too.
        flat: the one row itself instead of a list of it.
    """
    data = {key: batch.lists(field) for key, field in fields}
    if offsets:
        data[OFFSETS] = batch.offset_lists()
    return {key: rows[0] for key, rows in data.items()} if flat else data


def arrays(batch: Any, fields: Sequence[tuple[str, Field]], *, offsets: bool, kind: TensorType) -> dict[str, Any]:
    """Return columns as arrays, `[rows, length]`, over the buffers of the core.

    Raises:
        ValueError: the rows differ in length.
    """
    if not batch.rectangular():
        lengths = batch.lengths()
        raise ValueError(
            "Unable to create tensor of 'input_ids': you should probably activate truncation and/or padding with "
            "'padding=True' 'truncation=True' to have batched tensors with the same length (the rows have "
            f"{min(lengths)} to {max(lengths)} tokens)"
        )
    data = {key: from_buffer(batch.array(field), kind) for key, field in fields}
    if offsets:
        data[OFFSETS] = from_buffer(batch.offset_array(), kind)
    return data


def flat_spans(batch: Any) -> Any:
    """Return the spans of all tokens, rows behind each other, int64 `[tokens, 2]`; the batch has them."""
    array: Any = from_buffer(batch.flat_offset_array(), TensorType.NUMPY)
    return array
