"""Tokens as HTML: one box a token, colours that work on light and dark ground, details on hovering."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lexel.inspect.view import Shown, TokenView

__all__ = ["render"]

# Hues far from each other; neighbours differ also for those who see few colours, by their lightness.
_HUES = (210, 45, 140, 330, 265, 20)
_STYLE = """\
.lexel-tokens{--light:88%;--deep:78%;--ink:#1b1f24;--dim:#6a737d;font:14px/1.9 ui-monospace,monospace;color:var(--ink);\
background:#fff;padding:.6em .8em;border-radius:6px;overflow-wrap:anywhere}
.lexel-tokens span.t{padding:.12em 0;border-radius:3px;white-space:pre-wrap;cursor:default}
.lexel-tokens span.s{border:1px solid var(--dim);padding:0 .25em;margin:0 .15em;color:var(--dim);background:none}
.lexel-tokens span.t:hover{outline:2px solid currentColor}
.lexel-tokens p{margin:.5em 0 0;color:var(--dim);font-size:12px}
@media(prefers-color-scheme:dark){.lexel-tokens{--light:30%;--deep:22%;--ink:#e6edf3;--dim:#9da7b1;background:#0d1117}}
[data-jp-theme-light=true] .lexel-tokens,.vscode-light .lexel-tokens{--light:88%;--deep:78%;--ink:#1b1f24;\
--dim:#6a737d;background:#fff}
[data-jp-theme-light=false] .lexel-tokens,.vscode-dark .lexel-tokens{--light:30%;--deep:22%;--ink:#e6edf3;\
--dim:#9da7b1;background:#0d1117}"""


def render(view: TokenView) -> str:
    """Return a view as a block of HTML with its style."""
    boxes = "".join(_box(place, shown) for place, shown in enumerate(view.shown()))
    characters = len(view.text)
    summary = f"{len(view)} tokens, {characters} characters"
    return f'<div class="lexel-tokens"><style>{_STYLE}</style>{boxes}<p>{summary}</p></div>'


def _box(place: int, shown: Shown) -> str:
    start, end = shown.span
    lines = [f"{shown.token!r}", f"id {shown.index}, token {place}"]
    if start < end:
        lines.append(f"characters {start}-{end}")
    if shown.data is not None:
        lines.append("bytes " + shown.data.hex(" "))
    # Inside an attribute a line break must be written as a reference.
    title = escape("\n".join(lines)).replace("\n", "&#10;")
    text = escape(shown.shape)
    if shown.special:
        return f'<span class="t s" title="{title}">{text}</span>'
    hue, lightness = _HUES[place % len(_HUES)], "light" if place % 2 else "deep"
    # A line break is shown and made.
    text = text.replace("⏎", "⏎<br>")
    return f'<span class="t" style="background:hsl({hue} 70% var(--{lightness}))" title="{title}">{text}</span>'
