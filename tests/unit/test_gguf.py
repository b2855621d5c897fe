from __future__ import annotations

import random
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.unit.gguf_files import ARRAY, BOOL, CODES, F32, STRING, U8, U32, container, string

from lexel.errors import FormatError, LoadError, UnsupportedError
from lexel.gguf import GGUF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def opened(tmp_path: Path, content: bytes) -> GGUF:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    return GGUF.open(path)


# --- What a good file says ---


def test_metadata_has_the_types_of_the_file(tmp_path: Path) -> None:
    scalars = {f"scalar.{kind}": (kind, True if kind == BOOL else 3) for kind in CODES}
    arrays: dict[str, Any] = {
        "texts": (ARRAY, (STRING, ["", "ab", "日本"])),
        "numbers": (ARRAY, (F32, [0.5, -2.0])),
        "nested": (ARRAY, (ARRAY, [(U8, [1, 2]), (STRING, ["x"])])),
        "empty": (ARRAY, (U32, [])),
    }
    file = opened(tmp_path, container({**scalars, **arrays, "text": (STRING, "llama")}))
    assert file.metadata["texts"] == ["", "ab", "日本"]
    assert file.metadata["numbers"] == [0.5, -2.0]
    assert file.metadata["nested"] == [[1, 2], ["x"]]
    assert file.metadata["empty"] == []
    assert file.metadata["text"] == "llama"
    for kind in CODES:
        assert file.metadata[f"scalar.{kind}"] == (True if kind == BOOL else 3)
    assert isinstance(file.metadata[f"scalar.{BOOL}"], bool)
    assert isinstance(file.metadata[f"scalar.{U32}"], int)
    assert isinstance(file.metadata[f"scalar.{F32}"], float)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("alignment", [8, 32, 64])
def test_tensors_are_found_and_read(tmp_path: Path, version: int, alignment: int) -> None:
    first = np.arange(6, dtype="<f4").reshape(2, 3)
    second = np.array([1, -2, 3], "<i8")
    content = container(
        {"general.alignment": (U32, alignment)},
        [("a.weight", (2, 3), "F32", first.tobytes()), ("b", (3,), "I64", second.tobytes())],
        version=version,
        alignment=alignment,
    )
    file = opened(tmp_path, content)
    assert list(file.tensors) == ["a.weight", "b"]
    assert file.tensors["a.weight"].shape == (2, 3)
    assert file.tensors["a.weight"].offset % alignment == 0
    assert np.array_equal(file.read("a.weight"), first)
    assert np.array_equal(file.read("b"), second)
    assert file.read("b").dtype == np.int64
    assert bytes(file.raw("a.weight")) == first.tobytes()


def test_half_types_become_float32(tmp_path: Path) -> None:
    numbers = np.array([0.0, -1.5, 65504.0, 6.1e-5], np.float32)
    half = numbers.astype("<f2")
    brain = (numbers.view(np.uint32) >> 16).astype("<u2")
    content = container(tensors=[("h", (4,), "F16", half.tobytes()), ("b", (4,), "BF16", brain.tobytes())])
    file = opened(tmp_path, content)
    assert file.read("h").dtype == np.float32
    assert np.array_equal(file.read("h"), half.astype(np.float32))
    assert np.array_equal(file.read("b").view(np.uint32), brain.astype(np.uint32) << 16)


# --- Quantised blocks against a decoder that goes value by value ---


def half(raw: bytes, at: int) -> np.float32:
    return np.float32(struct.unpack_from("<e", raw, at)[0])


def slow_32(raw: bytes, kind: str) -> Iterator[np.float32]:
    """Q4_0, Q4_1, Q5_0, Q5_1: scale, perhaps a minimum, perhaps fifth bits, nibbles."""
    has_minimum, has_fifth = kind.endswith("1"), kind.startswith("Q5")
    at = 4 if has_minimum else 2
    high = struct.unpack_from("<I", raw, at)[0] if has_fifth else 0
    codes = raw[at + 4 if has_fifth else at :]
    for index in range(32):
        nibble = codes[index] & 15 if index < 16 else codes[index - 16] >> 4
        code = nibble | (high >> index & 1) << 4
        if has_minimum:
            yield np.float32(code) * half(raw, 0) + half(raw, 2)
        else:
            yield np.float32(code - (16 if has_fifth else 8)) * half(raw, 0)


def slow_q8_0(raw: bytes) -> Iterator[np.float32]:
    for code in struct.unpack_from("<32b", raw, 2):
        yield np.float32(code) * half(raw, 0)


def six_bits(scales: bytes, group: int) -> tuple[int, int]:
    """The scale and the minimum of one of the eight groups of Q4_K and Q5_K."""
    if group < 4:
        return scales[group] & 63, scales[group + 4] & 63
    low = scales[group + 4]
    return low & 15 | scales[group - 4] >> 6 << 4, low >> 4 | scales[group] >> 6 << 4


def slow_k(raw: bytes, kind: str) -> Iterator[np.float32]:
    scales = raw[4:16]
    high = raw[16:48] if kind == "Q5_K" else bytes(32)
    codes = raw[48:] if kind == "Q5_K" else raw[16:]
    for index in range(256):
        group, place = divmod(index, 32)
        byte = codes[group // 2 * 32 + place]
        code = (byte >> 4 if group % 2 else byte & 15) | (high[place] >> group & 1) << 4
        scale, minimum = six_bits(scales, group)
        yield np.float32(code) * (half(raw, 0) * np.float32(scale)) - half(raw, 2) * np.float32(minimum)


def slow_q6_k(raw: bytes) -> Iterator[np.float32]:
    low, high, scales = raw[:128], raw[128:192], struct.unpack_from("<16b", raw, 192)
    for index in range(256):
        part, inner = divmod(index, 128)
        quarter, place = divmod(inner, 32)
        byte = low[part * 64 + inner % 64]
        nibble = byte >> 4 if quarter >= 2 else byte & 15
        top = high[part * 32 + place] >> 2 * quarter & 3
        yield np.float32((nibble | top << 4) - 32) * (half(raw, 208) * np.float32(scales[index // 16]))


SLOW: dict[str, tuple[int, int, Callable[[bytes], Iterator[np.float32]]]] = {
    "Q4_0": (32, 18, lambda raw: slow_32(raw, "Q4_0")),
    "Q4_1": (32, 20, lambda raw: slow_32(raw, "Q4_1")),
    "Q5_0": (32, 22, lambda raw: slow_32(raw, "Q5_0")),
    "Q5_1": (32, 24, lambda raw: slow_32(raw, "Q5_1")),
    "Q8_0": (32, 34, slow_q8_0),
    "Q4_K": (256, 144, lambda raw: slow_k(raw, "Q4_K")),
    "Q5_K": (256, 176, lambda raw: slow_k(raw, "Q5_K")),
    "Q6_K": (256, 210, slow_q6_k),
}


@pytest.mark.parametrize("kind", SLOW)
def test_blocks_decode_value_by_value(tmp_path: Path, kind: str) -> None:
    values, width, slow = SLOW[kind]
    rng = np.random.default_rng(11)
    blocks = rng.integers(0, 256, (6, width), dtype=np.uint8)
    # Scales and minima are halves anywhere in a block; random ones may be no numbers.
    for at in (208,) if kind == "Q6_K" else (0, 2):
        if at + 2 <= width and (at == 208 or at == 0 or kind.endswith(("1", "K"))):
            blocks[:, at : at + 2] = rng.standard_normal((6, 1)).astype("<f2").view(np.uint8)
    file = opened(tmp_path, container(tensors=[("w", (3, 2 * values), kind, blocks.tobytes())]))
    expected = np.array([list(slow(block.tobytes())) for block in blocks], np.float32)
    assert file.read("w").shape == (3, 2 * values)
    assert np.array_equal(file.read("w"), expected.reshape(3, -1))


def test_a_type_without_decoder_is_named(tmp_path: Path) -> None:
    file = opened(tmp_path, container(tensors=[("w", (256,), "IQ4_XS", bytes(136))]))
    assert file.tensors["w"].type == "IQ4_XS"
    with pytest.raises(UnsupportedError, match=r"'w' is stored as IQ4_XS.*supported are Q4_0"):
        file.read("w")


def test_an_unknown_name_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="no tensor 'nope'"):
        opened(tmp_path, container()).read("nope")


# --- Files that are wrong ---

HEAD = struct.pack("<4sI", b"GGUF", 3)
ONE_KEY = HEAD + struct.pack("<QQ", 0, 1)
ONE_TENSOR = HEAD + struct.pack("<QQ", 1, 0)
FILL = bytes(64)
F32_ENTRY = string("w") + struct.pack("<IQIQ", 1, 4, 0, 0)

WRONG: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "a file of 0 bytes"),
    "short": (b"GGUF", "a file of 4 bytes"),
    "magic": (b"GGML" + FILL, r"byte 4?0?: expected the magic b'GGUF', found b'GGML'"),
    "version": (struct.pack("<4sI", b"GGUF", 9) + FILL, "byte 4: expected version 2 or 3, found 9"),
    "counts": (HEAD + struct.pack("<QQ", 1 << 62, 0) + FILL, f"room for {1 << 62} tensors"),
    "keys": (HEAD + struct.pack("<QQ", 0, 1 << 40) + FILL, f"room for {1 << 40} metadata keys"),
    "no keys": (ONE_KEY, "the length of a metadata key"),
    "key length": (ONE_KEY + struct.pack("<Q", 1 << 50) + FILL, f"{1 << 50} bytes for a metadata key"),
    "key text": (ONE_KEY + string(b"\xff\xfe") + FILL, "UTF-8 in a metadata key"),
    "value type": (ONE_KEY + string("k") + struct.pack("<I", 13) + FILL, "a value type from 0 to 12 for 'k', found 13"),
    "no value": (ONE_KEY + string("k") + struct.pack("<I", 10), "8 bytes for 'k', found 0 bytes"),
    "array length": (
        ONE_KEY + string("k") + struct.pack("<IIQ", 9, 6, 1 << 60) + FILL,
        f"{4 << 60} bytes for 'k', found 64 bytes",
    ),
    "texts length": (ONE_KEY + string("k") + struct.pack("<IIQ", 9, 8, 1 << 60) + FILL, f"{1 << 60} elements of 'k'"),
    "array type": (ONE_KEY + string("k") + struct.pack("<IIQ", 9, 99, 1) + FILL, "a value type from 0 to 12"),
    "depth": (ONE_KEY + string("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 9 + FILL, "nested arrays"),
    "dimensions": (ONE_TENSOR + string("w") + struct.pack("<I", 5) + FILL, "at most 4 dimensions of 'w', found 5"),
    "tensor type": (ONE_TENSOR + string("w") + struct.pack("<IQIQ", 1, 4, 77, 0) + FILL, "known tensor type of 'w'"),
    "zero": (ONE_TENSOR + string("w") + struct.pack("<IQQIQ", 2, 4, 0, 0, 0) + FILL, "dimensions of 'w' above zero"),
    "rows": (ONE_TENSOR + string("w") + struct.pack("<IQIQ", 1, 33, 2, 0) + FILL, r"rows of 'w' \(Q4_0\) in blocks"),
    "offset": (ONE_TENSOR + string("w") + struct.pack("<IQIQ", 1, 4, 0, 5) + FILL, "offset of 'w' to be a multiple"),
    "beyond": (ONE_TENSOR + string("w") + struct.pack("<IQIQ", 1, 4, 0, 1 << 40) + FILL, "within the file"),
    "too long": (ONE_TENSOR + string("w") + struct.pack("<IQIQ", 1, 1 << 60, 0, 0) + FILL, "within the file"),
    "product": (ONE_TENSOR + string("w") + struct.pack("<I4QIQ", 4, *[1 << 60] * 4, 0, 0) + FILL, "within the file"),
    "twice": (HEAD + struct.pack("<QQ", 2, 0) + F32_ENTRY * 2 + FILL, "each tensor name once, found 'w' again"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_says_where_and_what(tmp_path: Path, case: str) -> None:
    content, message = WRONG[case]
    with pytest.raises(FormatError, match=message) as caught:
        opened(tmp_path, content)
    assert str(tmp_path / "model.gguf") in str(caught.value)


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    entry = string("k") + struct.pack("<IB", U8, 1)
    with pytest.raises(FormatError, match="each metadata key once, found 'k' again"):
        opened(tmp_path, HEAD + struct.pack("<QQ", 0, 2) + entry * 2)


@pytest.mark.parametrize("alignment", [(U32, 0), (U32, 12), (STRING, "32"), (F32, 32.0)])
def test_a_wrong_alignment_is_refused(tmp_path: Path, alignment: tuple[int, Any]) -> None:
    with pytest.raises(FormatError, match=r"general\.alignment to be a positive multiple of 8"):
        opened(tmp_path, container({"general.alignment": alignment}))


def test_old_and_foreign_files_are_unsupported(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="version 1"):
        opened(tmp_path, struct.pack("<4sI", b"GGUF", 1) + FILL)
    with pytest.raises(UnsupportedError, match="big-endian"):
        opened(tmp_path, struct.pack(">4sI", b"GGUF", 3) + FILL)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be read"):
        GGUF.open(tmp_path / "absent.gguf")
    with pytest.raises(LoadError, match="cannot be read"):
        GGUF.open(tmp_path)


def test_no_damage_gets_through(tmp_path: Path) -> None:
    """Cut and changed at random, a file is read or refused; nothing else happens, and nothing large is allocated."""
    rng = random.Random(5)
    weights = np.arange(64, dtype="<f4").tobytes()
    good = container(
        {"a": (U32, 1), "texts": (ARRAY, (STRING, ["ab", "c"] * 8)), "scores": (ARRAY, (F32, [0.5] * 9))},
        [("w", (2, 32), "F32", weights), ("q", (2, 32), "Q8_0", bytes(68))],
    )
    refused = 0
    for _ in range(1000):
        damaged = bytearray(good[: rng.randrange(len(good)) if rng.random() < 0.3 else None])
        for _ in range(rng.randrange(4)):
            if damaged:
                damaged[rng.randrange(min(len(damaged), 260))] = rng.choice([0, 1, 9, 127, 128, 255])
        try:
            file = opened(tmp_path, bytes(damaged))
            for name, info in file.tensors.items():
                assert info.offset + info.nbytes <= len(damaged)
                file.raw(name)
        except (FormatError, UnsupportedError):
            refused += 1
    assert refused > 300


def test_importing_the_reader_loads_no_numpy() -> None:
    code = "import sys, lexel.gguf; print([name for name in ('numpy', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
