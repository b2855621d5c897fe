"""Tokenizers written as SentencePiece models: that library gives the ids of the tokenizer."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import oracle
from tests.unit.families.small_models import model

from lexel import LlamaTokenizer, Tokenizer, UnsupportedError
from lexel.converters.sentencepiece_model import ModelKind, SentencePieceModel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential
REAL = ["deberta-v3/spm.model", "llama-2/tokenizer.model", "pegasus/spiece.model", "xlnet-base-cased/spiece.model"]
PARTS = ["hi", "you", " ", "  ", "▁", "é", "ﬁ", "日", "😀", "<s>", "</s>", "<unk>", "3,", "\n", "a", "b", "you,"]


def texts(seed: int, parts: list[str], count: int = 150) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choice(parts) for _ in range(rng.randint(0, 9))) for _ in range(count)]


def library(path: Path) -> Any:
    return oracle("sentencepiece").SentencePieceProcessor(model_file=str(path))


def compare(tok: Tokenizer, path: Path, samples: list[str]) -> None:
    theirs = library(path)
    for text in samples:
        ids = tok.encode(text, add_special_tokens=False, split_special_tokens=True)
        assert ids == theirs.encode(text), repr(text)


@pytest.mark.parametrize("kind", list(ModelKind))
def test_what_was_read_from_a_model_is_written_again(tmp_path: Path, kind: ModelKind) -> None:
    path, again = tmp_path / "x.model", tmp_path / "y.model"
    made = SentencePieceModel.read(model(kind, own=("<user>",), control=("<ctl>",)))
    made.normalizer.add_dummy_prefix = kind != ModelKind.CHAR
    path.write_bytes(made.write())
    tok = Tokenizer.from_file(path)
    assert tok.to_sentencepiece(again) == []
    samples = texts(int(kind), [*PARTS, "<user>", "<ctl>"])
    compare(tok, again, samples)
    first, second = library(path), library(again)
    ids = [first.encode(text) for text in samples]
    assert ids == [second.encode(text) for text in samples]
    assert [first.decode(row) for row in ids] == [second.decode(row) for row in ids]
    assert (first.bos_id(), first.eos_id(), first.unk_id()) == (second.bos_id(), second.eos_id(), second.unk_id())


@pytest.mark.parametrize("name", REAL)
def test_real_models_are_written_again(shared_data: Path, tmp_path: Path, name: str) -> None:
    tok = Tokenizer.from_file(shared_data / "tokenizers" / name)
    assert tok.to_sentencepiece(tmp_path / "x.model") == []
    compare(tok, tmp_path / "x.model", texts(1, [*PARTS, "hello", "world", "…", "\t"], 60))


def test_random_merges_that_are_written_are_those_of_the_library(tmp_path: Path) -> None:
    seed, written = 20, 0
    rng = random.Random(seed)
    path, out = tmp_path / "tokenizer.json", tmp_path / "x.model"
    for _ in range(40):
        vocab = {"<unk>": 0, "a": 1, "b": 2, "c": 3, "▁": 4}
        merges: list[tuple[str, str]] = []
        for _ in range(rng.randint(1, 9)):
            token = rng.choice(list(vocab)[1:]) + rng.choice(list(vocab)[1:])
            if token not in vocab and len(token) < 7:
                vocab[token] = len(vocab)
                splits = [(token[:at], token[at:]) for at in range(1, len(token))]
                pairs = [pair for pair in splits if pair[0] in vocab and pair[1] in vocab]
                rng.shuffle(pairs)
                merges += pairs
        path.write_text(json.dumps(pipeline(vocab, merges)))
        tok = Tokenizer.from_file(path)
        differs = tok.to_sentencepiece(out, exact=False)
        if differs:
            assert all("overlap" in what or "not in the list" in what for what in differs), differs
            continue
        written += 1
        compare(tok, out, texts(seed, ["a", "b", "c", " ", "x", "aa", "ab"], 40))
    assert written > 20, f"seed {seed}"


def pipeline(vocab: dict[str, int], merges: list[tuple[str, str]]) -> dict[str, Any]:
    steps = [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    ]
    bpe = {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "vocab": vocab, "merges": [list(m) for m in merges]}
    return {"version": "1.0", "normalizer": {"type": "Sequence", "normalizers": steps}, "model": bpe}


def test_what_has_no_counterpart_is_named(tmp_path: Path) -> None:
    tok = LlamaTokenizer(vocab={"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "h": 4, "i": 5, "hi": 6})
    with pytest.raises(UnsupportedError, match="Metaspace puts no space before a text that begins with one"):
        tok.to_sentencepiece(tmp_path / "x.model")
    assert not (tmp_path / "x.model").exists()
    import lexel

    for other, stage in ((lexel.GPT2Tokenizer(), "ByteLevel"), (lexel.BertTokenizer(), "WordPiece")):
        with pytest.raises(UnsupportedError, match=stage):
            other.to_sentencepiece(tmp_path / "x.model", exact=False)
