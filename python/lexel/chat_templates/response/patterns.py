r"""Regular expressions of response templates: searched in text that is still arriving, in bounded time.

They run on the `regex` library, whose dialect response templates are written in (``\p{L}``, look-behinds of any width,
possessive quantifiers), which can tell what could still become a match, and which can be interrupted. That matters:
templates come with files of strangers, and ``(a+)+b`` takes longer than anyone lives on a text that a model may write.
So expressions that are long, recursive or enormous when written out are refused when they are loaded, and the time that
all searches of an answer take together is limited in proportion to its length.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from re import compile as compile_plain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import regex

__all__ = ["Pattern", "PatternTime", "compile_pattern"]

_LONGEST = 1000
_MOST_REPEATS = 10_000
_COUNTED = compile_plain(r"\{(\d*)(?:,(\d*))?\}")
_CALLS_ITSELF = compile_plain(r"\(\?(?:R\)|[+-]?\d+\)|&|P>)")
_LOOKS_BEHIND = compile_plain(r"\(\?<[=!]")
_LOOKS_AROUND = compile_plain(r"\\[ABbGmMK]|\^")
_UNBOUNDED = compile_plain(r"[*+{]|\\[X1-9g]|\(\?P=")

# How much of the text that was passed on a look-behind of no fixed width can see.
_KEPT_BEHIND = 65_536

# Stands in no text (these are no characters): an expression with it at the end is found nowhere, but partially wherever
# the end of the text is reached.
_NOWHERE = "\U0010ffff\U0010fffe"


class PatternTime:
    """The time that the searches of one answer may take together.

    A template of good faith takes some nanoseconds for a character and some microseconds for a step; 5 seconds, with a
    microsecond for each character and 100 for each step, are only used up by one that tries the same text over and
    over.
    """

    seconds = 5.0

    def __init__(self) -> None:
        """Start with the five seconds."""
        self._left = self.seconds

    def earn(self, characters: int) -> None:
        """Allow more, for text that arrived."""
        self._left += 1e-6 * characters + 1e-4

    def search(self, pattern: regex.Pattern[str], text: str, start: int, *, partial: bool) -> regex.Match[str] | None:
        """Search, on the clock.

        Raises:
            ValueError: the time is used up.
        """
        began = time.perf_counter()
        try:
            return pattern.search(text, start, partial=partial, timeout=max(self._left, 1e-3))
        except (TimeoutError, MemoryError) as error:
            raise self._used_up(pattern.pattern, error) from None
        finally:
            self._left -= time.perf_counter() - began

    def all(self, pattern: regex.Pattern[str], text: str) -> Iterator[regex.Match[str]]:
        """Yield all matches, on the clock.

        Raises:
            ValueError: the time is used up.
        """
        began = time.perf_counter()
        try:
            yield from pattern.finditer(text, timeout=max(self._left, 1e-3))
        except (TimeoutError, MemoryError) as error:
            raise self._used_up(pattern.pattern, error) from None
        finally:
            self._left -= time.perf_counter() - began

    @staticmethod
    def _used_up(source: str, error: Exception) -> ValueError:
        lacking = "memory" if isinstance(error, MemoryError) else "time"
        return ValueError(
            f"the expression {source!r} of the response template took too much {lacking} on this text: it tries the "
            "same text in too many ways; write it without repeats inside of repeats"
        )


@dataclass(frozen=True)
class Pattern:
    """An expression, and the one that finds what could still grow into a match of it."""

    compiled: regex.Pattern[str]
    growing: regex.Pattern[str] | None
    keeps: int
    """How much text before a place decides what matches there."""

    @property
    def source(self) -> str:
        """As the template has it."""
        source: str = self.compiled.pattern
        return source

    def hangs_on_end(self, match: regex.Match[str], text: str) -> bool:
        """Whether a match is one only because a line break is the last thing that arrived, as ``$`` may have it."""
        if "$" not in self.source or not text.endswith("\n"):
            return False
        again = self.compiled.match(text + _NOWHERE, match.start(), timeout=1.0)
        return again is None or again.span() != match.span()


@lru_cache(256)
def compile_pattern(source: str) -> Pattern:
    """Compile an expression; ``.`` matches line breaks too.

    Raises:
        ValueError: it is none, or one of those that are refused.
        MissingDependencyError: the library `regex` is not installed.
    """
    library = _library()
    _refuse(source)
    try:
        compiled = library.compile(source, library.DOTALL)
    except library.error as error:
        raise ValueError(f"invalid regex: {error}") from error
    except RecursionError:
        raise ValueError("its groups are nested too deeply") from None
    if compiled.flags & library.REVERSE:
        raise ValueError("it searches backwards, which text that is still arriving does not allow")
    # The line break ends a comment that a verbose expression may end with.
    rest = "\n)" if compiled.flags & library.VERBOSE else ")"
    try:
        # Atomic: what would be tried after the match that counts can change nothing.
        growing = library.compile(f"(?>{source}{rest}{_NOWHERE}", library.DOTALL)
    except library.error:
        growing = None
    return Pattern(compiled, growing, _kept(source))


def _library() -> Any:
    try:
        import regex
    except ImportError as error:
        from lexel.errors import MissingDependencyError

        raise MissingDependencyError("patterns in response templates need regex: pip install regex") from error
    return regex


def _refuse(source: str) -> None:
    if len(source) > _LONGEST:
        raise ValueError(f"it has {len(source)} characters; at most {_LONGEST} are read")
    if _CALLS_ITSELF.search(source):
        raise ValueError("it calls its own groups, which could go on without end")
    repeats = 1
    for least, most in _COUNTED.findall(source):
        repeats *= max(1, int((most or least or "1")[:9]))
    if repeats > _MOST_REPEATS:
        raise ValueError(f"its counted repeats multiply to {repeats}; at most {_MOST_REPEATS} are read")


def _kept(source: str) -> int:
    if _LOOKS_BEHIND.search(source):
        return _KEPT_BEHIND if _UNBOUNDED.search(source) else len(source) + 1
    return 1 if _LOOKS_AROUND.search(source) else 0
