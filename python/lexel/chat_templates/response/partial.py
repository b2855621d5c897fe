r"""Derives from a regular expression one that matches whatever could still grow into a match.

Every atom ``x`` becomes ``(?:x|\Z)``: at the end of the text, all that is left of the expression matches nothing. So a
match that reaches the end is the beginning of a match of the original, or a match that more text may change.
"""

from __future__ import annotations

import re

__all__ = ["growing_from", "partial_pattern"]

# Named groups that take part only where a look-ahead reached the end of the text.
_TOUCHED = "lexel_touched_"

_TOKEN = re.compile(
    r"""
    (?P<comment>\(\?\#[^)]*\))
    | (?P<flags>\(\?[aiLsu]+\))
    | (?P<ahead>\(\?[=!])
    | (?P<behind>\(\?<[=!])
    | (?P<group>\((?:\?(?:P<\w+>|>|[aiLsu]*(?:-[is]+)?:))?(?!\?))
    | (?P<zero_width>\\[bBAZ]|\^)
    | (?P<end>\$)
    | (?P<atom>
        \\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|0[0-7]{0,2}|[^1-9])
        | \[\^?\]?(?:\\.|[^\]\\])*\]
        | [^\\()\[|]
      )
    """,
    re.VERBOSE | re.DOTALL,
)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(?:\d+,?\d*|,\d+)\})[?+]?")


def growing_from(partial: re.Pattern[str] | None, text: str, start: int) -> int | None:
    """Return the first place from which more text could make or change a match, None if there is none.

    Args:
        partial: of `partial_pattern`.
        text: what has arrived.
        start: where to begin.
    """
    if partial is None:
        return start
    match = partial.search(text, start)
    if match is None:
        return None
    touched = match.end() == len(text) or any(
        value is not None for name, value in match.groupdict().items() if name.startswith(_TOUCHED)
    )
    # A match that touches the end nowhere is a match of the original, and final.
    return match.start() if touched else None


def partial_pattern(source: str) -> re.Pattern[str] | None:
    """Return the derived expression; None for one with back-references, conditions or multi-line flags.

    Args:
        source: a valid expression, compiled elsewhere with ``.`` matching newlines.
    """
    try:
        return re.compile(_Converter(source).alternatives(), re.DOTALL)
    except _NotDerivable:
        return None


class _NotDerivable(Exception):
    pass


class _Converter:
    """One walk over the source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._place = 0
        self._touches = 0

    def alternatives(self) -> str:
        """Convert up to the end of the source, or of the group."""
        out = []
        while self._place < len(self._source) and self._source[self._place] != ")":
            if self._source[self._place] == "|":
                self._place += 1
                out.append("|")
            else:
                out.append(self._item())
        return "".join(out)

    def _item(self) -> str:
        token = _TOKEN.match(self._source, self._place)
        if token is None:
            raise _NotDerivable
        self._place = token.end()
        text = token[0]
        match token.lastgroup:
            case "comment":
                return ""
            case "flags":
                return text
            case "zero_width":
                return rf"(?:{text}|\Z)"
            case "end":
                return self._touching(r"\n?\Z") + r"(?:$|\Z)"
            case "ahead":
                return self._ahead(text)
            case "behind":
                # At the end, what it looks back at may be among what is still to come.
                return rf"(?:{text}{self._group_body()[1]})|\Z)"
            case "group":
                return rf"(?:{text}{self._group_body()[0]})|\Z){self._quantifier()}"
        return rf"(?:{text}|\Z){self._quantifier()}"

    def _ahead(self, opening: str) -> str:
        start = self._place
        body, original = self._group_body()
        if opening == "(?!":
            # What reaches the end is undecided, and undecided is accepted.
            return f"(?:(?={self._touched(body)})|(?!{original}))"
        touching = self._touching(body)
        # Converted a second time, because the groups in it need names of their own.
        self._place = start
        return f"{touching}(?={self._group_body()[0]})"

    def _group_body(self) -> tuple[str, str]:
        start = self._place
        body = self.alternatives()
        original = self._source[start : self._place]
        self._place += 1
        return body, original

    def _touched(self, body: str) -> str:
        self._touches += 1
        return rf"(?:{body})\Z(?P<{_TOUCHED}{self._touches}>)"

    def _touching(self, body: str) -> str:
        """Note, without matching anything, whether this could reach the end of the text."""
        return f"(?=(?:{self._touched(body)})?)"

    def _quantifier(self) -> str:
        found = _QUANTIFIER.match(self._source, self._place)
        if found is None:
            return ""
        self._place = found.end()
        return found[0]
