"""Write the tensors of a model as safetensors, whole or in shards, so that a reader never sees half a file."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from safetensors.torch import save_file

from lexel.runtime.files import write_atomically, write_json
from lexel.runtime.weights.source import INDEX, SINGLE

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_OURS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?")


def save_weights(tensors: dict[str, Tensor], folder: Path, *, max_shard_size: int | str = "50GB") -> list[Path]:
    """Write tensors into a folder; return the files. Weight files of an earlier save there are removed.

    Args:
        tensors: by the names to store; none may share memory.
        folder: made if it is not there.
        max_shard_size: bytes, or a text such as "200MB"; a single tensor may exceed it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards: list[dict[str, Tensor]] = [{}]
    limit, filled = parse_size(max_shard_size), 0
    for name, tensor in tensors.items():
        if shards[-1] and filled + tensor.nbytes > limit:
            shards.append({})
            filled = 0
        shards[-1][name] = tensor.detach().cpu().contiguous()
        filled += tensor.nbytes
    names = [SINGLE]
    if len(shards) > 1:
        names = [f"model-{number:05d}-of-{len(shards):05d}.safetensors" for number in range(1, len(shards) + 1)]
    for name, shard in zip(names, shards, strict=True):
        write_atomically(folder / name, partial(_write, shard))
    if len(shards) > 1:
        total = sum(tensor.nbytes for tensor in tensors.values())
        homes = {key: name for name, shard in zip(names, shards, strict=True) for key in shard}
        write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": homes})
        names.append(INDEX)
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in names:
            path.unlink()
    return [folder / name for name in names]


def _write(shard: dict[str, Tensor], path: Path) -> None:
    save_file(shard, path, metadata={"format": "pt"})


def parse_size(size: int | str) -> int:
    """Return a size in bytes."""
    if isinstance(size, int):
        return size
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?B?)\s*", size.upper())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{size!r} is no size; write bytes, or a number with KB, MB, GB, TB, KiB, MiB or GiB")
    return int(float(match[1]) * _UNITS[match[2]])
