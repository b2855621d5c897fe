r"""Keeps control tokens typed by a user from becoming control tokens.

A user who writes ``<|im_end|>`` must not end the message. The user's strings are marked before rendering: each control
token in them is put between two private-use characters. After rendering the text is taken apart again: marked tokens
are to be encoded as plain text, everything else as usual; that is `segments`. Marks a user types are removed first, so
none can be forged.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from os.path import commonprefix
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lexel.chat_templates.plain import plain
from lexel.chat_templates.render import Rendered, literal_text
from lexel.chat_templates.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Sanitized", "control_tokens", "mark", "unmark"]

_OPEN, _CLOSE = "\U000f0000", "\U000f0001"
_MARKS = {ord(_OPEN): None, ord(_CLOSE): None}
# Stands where a string of the caller's may be one part of a token: two marks that close nothing. Taking them away frees
# no mark of a token.
_EDGE = _CLOSE + _CLOSE
_WRAPPED = f"{_OPEN}\\g<0>{_CLOSE}"
# A template that prints a list, or JSON in ASCII, escapes the marks in it.
_OPENS, _CLOSES = (rf"(?:{mark}|\\U000f000{bit}|\\udb80\\udc0{bit})" for bit, mark in enumerate((_OPEN, _CLOSE)))
_ANY_MARK = re.compile(f"{_OPENS}|{_CLOSES}")
_TYPED = re.compile(r"(\\)(U000f000[01]|udb80\\udc0[01])")

Span = tuple[int, int]


class _Token(Protocol):
    content: str
    special: bool


class Sanitized(NamedTuple):
    """A render without its marks."""

    text: str
    generation_spans: list[Span] | None
    segments: list[Segment]


def control_tokens(
    template: str, added_tokens: Iterable[_Token], chat_control_tokens: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Return the tokens that only the template may write.

    Args:
        template: its source.
        added_tokens: those of the tokenizer. Special ones always count.
        chat_control_tokens: which of the others count; None: those the template writes literally, whitespace excepted.
    """
    if chat_control_tokens is not None:
        chosen = set(chat_control_tokens)
        return tuple(token.content for token in added_tokens if token.special or token.content in chosen)
    written = literal_text(template)
    return tuple(
        token.content
        for token in added_tokens
        if token.special or (token.content in written and not token.content.isspace())
    )


def mark(value: Any, tokens: tuple[str, ...]) -> Any:
    """Return a plain copy of a value in which every string has the tokens marked; keys stay as they are.

    A string that ends with the beginning of a token, or begins with the end of one, gets an edge there: a template may
    write it next to the rest.
    """
    return _marked(plain(value), _pattern(tokens), _parts(tokens))


def _marked(value: Any, pattern: re.Pattern[str], parts: _Parts) -> Any:
    if isinstance(value, str):
        bare = value.translate(_MARKS) if _OPEN in value or _CLOSE in value else value
        left, right = _edge(bare, parts.ends, 1, parts), _edge(bare, parts.starts, -1, parts)
        # What only looks like an escaped mark is kept, and cut in two until it is read.
        bare = _TYPED.sub(rf"\1{_EDGE}\2", bare) if "\\" in bare else bare
        # Looking for the first characters alone is a lot faster, and most texts have none.
        return left + (pattern.sub(_WRAPPED, bare) if any(map(bare.__contains__, parts.firsts)) else bare) + right
    if isinstance(value, dict):
        return {key: _marked(item, pattern, parts) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(item, pattern, parts) for item in value]
    return value


class _Parts(NamedTuple):
    """What tokens can be made of: their proper beginnings and ends, first characters; and they themselves."""

    starts: frozenset[str]
    ends: frozenset[str]
    longest: int
    firsts: tuple[str, ...]
    whole: frozenset[str]


def _edge(text: str, known: frozenset[str], side: int, parts: _Parts) -> str:
    # Words are left alone: templates compare roles and types with theirs.
    if not text or text.isidentifier():
        return ""
    sizes = range(1, min(parts.longest, len(text) + 1))
    return _EDGE if any((text[:size] if side > 0 else text[-size:]) in known for size in sizes) else ""


@lru_cache(maxsize=16)
def _parts(tokens: tuple[str, ...]) -> _Parts:
    # Mere whitespace is no part that counts: templates trim it.
    starts = frozenset(token[:size] for token in tokens for size in range(1, len(token)) if not token[:size].isspace())
    ends = frozenset(token[size:] for token in tokens for size in range(1, len(token)) if not token[size:].isspace())
    firsts = tuple(sorted({token[0] for token in tokens if token}))
    return _Parts(starts, ends, max(map(len, tokens), default=0), firsts, frozenset(tokens) - {""})


@lru_cache(maxsize=16)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of the tokens; a token wins over those it begins with.

    Tokens that begin alike share that beginning: one after the other, a thousand reserved tokens would be tried at
    every bracket of a text.
    """
    return re.compile(_alternatives(sorted({token for token in tokens if token})) or "(?!)")


def _alternatives(rests: list[str]) -> str:
    """Return a pattern of texts that are sorted; "" among them makes the others optional."""
    groups = [list(group) for _, group in groupby((rest for rest in rests if rest), key=itemgetter(0))]
    made = []
    for group in groups:
        shared = commonprefix(group)
        made.append(re.escape(shared) + _alternatives([rest[len(shared) :] for rest in group]))
    if not made:
        return ""
    optional = "?" if "" in rests else ""
    return made[0] if len(made) == 1 and not optional else f"(?:{'|'.join(made)}){optional}"


@lru_cache(maxsize=16)
def _cutter(tokens: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"{_OPENS}({_pattern(tokens).pattern}){_CLOSES}|({_CLOSES}{{2}})|{_ANY_MARK.pattern}")


def unmark(rendered: Rendered, added_tokens: tuple[str, ...]) -> Sanitized:
    """Take a render of marked inputs apart.

    Args:
        rendered: with marks in the text.
        added_tokens: all of the tokenizer's, by content.
    """
    if not _has_marks(rendered.text):
        return Sanitized(rendered.text, rendered.generation_spans, [Segment(rendered.text, False, 0)])
    segments: list[Segment] = []
    run: list[str] = []  # pieces between which there are only edges
    place = at = 0

    def end_run() -> None:
        nonlocal place
        for text in _apart(run, added_tokens):
            # The first piece is kept even if empty: it alone is encoded as the start of a text.
            if text or not segments:
                segments.append(Segment(text, False, place))
                place += len(text)
        run.clear()

    for match in _cutter(added_tokens).finditer(rendered.text):
        run.append(rendered.text[at : match.start()])
        at = match.end()
        if match[2]:
            continue
        # A mark without its partner stems from a template that cut a string in two. It goes, but stays a border: what
        # stands left and right of it must not join into a token.
        end_run()
        if match[1]:
            segments.append(Segment(match[1], True, place))
            place += len(match[1])
    run.append(rendered.text[at:])
    end_run()
    return Sanitized("".join(segment.text for segment in segments), _moved(rendered), segments)


def _has_marks(text: str) -> bool:
    return any(map(text.__contains__, (_OPEN, _CLOSE, r"\U000f000", r"\udb80")))


def _apart(run: list[str], tokens: tuple[str, ...]) -> list[str]:
    """Join the pieces of a run, but where a token would stand across the edge between two."""
    if len(run) == 1:
        return list(run)
    text, cuts, edge = "".join(run), [0], 0
    for piece in run[:-1]:
        edge += len(piece)
        if _crosses(text, edge, _parts(tokens)):
            cuts.append(edge)
    return [text[start:end] for start, end in pairwise([*cuts, len(text)])]


def _crosses(text: str, edge: int, parts: _Parts) -> bool:
    begun = [edge - size for size in range(1, min(parts.longest, edge + 1)) if text[edge - size : edge] in parts.starts]
    return any(text[start:end] in parts.whole for start in begun for end in range(edge + 1, start + parts.longest + 1))


def _moved(rendered: Rendered) -> list[Span] | None:
    if not rendered.generation_spans:
        return rendered.generation_spans
    marks = [match.span() for match in _ANY_MARK.finditer(rendered.text)]
    starts = [start for start, _ in marks]
    sizes = [0, *accumulate(end - start for start, end in marks)]
    moved = {place: place - sizes[bisect_left(starts, place)] for span in rendered.generation_spans for place in span}
    return [(moved[start], moved[end]) for start, end in rendered.generation_spans]
