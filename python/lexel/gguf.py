"""The GGUF container, read once for both sides: metadata for the tokenizer, tensors for the runtime.

`GGUF.open` maps the file and reads its directory; nothing else is touched until `read` or `raw` asks for a tensor.
Every count and offset is checked against the size of the file before anything is allocated, so a hostile file costs
one small error. What the names mean for a model is not known here: see `lexel.runtime.weights.gguf`.

Source: the GGUF specification and the block layouts of ggml, versions 2 and 3 of the container, little-endian.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from lexel.errors import FormatError, LoadError, UnsupportedError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    # What the block decoders work on; the blocks themselves carry a structured type.
    Floats: TypeAlias = npt.NDArray[np.float32]
    Blocks: TypeAlias = npt.NDArray[Any]

__all__ = ["GGUF", "TensorInfo"]

MAX_DIMENSIONS = 4
MAX_ARRAY_DEPTH = 4
# Blocks decoded at once: the pieces of one step stay in the processor's cache.
_BLOCKS_AT_ONCE = 8192

# Metadata value types: number → struct code. Strings (8) and arrays (9) have their own readers.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# Tensor types: number → (name, values a block, bytes a block).
_TENSOR_TYPES = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Where a tensor lies and how it is stored.

    `shape` is in row-major order (the file lists the fastest axis first); `offset` is in bytes from the start of the
    file; `type` is ggml's name, such as `"Q4_1"`.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    offset: int
    nbytes: int


class GGUF:
    """An open GGUF file: typed metadata, a directory of tensors, and the tensors themselves on request."""

    def __init__(
        self, path: Path, data: mmap.mmap, metadata: dict[str, Any], tensors: dict[str, TensorInfo], version: int
    ) -> None:
        self.path = path
        self.version = version
        self.metadata: Mapping[str, Any] = MappingProxyType(metadata)
        self.tensors: Mapping[str, TensorInfo] = MappingProxyType(tensors)
        self._data = data

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> GGUF:
        """Map a file and read its metadata and its tensor directory.

        Raises:
            LoadError: the file is not there or cannot be read.
            FormatError: the file is not GGUF, is cut short, or contradicts itself.
            UnsupportedError: the file is GGUF, but version 1 or big-endian.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                size = file.seek(0, 2)
                if size < 24:
                    raise FormatError(f"{path}: expected a GGUF header of 24 bytes, found a file of {size} bytes")
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise LoadError(f"{path}: cannot be read: {error.strerror or error}") from error
        metadata, tensors, version = _Reader(path, data).directory()
        return cls(path, data, metadata, tensors, version)

    def raw(self, name: str) -> memoryview:
        """Return the stored bytes of a tensor, not copied."""
        info = self._info(name)
        return memoryview(self._data)[info.offset : info.offset + info.nbytes]

    def read(self, name: str) -> npt.NDArray[Any]:
        """Return a tensor: float32 for float and quantised types (dequantised), its own type for integers and F64.

        F32, F64 and integer tensors are read-only views of the mapped file; the others are new arrays.

        Raises:
            UnsupportedError: the tensor is quantised in a way that has no decoder here.
        """
        import numpy as np

        info = self._info(name)
        native = {"F32": "<f4", "F64": "<f8", "I8": "<i1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
        if info.type in native:
            return np.frombuffer(self.raw(name), np.dtype(native[info.type])).reshape(info.shape)
        if info.type == "F16":
            return np.frombuffer(self.raw(name), np.dtype("<f2")).astype(np.float32).reshape(info.shape)
        if info.type == "BF16":
            wide = np.frombuffer(self.raw(name), np.dtype("<u2")).astype(np.uint32)
            return (wide << np.uint32(16)).view(np.float32).reshape(info.shape)
        if info.type not in _DECODERS:
            raise UnsupportedError(
                f"{self.path}: tensor {name!r:.80} is stored as {info.type}, which has no decoder here; "
                f"supported are {', '.join(sorted(_DECODERS))}, F32, F16 and BF16"
            )
        return _dequantise(self.raw(name), info.type).reshape(info.shape)

    def _info(self, name: str) -> TensorInfo:
        if name not in self.tensors:
            raise KeyError(f"{self.path} has no tensor {name!r}")
        return self.tensors[name]

    def __repr__(self) -> str:
        return f"GGUF({str(self.path)!r}, metadata={len(self.metadata)}, tensors={len(self.tensors)})"


class _Reader:
    """A cursor over the mapped file; each step says what it expects, so that an error can say what it found."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.path, self.data, self.size, self.at = path, data, len(data), 0

    def fail(self, expected: str, found: object, *, at: int | None = None) -> NoReturn:
        raise FormatError(f"{self.path}: byte {self.at if at is None else at}: expected {expected}, found {found}")

    def take(self, code: str, count: int, what: str) -> tuple[Any, ...]:
        """Read `count` values of one struct code, after checking that the file has them."""
        width = count * struct.calcsize("<" + code)
        if width > self.size - self.at:
            self.fail(f"{width} bytes for {what}", f"{self.size - self.at} bytes before the end of the file")
        values = struct.unpack_from(f"<{count}{code}", self.data, self.at)
        self.at += width
        return values

    def string(self, what: str) -> str:
        (length,) = self.take("Q", 1, f"the length of {what}")
        start = self.at
        if length > self.size - start:
            self.fail(f"{length} bytes for {what}", f"{self.size - start} bytes before the end of the file")
        self.at = start + length
        try:
            return self.data[start : self.at].decode()
        except UnicodeDecodeError as error:
            self.fail(f"UTF-8 in {what}", f"{error.reason} at byte {error.start} of it", at=start)

    def value(self, kind: int, what: str, depth: int = 0) -> Any:
        if kind == _STRING:
            return self.string(what)
        if kind == _ARRAY:
            return self.array(what, depth + 1)
        if kind not in _SCALARS:
            self.fail(f"a value type from 0 to 12 for {what}", kind, at=self.at - 4)
        return self.take(_SCALARS[kind], 1, what)[0]

    def array(self, what: str, depth: int) -> list[Any]:
        if depth > MAX_ARRAY_DEPTH:
            self.fail(f"at most {MAX_ARRAY_DEPTH} nested arrays in {what}", depth)
        kind, count = *self.take("I", 1, f"the element type of {what}"), *self.take("Q", 1, f"the length of {what}")
        if kind in _SCALARS:
            return list(self.take(_SCALARS[kind], count, what))
        # A string or an array takes eight bytes or more, whatever it holds.
        if count * 8 > self.size - self.at:
            self.fail(f"{count} elements of {what}", f"{self.size - self.at} bytes before the end", at=self.at - 8)
        if kind == _STRING:
            return self.strings(count, what)
        return [self.value(kind, what, depth) for _ in range(count)]

    def strings(self, count: int, what: str) -> list[str]:
        """Read as many strings: what `string` does, without a call for each of a quarter of a million tokens."""
        data, size, at, found = self.data, self.size, self.at, []
        length_at = struct.Struct("<Q").unpack_from
        for _ in range(count):
            start = at + 8
            end = start + length_at(data, at)[0] if start <= size else size + 1
            if end > size:
                break
            found.append(data[start:end])
            at = end
        else:
            try:
                texts = [raw.decode() for raw in found]
            except UnicodeDecodeError:
                pass
            else:
                self.at = at
                return texts
        # Something is wrong; the slow way says what.
        return [self.string(what) for _ in range(count)]

    def directory(self) -> tuple[dict[str, Any], dict[str, TensorInfo], int]:
        """Read the header, the metadata and the tensor directory."""
        magic = self.data[:4]
        if magic != b"GGUF":
            self.fail("the magic b'GGUF'", repr(magic))
        self.at = 4
        (version,) = self.take("I", 1, "the version")
        if version == 1 or int.from_bytes(self.data[4:8], "big") in (1, 2, 3):
            kind = "version 1" if version == 1 else "big-endian"
            raise UnsupportedError(f"{self.path}: a {kind} GGUF file; convert it to little-endian version 3")
        if version not in (2, 3):
            self.fail("version 2 or 3", version, at=4)
        tensor_count, key_count = self.take("Q", 2, "the counts of tensors and keys")
        # The smallest key takes 13 bytes, the smallest tensor entry 24.
        for count, least, what in ((key_count, 13, "metadata keys"), (tensor_count, 24, "tensors")):
            if count * least > self.size:
                self.fail(f"room for {count} {what}", f"a file of {self.size} bytes", at=8)
        metadata: dict[str, Any] = {}
        for _ in range(key_count):
            start = self.at
            key = self.string("a metadata key")
            if key in metadata:
                self.fail("each metadata key once", f"{key!r:.80} again", at=start)
            (kind,) = self.take("I", 1, f"the type of {key!r:.80}")
            metadata[key] = self.value(kind, f"{key!r:.80}")
        return metadata, self.tensors(tensor_count, metadata.get("general.alignment", 32)), version

    def tensors(self, count: int, alignment: object) -> dict[str, TensorInfo]:
        if not isinstance(alignment, int) or alignment <= 0 or alignment % 8:
            self.fail("general.alignment to be a positive multiple of 8", repr(alignment))
        entries = []
        for _ in range(count):
            start = self.at
            name = self.string("a tensor name")
            (rank,) = self.take("I", 1, f"the number of dimensions of {name!r:.80}")
            if rank > MAX_DIMENSIONS:
                self.fail(f"at most {MAX_DIMENSIONS} dimensions of {name!r:.80}", rank, at=self.at - 4)
            shape = self.take("Q", rank, f"the shape of {name!r:.80}")
            kind, offset = (
                *self.take("I", 1, f"the type of {name!r:.80}"),
                *self.take("Q", 1, f"the offset of {name!r:.80}"),
            )
            entries.append((start, name, shape[::-1], kind, offset))
        base = -(-self.at // alignment) * alignment
        tensors: dict[str, TensorInfo] = {}
        for start, name, shape, kind, offset in entries:
            if name in tensors:
                self.fail("each tensor name once", f"{name!r:.80} again", at=start)
            if kind not in _TENSOR_TYPES:
                self.fail(f"a known tensor type of {name!r:.80}", f"type {kind}", at=start)
            label, block, width = _TENSOR_TYPES[kind]
            values = 1
            for length in shape:
                values *= length
            if not values:
                self.fail(f"dimensions of {name!r:.80} above zero", shape, at=start)
            row = shape[-1] if shape else 1
            if row % block:
                self.fail(f"rows of {name!r:.80} ({label}) in blocks of {block}", f"rows of {row} values", at=start)
            if offset % alignment:
                self.fail(f"the offset of {name!r:.80} to be a multiple of {alignment}", offset, at=start)
            nbytes = values // block * width
            if base + offset + nbytes > self.size:
                self.fail(
                    f"{name!r:.80} ({label}, shape {shape}) within the file",
                    f"bytes {base + offset} to {base + offset + nbytes} of {self.size}",
                    at=start,
                )
            tensors[name] = TensorInfo(name, shape, label, base + offset, nbytes)
        return tensors


def _dequantise(raw: memoryview, kind: str) -> Floats:
    """Decode all blocks of a tensor, a cacheful at a time; return the values in one row."""
    import numpy as np

    fields, size, decode = _DECODERS[kind]
    blocks = np.frombuffer(raw, np.dtype(fields))
    out: Floats = np.empty((len(blocks), size), np.float32)
    for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
        decode(blocks[start : start + _BLOCKS_AT_ONCE], out[start : start + _BLOCKS_AT_ONCE])
    return out.reshape(-1)


# --- Block decoders: each writes [blocks, values] from structured blocks. Value = scale · code (+ minimum). ---


def _column(blocks: Blocks, field: str) -> Floats:
    """Return a half-precision field as a float32 column, to scale rows with."""
    column: Floats = blocks[field].astype("float32")[:, None]
    return column


def _nibbles(blocks: Blocks, out: Floats) -> None:
    """Write 32 four-bit codes: low nibbles are the first half of a block, high nibbles the second."""
    out[:, :16] = blocks["codes"] & 15
    out[:, 16:] = blocks["codes"] >> 4


def _fifth_bits(blocks: Blocks, out: Floats) -> None:
    """Add 16 where the bit of a value is set in the block's 32-bit mask."""
    import numpy as np

    bits = np.unpackbits(blocks["high"], axis=1, bitorder="little")
    out += bits * np.float32(16)


def _q4_0(blocks: Blocks, out: Floats) -> None:
    _nibbles(blocks, out)
    out -= 8
    out *= _column(blocks, "scale")


def _q4_1(blocks: Blocks, out: Floats) -> None:
    _nibbles(blocks, out)
    out *= _column(blocks, "scale")
    out += _column(blocks, "minimum")


def _q5_0(blocks: Blocks, out: Floats) -> None:
    _nibbles(blocks, out)
    _fifth_bits(blocks, out)
    out -= 16
    out *= _column(blocks, "scale")


def _q5_1(blocks: Blocks, out: Floats) -> None:
    _nibbles(blocks, out)
    _fifth_bits(blocks, out)
    out *= _column(blocks, "scale")
    out += _column(blocks, "minimum")


def _q8_0(blocks: Blocks, out: Floats) -> None:
    out[:] = blocks["codes"]
    out *= _column(blocks, "scale")


def _k_scales(blocks: Blocks) -> tuple[Floats, Floats]:
    """Return the eight scales and minima of a K block [blocks, 8, 1], unpacked from six bits each.

    The twelve bytes hold scales 0-3 and minima 0-3 in the low six bits of bytes 0-3 and 4-7; the low nibbles of
    scales 4-7 and minima 4-7 are the nibbles of bytes 8-11, their top two bits the top two bits of bytes 0-7.
    """
    import numpy as np

    first, second, low = blocks["scales"][:, :4], blocks["scales"][:, 4:8], blocks["scales"][:, 8:]
    scales = np.concatenate([first & 63, (low & 15) | ((first >> 6) << 4)], axis=1)
    minima = np.concatenate([second & 63, (low >> 4) | ((second >> 6) << 4)], axis=1)
    return (
        (_column(blocks, "scale") * scales.astype(np.float32))[:, :, None],
        (_column(blocks, "minimum") * minima.astype(np.float32))[:, :, None],
    )


def _q4_k(blocks: Blocks, out: Floats) -> None:
    codes = blocks["codes"].reshape(-1, 4, 32)
    groups = out.reshape(-1, 8, 32)
    groups[:, 0::2] = codes & 15
    groups[:, 1::2] = codes >> 4
    scales, minima = _k_scales(blocks)
    groups *= scales
    groups -= minima


def _q5_k(blocks: Blocks, out: Floats) -> None:
    import numpy as np

    codes = blocks["codes"].reshape(-1, 4, 32)
    groups = out.reshape(-1, 8, 32)
    groups[:, 0::2] = codes & 15
    groups[:, 1::2] = codes >> 4
    # Bit g of byte i of the mask belongs to value i of group g.
    bits = np.unpackbits(blocks["high"][:, None, :], axis=1, bitorder="little")
    groups += bits * np.float32(16)
    scales, minima = _k_scales(blocks)
    groups *= scales
    groups -= minima


def _q6_k(blocks: Blocks, out: Floats) -> None:
    import numpy as np

    # Each half of a block: 64 bytes of low nibbles and 32 bytes of four two-bit tops, for 128 values.
    low = blocks["low"].reshape(-1, 2, 1, 64) >> np.array([0, 4], np.uint8).reshape(1, 1, 2, 1)
    top = blocks["high"].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1)
    codes = (low & 15).reshape(-1, 2, 4, 32) | ((top & 3) << 4)
    groups = out.reshape(-1, 16, 16)
    groups[:] = codes.reshape(-1, 16, 16)
    groups -= 32
    groups *= (_column(blocks, "scale") * blocks["scales"].astype(np.float32))[:, :, None]


# Type → (fields of a block, values a block, decoder).
_DECODERS: dict[str, tuple[list[Any], int, Callable[[Blocks, Floats], None]]] = {
    "Q4_0": ([("scale", "<f2"), ("codes", "u1", 16)], 32, _q4_0),
    "Q4_1": ([("scale", "<f2"), ("minimum", "<f2"), ("codes", "u1", 16)], 32, _q4_1),
    "Q5_0": ([("scale", "<f2"), ("high", "u1", 4), ("codes", "u1", 16)], 32, _q5_0),
    "Q5_1": ([("scale", "<f2"), ("minimum", "<f2"), ("high", "u1", 4), ("codes", "u1", 16)], 32, _q5_1),
    "Q8_0": ([("scale", "<f2"), ("codes", "i1", 32)], 32, _q8_0),
    "Q4_K": ([("scale", "<f2"), ("minimum", "<f2"), ("scales", "u1", 12), ("codes", "u1", 128)], 256, _q4_k),
    "Q5_K": (
        [("scale", "<f2"), ("minimum", "<f2"), ("scales", "u1", 12), ("high", "u1", 32), ("codes", "u1", 128)],
        256,
        _q5_k,
    ),
    "Q6_K": ([("low", "u1", 128), ("high", "u1", 64), ("scales", "i1", 16), ("scale", "<f2")], 256, _q6_k),
}
