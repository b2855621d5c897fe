r"""Keeps control tokens typed by a user from becoming control tokens.

A user who writes ``<|im_end|>`` must not end the message. The user's strings are marked before rendering: each control
token in them is put between two private-use characters. After rendering the text is taken apart again: marked tokens
are to be encoded as plain text, everything else as usual. Marks a user types are removed first, so none can be forged.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lexel.chat_templates.plain import plain
from lexel.chat_templates.render import Rendered, literal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Sanitized", "Segment", "control_tokens", "encode_segments", "mark", "unmark"]

_OPEN, _CLOSE = "\U000f0000", "\U000f0001"
_MARKS = {ord(_OPEN): None, ord(_CLOSE): None}

Span = tuple[int, int]


class _Token(Protocol):
    content: str
    special: bool


class Segment(NamedTuple):
    """A stretch of the text that is encoded by itself."""

    text: str
    plain: bool
    """Whether added tokens in it are text."""
    start: int
    """Its first code point in the whole text."""


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
    """Return a plain copy of a value in which every string has the tokens marked; keys stay as they are."""
    return _marked(plain(value), _pattern(tokens))


def _marked(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(f"{_OPEN}\\g<0>{_CLOSE}", value.translate(_MARKS))
    if isinstance(value, dict):
        return {key: _marked(item, pattern) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(item, pattern) for item in value]
    return value


@lru_cache(maxsize=16)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    # A token wins over the tokens inside it.
    longest_first = sorted((token for token in tokens if token), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")


def unmark(rendered: Rendered, added_tokens: tuple[str, ...]) -> Sanitized:
    """Take a render of marked inputs apart.

    Args:
        rendered: with marks in the text.
        added_tokens: all of the tokenizer's, by content.
    """
    # A mark without its partner stems from a template that cut a string in two. It goes, but stays a border: what
    # stands left and right of it must not join into a token.
    cutter = re.compile(f"{_OPEN}({_pattern(added_tokens).pattern}){_CLOSE}|[{_OPEN}{_CLOSE}]")
    segments, place = [], 0
    for index, piece in enumerate(cutter.split(rendered.text)):
        # The first piece is kept even if empty: it alone is encoded as the start of a text.
        if piece or index == 0:
            segments.append(Segment(piece, index % 2 == 1, place))
            place += len(piece)
    return Sanitized("".join(segment.text for segment in segments), _moved(rendered), segments)


def _moved(rendered: Rendered) -> list[Span] | None:
    if not rendered.generation_spans:
        return rendered.generation_spans
    marks_before = [0]
    for char in rendered.text:
        marks_before.append(marks_before[-1] + (char in (_OPEN, _CLOSE)))
    return [(start - marks_before[start], end - marks_before[end]) for start, end in rendered.generation_spans]


def encode_segments(
    segments: Sequence[Segment],
    encode: Callable[[str, bool], tuple[list[int], list[Span]]],
    token_to_id: Callable[[str], int | None],
) -> tuple[list[int], list[Span]]:
    """Encode the segments one by one; return ids and spans in the whole text.

    Args:
        segments: of `unmark`.
        encode: (text, plain) → (ids, spans in that text), without special tokens; with ``plain`` no added token is
            looked for. Spans may be empty if the backend has none.
        token_to_id: id of an added token.

    Raises:
        ValueError: a control token comes out of plain text all the same.
    """
    newline = encode("\n", False)[0]
    ids: list[int] = []
    spans: list[Span] = []
    for index, segment in enumerate(segments):
        piece_ids, piece_spans = _encode_one(segment, encode, newline, first=index == 0)
        if segment.plain and token_to_id(segment.text) in piece_ids:
            raise ValueError(
                f"cannot sanitize {segment.text!r}: this tokenizer makes it from plain text. Remove it from the input"
            )
        ids += piece_ids
        spans += piece_spans
    return ids, spans


def _encode_one(
    segment: Segment, encode: Callable[[str, bool], tuple[list[int], list[Span]]], newline: list[int], *, first: bool
) -> tuple[list[int], list[Span]]:
    if not first:
        # Behind a newline, so that no tokenizer adds the space it puts before the start of a text.
        ids, spans = encode("\n" + segment.text, segment.plain)
        if ids[: len(newline)] == newline:
            shift = segment.start - 1
            # A token that reaches into the newline starts with the segment.
            return ids[len(newline) :], [(max(s, 1) + shift, max(e, 1) + shift) for s, e in spans[len(newline) :]]
    ids, spans = encode(segment.text, segment.plain)
    return ids, [(s + segment.start, e + segment.start) for s, e in spans]
