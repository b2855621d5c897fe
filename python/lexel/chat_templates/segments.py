"""Encodes a text in segments, in some of which added tokens are mere text.

Each segment is encoded by itself, so that nothing joins across its borders; all of a batch that are alike go through
the tokenizer together.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Encode", "Pieces", "Segment", "encode_segments"]


class Segment(NamedTuple):
    """A stretch of the text that is encoded by itself."""

    text: str
    plain: bool
    """Whether added tokens in it are text."""
    start: int
    """Its first code point in the whole text."""


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
    unread = [(row, at) for row in range(len(made)) for at, segment in enumerate(made[row]) if not segment.plain]
    while unread:
        found, offsets = _encode_each([made[row][at].text for row, at in unread], encode, False, spans=True)
        grown: set[int] = set()
        # From behind, so that places in front stay.
        for (row, at), ids, places in reversed(list(zip(unread, found, offsets, strict=True))):
            parts = _cut(made[row][at], ids, places, normalized)
            if any(part.plain for part in parts):
                made[row][at : at + 1] = parts
                grown.add(row)
        # What was cut is looked at once more: a token may be found that was not before.
        unread = [(row, at) for row in sorted(grown) for at, segment in enumerate(made[row]) if not segment.plain]
    return made


def _cut(segment: Segment, ids: list[int], places: Any, normalized: Mapping[int, str]) -> list[Segment]:
    parts, done = [], 0
    for index, (start, end) in zip(ids, places.tolist(), strict=True):
        content = normalized.get(index)
        written = segment.text[start:end]
        if content is None or not written or start < done or written.strip() == content.strip():
            continue
        if start > done or segment.start + done == 0:
            # The first segment is kept even if empty: it alone is encoded as the start of a text.
            parts.append(Segment(segment.text[done:start], False, segment.start + done))
        parts.append(Segment(written, True, segment.start + start))
        done = end
    if done < len(segment.text) or not parts:
        parts.append(Segment(segment.text[done:], False, segment.start + done))
    return parts


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
