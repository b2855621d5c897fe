"""Marks the tokens the assistant wrote, from the spans of a render and the spans of the tokens.

A token is marked exactly if its characters intersect a generation span. Nothing else counts: not the side of padding
or truncation, not the tokens around it.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from lexel.chat_templates.render import has_generation

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["assistant_masks", "check_generation"]

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
    if len(offsets) != len(spans):
        raise ValueError(f"{len(offsets)} rows of offsets and {len(spans)} rows of spans: expected one for each")
    if None in spans:
        raise ValueError(
            "the chat template changes the text of a generation block after writing it, so that the assistant's tokens "
            "cannot be found: put {% generation %} where the text is written last"
        )
    masks = [_row(row, row_spans or ()) for row, row_spans in zip(offsets, spans, strict=True)]
    if attention is not None:
        for mask, attended in zip(masks, attention, strict=True):
            mask[:] = [bit if seen else 0 for bit, seen in zip(mask, attended, strict=True)]
    return masks


def _row(offsets: Any, spans: Sequence[Span]) -> list[int]:
    import numpy as np

    tokens = np.asarray(offsets, dtype=np.int64).reshape(-1, 2)  # [tokens, 2]
    merged = _merged(spans)
    if not merged:
        return [0] * len(tokens)
    starts, ends = tokens[:, 0], tokens[:, 1]
    span_starts, span_ends = np.asarray(merged, dtype=np.int64).T
    # The first span that ends behind the token's start is the only one it can meet first.
    nearest = np.searchsorted(span_ends, starts, side="right")
    inside = nearest < len(merged)
    begins = span_starts[np.minimum(nearest, len(merged) - 1)]
    marked = inside & np.where(starts == ends, begins < starts, begins < ends)
    bits: list[int] = marked.astype(np.int64).tolist()
    return bits


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Return the spans ascending, without empty ones, overlapping ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
