"""Which key each query sees: predicates over positions, and the boolean masks built from them.

Shapes: B batch, T queries, S keys. A mask is made only where `None` would not say it (see `lexel.runtime.attention`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lexel.runtime.config import ModelConfig

# (batch index [B, 1, 1], head index, query position [T, 1], key position [S]) → bool, broadcast to [B, T, S]
Predicate = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def causal(_batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
    """See a position and what came before it."""
    return key <= query


def sliding(window: int) -> Predicate:
    """See the last `window` positions, one's own included."""
    return lambda _batch, _head, query, key: (key <= query) & (key > query - window)


def padding(visible: Tensor) -> Predicate:
    """See keys that are no padding; `visible` is a bool mask [B, S]."""
    return lambda batch, _head, _query, key: visible[batch, key]


def and_(*predicates: Predicate) -> Predicate:
    """See what every predicate sees."""

    def both(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        seen = predicates[0](batch, head, query, key)
        for predicate in predicates[1:]:
            seen = seen & predicate(batch, head, query, key)
        return seen

    return both


def build_mask(predicate: Predicate, *, batch: int, queries: Tensor, keys: Tensor) -> Tensor:
    """Evaluate a predicate at positions `queries` [T] and `keys` [S]; return a bool mask [B, 1, T, S]."""
    rows = torch.arange(batch, device=keys.device)[:, None, None]
    seen = predicate(rows, torch.zeros_like(rows), queries[:, None], keys)
    return seen.expand(batch, len(queries), len(keys)).unsqueeze(1)


def causal_masks(
    config: ModelConfig, *, batch: int, length: int, past: int, padding_mask: Tensor | None, device: torch.device
) -> dict[str, Tensor | None]:
    """Return the mask of each layer type the config has.

    Args:
        config: gives the layer types and the window.
        batch: B.
        length: T, the new positions.
        past: positions already in the cache.
        padding_mask: [B, past + T], zero at padding; `None` when nothing is padded.
        device: where the mask is needed.
    """
    masks: dict[str, Tensor | None] = {}
    for kind in set(config.layer_types):
        window = config.sliding_window if kind == "sliding_attention" else None
        narrow = window is not None and window < past + length
        if padding_mask is None and not narrow and (past == 0 or length == 1):
            masks[kind] = None
        elif padding_mask is not None and not narrow and length == 1:
            masks[kind] = padding_mask.to(torch.bool)[:, None, None, :]
        else:
            predicate = causal if window is None else sliding(window)
            if padding_mask is not None:
                predicate = and_(predicate, padding(padding_mask.to(torch.bool)))
            keys = torch.arange(past + length, device=device)
            masks[kind] = build_mask(
                predicate, batch=1 if padding_mask is None else batch, queries=keys[past:], keys=keys
            )
    return masks
