"""A comparison of two renders as HTML: what is gone, what is new, control tokens in boxes; everything escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from lexel.chat_templates.diff import shortened, visible, where

if TYPE_CHECKING:
    from lexel.chat_templates.diff import DiffSpan, RenderDiff

__all__ = ["page"]

_STYLE = """\
.lexel-diff{--gone:#ffd7d5;--new:#ccffd8;--ink:#1b1f24;--dim:#6a737d;font:13px/1.6 ui-monospace,monospace;\
color:var(--ink);background:#fff;padding:.6em .8em;border-radius:6px}
.lexel-diff pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;color:inherit;background:none}
.lexel-diff del{background:var(--gone)}.lexel-diff ins{background:var(--new);text-decoration:none}
.lexel-diff b{font-weight:inherit;border:1px solid var(--dim);border-radius:3px;padding:0 .2em}
.lexel-diff i{color:var(--dim)}.lexel-diff p{margin:.5em 0 0;color:var(--dim);font-size:12px}
@media(prefers-color-scheme:dark){.lexel-diff{--gone:#67060c;--new:#033a16;--ink:#e6edf3;--dim:#9da7b1;\
background:#0d1117}}
[data-jp-theme-light=true] .lexel-diff,.vscode-light .lexel-diff{--gone:#ffd7d5;--new:#ccffd8;--ink:#1b1f24;\
--dim:#6a737d;background:#fff}
[data-jp-theme-light=false] .lexel-diff,.vscode-dark .lexel-diff{--gone:#67060c;--new:#033a16;--ink:#e6edf3;\
--dim:#9da7b1;background:#0d1117}"""


def page(diff: RenderDiff) -> str:
    """Return a comparison as a block of HTML with its style."""
    control = re.compile("|".join(map(re.escape, diff.control)) or "(?!)")
    body = "".join(_stretch(diff, span, control) for span in diff.spans)
    facts = [f"{len(diff.changes)} differences", f"{escape(diff.a.name)} → {escape(diff.b.name)}"]
    if diff.ids_at is not None:
        facts.append(escape(diff.summary().splitlines()[-1]))
    return f'<div class="lexel-diff"><style>{_STYLE}</style><pre>{body}</pre><p>{"; ".join(facts)}</p></div>'


def _stretch(diff: RenderDiff, span: DiffSpan, control: re.Pattern[str]) -> str:
    gone, new = diff.a.text[slice(*span.a)], diff.b.text[slice(*span.b)]
    if span.kind == "equal":
        return _boxed(shortened(gone), control, seen=False)
    title = escape(where(span))
    parts = [("del", gone), ("ins", new)]
    return "".join(f'<{tag} title="{title}">{_boxed(text, control, seen=True)}</{tag}>' for tag, text in parts if text)


def _boxed(text: str, control: re.Pattern[str], *, seen: bool) -> str:
    """Return a text with its control tokens in boxes, and its whitespace visible if it is to be seen."""
    parts, at = [], 0
    for match in control.finditer(text):
        parts += [_plain(text[at : match.start()], seen=seen), f"<b>{escape(match[0])}</b>"]
        at = match.end()
    return "".join([*parts, _plain(text[at:], seen=seen)])


def _plain(text: str, *, seen: bool) -> str:
    # A line break is shown and made.
    return escape(visible(text)).replace("⏎", "⏎\n") if seen else escape(text)
