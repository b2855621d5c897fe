"""Writes small GGUF files, well-formed unless told otherwise."""

from __future__ import annotations

import struct
from typing import Any

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}
TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "BF16": 30}
TYPES |= {"Q4_K": 12, "Q5_K": 13, "Q6_K": 14, "IQ4_XS": 23, "I8": 24, "I16": 25, "I32": 26, "I64": 27, "F64": 28}

# A value with its type: (U32, 7), (STRING, "x"), (ARRAY, (STRING, ["a", "b"]))
Typed = tuple[int, Any]
# name, shape (row-major), type, stored bytes
Tensor = tuple[str, tuple[int, ...], str, bytes]


def string(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw)) + raw


def value(typed: Typed) -> bytes:
    kind, content = typed
    if kind == STRING:
        return string(content)
    if kind == ARRAY:
        inner, items = content
        return struct.pack("<IQ", inner, len(items)) + b"".join(value((inner, item)) for item in items)
    return struct.pack("<" + CODES[kind], content)


def container(
    metadata: dict[str, Typed] | None = None,
    tensors: list[Tensor] | None = None,
    *,
    version: int = 3,
    alignment: int = 32,
) -> bytes:
    """Return a GGUF file."""
    metadata, tensors = metadata or {}, tensors or []
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(metadata))
    head += b"".join(string(key) + struct.pack("<I", typed[0]) + value(typed) for key, typed in metadata.items())
    data = b""
    for name, shape, kind, raw in tensors:
        data += b"\0" * (-len(data) % alignment)
        head += string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        head += struct.pack("<IQ", TYPES[kind], len(data))
        data += raw
    return head + b"\0" * (-len(head) % alignment) + data
