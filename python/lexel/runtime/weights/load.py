"""Put the tensors of a checkpoint into a model that was built without memory."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from lexel.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor, nn

    from lexel.runtime.weights.source import TensorSource

MOST_NAMES = 20  # an error lists as many


@dataclass
class LoadReport:
    """What a load found: names, shapes in words, bytes and seconds."""

    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    bytes_read: int = 0
    seconds: float = 0.0

    def problems(self) -> str:
        """Describe what does not agree, or return ""."""
        parts = [
            f"{kind} ({len(names)}): {', '.join(names[:MOST_NAMES])}{' …' if len(names) > MOST_NAMES else ''}"
            for kind, names in (
                ("missing", self.missing),
                ("unexpected", self.unexpected),
                ("mismatched", self.mismatched),
            )
            if names
        ]
        return "; ".join(parts)


def load_weights(
    model: nn.Module,
    source: TensorSource,
    *,
    dtype: torch.dtype,
    device: torch.device,
    prefix: str = "",
    tied: dict[str, str] | None = None,
    ignore: Sequence[str] = (),
    strict: bool = True,
) -> LoadReport:
    """Give a model on the meta device the tensors of `source`.

    Args:
        model: its `state_dict` says what is wanted.
        source: the checkpoint.
        dtype: floating tensors are cast to it.
        device: where they go.
        prefix: of the base model inside a model with a head; added or removed where the checkpoint differs.
        tied: parameter → the one it shares memory with; the checkpoint need not store it.
        ignore: patterns of stored names nobody wants.
        strict: raise if anything is missing, unexpected or mismatched.

    Raises:
        WeightsError: the names and shapes that do not agree.
    """
    start = time.perf_counter()
    report, tied = LoadReport(), tied or {}
    wanted: dict[str, Tensor] = model.state_dict()
    homes: dict[str, str] = {}
    for key in source.keys():  # noqa: SIM118 - a method of ours, no dict
        target = _target(key, wanted, prefix)
        if target in homes:
            raise WeightsError(f"{source.origin}: both {homes[target]!r} and {key!r} are the parameter {target!r}")
        if target is not None:
            homes[target] = key
        elif not _ignored(key, wanted, prefix, ignore):
            report.unexpected.append(f"{key} {list(source.shape(key))}")
    _check_tied(source, homes, tied)
    for name, parameter in wanted.items():
        if name not in homes:
            if name not in tied:
                report.missing.append(f"{name} {list(parameter.shape)}")
        elif source.shape(homes[name]) != tuple(parameter.shape):
            found = list(source.shape(homes[name]))
            report.mismatched.append(f"{name} is {found} in the file and {list(parameter.shape)} in the model")
            del homes[name]
        elif parameter.is_floating_point() != source.dtype(homes[name]).is_floating_point:
            report.mismatched.append(f"{name} is {source.dtype(homes[name])} in the file")
            del homes[name]
    if strict and report.problems():
        raise WeightsError(
            f"{source.origin}: the checkpoint and the config disagree: {report.problems()}. "
            "strict=False loads what fits and draws the rest at random"
        )
    tensors: dict[str, Tensor] = {}
    for name, key in homes.items():
        tensor = source.read(key)
        report.bytes_read += tensor.nbytes
        tensors[name] = tensor.to(device, dtype if tensor.is_floating_point() else tensor.dtype)
    model.load_state_dict(tensors, strict=False, assign=True)
    report.seconds = time.perf_counter() - start
    return report


def _target(key: str, wanted: Iterable[str], prefix: str) -> str | None:
    """Return the parameter a stored name means, or None."""
    for name in (key, f"{prefix}.{key}", key.removeprefix(f"{prefix}.")):
        if name in wanted:
            return name
    return None


def _ignored(key: str, wanted: Iterable[str], prefix: str, patterns: Sequence[str]) -> bool:
    if any(re.search(pattern, key) for pattern in patterns):
        return True
    # A base model takes its part of a checkpoint and leaves the heads.
    is_base = not any(name.startswith(f"{prefix}.") for name in wanted)
    return is_base and not key.startswith(f"{prefix}.")


def _check_tied(source: TensorSource, homes: dict[str, str], tied: dict[str, str]) -> None:
    """Drop stored copies of tied parameters, after making sure that they are copies."""
    for name, origin in tied.items():
        if name not in homes or origin not in homes:
            continue
        key = homes.pop(name)
        if not torch.equal(source.read(key), source.read(homes[origin])):
            raise WeightsError(
                f"{source.origin}: the config ties {name} to {origin}, but the file stores two different tensors; "
                "set tie_word_embeddings to false in the config to use both"
            )
