"""A small `tokenizer.json` with every component, and every way to get one of its fields wrong."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
Path = tuple[str | int, ...]


class Deleted:
    """Stands for a field that is not there."""

    def __repr__(self) -> str:
        return "<deleted>"


DELETED = Deleted()
# One of each JSON type, and the corners of numbers.
VALUES: list[Any] = [None, True, False, 0, -1, 1.5, 2**32, 2**64, 1e300, "", "x", [], [1], ["a", "b"], {}, {"a": 1}]
# Names of components: of the right family, of another one, in another case, of versions before there were names.
NAMES: list[Any] = [
    "NFC",
    "nfc",
    "Sequence",
    "Strip",
    "Bert",
    "BPE",
    "WordLevel",
    "Delimiter",
    "Metaspace",
    "ByteFallback",
]


def _flags(kind: str, **flags: Any) -> dict[str, Any]:
    return {"type": kind, **flags}


def _sequence(field: str, *parts: Json) -> dict[str, Any]:
    return {"type": "Sequence", field: list(parts)}


def _byte_level(**flags: Any) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False} | flags


def valid() -> dict[str, Any]:
    """Return a tokenizer in which every field means something."""
    token = {"single_word": False, "lstrip": False, "rstrip": True, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 1},
        "padding": {
            "strategy": {"Fixed": 4},
            "direction": "Left",
            "pad_to_multiple_of": 2,
            "pad_id": 1,
            "pad_type_id": 0,
            "pad_token": "b",
        },
        "added_tokens": [
            {"id": 9, "content": "<s>", **token},
            {"id": 10, "content": "ab c", **token, "single_word": True, "normalized": True, "special": False},
        ],
        "normalizer": _sequence(
            "normalizers",
            _flags("NFC"),
            _flags("Prepend", prepend="_"),
            _flags("Replace", pattern={"String": "x"}, content="a"),
        ),
        "pre_tokenizer": _sequence(
            "pretokenizers",
            _flags("Split", pattern={"Regex": r"\s+"}, behavior="Isolated", invert=False),
            _flags("Split", pattern={"String": "."}, behavior="MergedWithNext", invert=True),
            _flags("Digits", individual_digits=True),
            _flags("Metaspace", replacement="_", prepend_scheme="first", split=True),
            _byte_level(),
        ),
        "post_processor": _sequence(
            "processors",
            _byte_level(add_prefix_space=True),
            _flags(
                "TemplateProcessing",
                single=[{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                special_tokens={"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}},
            ),
        ),
        "decoder": _sequence(
            "decoders",
            _flags("Replace", pattern={"String": "_"}, content=" "),
            _flags("ByteFallback"),
            _flags("Fuse"),
            _flags("Strip", content=" ", start=1, stop=0),
            _byte_level(),
        ),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "?",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {"a": 0, "b": 1, "c": 2, "_": 3, "ab": 4, "?": 5, "abc": 6, "d": 7, "1": 8},
            "merges": [["a", "b"], ["ab", "c"]],
        },
    }


def _with(model: Json, normalizers: Json, pre_tokenizers: Json, post_processor: Json, decoders: Json) -> dict[str, Any]:
    return {
        "version": "1.0",
        "added_tokens": valid()["added_tokens"][:1],
        "normalizer": _sequence("normalizers", *normalizers),
        "pre_tokenizer": _sequence("pretokenizers", *pre_tokenizers),
        "post_processor": post_processor,
        "decoder": _sequence("decoders", *decoders),
        "model": model,
    }


def wordpiece() -> dict[str, Any]:
    """Return a WordPiece tokenizer with the components of its family."""
    return _with(
        {
            "type": "WordPiece",
            "unk_token": "?",
            "continuing_subword_prefix": "#",
            "max_input_chars_per_word": 9,
            "vocab": {"a": 0, "#b": 1, "#c": 2, "x": 3, "?": 4, "1": 5},
        },
        [
            _flags("BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True),
            _flags("Strip", strip_left=True, strip_right=False),
            _flags("StripAccents"),
            _flags("Lowercase"),
        ],
        [
            _flags("BertPreTokenizer"),
            _flags("Punctuation", behavior="Removed"),
            _flags("CharDelimiterSplit", delimiter="x"),
            _flags("FixedLength", length=3),
        ],
        {"type": "BertProcessing", "sep": ["?", 4], "cls": ["<s>", 9]},
        [_flags("WordPiece", prefix="#", cleanup=True), _flags("BPEDecoder", suffix="#")],
    )


def unigram() -> dict[str, Any]:
    """Return a Unigram tokenizer with the components of its family."""
    vocab = [["?", 0.0], ["a", -1.5], ["b", -2], ["ab", -2.5], ["_", -3.0], ["c", -4e0]]
    return _with(
        {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": False},
        [_flags("Nmt"), _flags("NFKC"), _flags("Replace", pattern={"String": "1"}, content="a")],
        [
            _flags("WhitespaceSplit"),
            _flags("UnicodeScripts"),
            _flags("Metaspace", replacement="_", prepend_scheme="always", split=True),
        ],
        {
            "type": "RobertaProcessing",
            "sep": ["?", 0],
            "cls": ["<s>", 6],
            "trim_offsets": True,
            "add_prefix_space": True,
        },
        [
            _flags("CTC", pad_token="b", word_delimiter_token="_", cleanup=True),
            _flags("Metaspace", replacement="_", prepend_scheme="always", split=True),
        ],
    )


def wordlevel() -> dict[str, Any]:
    """Return a WordLevel tokenizer."""
    return _with(
        {"type": "WordLevel", "vocab": {"abc": 0, "x": 1, "?": 2, "ab": 3}, "unk_token": "?"},
        [_flags("NFD"), _flags("NFKD")],
        [_flags("Whitespace")],
        _sequence("processors", _byte_level(), {"type": "BertProcessing", "sep": ["?", 2], "cls": ["?", 2]}),
        [_flags("Fuse")],
    )


# One of each model; together they have every component but Precompiled.
WHOLE = {"bpe": valid, "wordpiece": wordpiece, "unigram": unigram, "wordlevel": wordlevel}


def paths(value: Json, path: Path = ()) -> Iterator[Path]:
    """Return the path of every value, the whole first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths(part, (*path, key))


def with_value(content: Json, path: Path, value: Json) -> Json:
    """Return the content with one value replaced or deleted."""
    if not path:
        return value
    content = copy.deepcopy(content)
    parent = content
    for key in path[:-1]:
        parent = parent[key]
    if value is DELETED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return content


def mutations(content: Json) -> Iterator[tuple[Path, Any, str]]:
    """Return every mutation of one value: its path, the new value, the text of the file."""
    for path in paths(content):
        for value in (*VALUES, *(NAMES if path[-1:] == ("type",) else ()), DELETED):
            if path or value is not DELETED:
                yield path, value, json.dumps(with_value(content, path, value))


def with_field_twice(content: Json, path: Path, value: Json) -> str:
    """Return the text of the content in which the field at the path stands twice, the second time with this value."""
    marker = "field that stands twice"
    text = json.dumps(with_value(content, (*path[:-1], marker), value))
    return text.replace(json.dumps(marker), json.dumps(path[-1]))
