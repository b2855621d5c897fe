"""SentencePiece's model files: what is read, what is kept, what is refused."""

from __future__ import annotations

import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.conftest import oracle

from lexel.converters.sentencepiece_model import ModelKind, PieceType, SentencePieceModel
from lexel.errors import FormatError, LoadError

if TYPE_CHECKING:
    from pathlib import Path


def small(**settings: object) -> SentencePieceModel:
    """Return a model of a few pieces."""
    model = SentencePieceModel(
        [("<unk>", 0.0, PieceType.UNKNOWN), ("<s>", 0.0, PieceType.CONTROL), ("▁a", -1.5, PieceType.NORMAL)]
    )
    for name, value in settings.items():
        setattr(model.trainer if name in vars(type(model.trainer)) else model.normalizer, name, value)
    return model


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"gone\.model cannot be read"):
        SentencePieceModel.read(tmp_path / "gone.model")


def test_settings_come_back() -> None:
    model = small(kind=2, unk_surface="", add_dummy_prefix=False, charsmap=b"\x01\x02", eos_piece="<end>")
    read = SentencePieceModel.read(model.write())
    assert read.pieces == model.pieces
    assert (read.kind, read.unk_surface, read.charsmap) == (ModelKind.BPE, "", b"\x01\x02")
    assert (read.add_dummy_prefix, read.remove_extra_whitespaces, read.byte_fallback) == (False, True, False)
    assert (read.unk_id, read.bos_id, read.eos_id, read.pad_id) == (0, 1, -1, -1)
    assert read.write() == model.write()


def test_what_is_not_known_is_kept() -> None:
    piece = b"\x0a\x01b\x15" + struct.pack("<f", -2.0) + b"\xc2\x0c\x01x"
    data = small().write() + b"\x0a" + bytes([len(piece)]) + piece + b"\x12\x03\x20\xb9\x0a" + b"\xca\x0c\x02hi"
    model = SentencePieceModel.read(data)
    assert model.pieces[3] == ("b", -2.0, PieceType.NORMAL)
    assert model.trainer.vocab_size == 1337
    written = model.write()
    assert b"\xc2\x0c\x01x" in written
    assert written.endswith(b"\xca\x0c\x02hi")


def test_messages_that_come_twice_are_one() -> None:
    data = small(kind=2).write() + b"\x12\x03\xe2\x02\x00" + b"\x1a\x02\x18\x00" + b"\x1a\x02\x20\x00"
    model = SentencePieceModel.read(data)
    assert (model.kind, model.unk_surface) == (ModelKind.BPE, "")
    assert (model.add_dummy_prefix, model.remove_extra_whitespaces) == (False, False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x0a\x05\x0a\x01a\x15", "piece is to have 5 bytes, and 4 are left"),
        (b"\x0a\xff\xff\xff\xff\x0f\x0a\x01", "4294967295 bytes"),
        (b"\x0a\x03\x0a\x01\xff", "expected UTF-8"),
        (b"\x0a\x02\x08\x01", "field 1 is a varint, and bytes with a length was expected"),
        (b"\x0a\x05\x0a\x01a\x18\x09", "type 9; there are 1 to 6"),
        (b"\x0a\x03\x0a\x01a\x0b", "wire type 3"),
        (b"\x0a\x03\x0a\x01a\x12\x02\x18\x05", "model_type is 5"),
        (b"\x0a\x03\x0a\x01a\x1a\x01\x18", "cut off at byte 1, inside a number"),
        (b"\x0a\x03\x0a\x01a" + b"\x80" * 11, "more than 10 bytes"),
        (b"\x12\x02\x18\x02", "no pieces"),
        (b"\x0a\x03\x0a\x01a\x00\x00", "names no field"),
    ],
)
def test_what_is_malformed_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        SentencePieceModel.read(data)


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (("", 0.0, PieceType.NORMAL), "piece 3 is empty"),
        (("a" * 8000, 0.0, PieceType.NORMAL), "more than 7999 bytes"),
        (("a\0", 0.0, PieceType.NORMAL), "null character"),
        (("▁a", 0.0, PieceType.NORMAL), "pieces 2 and 3 are both"),
        (("<u>", 0.0, PieceType.UNKNOWN), "all of type UNKNOWN"),
        (("<0x00>", 0.0, PieceType.BYTE), "byte_fallback is off"),
    ],
)
def test_what_the_library_refuses_is_refused(piece: tuple[str, float, PieceType], reason: str) -> None:
    model = small(kind=2)
    model.check()
    model.pieces.append(piece)
    with pytest.raises(FormatError, match=reason):
        model.check()
    processor = oracle("sentencepiece").SentencePieceProcessor
    with pytest.raises(RuntimeError):
        processor(model_proto=model.write())


def test_bytes_need_all_their_pieces() -> None:
    model = small(byte_fallback=True)
    model.pieces += [(f"<0x{byte:02X}>", 0.0, PieceType.BYTE) for byte in range(255)]
    with pytest.raises(FormatError, match="256 pieces of type BYTE, and there are 255"):
        model.check()
    model.pieces.append(("<0xFF>", 0.0, PieceType.BYTE))
    model.check()
    model.pieces.append(("<0xff>", 0.0, PieceType.BYTE))
    with pytest.raises(FormatError, match="not <0x00> to <0xFF>"):
        model.check()


WHOLE = small(kind=2, charsmap=b"\x00" * 9, byte_fallback=True, unk_surface="?").write()


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=4)), max_size=4), st.integers(0, 99))
@example([(0, b"\x0a\xff\xff\xff")], 0)
@settings(max_examples=300, deadline=1000)
def test_a_damaged_file_is_refused_or_read(changes: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at : at + len(value)] = value
    with suppress(FormatError):
        model = SentencePieceModel.read(bytes(data[: len(data) - cut]))
        assert SentencePieceModel.read(model.write()).pieces == model.pieces
        model.check()


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=1000)
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with suppress(FormatError):
        SentencePieceModel.read(data).write()


def test_lengths_cost_what_is_there() -> None:
    # A message of many fields of no bytes, and one of a single huge one.
    start = time.perf_counter()
    for data in (b"\x0a\x00" * 100_000, b"\x22\x00" * 100_000, b"\x0a\xff\xff\xff\x7f" + b"a" * 100_000):
        with pytest.raises(FormatError):
            SentencePieceModel.read(data).check()
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "name", ["llama-2/tokenizer.model", "mistral-v7/tokenizer.model.v7", "sentencepiece-test/test_model.model"]
)
def test_real_files_mean_the_same_to_the_library(name: str, shared_data: Path) -> None:
    processor = oracle("sentencepiece").SentencePieceProcessor
    path = shared_data / "tokenizers" / name
    model = SentencePieceModel.read(path)
    model.check()
    ours, theirs = processor(model_proto=model.write()), processor(model_file=str(path))
    ids = range(theirs.get_piece_size())
    assert [piece for piece, _, _ in model.pieces] == [theirs.id_to_piece(index) for index in ids]
    assert [score for _, score, _ in model.pieces] == [theirs.get_score(index) for index in ids]
    assert (model.unk_id, model.bos_id, model.eos_id, model.pad_id) == (
        theirs.unk_id(),
        theirs.bos_id(),
        theirs.eos_id(),
        theirs.pad_id(),
    )
    for text in ("", "Hello  world", "naïve ﬁ 日本語 \U0001f600"):
        assert ours.encode(text) == theirs.encode(text)
