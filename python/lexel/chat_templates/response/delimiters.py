"""Finds where a field opens or closes, in text that is still arriving.

The question at the end of what has arrived is not only "is it there?" but also "could it be about to be?". For literal
delimiters that is a comparison of beginnings, for regular expressions see `partial`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lexel.chat_templates.response.partial import growing_from, partial_pattern

__all__ = ["Delimiter", "Found"]


_LOOKS_BACK = re.compile(r"\(\?<[=!]|\\[AbB]|(?<!\[)\^")


class Found(NamedTuple):
    """A place where a delimiter stands, or may come to stand."""

    start: int
    end: int
    groups: dict[str, str]
    pending: bool
    """More text could change it: it must not be acted on yet."""


@dataclass(frozen=True)
class Delimiter:
    """Literals, or a regular expression."""

    pattern: re.Pattern[str]
    literals: tuple[str, ...] | None = None

    @classmethod
    def of_literals(cls, literals: tuple[str, ...]) -> Delimiter:
        """Return a delimiter that is any of these; the longest wins."""
        longest_first = sorted(literals, key=len, reverse=True)
        return cls(re.compile("|".join(map(re.escape, longest_first))), literals)

    @classmethod
    def of_pattern(cls, source: str) -> Delimiter:
        """Return a delimiter that a regular expression describes; ``.`` matches newlines too.

        Raises:
            re.error: it is none.
        """
        return cls(re.compile(source, re.DOTALL))

    def find(self, text: str, start: int, *, at_end: bool) -> Found | None:
        """Return the first place from ``start`` on.

        Args:
            text: what has arrived.
            start: where to begin.
            at_end: nothing more will arrive, so nothing is pending.
        """
        match = self.pattern.search(text, start)
        growing = None if at_end else self._growing(text, start)
        # What may still grow and starts no later could turn out to be the delimiter.
        if growing is not None and (match is None or growing <= match.start()):
            return Found(growing, len(text), {}, pending=True)
        if match is None:
            return None
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        return Found(match.start(), match.end(), groups, pending=False)

    @property
    def looks_back(self) -> bool:
        """Whether the text before a place decides what matches there."""
        return self.literals is None and _LOOKS_BACK.search(self.pattern.pattern) is not None

    def _growing(self, text: str, start: int) -> int | None:
        if self.literals is None:
            return growing_from(self._partial, text, start)
        for place in range(max(start, len(text) - self._longest + 1), len(text)):
            rest = len(text) - place
            if any(rest < len(literal) and text.endswith(literal[:rest]) for literal in self.literals):
                return place
        return None

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.literals or ("",)))

    @cached_property
    def _partial(self) -> re.Pattern[str] | None:
        return partial_pattern(self.pattern.pattern)
