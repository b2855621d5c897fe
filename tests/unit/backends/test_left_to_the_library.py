"""Files that the `tokenizers` library reads by accident run on it, with a reason; so does a refusal have one."""

from __future__ import annotations

import json

import pytest

from lexel import FormatError, TokenizersBackend

MODEL = {"type": "WordLevel", "vocab": {"a": 0, "▁a": 1, "?": 2}, "unk_token": "?"}
BY_ACCIDENT = {
    "an array of fields": ({"normalizer": ["▁"]}, "a", [1]),
    "an object as a name": ({"decoder": {"type": {"Fuse": None}}}, "a", [0]),
}


@pytest.mark.parametrize("case", BY_ACCIDENT)
def test_what_is_read_by_accident_runs_on_the_library(tmp_path, case):
    parts, text, ids = BY_ACCIDENT[case]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"version": "1.0", "added_tokens": [], "model": MODEL, **parts}), encoding="utf-8")
    tok = TokenizersBackend(tokenizer_file=str(path))
    assert tok.engine == "tokenizers"
    assert f"tokenizer.json: {next(iter(parts))}" in tok.engine_reason
    assert tok.encode(text) == ids


def test_what_neither_reads_is_refused_with_both_reasons(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"version": "1.0", "model": MODEL, "normalizer": [[[]]]}), encoding="utf-8")
    with pytest.raises(FormatError, match=r"normalizer: expected a normalizer .*the tokenizers library cannot load"):
        TokenizersBackend(tokenizer_file=str(path))


TWO_OF_ONE_ID = {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}
NOT_REPEATED = {
    "an empty prefix": {"normalizer": {"type": "Prepend", "prepend": ""}},
    "two tokens of one id": {"model": TWO_OF_ONE_ID},
}


@pytest.mark.parametrize("case", NOT_REPEATED)
def test_what_the_core_cannot_repeat_runs_on_the_library(tmp_path, case):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"version": "1.0", "model": MODEL, **NOT_REPEATED[case]}), encoding="utf-8")
    tok = TokenizersBackend(tokenizer_file=str(path))
    assert tok.engine == "tokenizers"
    assert tok.engine_reason
    assert tok.encode("a") == [0]
