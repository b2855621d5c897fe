from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import FormatError, UnsupportedError, VocabularyError
from lexel.converters.vocab_merges import merges_beside, read_merges, read_vocab

if TYPE_CHECKING:
    from pathlib import Path


def test_vocabularies_in_memory() -> None:
    assert read_vocab({"a": 1, "b": 0}) == {"a": 1, "b": 0}
    assert read_vocab(["a", "b"]) == {"a": 0, "b": 1}
    assert read_vocab([("a", -1.0), ["b", -2.0]]) == {"a": 0, "b": 1}


@pytest.mark.parametrize("vocab", [{"a": "0"}, {"a": -1}, {"a": 0.5}, ["a", 5], [[]]])
def test_what_is_no_vocabulary(vocab: Any) -> None:
    with pytest.raises(VocabularyError):
        read_vocab(vocab)
    with pytest.raises(TypeError, match="a dict, a list or the path"):
        read_vocab(5)


def test_vocabularies_in_files(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps({"a": 0, "é": 1}), encoding="utf-8")
    assert read_vocab(tmp_path / "vocab.json") == read_vocab(str(tmp_path / "vocab.json")) == {"a": 0, "é": 1}
    (tmp_path / "vocab.txt").write_bytes("[PAD]\r\né\n\nb\n".encode())
    assert read_vocab(tmp_path / "vocab.txt") == {"[PAD]": 0, "é": 1, "": 2, "b": 3}
    assert merges_beside(tmp_path / "vocab.json") is None
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b\nĠ é\n", encoding="utf-8")
    assert merges_beside(tmp_path / "vocab.json") == tmp_path / "merges.txt"
    assert merges_beside({"a": 0}) is None
    assert read_merges(tmp_path / "merges.txt") == [("a", "b"), ("Ġ", "é")]
    (tmp_path / "x.model").write_bytes(b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02")
    with pytest.raises(UnsupportedError, match="is a sentencepiece model"):
        read_vocab(tmp_path / "x.model")


def test_a_broken_line_of_merges_is_named(tmp_path: Path) -> None:
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b\na b c\n")
    with pytest.raises(FormatError, match="line 3: a merge is two tokens"):
        read_merges(tmp_path / "merges.txt")


def test_real_files(shared_data: Path) -> None:
    folder = shared_data / "tokenizers" / "gpt2"
    model = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]
    assert read_vocab(folder / "vocab.json") == model["vocab"]
    stated = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in model["merges"]]
    assert read_merges(folder / "merges.txt") == stated
