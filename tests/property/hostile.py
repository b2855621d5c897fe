"""Hostile input: texts, ids and files that nobody means well with, and small engines to feed them to."""

from __future__ import annotations

import copy
import json
import os
import random
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from tests.differential.pipelines import random_pipeline
from tests.reference.random_models import BYTE_LETTERS

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

# The same examples in every run; LEXEL_PROPERTY_EXAMPLES=5000 makes a long one. Nothing that these texts ask for takes
# a tenth of the deadline, but a loaded machine may.
EXAMPLES = int(os.environ.get("LEXEL_PROPERTY_EXAMPLES", "150"))
PROPERTY = settings(max_examples=EXAMPLES, deadline=timedelta(seconds=5), derandomize=True, database=None)

PIECES = [
    "<s>",
    "</s>",
    "<unk>",
    "<0x41>",
    "▁",
    "Ġ",
    "##",
    "</w>",
    " ",
    "\n",
    "\r",
    "\x00",
    "\u017f",
    "e\u0301",
    "👩\u200d👧",
]
characters = st.one_of(st.characters(), st.sampled_from("ab \n\t'é日\u0301\ud800\udfff\ufffd\U0010ffff"))
texts = st.one_of(
    st.text(characters, max_size=40),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(characters, max_size=3)), max_size=12).map("".join),
    st.builds(lambda part, count: part * count, st.sampled_from(PIECES), st.integers(0, 300)),
)
# Ids that may exist, that surely do not, and that no id can be.
small_ids = st.integers(0, 1000)
ids = st.lists(st.one_of(small_ids, st.integers(0, 2**32 - 1)), max_size=12)
no_ids = st.one_of(st.integers(max_value=-1), st.integers(min_value=2**32))


@cache
def pipelines() -> list[dict[str, Any]]:
    """Return pipelines of all kinds: those of two well-known shapes, and random ones."""
    found = [byte_level(), sentencepiece()]
    number = 0
    while len(found) < 40:
        pipeline = random_pipeline(random.Random(f"hostile/{number}"))
        number += 1
        try:
            Engine.from_json(json.dumps(pipeline))
        except UnsupportedError:
            continue
        found.append(pipeline)
    return found


@cache
def engines() -> list[Engine]:
    """Return the engines of all pipelines."""
    return [Engine.from_json(json.dumps(pipeline)) for pipeline in pipelines()]


def byte_level() -> dict[str, Any]:
    """Return a byte-level BPE that loses nothing."""
    merges = [["t", "h"], ["th", "e"], ["Ġ", "the"], ["Ġ", "a"], ["Ġ", "Ġ"], ["e", "e"], ["ee", "ee"]]
    vocab = {token: id for id, token in enumerate([*BYTE_LETTERS, *map("".join, merges), "<s>"])}
    stage = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(vocab["<s>"], "<s>")],
        "normalizer": None,
        "pre_tokenizer": stage,
        "post_processor": None,
        "decoder": stage,
        "model": {"type": "BPE", "vocab": vocab, "merges": merges},
    }


def sentencepiece() -> dict[str, Any]:
    """Return a BPE of characters, with bytes for all others."""
    merges = [["▁", "t"], ["▁t", "h"], ["▁th", "e"], ["a", "a"], ["aa", "aa"], ["▁", "▁"]]
    letters = [*"▁thea'é日", *map("".join, merges)]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    back = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    model = {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "merges": merges}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(id, token) for id, token in enumerate(tokens[:3])],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [back, {"type": "ByteFallback"}, {"type": "Fuse"}, strip]},
        "model": model | {"vocab": {token: id for id, token in enumerate(tokens)}},
    }


def _special(id: int, content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": id, "content": content, "special": True} | flags


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.sampled_from(
            [0, 1, -1, 2**31, 2**32, 2**64, 1e400, "", "\x00", "a", "Sequence", "ByteLevel", "(", "[", "(?=", "a{9999}"]
        ),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def broken_files(draw: st.DrawFn) -> str:
    """Draw a `tokenizer.json` in which one to three things are not what they should be."""
    content: Any = copy.deepcopy(draw(st.sampled_from(pipelines())))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(content))
        parent, key = draw(st.sampled_from(places))
        match draw(st.integers(0, 3)):
            case 0 if isinstance(parent, dict):
                parent.pop(key, None)
            case 1 if isinstance(parent, dict):
                parent[draw(st.sampled_from([*map(str, parent), "type", "vocab", "pattern", "x"]))] = draw(values)
            case 2:
                other, other_key = draw(st.sampled_from(places))
                parent[key] = copy.deepcopy(other[other_key]) if other_key in _keys(other) else draw(values)
            case _:
                parent[key] = draw(values)
    text = json.dumps(content, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(["", "}", '"', ",", "\\u", "\ud800", "null", "[" * 2000, "\x00"]))
        text += draw(st.sampled_from(["", json.dumps(content)[at:]]))
    return text


def _keys(part: Any) -> Any:
    return part if isinstance(part, dict) else range(len(part))


def _places(part: Any, depth: int = 0) -> Any:
    """Yield every place of a document, few of those in long lists and vocabularies."""
    for key in list(_keys(part))[:12]:
        yield part, key
        if isinstance(part[key], dict | list):
            yield from _places(part[key], depth + 1)
