"""Sequences of ids and labels to the rows of a training batch: padded, or packed with what attention needs then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lexel.batch_encoding import BatchEncoding
from lexel.padding import PaddingStrategy

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Sequence", "TrainingEncoding", "TrainingReport", "make_rows"]


class Sequence(NamedTuple):
    """A conversation, or the part of one that fits into a row."""

    source: int
    """Which of the conversations it is of."""
    ids: Any
    """int64 `[length]`"""
    labels: Any
    """int64 `[length]`"""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What became of the conversations. Of a stream: of those read so far, with rows and tokens of this batch.

    Attributes:
        conversations: how many were read.
        rows: how many rows there are.
        tokens: in them, without padding.
        trained_tokens: those with a label.
        truncated: conversations that were cut to the length of a row.
        split: conversations that became several sequences.
        without_labels: sequences in which nothing is trained on.
        dropped: the conversations left out, by index.
    """

    conversations: int
    rows: int
    tokens: int
    trained_tokens: int
    truncated: int
    split: int
    without_labels: int
    dropped: tuple[int, ...]

    def summary(self) -> str:
        """Return the figures in a sentence."""
        share = 100 * self.trained_tokens / self.tokens if self.tokens else 0.0
        notes = [
            f"{count} {what}"
            for count, what in (
                (self.truncated, "truncated"),
                (self.split, "split"),
                (len(self.dropped), "dropped"),
                (self.without_labels, "without labels"),
            )
            if count
        ]
        return (
            f"{self.conversations} conversations in {self.rows} rows: {self.tokens} tokens, {self.trained_tokens} of "
            f"them ({share:.0f} %) trained on" + (f"; {', '.join(notes)}" if notes else "")
        )


class TrainingEncoding(BatchEncoding):
    """A `BatchEncoding` that knows what became of the conversations.

    Attributes:
        report: the figures.
        sources: of every row, the indices of the conversations in it.
    """

    report: TrainingReport
    sources: list[tuple[int, ...]]

    def __init__(self, data: Mapping[str, Any], report: TrainingReport, sources: list[tuple[int, ...]]) -> None:
        super().__init__(dict(data), n_sequences=1)
        self.report = report
        self.sources = sources

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "report": self.report, "sources": self.sources}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(state)
        self.report = state["report"]
        self.sources = state["sources"]


def make_rows(
    rows: list[list[Sequence]],
    report: TrainingReport,
    *,
    packed: bool,
    strategy: PaddingStrategy,
    max_length: int | None,
    multiple: int | None,
    pad_id: int | None,
    left: bool,
    ignore_index: int,
    cu_seqlens: bool,
    tensors: str | None,
) -> TrainingEncoding:
    """Return the columns of a batch.

    Args:
        rows: the sequences of every row.
        report: about them.
        packed: whether `position_ids` and `sequence_ids` are columns too.
        strategy: up to which length rows are padded.
        max_length: that length, for MAX_LENGTH.
        multiple: the padded length is rounded up to a multiple of it.
        pad_id: what is padded with; there is one if something is padded.
        left: whether padding stands on the left.
        ignore_index: the label of what is not trained on.
        cu_seqlens: whether the borders of sequences are columns too.
        tensors: the framework of arrays; None for lists.

    Raises:
        ValueError: arrays of rows of different lengths.
    """
    lengths = [sum(map(len, row)) for row in rows]
    widths = _widths(lengths, strategy, max_length, multiple)
    made: dict[str, list[Any]] = {name: [] for name in ("input_ids", "attention_mask", "labels")}
    if packed:
        made |= {"position_ids": [], "sequence_ids": []}
    for row, length, width in zip(rows, lengths, widths, strict=True):
        columns = _columns(row, length, width, pad_id or 0, ignore_index, left=left)
        for name, column in made.items():
            column.append(columns[name])
    borders = _borders(rows, lengths, widths) if cu_seqlens else {}
    if tensors is not None and len(set(widths)) > 1:
        raise ValueError(
            f"the rows have {min(widths)} to {max(widths)} tokens: pass padding=True (or 'max_length') to get one array"
        )
    data: dict[str, Any] = {name: _stacked(column, tensors) for name, column in made.items()}
    data |= {name: value.tolist() if tensors is None else value for name, value in borders.items()}
    sources = [tuple(dict.fromkeys(sequence.source for sequence in row)) for row in rows]
    encoded = TrainingEncoding(data, report, sources)
    encoded.convert_to_tensors(tensors)
    return encoded


def _widths(lengths: list[int], strategy: PaddingStrategy, max_length: int | None, multiple: int | None) -> list[int]:
    if strategy is PaddingStrategy.DO_NOT_PAD:
        return lengths
    longest = max(lengths, default=0)
    width = longest if strategy is PaddingStrategy.LONGEST or max_length is None else max(max_length, longest)
    width = width if multiple is None else -(-width // multiple) * multiple
    return [width] * len(lengths)


def _columns(
    row: list[Sequence], length: int, width: int, pad_id: int, ignore_index: int, *, left: bool
) -> dict[str, Any]:
    """Return the columns of one row, int64 `[width]`; padding is a sequence of its own, of number -1."""
    import numpy as np

    start = width - length if left else 0
    columns: dict[str, Any] = {
        "input_ids": np.full(width, pad_id, dtype=np.int64),
        "attention_mask": np.zeros(width, dtype=np.int64),
        "labels": np.full(width, ignore_index, dtype=np.int64),
        "position_ids": np.arange(width, dtype=np.int64) - (0 if left else length),
        "sequence_ids": np.full(width, -1, dtype=np.int64),
    }
    columns["attention_mask"][start : start + length] = 1
    for number, sequence in enumerate(row):
        place = slice(start, start + len(sequence))
        columns["input_ids"][place] = sequence.ids
        columns["labels"][place] = sequence.labels
        columns["position_ids"][place] = np.arange(len(sequence))
        columns["sequence_ids"][place] = number
        if start > 0 and len(sequence):
            # It would be predicted from the last token of what stands before: padding, or another conversation.
            columns["labels"][start] = ignore_index
        start += len(sequence)
    return columns


def _borders(rows: list[list[Sequence]], lengths: list[int], widths: list[int]) -> dict[str, Any]:
    """Return where sequences end if all rows are laid end to end: what attention over packed sequences takes."""
    import numpy as np

    sizes = []
    for row, length, width in zip(rows, lengths, widths, strict=True):
        sizes += [len(sequence) for sequence in row]
        if width > length:
            sizes.append(width - length)
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.asarray(sizes, dtype=np.int64))])
    return {"cu_seqlens": ends.astype(np.int32), "max_seqlen": np.asarray(max(sizes, default=0), dtype=np.int64)}


def _stacked(rows: list[Any], tensors: str | None) -> Any:
    import numpy as np

    if tensors is None:
        return [row.tolist() for row in rows]
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.int64)
