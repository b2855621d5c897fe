"""A configuration with a value of the wrong kind is refused by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, FormatError, GPT2Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    "added_tokens_decoder": [5, "x", [], [{"content": "y"}], {"a": {"content": "y"}}],
    "clean_up_tokenization_spaces": [5, "x", {}],
    "fast_tokenizer_files": [5, "x", [5], [None]],
    "init_inputs": [5, "x", {}],
    "lexel_class": [5, [], {}],
    "model_input_names": [5, "x", [5], {}],
    "model_max_length": ["x", [], {}, True],
    "split_special_tokens": [5, "x", []],
    "tokenizer_class": [5, [], {}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    GPT2Tokenizer().train_new_from_iterator(["hello"], 262).save_pretrained(tmp_path)
    return tmp_path


def rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}))


@pytest.mark.parametrize("key", sorted(WRONG))
def test_wrong_kinds_are_named(folder: Path, key: str) -> None:
    for value in WRONG[key]:
        rewrite(folder, **{key: value})
        with pytest.raises(FormatError, match=rf"tokenizer_config\.json: {key} should be .*, not "):
            AutoTokenizer.from_pretrained(folder)


def test_null_says_nothing(folder: Path) -> None:
    expected = AutoTokenizer.from_pretrained(folder)
    rewrite(folder, **dict.fromkeys(WRONG))
    tok = AutoTokenizer.from_pretrained(folder)
    assert tok.encode("hello") == expected.encode("hello")
    for key in ("clean_up_tokenization_spaces", "model_input_names", "model_max_length", "split_special_tokens"):
        assert getattr(tok, key) == getattr(expected, key)


@pytest.mark.parametrize("name", ["special_tokens_map.json", "added_tokens.json"])
def test_old_files_hold_objects(folder: Path, name: str) -> None:
    GPT2Tokenizer().train_new_from_iterator(["hello"], 262).save_vocabulary(str(folder))
    (folder / "tokenizer.json").unlink()
    for value in (None, 5, "x", [], ["x"]):
        (folder / name).write_text(json.dumps(value))
        with pytest.raises(FormatError, match=rf"{name} must hold a JSON object, not"):
            GPT2Tokenizer.from_pretrained(folder)
    if name == "added_tokens.json":
        (folder / name).write_text('{"x": "5"}')
        with pytest.raises(FormatError, match="the id of 'x' should be a number from 0 on, not '5'"):
            GPT2Tokenizer.from_pretrained(folder)
