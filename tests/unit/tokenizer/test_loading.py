from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AddedToken, FormatError
from lexel.hub import ModelFiles, open_files
from lexel.tokenizer.loading import read_json, read_options

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path, **contents: Any) -> ModelFiles:
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return open_files(folder)


def options(found: ModelFiles, *, has_pipeline: bool = True, **given: Any) -> dict[str, Any]:
    return read_options(found, given, has_pipeline=has_pipeline)[0]


def test_the_caller_wins_over_the_file(tmp_path: Path) -> None:
    found = files(tmp_path, tokenizer_config={"padding_side": "left", "model_max_length": 5, "init_inputs": [1]})
    made, positional = read_options(found, {"model_max_length": 7}, has_pipeline=True)
    assert (made["padding_side"], made["model_max_length"]) == ("left", 7)
    assert positional == (1,)
    assert made["name_or_path"] == str(tmp_path)


def test_old_flags_say_nothing_beside_a_pipeline(tmp_path: Path) -> None:
    found = files(tmp_path, tokenizer_config={"add_bos_token": True})
    assert "add_bos_token" not in options(found)
    assert options(found, has_pipeline=False)["add_bos_token"] is True
    assert options(found, add_bos_token=False)["add_bos_token"] is False


def test_keys_about_files_are_left_out(tmp_path: Path) -> None:
    config = {
        "tokenizer_class": "X",
        "auto_map": {},
        "is_local": True,
        "tokenizer_file": "/etc/passwd",
        "name_or_path": "y",
    }
    made = options(files(tmp_path, tokenizer_config=config))
    assert made == {"name_or_path": str(tmp_path), "added_tokens_decoder": {}}


def test_names_of_the_model_s_own_are_gathered(tmp_path: Path) -> None:
    config = {
        "image_token": "<image>",
        "boi_token": {"__type": "AddedToken", "content": "<boi>", "lstrip": True},
        "not_token": 5,
        "extra_special_tokens": {"eoi_token": "<eoi>"},
    }
    made = options(files(tmp_path, tokenizer_config=config))
    assert made["model_specific_special_tokens"] == {
        "image_token": "<image>",
        "boi_token": AddedToken("<boi>", lstrip=True),
        "eoi_token": "<eoi>",
    }
    assert made["not_token"] == 5


def test_extra_tokens_have_two_names(tmp_path: Path) -> None:
    assert options(files(tmp_path, tokenizer_config={"additional_special_tokens": ["<a>"]}))[
        "extra_special_tokens"
    ] == ["<a>"]


def test_added_tokens_of_the_configuration(tmp_path: Path) -> None:
    token = {"content": "<a>", "lstrip": True, "special": True, "normalized": False}
    config = {"added_tokens_decoder": {"5": token}, "eos_token": "<a>"}
    made = options(files(tmp_path, tokenizer_config=config))
    expected = AddedToken("<a>", lstrip=True, special=True)
    assert made["added_tokens_decoder"] == {5: expected}
    assert made["eos_token"] == expected, "the flags of the token with that text"
    with pytest.raises(TypeError, match="not to a str"):
        options(files(tmp_path, tokenizer_config={"added_tokens_decoder": {"5": "<a>"}}))


def test_files_of_older_times(tmp_path: Path) -> None:
    found = files(
        tmp_path,
        tokenizer_config={"extra_special_tokens": ["<x>"]},
        special_tokens_map={
            "eos_token": {"content": "</s>", "lstrip": True, "special": False},
            "pad_token": "<pad>",
            "image_token": "<image>",
            "additional_special_tokens": ["<x>", {"content": "<y>"}],
        },
        added_tokens={"</s>": 3, "word": 4},
    )
    made = options(found, has_pipeline=False, pad_token="<mine>")
    assert made["pad_token"] == "<mine>"
    assert made["extra_special_tokens"] == ["<x>", AddedToken("<y>", special=True)]
    assert made["model_specific_special_tokens"] == {"image_token": "<image>"}
    assert made["added_tokens_decoder"] == {3: AddedToken("</s>", special=True), 4: AddedToken("word")}
    assert made["eos_token"] == AddedToken("</s>", special=True)
    beside = options(found)["added_tokens_decoder"]
    assert beside == {3: AddedToken("</s>", lstrip=True, special=True), 4: AddedToken("word")}, "their flags are kept"
    found = files(tmp_path, tokenizer_config={"backend": "tokenizers"})
    assert options(found)["added_tokens_decoder"] == {}, "beside today's pipeline it is a stray"


def test_broken_json_says_where(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{\n "a": }')
    with pytest.raises(FormatError, match=r"x.json is not JSON: .* in line 2, column 7"):
        read_json(path)
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(FormatError, match="byte 7 is 0xff"):
        read_json(path)
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_json(path) == {}
