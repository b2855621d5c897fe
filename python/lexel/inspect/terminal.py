"""Tokens on a terminal: the text in alternating colours, and a table of tokens, ids and spans."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table
    from rich.text import Text

__all__ = ["coloured", "token_table"]

Span = tuple[int, int]

# Black on the terminal's own colours: neighbours differ in every theme, also where there are only eight.
_GROUNDS = ("cyan", "yellow", "green", "magenta", "white", "bright_blue")


def coloured(text: str, spans: Sequence[Span], *, separator: str = "") -> Text:
    """Return the text with each token's span on a ground of its own.

    Tokens that share a span (the bytes of one character) share its ground; what no token covers stays plain.

    Args:
        text: the original text.
        spans: (start, end) code points of the text, in order; empty ones (special tokens) are left out.
        separator: written between tokens, for output that has no colours.
    """
    from rich.text import Text

    drawn = Text()
    end = 0
    styles = cycle(f"black on {ground}" for ground in _GROUNDS)
    for start, stop in spans:
        if stop <= end or start == stop:
            continue
        if separator and len(drawn):
            drawn.append(separator)
        drawn.append(text[end : max(start, end)])
        drawn.append(text[max(start, end) : stop].replace("\n", "⏎\n"), style=next(styles))
        end = stop
    drawn.append(text[end:])
    return drawn


def token_table(tokens: Sequence[str], ids: Sequence[int], spans: Sequence[Span], text: str) -> Table:
    """Return a table with one row a token: the token, its id, its span, the text under the span."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading, justify in (("token", "left"), ("id", "right"), ("span", "right"), ("text", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for token, number, (start, stop) in zip(tokens, ids, spans, strict=True):
        table.add_row(escape(token), str(number), f"{start}–{stop}", escape(repr(text[start:stop])))
    return table
