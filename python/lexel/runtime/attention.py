"""Attention as a function looked up by name: eager, sdpa, and whatever a user registers.

Shapes: B batch, T queries, S keys, H query heads, K key/value heads, G = H / K, D head size.
A mask is boolean, true where a query sees a key, and broadcasts to [B, 1, T, S]; `None` means that all keys are seen
when T is 1, and the causal triangle (T == S) otherwise. A query that sees no key gets zeros.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lexel.errors import UnsupportedError

# (module, query [B, H, T, D], key [B, K, S, D], value [B, K, S, D], mask, *, scaling, dropout)
#   → (out [B, T, H, D], weights [B, H, T, S] or None)
AttentionFn = Callable[..., tuple[Tensor, Tensor | None]]


def eager_attention_forward(
    _module: nn.Module | None,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    scaling: float,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Attend in plain matrix products, softmax in float32; the definition the others are compared with."""
    batch, heads, length, size = query.shape
    groups, keys = key.shape[1], key.shape[2]
    # The heads that share keys become more queries of one head: keys are never repeated.
    scores = query.reshape(batch, groups, -1, size) @ key.transpose(2, 3) * scaling
    scores = scores.view(batch, heads, length, keys)
    if mask is None and length > 1:
        mask = torch.ones(length, keys, dtype=torch.bool, device=query.device).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    weights = F.dropout(weights, dropout) if dropout else weights
    out = weights.view(batch, groups, -1, keys) @ value
    return out.view(batch, heads, length, size).transpose(1, 2), weights


def sdpa_attention_forward(
    _module: nn.Module | None,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    scaling: float,
    dropout: float = 0.0,
) -> tuple[Tensor, None]:
    """Attend with torch's fused kernel."""
    batch, heads, length, size = query.shape
    groups = key.shape[1]
    if length == 1:
        # One query a head: the group takes the place of the queries, which costs nothing.
        folded = query.reshape(batch, groups, heads // groups, size)
        out = F.scaled_dot_product_attention(folded, key, value, mask, dropout, scale=scaling)
        return out.reshape(batch, 1, heads, size), None
    out = F.scaled_dot_product_attention(
        query, key, value, mask, dropout, is_causal=mask is None, scale=scaling, enable_gqa=groups < heads
    )
    return out.transpose(1, 2), None


class AttentionInterface(dict[str, AttentionFn]):
    """The attention functions by name."""

    def register(self, name: str, function: AttentionFn) -> None:
        """Make a function available as `attn_implementation=name`."""
        self[name] = function

    def __missing__(self, name: str) -> AttentionFn:
        raise UnsupportedError(f"attention {name!r} is not available; available are {', '.join(self)}")


ALL_ATTENTION_FUNCTIONS = AttentionInterface(eager=eager_attention_forward, sdpa=sdpa_attention_forward)
