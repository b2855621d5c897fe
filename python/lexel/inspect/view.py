"""A text and its tokens as one object that shows itself: in a terminal, in a notebook, as plain text."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Group

__all__ = ["Shown", "TokenView"]

# What has no shape of its own gets one.
_VISIBLE = {" ": "·", "\n": "⏎", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", "\u3000": "□", "\u200b": "␣", "\ufeff": "␣"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One token as it is shown.

    Attributes:
        shape: the text it stands for, whitespace and control characters made visible; of a part of a character its
            bytes; of an inserted token its name.
        token: the token in the vocabulary's writing.
        index: its id.
        span: the code points it stands for; (n, n) where it stands for none.
        special: whether it was inserted or is a special token.
        data: the bytes it contributes, where they are known.
    """

    shape: str
    token: str
    index: int
    span: tuple[int, int]
    special: bool
    data: bytes | None


@dataclass(frozen=True, slots=True)
class TokenView:
    """A text cut into tokens.

    `print(view)` shows it on a terminal, a notebook shows it by itself, `view.html()` is for a page of your own.

    Attributes:
        text: the text.
        tokens: the token strings, in the vocabulary's writing.
        ids: their ids.
        spans: (start, end) code points of the text.
        special: whether each was inserted, or is a special token.
        data: the bytes each contributes, None where they are not known.
    """

    text: str
    tokens: Sequence[str]
    ids: Sequence[int]
    spans: Sequence[tuple[int, int]]
    special: Sequence[bool]
    data: Sequence[bytes | None]

    def __len__(self) -> int:
        return len(self.ids)

    def shown(self) -> Iterator[Shown]:
        """Yield every token as it is shown."""
        reached = 0
        for token, index, span, special, data in zip(
            self.tokens, self.ids, self.spans, self.special, self.data, strict=True
        ):
            start, end = span
            if special or start == end:
                shape = token
            elif start < reached or self._shared(span):
                # A part of a character: what it adds are bytes.
                shape = "".join(f"⟨{byte:02X}⟩" for byte in data) if data else visible(token)
            else:
                shape = visible(self.text[start:end])
            reached = max(reached, end)
            yield Shown(shape, token, index, span, special, data)

    def _shared(self, span: tuple[int, int]) -> bool:
        return span[1] - span[0] == 1 and sum(other == span for other in self.spans) > 1

    def html(self) -> str:
        """Return the view as HTML that carries its own style: light and dark, details on hovering."""
        from lexel.inspect.html import render

        return render(self)

    def _repr_html_(self) -> str:
        return self.html()

    def __rich__(self) -> Group:
        from rich.console import Group

        from lexel.inspect.terminal import coloured, token_table

        table = token_table(self.tokens, self.ids, self.spans, self.text)
        return Group(coloured(self.text, [span for span in self.spans if span[0] < span[1]]), table)

    def __str__(self) -> str:
        """Return the text with its tokens coloured, or divided by bars where there are no colours."""
        from rich.console import Console

        from lexel.inspect.terminal import coloured

        target = StringIO()
        colours = sys.stdout is not None and sys.stdout.isatty()
        console = Console(file=target, force_terminal=colours, color_system="auto" if colours else None)
        spans = [span for span in self.spans if span[0] < span[1]]
        console.print(coloured(self.text, spans, separator="" if colours else "│"), soft_wrap=True, end="")
        return target.getvalue()

    def __repr__(self) -> str:
        return f"{self}\n{len(self)} tokens"


def visible(text: str) -> str:
    """Return a text with whitespace and control characters made visible."""
    return "".join(_VISIBLE.get(c) or (c if c.isprintable() else f"⟨U+{ord(c):04X}⟩") for c in text)
