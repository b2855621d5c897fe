"""A SentencePiece model as a tokenizer: what it is made of, what is refused, and what a tokenizer does with it."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, Tokenizer
from lexel._lexel import Engine
from lexel.converters import spm
from lexel.converters.sentencepiece_model import ModelKind, PieceType, SentencePieceModel
from lexel.errors import FormatError, LoadError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = PieceType
BYTES = [(f"<0x{byte:02X}>", 0.0, BYTE) for byte in range(256)]
Pieces = list[tuple[str, float, PieceType]]
WORDS: Pieces = [
    ("▁", -4.0, NORMAL),
    ("a", -3.0, NORMAL),
    ("b", -3.5, NORMAL),
    ("ab", -1.0, NORMAL),
    ("▁ab", -2.0, NORMAL),
]
SPECIAL: Pieces = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]


def model(kind: ModelKind, more: Pieces | None = None, *, byte_fallback: bool = False) -> SentencePieceModel:
    made = SentencePieceModel([*SPECIAL, *WORDS, *(more or []), *(BYTES if byte_fallback else [])])
    made.trainer.kind = int(kind)
    made.trainer.byte_fallback = byte_fallback
    return made


def tokens(made: SentencePieceModel, text: str) -> list[str]:
    engine = Engine.from_json(spm.spec_of(made).to_json())
    return list(engine.encode_batch([text]).row(0).tokens)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ModelKind.BPE, ["▁ab", "▁", "b", "é!", "a"]),
        (ModelKind.UNIGRAM, ["▁ab", "▁", "b", "é!", "a"]),
        (ModelKind.WORD, ["▁ab", "▁bé!a"]),
        (ModelKind.CHAR, ["▁", "a", "b", "▁", "b", "é!", "a"]),
    ],
)
def test_every_kind_has_its_way(kind: ModelKind, expected: list[str]) -> None:
    assert tokens(model(kind), "ab bé!a") == expected


def test_user_defined_symbols_come_first() -> None:
    more: Pieces = [
        ("b b", 0.0, USER_DEFINED),
        ("<x>", 0.0, USER_DEFINED),
        ("b<x>", -0.1, NORMAL),
        ("a<", -0.1, NORMAL),
    ]
    for kind in (ModelKind.BPE, ModelKind.UNIGRAM, ModelKind.CHAR):
        assert tokens(model(kind, more), "a<x>a") == ["▁", "a", "<x>", "a"]
    assert tokens(model(ModelKind.BPE, more), "ab b") == ["▁ab", "▁", "b"]


def test_what_is_not_used_comes_apart() -> None:
    made = model(ModelKind.BPE, [("abb", -0.5, UNUSED), ("abba", -0.1, UNUSED), ("é", -9.0, UNUSED)])
    assert tokens(made, "abba") == ["▁", "ab", "b", "a"]
    assert tokens(made, "é") == ["▁", "é"]


def test_bytes_of_what_is_unknown() -> None:
    made = model(ModelKind.UNIGRAM, byte_fallback=True)
    engine = Engine.from_json(spm.spec_of(made).to_json())
    row = engine.encode_batch(["é"], byte_offsets=True).row(0)
    assert (row.tokens, row.offsets) == (["▁", "<0xC3>", "<0xA9>"], [(0, 0), (0, 0), (0, 2)])
    assert engine.decode([*row.ids, row.ids[1]]) == "é\ufffd"
    assert engine.decode_tokens(["<0xc3>"]) == "<0xc3>"


def test_other_readers_find_stages_that_come_close() -> None:
    for kind, name in (("BPE", "BPE"), ("UNIGRAM", "Unigram"), ("WORD", "WordLevel"), ("CHAR", "BPE")):
        made = spm.spec_of(model(ModelKind[kind]))
        assert made.model["type"] == name
        assert made.model["lexel"]["reference"] == "sentencepiece"
        engine = Engine.from_json(made.to_json())
        assert json.loads(engine.to_json())["model"]["lexel"] == json.loads(made.to_json())["model"]["lexel"]
    merges = Engine.from_json(spm.spec_of(model(ModelKind.BPE)).to_json()).merges()
    assert merges == [("a", "b"), ("▁", "ab")]


def test_a_stage_that_is_set_counts() -> None:
    engine = Engine.from_json(spm.spec_of(model(ModelKind.BPE)).to_json())
    assert engine.normalize(" A  b") == "▁A▁b"
    assert engine.with_component("normalizer", None).normalize(" A  b") == " A  b"
    assert "normalizer" not in json.loads(engine.with_component("normalizer", None).to_json())["model"]["lexel"]


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be read"):
        spm.convert(tmp_path / "gone.model")
    twice = model(ModelKind.UNIGRAM, [("<s>", -1.0, NORMAL)])
    with pytest.raises(UnsupportedError, match=r"pieces 1 and 8 are both '<s>'.*SentencePieceBackend"):
        spm.spec_of(twice)
    path = tmp_path / "none.model"
    path.write_bytes(SentencePieceModel([("a", 0.0, NORMAL)]).write())
    with pytest.raises(FormatError, match=r"none\.model: no piece is of type UNKNOWN"):
        spm.convert(path)
    infinite = model(ModelKind.UNIGRAM, [("x", float("inf"), NORMAL)])
    with pytest.raises(FormatError, match="no finite number"):
        spm.spec_of(infinite)
    damaged = model(ModelKind.BPE)
    damaged.normalizer.charsmap = b"\x00\x04\x00\x00" + b"\xff" * 1024 + b"a\0"
    with pytest.raises(FormatError, match="character map"):
        Engine.from_json(spm.spec_of(damaged).to_json())


def test_scores_json_cannot_hold_are_compared_as_the_library_does() -> None:
    made = model(ModelKind.BPE, [("ba", float("inf"), NORMAL), ("aa", -0.0, NORMAL), ("bb", 0.0, NORMAL)])
    assert tokens(made, "aba") == ["▁", "a", "ba"]
    assert tokens(made, "aabb") == ["▁", "aa", "bb"]
    scores = spm.spec_of(made).model["lexel"]["model"]["scores"]
    assert scores[:3] == [None, None, None]
    assert scores[-3] > scores[-1] > scores[-2] > scores[6]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.model"
    path.write_bytes(model(ModelKind.BPE, [("<x>", 0.0, USER_DEFINED)], byte_fallback=True).write())
    return path


def test_a_file_makes_a_tokenizer(file: Path, tmp_path: Path) -> None:
    tok: Any = Tokenizer.from_file(file)
    assert (tok.engine, tok.bos_token, tok.eos_token, tok.unk_token, tok.pad_token) == (
        "native",
        "<s>",
        "</s>",
        "<unk>",
        None,
    )
    found = tok("ab<s> é", return_offsets_mapping=True)
    assert tok.convert_ids_to_tokens(found["input_ids"])[:4] == ["▁ab", "<0x3C>", "<0x73>", "<0x3E>"]
    assert found["offset_mapping"][-2:] == [(6, 6), (6, 7)]
    assert tok.decode(found["input_ids"]) == "ab<s> é"
    assert tok.decode([1, *found["input_ids"], 2]) == "ab<s> é"
    assert tok("ab<s>", split_special_tokens=False)["input_ids"][-1] == 1
    assert tok.decode_stream().feed(found["input_ids"][0]) == "ab"
    tok.save_pretrained(tmp_path / "saved")
    for other in (pickle.loads(pickle.dumps(tok)), AutoTokenizer.from_pretrained(tmp_path / "saved")):
        assert other("ab<x> é <s>") == tok("ab<x> é <s>")
        assert other(["a", "ab é"], padding=False)["input_ids"] == [tok("a")["input_ids"], tok("ab é")["input_ids"]]


def test_ends_and_new_tokens(file: Path) -> None:
    tok: Any = Tokenizer.from_file(file, add_bos_token=True, add_eos_token=True)
    assert tok("ab")["input_ids"] == [1, 7, 2]
    assert tok.add_tokens(["<new>", "b b"]) == 2
    ids = tok("a<new>ab bb", add_special_tokens=False)["input_ids"]
    assert tok.convert_ids_to_tokens(ids) == ["▁", "a", "<new>", "a", "b b", "b"]
    assert tok.decode(ids) == "a<new>ab bb"


def test_a_new_vocabulary_is_trained_on_the_standard_stages(file: Path) -> None:
    tok: Any = Tokenizer.from_file(file)
    new = tok.train_new_from_iterator(["hello world"] * 20, 40)
    assert new.tokenize("hello world") == ["▁hello▁world"]
    assert new.decode(new("hello world")["input_ids"]) == "hello world"
    assert "lexel" not in json.loads(new.backend_tokenizer.to_str())["model"]


def test_sampling_is_refused_with_a_way_out(file: Path) -> None:
    engine = Engine.from_json(spm.convert(file).to_json())
    with pytest.raises(ValueError, match="SentencePieceBackend"):
        engine.encode("ab", sampling=(0.5, None, None, 1))
