"""Dictionaries of the whole vocabulary are made when they are asked for, and by nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lexel import AutoTokenizer, TokenizersBackend
from lexel.backends.pipeline_tokens import PipelineTokens

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tokenizer whose ids have a hole, with added tokens inside and behind the vocabulary."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    content = {
        "added_tokens": [{"id": 7, "content": "<x>", **flags}, {"id": 4, "content": "<y>", **flags}],
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<x>": 7}, "merges": ["a b"]},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<x>", "pad_token": "<y>"}))
    return tmp_path


def test_loading_and_the_usual_questions_build_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(self: PipelineTokens) -> dict[str, int]:
        raise AssertionError("the whole vocabulary was asked for")

    monkeypatch.setattr(PipelineTokens, "get_vocab", forbidden)
    tok = AutoTokenizer.from_pretrained(folder)
    assert len(tok) == 5
    assert tok.vocab_size == 4
    assert tok.max_token_id == 7
    assert tok.embedding_size(8) == 8 * (tok.max_token_id // 8 + 1)
    tok.check_embedding(tok.max_token_id + 1)
    assert tok.eos_token_id == 7
    assert tok.convert_tokens_to_ids(tok.all_special_tokens) == tok.all_special_ids
    assert tok("ab<x>a<y>")["input_ids"] == [2, 7, 0, 4]
    tok.add_tokens(["<z>"])
    tok.save_pretrained(tmp_path / "saved")


def test_the_highest_id_is_that_of_the_dictionary(folder: Path) -> None:
    tok = AutoTokenizer.from_pretrained(folder)
    assert tok.max_token_id == max(tok.get_vocab().values())
    tok.add_tokens(["<z>", "ab"])
    assert tok.max_token_id == max(tok.get_vocab().values())
    empty = TokenizersBackend(vocab={}, merges=[])
    assert empty.max_token_id == max(empty.get_vocab().values(), default=-1)
