"""Words of a text as people see them, and which of them every token belongs to.

A pipeline's own words (`BatchEncoding.word_ids`) are what it splits texts into before the model: for many families the
whole text, or a word with the space before it. Labels of words need the words of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["word_spans", "words_of_spans"]

# Letters, digits and marks in a row, apostrophes inside included; every other sign is a word of its own.
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where the words of a text stand, in code points.

    Example:
        >>> word_spans("Don't go!")
        [(0, 5), (6, 8), (8, 9)]
    """
    return [match.span() for match in _WORD.finditer(text)]


def words_of_spans(text: str, spans: Iterable[tuple[int, int]]) -> list[int | None]:
    """Return the word each span begins in: the first of its characters that is no space decides, None if there is none.

    Args:
        text: the text.
        spans: of tokens, in code points of the text.
    """
    words = word_spans(text)
    starts = [start for start, _ in words]
    found: list[int | None] = []
    for start, end in spans:
        covered = text[start:end]
        first = start + len(covered) - len(covered.lstrip())
        word = bisect_right(starts, first) - 1
        found.append(word if first < end and word >= 0 and first < words[word][1] else None)
    return found
