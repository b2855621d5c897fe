"""Two beginning tokens: the one a text begins with, and the one the post-processor writes before it.

A rendered chat that is encoded like any text gets both, and models were trained with one. An engine is watched where
the tokenizer's `double_bos` is "remove" or "raise". The text's own token stays, so that spans, words and masks are
those of the text; the row is encoded as if the post-processor wrote none, so that truncation gives its place to text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel.backends.engine import Compiled, with_stages
from lexel.backends.post_processor import begins_with, without_beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lexel.backends.engine import AnyEngine

__all__ = ["MergedBatch", "WatchedEngine"]

# Which texts of a row begin with the token that is also written: the first, the second.
Doubled = tuple[bool, bool]
_NONE: Doubled = (False, False)
# Enough of a text to know its first token, however the token looks at what follows.
_HEAD = 256


class WatchedEngine:
    """An engine that looks at the beginning of every text it is given.

    Args:
        compiled: the engine.
        bos: the beginning token.
        bos_id: its id.
        refuse: raise instead of removing.
    """

    __slots__ = ("_bos", "_bos_id", "_compiled", "_engines", "_refuse", "_writes")

    def __init__(self, compiled: Compiled, bos: str, bos_id: int, *, refuse: bool) -> None:
        self._compiled = compiled
        self._bos = bos
        self._bos_id = bos_id
        self._refuse = refuse
        self._writes = begins_with(compiled.engine.component("post_processor"), bos)
        self._engines: dict[Doubled, AnyEngine] = {_NONE: compiled.engine}

    def encode(self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False) -> Any:
        """Return the ids of one text."""
        engine = self._for_text(text, add_special_tokens, split_special_tokens)
        return engine.encode(text, add_special_tokens=add_special_tokens, split_special_tokens=split_special_tokens)

    def count(self, text: str, *, add_special_tokens: bool = False, split_special_tokens: bool = False) -> int:
        """Return how many tokens a text has."""
        engine = self._for_text(text, add_special_tokens, split_special_tokens)
        return engine.count(text, add_special_tokens=add_special_tokens, split_special_tokens=split_special_tokens)

    def encode_batch(
        self,
        rows: Sequence[Any],
        *,
        pairs: bool = False,
        is_split_into_words: bool = False,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        padding: Any = None,
        windows: bool = True,
        **options: Any,
    ) -> Any:
        """Encode rows, as the engine does."""
        shared = {
            "pairs": pairs,
            "is_split_into_words": is_split_into_words,
            "add_special_tokens": add_special_tokens,
            "split_special_tokens": split_special_tokens,
            "windows": windows,
            **options,
        }
        marks = self._marks(rows, pairs, is_split_into_words, split_special_tokens) if add_special_tokens else []
        kinds = sorted(set(marks)) or [_NONE]
        if len(kinds) == 1:
            return self._engine(kinds[0]).encode_batch(rows, padding=padding, **shared)
        places = [[at for at, mark in enumerate(marks) if mark == kind] for kind in kinds]

        def encoded(padding: Any) -> list[Any]:
            return [
                self._engine(kind).encode_batch([rows[at] for at in own], padding=padding, **shared)
                for kind, own in zip(kinds, places, strict=True)
            ]

        if padding is not None and padding[0] is None:
            # The longest row may be in any of the groups.
            made = [batch.windows() if windows else batch for batch in encoded(None)]
            padding = (max(length for batch in made for length in batch.lengths()), *padding[1:])
        return MergedBatch.of(encoded(padding), places)

    def _for_text(self, text: str, add_special_tokens: bool, split: bool) -> AnyEngine:
        return self._engine(self._marks([text], False, False, split)[0] if add_special_tokens else _NONE)

    def _engine(self, kind: Doubled) -> AnyEngine:
        if kind not in self._engines:
            stage = self._compiled.engine.component("post_processor")
            changed = json.loads(without_beginning(str(stage), self._bos, first=kind[0], second=kind[1]))
            self._engines[kind] = with_stages(self._compiled, {"post_processor": changed}).engine
        return self._engines[kind]

    def _marks(self, rows: Sequence[Any], pairs: bool, words: bool, split: bool) -> list[Doubled]:
        """Return for each row which of its texts begin with the token that is written before them.

        Raises:
            ValueError: one does, and it is to be refused.
        """
        single, first, second = self._writes
        if not (first or second if pairs else single):
            return [_NONE] * len(rows)
        texts = [row[0] if pairs and _is_pair(row) else row for row in rows]
        begins = self._begin(texts, words, split)
        others = [row[1] if _is_pair(row) else "" for row in rows] if pairs and second else []
        also = self._begin(others, words, split) if others else [False] * len(rows)
        writes = first if pairs else single
        marks = [(writes and one, other) for one, other in zip(begins, also, strict=True)]
        if self._refuse and (at := next((at for at, mark in enumerate(marks) if any(mark)), None)) is not None:
            raise ValueError(
                f"text {at} begins with {self._bos!r}, and the tokenizer writes one more (double_bos='raise'): encode "
                "it with add_special_tokens=False, or set double_bos='remove'"
            )
        return marks

    def _begin(self, texts: Sequence[Any], words: bool, split: bool) -> list[bool]:
        heads = [_head(text, words, len(self._bos)) for text in texts]
        batch = self._compiled.engine.encode_batch(
            heads,
            is_split_into_words=words,
            add_special_tokens=False,
            split_special_tokens=split,
            offsets=False,
            windows=False,
        )
        return [ids[:1] == [self._bos_id] for ids in batch.lists("ids")]


def _is_pair(row: Any) -> bool:
    return isinstance(row, (list, tuple)) and len(row) == 2


def _head(text: Any, words: bool, length: int) -> Any:
    """Return the beginning of a text; nothing of what is no text, which the engine refuses by name later."""
    if words:
        return list(text[:8]) if isinstance(text, list) and all(isinstance(word, str) for word in text[:8]) else []
    if not isinstance(text, str):
        return ""
    space = len(text) - len(text.lstrip())
    return text[: space + length + _HEAD]


class MergedBatch:
    """Rows of several batches as one, in the order of the call.

    Args:
        places: (batch, row of it) for each row.
        samples: the input each row comes from.
        batches: all batches, with the inputs their rows are.
    """

    __slots__ = ("_batches", "_places", "_samples")

    def __init__(self, places: list[tuple[Any, int]], samples: list[int], batches: list[tuple[Any, list[int]]]) -> None:
        self._places = places
        self._samples = samples
        self._batches = batches

    @classmethod
    def of(cls, batches: list[Any], inputs: list[list[int]]) -> MergedBatch:
        """Merge batches; `inputs` says which inputs of the call each was made of."""
        found = []
        for batch, own in zip(batches, inputs, strict=True):
            found += [(own[sample], at, batch) for at, sample in enumerate(batch.sample_mapping())]
        found.sort(key=lambda row: row[:2])
        return cls(
            [(batch, at) for _, at, batch in found],
            [sample for sample, _, _ in found],
            list(zip(batches, inputs, strict=True)),
        )

    def __len__(self) -> int:
        return len(self._places)

    def row(self, index: int) -> Any:
        """Return the encoding of a row."""
        batch, at = self._places[index]
        return batch.row(at)

    def _columns(self, read: Callable[[Any], list[Any]]) -> list[Any]:
        known = {id(batch): read(batch) for batch, _ in self._batches}
        return [known[id(batch)][at] for batch, at in self._places]

    def lists(self, field: str) -> list[list[int]]:
        """Return a column as lists."""
        return self._columns(lambda batch: batch.lists(field))

    def offset_lists(self) -> list[list[tuple[int, int]]]:
        """Return the spans as lists."""
        return self._columns(lambda batch: batch.offset_lists())

    def lengths(self) -> list[int]:
        """Return the length of every row."""
        return self._columns(lambda batch: batch.lengths())

    def sample_mapping(self) -> list[int]:
        """Return for every row the input it comes from."""
        return self._samples

    def windows(self) -> MergedBatch:
        """Return a batch in which every overflow window is a row."""
        return MergedBatch.of([batch.windows() for batch, _ in self._batches], [own for _, own in self._batches])

    def rectangular(self) -> bool:
        """Say whether all rows have one length."""
        return len(set(self.lengths())) < 2

    def array(self, field: str) -> Any:
        """Return a column as an array, `int64 [rows, length]`."""
        import numpy as np

        return np.array(self.lists(field), dtype=np.int64)

    def offset_array(self) -> Any:
        """Return the spans as an array, `int64 [rows, length, 2]`."""
        import numpy as np

        return np.array(self.offset_lists(), dtype=np.int64).reshape(len(self), -1, 2)

    def flat_offset_array(self) -> Any:
        """Return the spans of all rows behind each other, `int64 [tokens, 2]`."""
        import numpy as np

        return np.array([span for row in self.offset_lists() for span in row], dtype=np.int64).reshape(-1, 2)
