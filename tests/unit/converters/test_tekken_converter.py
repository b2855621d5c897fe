"""`tekken.json` of every version becomes a tokenizer; what contradicts itself is named by its place."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import Tokenizer
from lexel.converters.tekken import OLD_SPECIAL_TOKENS, spec_of
from lexel.errors import FormatError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [b"ab", b" b", b"abc", b"left out"]


def content(version: str = "v3", special: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a small file: the bytes, three words, and one beyond the vocabulary's size."""
    tokens = [*(bytes([byte]) for byte in range(256)), *WORDS]
    vocab = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate(tokens)
    ]
    reserved = 24
    config = {
        "pattern": r"\s?\w+|\s|\W",
        "num_vocab_tokens": len(vocab),
        "default_vocab_size": reserved + len(vocab) - 1,
        "default_num_special_tokens": reserved,
        "version": version,
    }
    made: dict[str, Any] = {"config": config | changes.pop("config", {}), "vocab": vocab}
    if special is not None:
        made["special_tokens"] = [
            {"rank": rank, "token_str": text, "is_control": True} for rank, text in enumerate(special)
        ]
    return made | changes


def write(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "tekken.json"
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize("version", ["v1", "v2", "v3", "v7"])
def test_old_files_have_the_special_tokens_their_library_knows(version: str, tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(write(tmp_path, content(version)))
    assert (tokenizer.engine, len(tokenizer), tokenizer.bos_token_id, tokenizer.pad_token_id) == ("native", 283, 1, 11)
    assert tokenizer.convert_tokens_to_ids(["[TOOL_CONTENT]", "<SPECIAL_20>", "<SPECIAL_23>"]) == [19, 20, 23]
    assert tokenizer("abc b<s>")["input_ids"] == [282, 281, 24 + 60, 24 + 115, 24 + 62]
    assert tokenizer("abc b<s>", split_special_tokens=False)["input_ids"] == [282, 281, 1]
    assert tokenizer.decode([1, 282, 281, 2]) == "<s>abc b</s>"
    assert tokenizer.decode([1, 282, 281, 2], skip_special_tokens=True) == "abc b"


def test_special_tokens_part_bytes_even_where_they_are_left_out(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(write(tmp_path, content()))
    halves = [24 + 0xC3, 2, 24 + 0xA9]
    assert tokenizer.decode([halves[0], halves[2]], skip_special_tokens=True) == "é"
    assert tokenizer.decode(halves, skip_special_tokens=True) == "\ufffd\ufffd"
    assert tokenizer.decode(halves) == "\ufffd</s>\ufffd"


@pytest.mark.parametrize("version", ["v7", "v11", "v13", "v15"])
def test_new_files_list_theirs(version: str, tmp_path: Path) -> None:
    special = ["<unk>", "<s>", "</s>", "[THINK]"]
    tokenizer = Tokenizer.from_file(write(tmp_path, content(version, special, image={"image_patch_size": 14})))
    assert tokenizer.convert_tokens_to_ids(["[THINK]", "<SPECIAL_4>"]) == [3, 4]
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("</s>", None)
    with_ends = Tokenizer.from_file(tmp_path / "tekken.json", add_bos_token=True, add_eos_token=True)
    assert with_ends("abc")["input_ids"] == [1, 282, 2]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([], FormatError, "the file is not an object"),
        ({}, FormatError, "config is not an object: None"),
        (content("v99"), UnsupportedError, "config.version is 'v99'; known are v1, v2"),
        (content("v11"), FormatError, "a file of version v11 lists its special tokens, and this one does not"),
        (content("v13", ["<s>"], multimodal={"a": 1}), FormatError, "of version v13 are called 'image'"),
        (content("v13", ["<s>"], model_settings_builder={}), FormatError, "v13 has no model_settings_builder"),
        (content(config={"pattern": None}), FormatError, "config.pattern is not a text"),
        (content(config={"default_vocab_size": "x"}), FormatError, "config.default_vocab_size is no number"),
        (content(config={"default_vocab_size": 9999}), FormatError, "the vocabulary has 260 tokens for the other 9975"),
        (content(config={"default_num_special_tokens": 3}), FormatError, "20 special tokens, and .* is 3"),
        (content("v11", ["<s>", "<s>"]), FormatError, "the special token '<s>' stands twice"),
        (content("v11", ["<SPECIAL_2>"]), FormatError, "'<SPECIAL_2>' stands twice"),
        (content("v11", special_tokens=[{"rank": 1, "token_str": "a"}]), FormatError, r"special_tokens\[0\].rank is 1"),
        (content("v11", special_tokens=[{"rank": 0}]), FormatError, r"special_tokens\[0\].token_str is not a text"),
        (content("v11", ["ab"]), UnsupportedError, "'ab' is spelled like the token of id 280"),
    ],
)
def test_what_is_wrong_is_named(data: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        spec_of(data, "tekken.json")


@pytest.mark.parametrize(
    ("index", "change", "message"),
    [
        (3, {"rank": 4}, r"vocab\[3\].rank is 4; ranks count from 0 in order"),
        (7, {"token_bytes": "YQ=="}, r"vocab\[7\] is b'a'; the first 256 tokens are the bytes in order"),
        (256, {"token_bytes": "*"}, r"vocab\[256\].token_bytes is no base64: '\*'"),
        (256, {"token_bytes": 5}, r"vocab\[256\].token_bytes is not a text: 5"),
        (257, {"token_bytes": "YWI="}, r"vocab\[257\]: the token b'ab' stands at vocab\[256\] already"),
        (257, {"token_bytes": ""}, r"vocab\[257\]: the token b'' is empty"),
    ],
)
def test_the_token_that_is_wrong_is_named(index: int, change: dict[str, Any], message: str) -> None:
    data = content()
    data["vocab"][index] |= change
    with pytest.raises(FormatError, match=message):
        spec_of(data, "tekken.json")


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tekken.json"
    path.write_text('{"config": {}, "vocab": [{"rank": 0, "token_bytes": "AA==", "token_str": null}')
    with pytest.raises(FormatError, match=r"tekken\.json is no JSON"):
        Tokenizer.from_file(path)


def test_there_are_twenty_old_special_tokens() -> None:
    assert (len(OLD_SPECIAL_TOKENS), OLD_SPECIAL_TOKENS[11]) == (20, "<pad>")
