"""What `to_json` writes against what the original writes: the same bytes, for every component and every file."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.security.malformed import WHOLE
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential


def same(text: str) -> Engine:
    """Check that both sides write the same after reading a file; return our side."""
    engine, reference = Engine.from_json(text), Tokenizer.from_str(text)
    assert engine.to_json() == reference.to_str()
    assert engine.to_json(pretty=True) == reference.to_str(pretty=True)
    again = Engine.from_json(engine.to_json())
    assert again.to_json() == engine.to_json()
    return engine


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE.keys())
def test_every_component(whole: Any) -> None:
    same(json.dumps(whole()))


# Each is read by one part of the file that leaves something out, or says it the old way.
SHORT: list[dict[str, Any]] = [
    {},
    {"normalizer": {"normalizers": [{"prepend": "x"}, {"type": "NFC", "extra": 1}]}},
    {"normalizer": {"type": "Bert", "clean_text": True, "handle_chinese_chars": True, "lowercase": False}},
    {"normalizer": {"strip_left": True, "strip_right": True}},
    {"normalizer": {"type": "?", "pattern": {"String": "a"}, "content": "b"}},
    {"normalizer": {"type": "Replace", "pattern": {"Regex": "a+"}, "content": "b"}},
    {"pre_tokenizer": {"type": "Punctuation"}},
    {"pre_tokenizer": {"type": "FixedLength"}},
    {"pre_tokenizer": {"type": "Metaspace", "replacement": "_", "add_prefix_space": True}},
    {
        "pre_tokenizer": {
            "type": "Metaspace",
            "replacement": "_",
            "str_rep": "_",
            "prepend_scheme": "first",
            "split": None,
        }
    },
    {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False}},
    {
        "post_processor": {
            "type": "BertProcessing",
            "sep": ["a", 0],
            "cls": ["b", 1],
            "trim_offsets": True,
            "add_prefix_space": True,
        }
    },
    {"post_processor": {"type": "Sequence", "sep": ["a", 0], "cls": ["b", 1]}},
    {
        "post_processor": {
            "pair": [{"Sequence": ["A", 0]}, {"Sequence": {"id": {"B": None}, "type_id": 1}}],
            "single": [{"SpecialToken": {"type_id": 3, "id": "b"}}],
            "special_tokens": {
                "b": {"tokens": ["b"], "ids": [1], "id": "b"},
                "a": {"id": "", "ids": [], "tokens": []},
            },
        }
    },
    {"decoder": {"suffix": "x", "prefix": "y", "cleanup": True}},
    {"decoder": {"prefix": "y", "cleanup": True}},
    {"decoder": {"content": "é", "start": 0, "stop": 2}},
    {"decoder": {"pad_token": "a", "word_delimiter_token": "b", "cleanup": False}},
    {"truncation": {"max_length": 8, "strategy": "OnlySecond", "stride": 9}},
    {"truncation": ["Left", 2**64 - 1, {"LongestFirst": None}, 0]},
    {"padding": {"strategy": "BatchLongest", "direction": "Left", "pad_id": 9, "pad_type_id": 8, "pad_token": ""}},
    {"padding": [{"Fixed": 3}, "Right", 7, 0, 0, "b"]},
    {"model": {"vocab": {"b": 1, "a": 0}, "merges": [], "dropout": 0.1, "fuse_unk": None}},
    {
        "model": {
            "type": "BPE",
            "vocab": {"b": 1, "a": 0, "ab": 9},
            "merges": ["#version: 0.2", "a b"],
            "dropout": 0.123456789,
        }
    },
    {"model": {"type": "BPE", "vocab": {"b": 1, "a": 0, "ab": 9}, "merges": [["a", "b"], ["a", "b"]], "dropout": 1}},
    {"model": {"vocab": {"b": 4, "a": 0}, "unk_token": "nowhere"}},
    {"model": {"vocab": {"b": 4, "a": 0}, "merges": [["a"]], "unk_token": "a"}},
    {"model": {"vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "", "max_input_chars_per_word": 1}},
    {"model": {"vocab": [["a", 0], ["b", -1e-7], ["c", -12.345678901234567]], "unk_id": 2}},
    {
        "added_tokens": [
            {"id": 9, "content": "x"}
            | dict.fromkeys(["single_word", "lstrip", "rstrip", "normalized", "special"], True)
        ]
    },
]


@pytest.mark.parametrize("parts", SHORT, ids=lambda parts: "-".join(parts) or "nothing")
def test_defaults_and_old_forms(parts: dict[str, Any]) -> None:
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
    same(json.dumps({"model": model} | parts))


def test_every_file(shared_data: Path) -> None:
    """The same bytes, and quickly: a large vocabulary in less time than the original takes for it."""
    native, seconds, reference_seconds = 0, 0.0, 0.0
    for path in sorted((shared_data / "tokenizers").glob("*/tokenizer.json")):
        text = path.read_text(encoding="utf-8")
        try:
            engine = same(text)
        except UnsupportedError:
            continue
        native += 1
        reference = Tokenizer.from_str(text)
        start = time.perf_counter()
        engine.to_json()
        middle = time.perf_counter()
        reference.to_str()
        seconds, reference_seconds = seconds + middle - start, reference_seconds + time.perf_counter() - middle
    assert native > 15
    assert seconds < reference_seconds
