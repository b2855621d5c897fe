"""Merges of words against a twin that does them one by one; bytes, characters and passages of single classes."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from lexel import (
    AutoTokenizer,
    BertweetTokenizer,
    ByT5Tokenizer,
    CanineTokenizer,
    CodeGenTokenizer,
    DPRReaderTokenizer,
    FormatError,
    PhobertTokenizer,
    RagTokenizer,
    SplinterTokenizer,
    UnsupportedError,
)
from lexel.families.word_merges import merge

if TYPE_CHECKING:
    from pathlib import Path


def one_by_one(parts: list[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """Return the parts after merging the best pair everywhere, again and again."""
    while known := [pair for pair in pairwise(parts) if pair in ranks]:
        best, row, at = min(known, key=ranks.__getitem__), [], 0
        while at < len(parts):
            found = tuple(parts[at : at + 2]) == best
            row.append("".join(parts[at : at + 1 + found]))
            at += 1 + found
        parts = row
    return parts


def test_merges_equal_those_done_one_by_one() -> None:
    seed = 20
    generator = random.Random(seed)
    for case in range(300):
        pairs = {("a", "b"), ("a", "a"), ("b", "a"), ("ab", "a"), ("aa", "a"), ("a", "aa"), ("ab", "ab"), ("b", "ab")}
        ranks = {pair: rank for rank, pair in enumerate(generator.sample(sorted(pairs), generator.randrange(9)))}
        word = generator.choices("abc", k=generator.randrange(1, 30))
        assert merge(word, ranks) == one_by_one(word, ranks), (seed, case, word, ranks)


def test_a_long_word_is_not_slow() -> None:
    size = 100_000
    merged = merge(["a"] * size, {("a", "a"): 0, ("aa", "aa"): 1})
    assert len(merged) == size // 4


def test_files_of_fairseq(tmp_path: Path) -> None:
    vocab, codes = tmp_path / "vocab.txt", tmp_path / "bpe.codes"
    vocab.write_text("ab@@ 5\nc 4\n", "utf-8")
    codes.write_text("a b 5\n", "utf-8")
    tok = PhobertTokenizer(vocab, codes)
    assert tok.tokenize("abc") == ["ab@@", "c"]
    assert tok("abc", "c")["input_ids"] == [0, 4, 5, 2, 2, 5, 2]
    tok.save_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved" / "bpe.codes").read_bytes() == codes.read_bytes()
    assert PhobertTokenizer.from_pretrained(tmp_path / "saved")("abc")["input_ids"] == tok("abc")["input_ids"]
    with pytest.raises(UnsupportedError, match="no raw tweets"):
        BertweetTokenizer(vocab, codes, normalization=True)
    vocab.write_text("ab@@\n", "utf-8")
    with pytest.raises(FormatError, match=r"vocab\.txt, line 1"):
        PhobertTokenizer(vocab, codes)


def test_bytes_and_characters() -> None:
    tok = ByT5Tokenizer()
    assert (len(tok), tok.vocab_size) == (384, 256)
    assert tok("é</s>")["input_ids"] == [198, 172, 1]
    ended = tok("a</s>", "b", return_token_type_ids=True)
    assert (len(ended["input_ids"]), len(ended["token_type_ids"])) == (4, 4)
    assert tok.decode(tok("naïve \ud800")["input_ids"], skip_special_tokens=True) == "naïve \ufffd"
    with pytest.raises(ValueError, match="extra_ids is 125, but 1 tokens"):
        ByT5Tokenizer(additional_special_tokens=["<extra_id_0>"])
    canine = CanineTokenizer()
    assert canine("é")["input_ids"] == [0xE000, 0xE9, 0xE001]
    assert len(canine) == canine.vocab_size == 0x110000
    with pytest.raises(ValueError, match="is one character"):
        canine.convert_tokens_to_ids("ab")


WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "who", "is", "it", "a", "dog", "[QUESTION]", "."]


def test_passages_are_read() -> None:
    tok = DPRReaderTokenizer(vocab=WORDS)
    made = tok("who is it", ["a", "a dog"], ["it is a dog", "dog"], padding=True)
    assert made["input_ids"] == [[2, 5, 6, 7, 3, 8, 3, 7, 6, 8, 9], [2, 5, 6, 7, 3, 8, 9, 3, 9, 0, 0]]
    assert made["attention_mask"][1] == [1] * 9 + [0] * 2
    starts: list[list[float]] = [[0.0] * 11 for _ in range(2)]
    ends: list[list[float]] = [[0.0] * 11 for _ in range(2)]
    starts[0][9], ends[0][10] = 5, 5
    best = tok.decode_best_spans(made, (starts, ends, [2.0, 1.0]), num_spans=2, num_spans_per_passage=2)
    assert (best[0].text, best[0].start_index, best[0].doc_id, best[0].span_score) == ("a dog", 9, 0, 10)
    assert tok("who is")["input_ids"] == [2, 5, 6, 3]
    with pytest.raises(ValueError, match="1 titles, 2 texts"):
        tok("who", ["a"], ["it", "is"])


@pytest.mark.parametrize(("side", "expected"), [("right", [2, 5, 10, 11, 3, 8, 3]), ("left", [2, 5, 3, 8, 10, 11, 3])])
def test_the_question_has_its_mark(side: Any, expected: list[int]) -> None:
    tok = SplinterTokenizer(vocab=WORDS, padding_side=side)
    assert tok("who", "a")["input_ids"] == expected
    assert (tok.question_token, tok.question_token_id) == ("[QUESTION]", 10)


def test_questions_and_answers(tmp_path: Path) -> None:
    both = RagTokenizer(DPRReaderTokenizer(vocab=WORDS), ByT5Tokenizer())
    assert both("who is")["input_ids"] == [2, 5, 6, 3]
    both._switch_to_target_mode()
    assert both("a")["input_ids"] == [100, 1]
    assert both.decode([100]) == both.batch_decode([[100]])[0] == "a"
    both.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "rag"}', "utf-8")
    for again in (RagTokenizer.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)):
        assert isinstance(again, RagTokenizer)
        assert type(again.generator) is ByT5Tokenizer
        assert again("who is")["input_ids"] == [2, 5, 6, 3]


def test_generated_code_is_cut() -> None:
    tok = CodeGenTokenizer().train_new_from_iterator(["def f(): return 1"], 300)
    code = "def f():\n  pass\n# note\ndef g():\n  pass\n"
    assert tok.truncate(code, ["^#"]) == "def f():\n  pass\n"
    assert tok.truncate(code, ["never"]) == "def f():\n  pass\n# note\n"
    assert tok.decode(tok.encode(code), truncate_before_pattern=[r"\n#"]) == "def f():\n  pass"
    assert "token_type_ids" in CodeGenTokenizer(return_token_type_ids=True)("a")
    assert "token_type_ids" not in tok("a")
