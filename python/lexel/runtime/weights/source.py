"""Where tensors come from: a safetensors file, a sharded index, or a GGUF file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from safetensors import SafetensorError, safe_open

from lexel.errors import FormatError, LoadError, UnsupportedError
from lexel.hub import ModelFiles, open_files
from lexel.runtime.files import read_json

if TYPE_CHECKING:
    from torch import Tensor

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


class TensorSource(Protocol):
    """A checkpoint: tensors by the names a Llama-style model gives them."""

    origin: str  # what errors call it

    @property
    def files(self) -> ModelFiles | None:
        """Where other files of the model are."""

    def keys(self) -> list[str]:
        """Return the names of all tensors."""

    def shape(self, key: str) -> tuple[int, ...]:
        """Return the shape of a tensor."""

    def dtype(self, key: str) -> torch.dtype:
        """Return the type that `read` gives a tensor."""

    def read(self, key: str) -> Tensor:
        """Return a tensor, on the CPU."""

    def config(self) -> dict[str, Any]:
        """Return the settings of the model, in the form of a `config.json`."""

    def default_dtype(self) -> torch.dtype:
        """Return the type that `dtype="auto"` means where the config names none."""


def open_source(
    source: str | PathLike[str] | TensorSource, *, gguf_file: str | None = None, mmap: bool = True, **hub: Any
) -> TensorSource:
    """Open the checkpoint in a folder, in a repository of the hub, or in a GGUF file; an open one passes through.

    Nothing but the directory of a GGUF file is read before a tensor or the config is asked for.

    Args:
        source: a folder, a hub id, or the path of a GGUF file.
        gguf_file: the GGUF file to read inside a folder or repository.
        mmap: tensors of safetensors files are views of the mapped file; else copies.
        **hub: see `lexel.hub.open_files`.

    Raises:
        LoadError: there is nothing to read.
        FormatError: a file is broken.
        UnsupportedError: the folder holds another format only.
    """
    if not isinstance(source, str | PathLike):
        return source
    path = Path(source).expanduser()
    if path.suffix == ".gguf" and not path.is_dir():
        if gguf_file is not None:
            raise TypeError(f"{source} is a GGUF file already; gguf_file names one inside a folder")
    elif gguf_file is not None:
        path = open_files(source, **hub).need(gguf_file)
    else:
        return SafetensorsSource(open_files(source, **hub), mmap=mmap)
    from lexel.runtime.weights.gguf import GGUFSource

    return GGUFSource(path)


class SafetensorsSource:
    """The safetensors files of a folder; they are opened when a tensor is first asked for."""

    def __init__(self, files: ModelFiles, *, mmap: bool = True) -> None:
        self.files, self.mmap = files, mmap
        self.origin = files.name
        self._handles: dict[Path, Any] = {}
        self._homes: dict[str, Path] | None = None

    @property
    def homes(self) -> dict[str, Path]:
        """The file of each tensor."""
        if self._homes is None:
            single, index = self.files.get(SINGLE), self.files.get(INDEX)
            if single is not None:
                self._homes = dict.fromkeys(self._open(single).keys(), single)
            elif index is not None:
                self._homes = self._read_index(index)
            else:
                raise self._nothing_to_read()
        return self._homes

    def _read_index(self, index: Path) -> dict[str, Path]:
        weight_map = read_json(index).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise FormatError(f"{index}: expected 'weight_map' to be an object from tensor names to file names")
        for name, file in weight_map.items():
            if not isinstance(file, str) or Path(file).name != file:
                raise FormatError(f"{index}: expected the name of a file beside the index for {name!r}, found {file!r}")
        paths = {file: self.files.need(file) for file in sorted(set(weight_map.values()))}
        for file, path in paths.items():
            stored = set(self._open(path).keys())
            lost = sorted(name for name, home in weight_map.items() if home == file and name not in stored)
            if lost:
                raise FormatError(f"{index}: {file} has no tensor {lost[0]!r} ({len(lost)} such)")
        return {name: paths[file] for name, file in weight_map.items()}

    def _open(self, path: Path) -> Any:
        if path not in self._handles:
            try:
                self._handles[path] = safe_open(path, framework="pt", device="cpu")
            except (SafetensorError, OSError, ValueError) as error:
                size = path.stat().st_size
                raise FormatError(f"{path}: not a whole safetensors file ({size} bytes): {error}") from error
        return self._handles[path]

    def _nothing_to_read(self) -> Exception:
        names = self.files.names()
        gguf = [name for name in names if name.endswith(".gguf")]
        pickles = [name for name in names if name.endswith((".bin", ".pth", ".pt"))]
        if gguf:
            return LoadError(f"{self.origin}: no {SINGLE}, but {', '.join(gguf)}; choose one with gguf_file=")
        if pickles:
            return UnsupportedError(
                f"{self.origin}: no {SINGLE}, but {pickles[0]}: pickled weights can run code and are not read; "
                "convert them to safetensors"
            )
        return LoadError(f"{self.origin}: neither {SINGLE} nor {INDEX} is there; it has {', '.join(names[:12])}")

    def keys(self) -> list[str]:
        """Return the names of all tensors."""
        return list(self.homes)

    def shape(self, key: str) -> tuple[int, ...]:
        """Return the shape of a tensor."""
        return tuple(self._open(self.homes[key]).get_slice(key).get_shape())

    def dtype(self, key: str) -> torch.dtype:
        """Return the type of a tensor."""
        name = self._open(self.homes[key]).get_slice(key).get_dtype()
        if name not in _DTYPES:
            raise UnsupportedError(f"{self.homes[key]}: tensor {key!r} is stored as {name}, which torch does not have")
        return _DTYPES[name]

    def read(self, key: str) -> Tensor:
        """Return a tensor, on the CPU."""
        tensor: Tensor = self._open(self.homes[key]).get_tensor(key)
        return tensor if self.mmap else tensor.clone()

    def config(self) -> dict[str, Any]:
        """Return the content of `config.json`."""
        return read_json(self.files.need("config.json"))

    def default_dtype(self) -> torch.dtype:
        """Return the type of the first floating tensor."""
        return next((kind for kind in map(self.dtype, self.keys()) if kind.is_floating_point), torch.float32)
