"""What the second engine returns: rows of the `tokenizers` library, read out as our core's are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.chat_templates.masks import flat_offsets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lexel._lexel import Field
    from lexel.backends.fallback import FallbackEngine

__all__ = ["FallbackBatch", "FallbackDecodeStream"]


class FallbackBatch:
    """Rows of encodings, with the methods of `lexel._lexel.Batch`.

    Args:
        encodings: the rows.
        sources: which input each was made of; None: the one of its number.
        spans: gives the spans of a row and its input another unit.
    """

    def __init__(
        self,
        encodings: Sequence[Any],
        sources: Sequence[int] | None = None,
        spans: Callable[[Any, int], list[tuple[int, int]]] | None = None,
    ) -> None:
        self._rows = list(encodings)
        self._spans = spans
        self._sources = list(range(len(self._rows))) if sources is None else list(sources)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Any:
        """Return one encoding."""
        return self._rows[index]

    def lists(self, field: Field) -> list[list[int]]:
        """Return one column of every row."""
        return [list(getattr(row, field)) for row in self._rows]

    def offset_lists(self) -> list[list[tuple[int, int]]]:
        """Return the spans of every row."""
        if self._spans is not None:
            return [self._spans(row, source) for row, source in zip(self._rows, self._sources, strict=True)]
        return [list(row.offsets) for row in self._rows]

    def lengths(self) -> list[int]:
        """Return the length of every row."""
        return [len(row.ids) for row in self._rows]

    def sample_mapping(self) -> list[int]:
        """Return, for every row, the index of its input."""
        return self._sources

    def windows(self) -> FallbackBatch:
        """Return a batch in which every overflow window is a row."""
        rows, sources = [], []
        for index, row in enumerate(self._rows):
            windows = [row, *row.overflowing]
            rows += windows
            sources += [index] * len(windows)
        return FallbackBatch(rows, sources, self._spans)

    def rectangular(self) -> bool:
        """Return whether all rows are equally long."""
        return len(set(self.lengths())) <= 1

    def array(self, field: Field) -> Any:
        """Return one column as an array, int64 `[rows, length]`."""
        return self._array(self.lists(field), ())

    def offset_array(self) -> Any:
        """Return the spans as an array, int64 `[rows, length, 2]`."""
        return self._array(self.offset_lists(), (2,))

    def flat_offset_array(self) -> Any:
        """Return the spans of all rows behind each other, int64 `[tokens, 2]`."""
        return flat_offsets(self.offset_lists())

    def _array(self, rows: list[Any], tail: tuple[int, ...]) -> Any:
        import numpy as np

        lengths = set(map(len, rows))
        if len(lengths) > 1:
            raise ValueError(f"the rows differ in length: {min(lengths)} to {max(lengths)}")
        return np.asarray(rows, dtype=np.int64).reshape(len(rows), lengths.pop() if lengths else 0, *tail)


class FallbackDecodeStream:
    """Turns ids into text step by step: all ids so far are decoded again, which is slow and plainly right."""

    def __init__(self, engine: FallbackEngine, skip_special_tokens: bool) -> None:
        self._engine = engine
        self._skip = skip_special_tokens
        self._ids: list[int] = []
        self._told = ""

    def _text(self) -> str:
        return self._engine.decode(self._ids, skip_special_tokens=self._skip)

    def feed(self, id: int | Sequence[int]) -> str:
        """Take the next id or ids; return the newly final text."""
        self._ids += [id] if isinstance(id, int) else list(id)
        text = self._text()
        # An unfinished character shows as a replacement character at the end, and may still change.
        final = text.rstrip("�")
        if not final.startswith(self._told) or len(final) == len(self._told):
            return ""
        fresh = final[len(self._told) :]
        self._told = final
        return fresh

    def flush(self) -> str:
        """Return what is left; the stream starts anew."""
        text = self._text()
        rest = text[len(self._told) :] if text.startswith(self._told) else ""
        self._ids, self._told = [], ""
        return rest

    def fork(self) -> FallbackDecodeStream:
        """Return an independent copy of the state."""
        made = FallbackDecodeStream(self._engine, self._skip)
        made._ids, made._told = list(self._ids), self._told
        return made
