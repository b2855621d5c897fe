"""Code Llama's infilling, as a fresh tokenizer of the reference does it."""

from __future__ import annotations

import pytest

from lexel import CodeLlamaTokenizer

VOCAB = {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "a": 4, "b": 5, "▁a": 6, "▁b": 7}
MERGES = [("▁", "a"), ("▁", "b")]


@pytest.fixture
def tok() -> CodeLlamaTokenizer:
    return CodeLlamaTokenizer(vocab=VOCAB, merges=MERGES)


def pieces(tok: CodeLlamaTokenizer, ids: list[int]) -> list[str]:
    found: list[str] = tok.convert_ids_to_tokens(ids)
    return found


def test_a_gap_in_a_text(tok: CodeLlamaTokenizer) -> None:
    expected = ["<s>", "▁<PRE>", "▁a", "▁<SUF>", "▁b", "▁<MID>"]
    for ids in (tok("a<FILL_ME>b")["input_ids"], tok.encode("a<FILL_ME>b"), tok("a", suffix="b")["input_ids"]):
        assert pieces(tok, ids) == expected
    first = tok("a", suffix="b", suffix_first=True)["input_ids"]
    assert pieces(tok, first) == ["<s>", "▁<PRE>", "▁<SUF>", "▁b", "▁<MID>", "▁a"]
    assert pieces(tok, tok.encode("a<FILL_ME>b", add_special_tokens=False)) == expected[1:]
    assert tok.tokenize("a<FILL_ME>b") == tok.tokenize("a", suffix="b") == ["▁a", "▁b"]


def test_nothing_is_left_behind(tok: CodeLlamaTokenizer) -> None:
    before = tok.backend_tokenizer.to_str(), tok.encode(" a"), tok("a", "b")["input_ids"]
    tok("a<FILL_ME>b")
    assert (tok.backend_tokenizer.to_str(), tok.encode(" a"), tok("a", "b")["input_ids"]) == before
    tok.set_infilling_processor(False, suffix_first=True)
    assert tok.backend_tokenizer.to_str() != before[0]
    tok.set_infilling_processor(True)
    assert tok.backend_tokenizer.to_str() == before[0]


def test_what_cannot_be_filled(tok: CodeLlamaTokenizer) -> None:
    assert pieces(tok, tok("a<FILL_ME>")["input_ids"]) == ["<s>", "▁a"]
    with pytest.raises(ValueError, match="can have one <FILL_ME>, and this has 2"):
        tok("a<FILL_ME>b<FILL_ME>")
    bare = CodeLlamaTokenizer(vocab=VOCAB, merges=MERGES, prefix_token=None)
    with pytest.raises(ValueError, match="no tokens for infilling"):
        bare("a", suffix="b")
    assert (tok.prefix_id, tok.eot_id, bare.prefix_id) == (8, 11, None)
