r"""Keeps control tokens typed by a user from becoming control tokens.

A user who writes ``<|im_end|>`` must not end the message. The user's strings are marked before rendering: each control
token in them is put between two private-use characters. After rendering the text is taken apart again: marked tokens
are to be encoded as plain text, everything else as usual. Marks a user types are removed first, so none can be forged.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lexel.chat_templates.plain import plain
from lexel.chat_templates.render import Rendered, literal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Encode", "Pieces", "Sanitized", "Segment", "control_tokens", "encode_segments", "mark", "unmark"]

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
    """What tokens can be made of: their proper beginnings and ends, and first characters."""

    starts: frozenset[str]
    ends: frozenset[str]
    longest: int
    firsts: tuple[str, ...]


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
    return _Parts(starts, ends, max(map(len, tokens), default=0), firsts)


@lru_cache(maxsize=16)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    # A token wins over the tokens inside it.
    longest_first = sorted((token for token in tokens if token), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")


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
        near = text[max(edge - _parts(tokens).longest, 0) : edge + _parts(tokens).longest]
        middle = min(edge, _parts(tokens).longest)
        if any(token in near[max(middle - len(token) + 1, 0) : middle + len(token) - 1] for token in tokens if token):
            cuts.append(edge)
    return [text[start:end] for start, end in pairwise([*cuts, len(text)])]


def _moved(rendered: Rendered) -> list[Span] | None:
    if not rendered.generation_spans:
        return rendered.generation_spans
    marks = [match.span() for match in _ANY_MARK.finditer(rendered.text)]
    starts = [start for start, _ in marks]
    sizes = [0, *accumulate(end - start for start, end in marks)]
    moved = {place: place - sizes[bisect_left(starts, place)] for span in rendered.generation_spans for place in span}
    return [(moved[start], moved[end]) for start, end in rendered.generation_spans]


class Pieces(NamedTuple):
    """The rows of a batch, encoded."""

    ids: list[list[int]]
    offsets: Any
    """(start, end) code points of every token in its row's text, rows behind each other, int64 `[tokens, 2]`; None
    if they were not asked for."""


class Encode(Protocol):
    """Encodes texts, writing no special tokens; with ``plain`` no added token is looked for in them."""

    def __call__(self, texts: list[str], /, *, plain: bool, spans: bool) -> tuple[list[list[int]], Any]:
        """Return the ids of every text, and their spans behind each other, int64 `[tokens, 2]` (or None)."""


def encode_segments(
    rows: Sequence[Sequence[Segment]],
    encode: Encode,
    token_to_id: Callable[[str], int | None],
    *,
    spans: bool = False,
    normalized: Mapping[int, str] | None = None,
) -> Pieces:
    """Encode the segments of a batch of renders; all that are alike go through the tokenizer together.

    Args:
        rows: of each row, the segments of `unmark`.
        encode: the tokenizer.
        token_to_id: id of an added token.
        spans: whether to return where the tokens stand.
        normalized: the control tokens, by id, that are looked for in normalized text: what only becomes one by that
            (``[cls]`` in capitals) was not written by the template.

    Raises:
        ValueError: a control token comes out of plain text all the same; says in which row.
    """
    if normalized:
        rows = _without_variants(rows, encode, normalized)
    flat = [segment for row in rows for segment in row]
    firsts = {0, *accumulate(map(len, rows))}
    ids: list[list[int]] = [[]] * len(flat)
    places: list[Any] = [None] * len(flat)
    newline = encode(["\n"], plain=False, spans=False)[0][0]
    for plain_text in (False, True):
        of_kind = [at for at, segment in enumerate(flat) if segment.plain is plain_text]
        # Behind a newline, so that no tokenizer adds the space it puts before the start of a text.
        behind = [at for at in of_kind if at not in firsts]
        found, offsets = _encode_each(["\n" + flat[at].text for at in behind], encode, plain_text, spans)
        whole = {at for at in of_kind if at in firsts}
        for at, piece, span in zip(behind, found, offsets, strict=True):
            if piece[: len(newline)] != newline:
                whole.add(at)
                continue
            ids[at] = piece[len(newline) :]
            # A token that reaches into the newline starts with the segment.
            places[at] = None if span is None else span[len(newline) :].clip(min=1) + (flat[at].start - 1)
        found, offsets = _encode_each([flat[at].text for at in sorted(whole)], encode, plain_text, spans)
        for at, piece, span in zip(sorted(whole), found, offsets, strict=True):
            ids[at] = piece
            places[at] = None if span is None else span + flat[at].start
    return _joined(rows, ids, places, token_to_id, spans=spans)


def _without_variants(
    rows: Sequence[Sequence[Segment]], encode: Encode, normalized: Mapping[int, str]
) -> list[list[Segment]]:
    """Make plain what is a control token only after normalization."""
    made = [list(row) for row in rows]
    open_rows = list(range(len(made)))
    while open_rows:
        texts = [(row, at) for row in open_rows for at, segment in enumerate(made[row]) if not segment.plain]
        found, offsets = _encode_each([made[row][at].text for row, at in texts], encode, False, spans=True)
        parts: dict[tuple[int, int], list[Segment]] = {}
        for (row, at), ids, places in zip(texts, found, offsets, strict=True):
            segment = made[row][at]
            for index, (start, end) in zip(ids, places.tolist(), strict=True):
                content = normalized.get(index)
                written = segment.text[start:end]
                if content is None or written.strip() == content.strip() or not written:
                    continue
                place = segment.start
                cut = (segment.text[:start], False), (written, True), (segment.text[end:], False)
                parts[row, at] = []
                for text, is_plain in cut:
                    if text or place == 0:
                        parts[row, at].append(Segment(text, is_plain, place))
                        place += len(text)
                break
        # From behind, so that places in front stay; what was cut is looked at once more.
        for (row, at), segments in sorted(parts.items(), reverse=True):
            made[row][at : at + 1] = segments
        open_rows = sorted({row for row, _ in parts})
    return made


def _encode_each(texts: list[str], encode: Encode, plain_text: bool, spans: bool) -> tuple[list[list[int]], list[Any]]:
    if not texts:
        return [], []
    ids, offsets = encode(texts, plain=plain_text, spans=spans)
    if not spans:
        return ids, [None] * len(ids)
    ends = list(accumulate(map(len, ids)))
    return ids, [offsets[end - len(row) : end] for row, end in zip(ids, ends, strict=True)]


def _joined(
    rows: Sequence[Sequence[Segment]],
    ids: list[list[int]],
    places: list[Any],
    token_to_id: Callable[[str], int | None],
    *,
    spans: bool,
) -> Pieces:
    made, at = [], 0
    for index, row in enumerate(rows):
        joined: list[int] = []
        for segment in row:
            if segment.plain and token_to_id(segment.text) in ids[at]:
                where = f" (conversation {index})" if len(rows) > 1 else ""
                raise ValueError(
                    f"cannot sanitize {segment.text!r}{where}: this tokenizer makes it from plain text. Remove it from "
                    "the input"
                )
            joined += ids[at]
            at += 1
        made.append(joined)
    if not spans:
        return Pieces(made, None)
    import numpy as np

    return Pieces(made, np.concatenate(places) if places else np.zeros((0, 2), dtype=np.int64))
