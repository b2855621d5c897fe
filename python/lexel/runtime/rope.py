"""Rotary positions: the frequencies of each rotary type, and tables of cosines and sines.

Shapes: B batch, T positions, d rotated size of a head.
Source: the papers behind each type as the public checkpoints use them; values pinned by the stored reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lexel.errors import UnsupportedError

Frequencies = Callable[[dict[str, Any], int, int, "int | None"], tuple[Tensor, float]]


@dataclass(frozen=True)
class Rope:
    """The frequencies of one rotary type at one length."""

    inv_freq: Tensor  # [d / 2] float32
    scaling: float  # of cosines and sines
    dim: int


def _plain(params: dict[str, Any], dim: int) -> Tensor:
    return 1.0 / (params["rope_theta"] ** (torch.arange(0, dim, 2).float() / dim))


def _default(params: dict[str, Any], dim: int, _max: int, _length: int | None) -> tuple[Tensor, float]:
    return _plain(params, dim), 1.0


def _linear(params: dict[str, Any], dim: int, _max: int, _length: int | None) -> tuple[Tensor, float]:
    return _plain(params, dim) / params["factor"], 1.0


def _dynamic(params: dict[str, Any], dim: int, max_position: int, length: int | None) -> tuple[Tensor, float]:
    if length is None or length <= max_position:
        return _plain(params, dim), 1.0
    # In float32 from here on, as the reference has it: the seventh digit depends on it.
    stretch = params["factor"] * torch.tensor(length) / max_position - (params["factor"] - 1)
    return _plain({"rope_theta": params["rope_theta"] * stretch ** (dim / (dim - 2))}, dim), 1.0


def _yarn(params: dict[str, Any], dim: int, max_position: int, _length: int | None) -> tuple[Tensor, float]:
    theta, original = params["rope_theta"], params["original_max_position_embeddings"]
    factor = params.get("factor") or max_position / original

    def dimension(rotations: float) -> float:
        return dim * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(theta))

    low, high = dimension(params.get("beta_fast") or 32), dimension(params.get("beta_slow") or 1)
    if params.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    if low == high:
        high += 0.001
    keep = 1 - ((torch.arange(dim // 2).float() - low) / (high - low)).clamp(0, 1)
    powers = theta ** (torch.arange(0, dim, 2).float() / dim)

    def growth(weight: float) -> float:
        return 0.1 * weight * math.log(factor) + 1 if factor > 1 else 1.0

    scaling = params.get("attention_factor")
    if scaling is None:
        parts = params.get("mscale"), params.get("mscale_all_dim")
        scaling = growth(parts[0]) / growth(parts[1]) if parts[0] and parts[1] else growth(1)
    return 1.0 / (factor * powers) * (1 - keep) + 1.0 / powers * keep, scaling


def _longrope(params: dict[str, Any], dim: int, max_position: int, length: int | None) -> tuple[Tensor, float]:
    original = params["original_max_position_embeddings"]
    factor, scaling = params.get("factor") or max_position / original, params.get("attention_factor")
    if scaling is None:
        scaling = math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0
    stretch = torch.tensor(params["long_factor" if (length or 0) > original else "short_factor"]).float()
    return 1.0 / (stretch * params["rope_theta"] ** (torch.arange(0, dim, 2).float() / dim)), scaling


def _llama3(params: dict[str, Any], dim: int, _max: int, _length: int | None) -> tuple[Tensor, float]:
    plain, factor = _plain(params, dim), params["factor"]
    low, high = params["low_freq_factor"], params["high_freq_factor"]
    turns = params["original_max_position_embeddings"] / (2 * math.pi / plain)  # full turns within that length
    keep = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 - keep) * plain / factor + keep * plain, 1.0


# Name → frequencies; a user may add one.
ROPE_TYPES: dict[str, Frequencies] = {
    "default": _default,
    "linear": _linear,
    "dynamic": _dynamic,
    "yarn": _yarn,
    "longrope": _longrope,
    "llama3": _llama3,
}


def build_rope(params: dict[str, Any], *, head_dim: int, max_position: int, seq_len: int | None = None) -> Rope:
    """Return the frequencies of `params` (v5 `rope_parameters`) for rows of `seq_len` positions."""
    kind = params["rope_type"]
    if kind not in ROPE_TYPES:
        raise UnsupportedError(f"rotary type {kind!r} is not among {', '.join(ROPE_TYPES)}")
    dim = int(head_dim * params.get("partial_rotary_factor", 1.0))
    try:
        with torch.device("cpu"):  # never on the meta device a model is built on
            inv_freq, scaling = ROPE_TYPES[kind](params, dim, max_position, seq_len)
    except KeyError as missing:
        raise ValueError(f"rope_parameters of type {kind!r} lack {missing}; found {sorted(params)}") from missing
    return Rope(inv_freq, float(scaling), dim)


class RopeTable:
    """Cosines and sines by position, computed once, in float32; the table grows by doubling.

    The first half of each sine row is negated, so that rotating is `x · cos + roll(x, d / 2) · sin`.
    Types whose frequencies depend on the length (dynamic, longrope) take each row's own length, never its batch
    mates'; up to `limit` positions they use the table like the others.
    """

    def __init__(self, params: dict[str, Any], *, head_dim: int, max_position: int) -> None:
        self._build = partial(build_rope, params, head_dim=head_dim, max_position=max_position)
        self.rope = self._build()
        limits = {"dynamic": max_position, "longrope": params.get("original_max_position_embeddings", max_position)}
        self.limit: int | None = limits.get(params["rope_type"])
        self._tables: dict[tuple[torch.device, torch.dtype], tuple[Tensor, Tensor]] = {}

    def span(self, start: int, length: int, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return cosines and sines of `length` positions from `start`, each [length, d]."""
        end = start + length
        if self.limit is not None and end > self.limit:
            return self._turn(torch.arange(start, end, device=device), end, dtype)
        cos, sin = self._table(end, device, dtype)
        return cos[start:end], sin[start:end]

    def cos_sin(self, positions: Tensor, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
        """Return cosines and sines of positions [B, T], each [B, T, d]."""
        lengths = (positions.amax(-1) + 1).tolist()
        if self.limit is not None and max(lengths) > self.limit:
            rows = [self._turn(row, length, dtype) for row, length in zip(positions, lengths, strict=True)]
            return torch.stack([cos for cos, _ in rows]), torch.stack([sin for _, sin in rows])
        cos, sin = self._table(max(lengths), positions.device, dtype)
        return cos[positions], sin[positions]

    def _table(self, end: int, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        found = self._tables.get((device, dtype))
        if found is None or len(found[0]) < end:
            length = max(256, 1 << (end - 1).bit_length())
            found = self._tables[device, dtype] = self._turn(torch.arange(length, device=device), 0, dtype)
        return found

    def _turn(self, positions: Tensor, length: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Compute the rows of some positions [T] with the frequencies of a row of `length` positions."""
        with torch.inference_mode(False), torch.no_grad():  # tables outlive the run that needs them first
            rope = self._build(seq_len=length) if self.limit is not None else self.rope
            angles = positions.float()[:, None] * rope.inv_freq.to(positions.device)
            cos, sin = angles.cos() * rope.scaling, angles.sin() * rope.scaling
            return torch.cat((cos, cos), -1).to(dtype), torch.cat((-sin, sin), -1).to(dtype)
