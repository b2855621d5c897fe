"""Spans in code points to spans in bytes, for the engine that only knows the former."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["in_bytes"]


def in_bytes(encoding: Any, given: Any, *, pairs: bool, split: bool) -> list[tuple[int, int]]:
    """Return the spans of an encoding in bytes of the UTF-8 text.

    Args:
        encoding: an encoding of the `tokenizers` library.
        given: the text it was made of; with `pairs` two, with `split` their words.
        pairs: whether `given` is a pair.
        split: whether texts are lists of words.
    """
    texts: Sequence[Any] = given if pairs else [given]
    places: dict[tuple[int, int], list[int]] = {}

    def places_of(sequence: int, word: int) -> list[int]:
        key = (sequence, word if split else 0)
        if key not in places:
            text = texts[sequence][word] if split else texts[sequence]
            places[key] = [0, *accumulate(len(char.encode("utf-8", "replace")) for char in text)]
        return places[key]

    spans = []
    for (start, end), sequence, word in zip(encoding.offsets, encoding.sequence_ids, encoding.word_ids, strict=True):
        if sequence is None or word is None:
            spans.append((0, 0))
        else:
            at = places_of(sequence, word)
            spans.append((at[start], at[end]))
    return spans
