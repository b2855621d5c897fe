"""Finds where a field opens or closes, in text that is still arriving.

The question at the end of what has arrived is not only "is it there?" but also "could it be about to be?". For literal
delimiters that is a comparison of beginnings, for regular expressions see `patterns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lexel.chat_templates.response.patterns import Pattern, PatternTime
    from lexel.chat_templates.response.template import Field

__all__ = ["Delimiter", "Expression", "Found", "Literals", "Watch", "end_of_last"]


class Found(NamedTuple):
    """A place where a delimiter stands, or may come to stand."""

    start: int
    end: int
    groups: Mapping[str, str]
    pending: bool
    """More text could change it: it must not be acted on yet. If it has only begun, `end` is -1."""


class Delimiter(Protocol):
    """What opens or closes a field: literals or a regular expression."""

    keeps: int
    """How much text before a place decides what matches there."""
    names: Sequence[str]
    """Of what it captures."""

    def first(self, text: str, start: int, clock: PatternTime, /) -> Found | None:
        """Return the first one in a text that is complete."""

    def first_so_far(self, text: str, start: int, clock: PatternTime, /) -> Found | None:
        """Return the first one in a text that goes on, pending where the rest could still change it."""

    def growing(self, text: str, start: int, clock: PatternTime, /) -> int:
        """Return the first place where more text could make one."""


class Literals:
    """A delimiter that is any of some texts; where several begin, the longest is meant."""

    keeps = 0
    names: Sequence[str] = ()

    def __init__(self, literals: Sequence[str]) -> None:
        """Prepare a search for texts, none of them empty."""
        self._literals = sorted(literals, key=len, reverse=True)
        self._longest = len(self._literals[0])
        self._beginnings = {literal[:size] for literal in literals for size in range(1, len(literal))}
        self._can_grow = any(literal in self._beginnings for literal in literals)

    def first(self, text: str, start: int, _clock: PatternTime, /) -> Found | None:
        """Return the first one in a text that is complete."""
        # In windows that double, so that a literal that is nowhere costs no more than the way to the next that is.
        window = 256
        while start < len(text):
            end = min(start + window + self._longest, len(text))
            best, size = -1, 0
            for literal in self._literals:
                place = text.find(literal, start, end if best < 0 else best + len(literal))
                if place >= 0 and (best < 0 or place < best):
                    best, size = place, len(literal)
            if best >= 0:
                return Found(best, best + size, {}, pending=False)
            start += window
            window *= 2
        return None

    def first_so_far(self, text: str, start: int, clock: PatternTime, /) -> Found | None:
        """Return the first one in a text that goes on, pending where the rest could still change it."""
        found = self.first(text, start, clock)
        if found is not None and found.end == len(text) and self._can_grow:
            return Found(found.start, found.end, {}, pending=True)
        return found

    def growing(self, text: str, start: int, _clock: PatternTime, /) -> int:
        """Return the first place where more text could make one."""
        for place in range(max(start, len(text) - self._longest + 1), len(text)):
            if text[place:] in self._beginnings:
                return place
        return len(text)


class Expression:
    """A delimiter that a regular expression describes."""

    def __init__(self, pattern: Pattern) -> None:
        """Take a compiled expression."""
        self._pattern = pattern
        self.keeps = pattern.keeps
        self.names: Sequence[str] = tuple(pattern.compiled.groupindex)

    def first(self, text: str, start: int, clock: PatternTime, /) -> Found | None:
        """Return the first one in a text that is complete."""
        match = clock.search(self._pattern.compiled, text, start, partial=False)
        if match is None:
            return None
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        return Found(match.start(), match.end(), groups, pending=False)

    def first_so_far(self, text: str, start: int, clock: PatternTime, /) -> Found | None:
        """Return the first one in a text that goes on, pending where the rest could still change it."""
        match = clock.search(self._pattern.compiled, text, start, partial=True)
        if match is None:
            return None
        if match.partial:
            return Found(match.start(), -1, {}, pending=True)
        pending = match.end() == len(text) or self._pattern.hangs_on_end(match, text)
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        return Found(match.start(), match.end(), groups, pending=pending)

    def growing(self, text: str, start: int, clock: PatternTime, /) -> int:
        """Return the first place where more text could make one."""
        if self._pattern.growing is None:
            return len(text)
        match = clock.search(self._pattern.growing, text, start, partial=True)
        return len(text) if match is None else match.start()


class Watch:
    """A delimiter that is watched for in one text after the other, each stretch of which is searched once."""

    def __init__(self, delimiter: Delimiter, field: Field, clock: PatternTime, *, opens: bool) -> None:
        """Watch for what opens or closes a field."""
        self.field, self.opens = field, opens
        self._delimiter, self._clock = delimiter, clock
        self._text: str | None = None
        self._at_end = False
        self._found: Found | None = None
        self._growing = -1

    def next(self, text: str, start: int, *, at_end: bool) -> Found | None:
        """Return the first one from a place on; within one text, places never go back."""
        found = self._found
        if text is not self._text or at_end is not self._at_end:
            self._text, self._at_end, self._growing = text, at_end, -1
            found = self._search(start)
        elif found is not None and found.start < start:
            found = self._search(start)
        if at_end or (found is not None and found.end < 0):
            return found
        if self._growing < start:
            self._growing = self._delimiter.growing(text, start, self._clock)
        # What may still grow and starts no later could turn out to be the delimiter.
        if self._growing < len(text) and (found is None or self._growing <= found.start):
            return Found(self._growing, -1, {}, pending=True)
        return found

    def _search(self, start: int) -> Found | None:
        find = self._delimiter.first if self._at_end else self._delimiter.first_so_far
        self._found = find(self._text or "", start, self._clock)
        return self._found


def end_of_last(delimiter: Delimiter, text: str, clock: PatternTime) -> int | None:
    """Return where the last one ends, of those that do not overlap; None if there is none."""
    place, end = 0, None
    while place <= len(text):
        found = delimiter.first(text, place, clock)
        if found is None:
            break
        end = found.end
        place = max(found.end, place + 1) if found.start == found.end else found.end
    return end
