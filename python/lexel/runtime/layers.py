"""The plain blocks that families are made of: norm, gated MLP, rotation, activations."""

# mypy: allow-subclassing-any
from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lexel.errors import UnsupportedError
from lexel.runtime.plain import has_plain_forward

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel.runtime.config import ModelConfig


def _gelu_tanh(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": F.silu,
    "swish": F.silu,
    "gelu": F.gelu,
    "gelu_pytorch_tanh": _gelu_tanh,
    "relu": F.relu,
}


@has_plain_forward
class RMSNorm(nn.Module):
    """Scale each vector to unit mean square in float32, cast back, multiply by a learned weight."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = torch.tensor(eps, device="cpu")  # a tensor: adding a Python number costs 1 µs more

    def forward(self, x: Tensor) -> Tensor:
        """Norm the last axis."""
        wide = x.float()
        wide = wide * torch.rsqrt((wide * wide).mean(-1, True) + self.eps)
        return self.weight * wide.to(x.dtype)


class Embedding(nn.Embedding):
    """An embedding that waits to be drawn: torch draws at once, which on the meta device costs 3 s of imports."""

    def reset_parameters(self) -> None:
        """Leave it to `PreTrainedModel.post_init`."""


@has_plain_forward
class GatedMLP(nn.Module):
    """down(act(gate(x)) · up(x))."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.hidden_act not in ACTIVATIONS:
            raise UnsupportedError(f"hidden_act {config.hidden_act!r} is not among {', '.join(ACTIVATIONS)}")
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=config.mlp_bias)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=config.mlp_bias)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=config.mlp_bias)
        self.act = ACTIVATIONS[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        """Transform the last axis."""
        return cast("Tensor", self.down_proj(self.act(self.gate_proj(x)) * self.up_proj(x)))


def apply_rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate heads [B, H, T, D] by tables that broadcast to [B, 1, T, d], the first half of `sin` negated.

    Pairs are (i, i + d / 2), as in the public checkpoints; with d < D the rest of a head passes unrotated.
    """
    size = cos.shape[-1]
    if size == x.shape[-1]:
        return x * cos + x.roll(size // 2, -1) * sin
    return torch.cat((apply_rope(x[..., :size], cos, sin), x[..., size:]), -1)
