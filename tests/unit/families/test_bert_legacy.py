"""BERT's tokenizer in plain Python; expectations are those of the reference."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from lexel import BertTokenizer, BertTokenizerLegacy, LoadError
from lexel.families.bert_legacy import BasicTokenizer, WhitespaceTokenizer, WordpieceTokenizer

if TYPE_CHECKING:
    from pathlib import Path

TOKENS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "want",
    "##want",
    "##ed",
    "wa",
    "un",
    "runn",
    "##ing",
    ",",
    "low",
]
TOKENS += ["lowest", "hel", "##lo", "日", "本", "!", "e"]


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    path = tmp_path / "vocab.txt"
    path.write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    return path


def test_words() -> None:
    assert BasicTokenizer().tokenize(" \tHeLLo!how  \n Are yoU? ") == ["hello", "!", "how", "are", "you", "?"]
    assert BasicTokenizer().tokenize("Hällo 日本") == ["hallo", "日", "本"]
    assert BasicTokenizer(strip_accents=False).tokenize("HÄllo") == ["hällo"]
    assert BasicTokenizer(do_lower_case=False).tokenize("HÄllo") == ["HÄllo"]
    assert BasicTokenizer(do_lower_case=False, strip_accents=True).tokenize("HÄllo") == ["HAllo"]
    assert BasicTokenizer(never_split=["[UNK]"]).tokenize("A [UNK]") == ["a", "[UNK]"]
    assert BasicTokenizer(do_split_on_punc=False).tokenize("don't") == ["don't"]
    assert BasicTokenizer(tokenize_chinese_chars=False).tokenize("ah日x") == ["ah日x"]
    assert WhitespaceTokenizer().tokenize(" a  b\n") == ["a", "b"]


def test_pieces() -> None:
    pieces = WordpieceTokenizer(set(TOKENS), "[UNK]", max_input_chars_per_word=10)
    assert pieces.tokenize("unwanted running") == ["un", "##want", "##ed", "runn", "##ing"]
    assert pieces.tokenize("unwantedX running") == ["[UNK]", "runn", "##ing"]
    assert pieces.tokenize("a" * 11) == ["[UNK]"]
    assert pieces.tokenize("") == []


def test_the_whole(vocab: Path, tmp_path: Path) -> None:
    tok = BertTokenizerLegacy(vocab)
    assert tok.tokenize("UNwantéd,running") == ["un", "##want", "##ed", ",", "runn", "##ing"]
    assert tok("hello", "low")["input_ids"] == [2, 15, 16, 3, 13, 3]
    assert tok.decode([2, 15, 16, 19, 3], skip_special_tokens=True) == "hello!"
    tok.save_pretrained(tmp_path / "saved")
    again = BertTokenizerLegacy.from_pretrained(tmp_path / "saved")
    assert again("unwanted")["input_ids"] == tok("unwanted")["input_ids"]
    with pytest.raises(LoadError, match=r"vocab\.txt"):
        BertTokenizerLegacy(tmp_path / "nothing.txt")


def test_its_ids_are_those_of_the_core(vocab: Path) -> None:
    legacy, fast = BertTokenizerLegacy(vocab), BertTokenizer(vocab=vocab)
    generator = random.Random(4)
    alphabet = "unwantedlowheorig,!日本 \t\nÉé[MASK]"
    for _ in range(300):
        text = "".join(generator.choices(alphabet, k=generator.randrange(40)))
        assert legacy(text)["input_ids"] == fast(text)["input_ids"], repr(text)
