"""Cutting texts by a budget of tokens, where the parts encode to the very ids they have in the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Chunk", "chunk", "truncate_text"]

Spans = list[tuple[int, int]]
# This many neighbouring cuts are tried one by one; then the steps double, so that the work stays bounded.
_NEAR = 16
# Tokens of a part that is tried to see whether a part may begin somewhere.
_SHORT = 8


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a text that fits a budget.

    Attributes:
        text: the part, `whole[start:end]`.
        start: its first code point in the whole.
        end: one past its last.
        ids: its ids, special tokens of the post-processor left out.
        exact: whether these are the ids it has in the whole. Inside a word that is longer than the budget some
            tokenizers have no cut where they would be.
    """

    text: str
    start: int
    end: int
    ids: list[int]
    exact: bool = True


class _Cutter:
    """Finds parts of one text that encode to a run of its ids."""

    def __init__(self, text: str, ids: list[int], spans: Spans, encode: Callable[[str], list[int]]) -> None:
        self.text, self.ids, self.spans, self._encode = text, ids, spans, encode
        # Which way of placing the start held last: texts are alike in this.
        self._preferred = 0

    def part(self, first: int, last: int, start: int | None) -> Chunk | None:
        """Return the part that encodes to `ids[first:last]`; `start` is where it may begin at the earliest."""
        wanted = self.ids[first:last]
        starts, ends = self._starts(first, start), self._ends(last)
        order = sorted(range(len(starts)), key=lambda way: way != self._preferred)
        for end in ends:
            for way in order:
                begin = starts[way]
                if begin < end and self._encode(self.text[begin:end]) == wanted:
                    self._preferred = way
                    return Chunk(self.text[begin:end], begin, end, wanted)
        return None

    def begins(self, first: int) -> bool:
        """Return whether a part may begin with this token: whether a short one does."""
        most = min(first + _SHORT, len(self.ids))
        return first == len(self.ids) or any(self.part(first, last, None) for last in range(most, first, -1))

    def inexact(self, first: int, last: int, start: int | None, budget: int) -> Chunk | None:
        """Return the text of `ids[first:last]`, whatever its ids are by itself, if they are within the budget."""
        for end in self._ends(last):
            begin = self._starts(first, start)[0]
            if begin < end:
                ids = self._encode(self.text[begin:end])
                if len(ids) <= budget:
                    return Chunk(self.text[begin:end], begin, end, ids, exact=False)
        return None

    def _starts(self, first: int, earliest: int | None) -> list[int]:
        """Return where a part may begin: behind the part before; with its first token; behind that token's space.

        The last is for tokenizers that write a space before a text: it stands for the one that is left out.
        """
        if first == 0:
            return [0, self.spans[0][0]] if self.ids else [0]
        token = self.spans[first][0]
        earliest = token if earliest is None else min(earliest, token)
        bare = token + 1 if self.text[token : token + 1].isspace() else token
        return [earliest, token, bare]

    def _ends(self, last: int) -> list[int]:
        """Return where a part may end: before the next token, or right behind its last."""
        if last == len(self.ids):
            return [len(self.text)]
        behind, following = self.spans[last - 1][1], self.spans[last][0]
        if behind > following:
            return []  # inside a character, or a token that shares its text with the next
        return [following, behind] if following > behind else [behind]


def _downward(count: int) -> Iterator[int]:
    """Yield `count`, `count - 1` …, after some of them in growing steps."""
    step = 1
    tried = 0
    while count > 0:
        yield count
        tried += 1
        if tried >= _NEAR:
            step *= 2
        count -= step


def truncate_text(
    text: str,
    max_tokens: int,
    side: str,
    spans_of: Callable[[str], tuple[list[int], Spans]],
) -> str:
    """Return the longest beginning (side "right") or end (side "left") of a text that has at most `max_tokens` tokens.

    Args:
        text: the text.
        max_tokens: the budget, 0 or more.
        side: which side is cut off.
        spans_of: encodes a text to ids and their spans, without special tokens.

    Raises:
        ValueError: another side, or a negative budget.
    """
    if side not in ("left", "right"):
        raise ValueError(f"side should be 'left' or 'right', not {side!r}")
    if max_tokens < 0:
        raise ValueError(f"max_tokens must not be negative, not {max_tokens}")
    ids, spans = spans_of(text)
    if len(ids) <= max_tokens:
        return text
    cutter = _Cutter(text, ids, spans, lambda part: spans_of(part)[0])
    for count in _downward(max_tokens):
        first, last = (0, count) if side == "right" else (len(ids) - count, len(ids))
        part = cutter.part(first, last, None)
        if part is not None:
            return part.text
    for count in _downward(max_tokens):
        first, last = (0, count) if side == "right" else (len(ids) - count, len(ids))
        part = cutter.inexact(first, last, None, max_tokens)
        if part is not None:
            return part.text
    return ""


def chunk(
    text: str,
    max_tokens: int,
    overlap: int,
    spans_of: Callable[[str], tuple[list[int], Spans]],
) -> list[Chunk]:
    """Cut a text into parts of at most `max_tokens` tokens, each as long as it can be where cuts hold.

    Args:
        text: the text.
        max_tokens: the budget of a part.
        overlap: how many tokens neighbouring parts share; fewer where no part can begin there.
        spans_of: encodes a text to ids and their spans, without special tokens.

    Raises:
        ValueError: a budget below 1, an overlap that leaves no way forward, or a character that has more tokens than
            the budget.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, not {max_tokens}")
    if not 0 <= overlap < max_tokens:
        raise ValueError(f"overlap must be at least 0 and less than max_tokens ({max_tokens}), not {overlap}")
    ids, spans = spans_of(text)
    if not ids:
        return []
    cutter = _Cutter(text, ids, spans, lambda part: spans_of(part)[0])
    chunks: list[Chunk] = []
    # The first token of the next part; how many tokens the parts so far have; where the last one ended.
    first = reached = behind = 0
    while reached < len(ids):
        start = behind if first == reached else None
        most = min(first + max_tokens, len(ids)) - reached
        last, part = _longest(cutter, first, reached, most, start)
        if part is None and first < reached:
            first += 1  # less overlap
            continue
        if part is None:
            found = ((reached + n, cutter.inexact(first, reached + n, start, max_tokens)) for n in _downward(most))
            last, part = next((tried for tried in found if tried[1] is not None), (reached, None))
        if part is None:
            at = spans[first][0]
            raise ValueError(
                f"the character {text[at : at + 1]!r} at {at} has more than {max_tokens} tokens; use a larger "
                "max_tokens"
            )
        chunks.append(part)
        reached, behind, first = last, part.end, max(last - overlap, first + 1)
    return chunks


def _longest(cutter: _Cutter, first: int, reached: int, most: int, start: int | None) -> tuple[int, Chunk | None]:
    """Return the last token and the part of the longest one behind which another may begin."""
    for more in _downward(most):
        part = cutter.part(first, reached + more, start)
        if part is not None and cutter.begins(reached + more):
            return reached + more, part
    return reached, None
