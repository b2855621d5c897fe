"""Marks the tokens the assistant wrote, from the spans of a render and the spans of the tokens.

A token is marked exactly if its characters intersect a generation span. Nothing else counts: not the side of padding
or truncation, not the tokens around it. All rows of a batch are marked in one pass over arrays.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from lexel.chat_templates.render import has_generation

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["assistant_masks", "check_generation", "flat_offsets", "mark_tokens", "split_rows"]

_log = logging.getLogger(__name__)

Span = tuple[int, int]


def check_generation(template: str, *, on_missing_generation: Literal["zeros", "raise"] = "zeros") -> None:
    """Make sure that a template says what the assistant writes.

    Args:
        template: its source.
        on_missing_generation: without a ``{% generation %}`` block every mask is zero, and a model trained on it
            learns nothing. "zeros" logs that, once for each template; "raise" does not let it happen.

    Raises:
        ValueError: there is no block, and "raise" was asked for.
    """
    if on_missing_generation not in ("zeros", "raise"):
        raise ValueError(f"on_missing_generation is {on_missing_generation!r}; expected 'zeros' or 'raise'")
    if has_generation(template):
        return
    if on_missing_generation == "raise":
        raise ValueError(
            "the chat template has no {% generation %} block, so it does not say which tokens the assistant writes: "
            "put {% generation %} … {% endgeneration %} around the assistant's text"
        )
    _warn(template)


@lru_cache(maxsize=128)
def _warn(template: str) -> None:
    _log.warning(
        "The chat template has no {%% generation %%} block: the assistant mask is all zeros. Put {%% generation %%} … "
        "{%% endgeneration %%} around the assistant's text (template begins: %r)",
        template[:60],
    )


def flat_offsets(rows: Sequence[Any]) -> Any:
    """Return the spans of all rows behind each other, int64 `[tokens, 2]`.

    Args:
        rows: for each row its (start, end) pairs, or an array of shape [rows, length, 2].
    """
    import numpy as np

    if isinstance(rows, np.ndarray):
        return rows.astype(np.int64, copy=False).reshape(-1, 2)
    if any(isinstance(row, np.ndarray) for row in rows):
        return np.concatenate([np.asarray(row, dtype=np.int64).reshape(-1, 2) for row in rows])
    # An order of magnitude faster than an array of a list of pairs.
    numbers = chain.from_iterable(chain.from_iterable(rows))
    return np.fromiter(numbers, dtype=np.int64).reshape(-1, 2)


def mark_tokens(offsets: Any, lengths: Sequence[int], spans: Sequence[Sequence[Span] | None]) -> Any:
    """Return 1 for every token the assistant wrote, 0 for all others, int64 `[tokens]`.

    Args:
        offsets: (start, end) code points of each token in its row's text, rows behind each other, `[tokens, 2]`.
        lengths: how many tokens each row has.
        spans: the `generation_spans` of each row's render.

    Raises:
        ValueError: a row has no spans, because its template changes what it wrote in a generation block.
    """
    import numpy as np

    if len(lengths) != len(spans):
        raise ValueError(f"{len(lengths)} rows of offsets and {len(spans)} rows of spans: expected one for each")
    merged = [_merged(row) for row in spans]
    if not any(merged):
        return np.zeros(len(offsets), dtype=np.int64)
    # One number line for all rows: each row's places begin behind those of the row before.
    last = max(int(offsets.max(initial=0)), max(end for row in merged for _, end in row)) + 2
    base: Any = np.repeat(np.arange(len(lengths), dtype=np.int64) * last, lengths)  # [tokens]
    starts, ends = offsets[:, 0] + base, offsets[:, 1] + base
    line = np.asarray([(s + at * last, e + at * last) for at, row in enumerate(merged) for s, e in row], dtype=np.int64)
    span_starts, span_ends = line.T
    # The first span that ends behind the token's start is the only one it can meet first.
    nearest = np.searchsorted(span_ends, starts, side="right")
    begins = span_starts[np.minimum(nearest, len(line) - 1)]
    inside = nearest < len(line)
    # A token without characters of its own stands in a span, and is not of it at the span's very edge.
    return (inside & np.where(starts == ends, begins < starts, begins < ends)).astype(np.int64)


def assistant_masks(
    offsets: Sequence[Any], spans: Sequence[Sequence[Span] | None], attention: Sequence[Sequence[int]] | None = None
) -> list[list[int]]:
    """Return 1 for every token the assistant wrote, 0 for all others.

    Args:
        offsets: for each row the (start, end) code points of its tokens in that row's text: lists, or an array of
            shape [rows, length, 2]. A token without characters of its own (an end-of-word mark, a space the
            tokenizer trims) counts if it stands inside a span.
        spans: the `generation_spans` of each row's render.
        attention: the attention mask; where it is 0 there is padding, which is never marked.

    Raises:
        ValueError: a row has no spans, because its template changes what it wrote in a generation block.
    """
    lengths = [len(row) for row in offsets]
    flat = mark_tokens(flat_offsets(offsets), lengths, spans)
    masks = split_rows(flat, lengths)
    if attention is not None:
        for mask, attended in zip(masks, attention, strict=True):
            mask[:] = [bit if seen else 0 for bit, seen in zip(mask, attended, strict=True)]
    return masks


def split_rows(flat: Any, lengths: Sequence[int]) -> list[list[Any]]:
    """Return the entries of an array as one list for each row."""
    rows: list[list[Any]] = []
    at = 0
    for length in lengths:
        rows.append(flat[at : at + length].tolist())
        at += length
    return rows


def _merged(spans: Sequence[Span] | None) -> list[Span]:
    """Return the spans ascending, without empty ones, overlapping ones joined."""
    if spans is None:
        raise ValueError(
            "the chat template changes the text of a generation block after writing it, so that the assistant's tokens "
            "cannot be found: put {% generation %} where the text is written last"
        )
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
