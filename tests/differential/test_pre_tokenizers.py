"""Random pre-tokenizers against the original: equal pieces with equal spans, alone and behind a normalizer.

The tables behind the named ones are compared over all 1,112,064 characters.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential.compare import difference, original, ours, report
from tests.differential.strings import random_texts
from tests.differential.test_regex_classes import everything, telling
from tokenizers import Tokenizer, pre_tokenizers

from lexel._lexel import Engine
from lexel.errors import FormatError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.differential

Json = dict[str, Any]

BEHAVIORS = ("Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")
SCHEMES = ("always", "first", "never")
PATTERNS: list[Json] = [
    {"Regex": r"\s+"},
    {"Regex": r"\s"},
    {"Regex": r"\p{N}{1,3}"},
    {"Regex": r"[a-z]+"},
    {"Regex": r"[^\s]"},
    {"Regex": r"\w+|[^\w\s]+"},
    {"Regex": r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"},
    {"Regex": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|\s*[\r\n]+|\s+(?!\S)|\s+"},
    {"Regex": r"."},
    {"Regex": r""},
    {"Regex": r"a*"},
    {"Regex": r"\b"},
    {"Regex": r"^|\s$"},
    {"Regex": r"(?<=\p{L})\p{N}++"},
    {"Regex": r"\d{1,3}(?=(?:\d{3})*\b)"},
    {"Regex": r"(?>\r\n|\s)(?!\s)"},
    {"String": ""},
    {"String": " "},
    {"String": "a"},
    {"String": "▁"},
    {"String": "\n\n"},
    {"String": ".-"},
    {"String": "é"},
]
NORMALIZERS: list[Json | None] = [
    None,
    {"type": "NFC"},
    {"type": "Prepend", "prepend": "▁"},
    {"type": "Prepend", "prepend": " é"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    {"type": "Replace", "pattern": {"String": "a"}, "content": ""},
    {"type": "Replace", "pattern": {"String": "e"}, "content": "日x"},
]
# The simple ones by themselves, every option of each.
SIMPLE: list[Json] = [
    {"type": "BertPreTokenizer"},
    {"type": "Whitespace"},
    {"type": "WhitespaceSplit"},
    {"type": "UnicodeScripts"},
    {"type": "Punctuation"},
    {"type": "FixedLength"},
    {"type": "Sequence", "pretokenizers": []},
    *({"type": "Punctuation", "behavior": behavior} for behavior in BEHAVIORS),
    *({"type": "Digits", "individual_digits": flag} for flag in (False, True)),
    *({"type": "CharDelimiterSplit", "delimiter": delimiter} for delimiter in " ▁a\U0001f600"),
    *({"type": "FixedLength", "length": length} for length in (1, 2, 7, 1000)),
    *(
        {"type": "Metaspace", "replacement": letter, "prepend_scheme": scheme, "split": split}
        for letter in "▁_ "
        for scheme in SCHEMES
        for split in (False, True)
    ),
    *(
        {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}
        for prefix in (False, True)
        for regex in (False, True)
    ),
]
PIPELINES = 120
TEXTS = 40


def random_pre_tokenizer(rng: random.Random, depth: int = 0) -> Json:
    """Return a pre-tokenizer of any kind; sequences are nested now and then, and may be empty."""
    kind = rng.random()
    if kind < (0.75 if depth == 0 else 0.15 if depth < 3 else 0):
        count = rng.choice((0, 1, 2, 2, 3, 3, 4))
        return {"type": "Sequence", "pretokenizers": [random_pre_tokenizer(rng, depth + 1) for _ in range(count)]}
    if rng.random() < 0.3:
        split = {"type": "Split", "pattern": rng.choice(PATTERNS), "behavior": rng.choice(BEHAVIORS)}
        return {**split, "invert": rng.random() < 0.3}
    return rng.choice(SIMPLE)


def content_of(stage: Json | None, normalizer: Json | None = None, model: Json | None = None) -> str:
    """Return a `tokenizer.json` with this pre-tokenizer."""
    model = model or {"type": "BPE", "vocab": {"a": 0}, "merges": []}
    return json.dumps({"model": model, "normalizer": normalizer, "pre_tokenizer": stage})


def differing_pieces(stage: Json) -> Callable[[str], str | None]:
    content = content_of(stage)
    engine, reference = Engine.from_json(content), Tokenizer.from_str(content).pre_tokenizer

    def check(text: str) -> str | None:
        found = difference(ours(engine.pre_tokenize, text), original(reference.pre_tokenize_str, text))
        return found and f"{json.dumps(stage, ensure_ascii=False)}\n{found}"

    return check


def letters_of(texts: list[str]) -> list[str]:
    """Return every character of the texts, and every byte-level letter."""
    return sorted({*"".join(texts), *pre_tokenizers.ByteLevel.alphabet(), "▁", "_"})


def differing_encodings(stage: Json, normalizer: Json | None, model: Json) -> Callable[[str], str | None]:
    content = content_of(stage, normalizer, model)
    engine, reference = Engine.from_json(content), Tokenizer.from_str(content)

    def check(text: str) -> str | None:
        mine = ours(lambda: engine.encode_batch([text]).row(0))
        found = difference(mine, original(reference.encode, text))
        if found is None and "ids" in mine and engine.encode(text) != mine["ids"]:
            found = f"encode() gives {engine.encode(text)}, with spans {mine['ids']}"
        return found and f"{json.dumps(stage, ensure_ascii=False)} after {normalizer}\n{found}"

    return check


@pytest.mark.parametrize("stage", SIMPLE, ids=lambda stage: json.dumps(stage, ensure_ascii=False))
def test_every_simple_one(stage: Json, seed: str) -> None:
    rng = random.Random(f"{seed}/simple")
    report("pieces", seed, ["", " ", "a", *random_texts(rng, 200)], differing_pieces(stage))


@pytest.mark.parametrize("group", range(8))
def test_random_pipelines(group: int, seed: str, cases: int) -> None:
    for number in range(PIPELINES // 8 * max(1, cases // 2000)):
        rng = random.Random(f"{seed}/{group}/{number}")
        texts = random_texts(rng, TEXTS)
        stage = random_pre_tokenizer(rng)
        report("pieces", seed, texts, differing_pieces(stage))
        # A token for every character: spans and words of every part of every piece.
        vocab = {letter: id for id, letter in enumerate(letters_of(texts))}
        model: Json = {"type": "BPE", "vocab": vocab, "merges": [], "unk_token": None}
        report("encoding", seed, texts, differing_encodings(stage, rng.choice(NORMALIZERS), model))


@pytest.mark.parametrize(
    "stage",
    [
        {"type": "BertPreTokenizer"},
        {"type": "Whitespace"},
        {"type": "WhitespaceSplit"},
        {"type": "Punctuation", "behavior": "Removed"},
        {"type": "Digits", "individual_digits": True},
        {"type": "UnicodeScripts"},
    ],
    ids=lambda stage: str(stage["type"]),
)
def test_tables_on_every_character(stage: Json) -> None:
    """Every character between two letters, so that each shows what it is."""
    content = content_of(stage)
    engine, reference = Engine.from_json(content), Tokenizer.from_str(content).pre_tokenizer
    # The original's time grows with the square of a text that stays in few pieces.
    wholes = ("a".join(everything()), everything(), " ".join(telling()))
    for text in (whole[start : start + 20_000] for whole in wholes for start in range(0, len(whole), 20_000)):
        mine, theirs = engine.pre_tokenize(text), reference.pre_tokenize_str(text)
        if mine != theirs:
            at = next(i for i, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1])
            assert mine[at : at + 3] == theirs[at : at + 3], f"piece {at}"
            assert len(mine) == len(theirs)


MALFORMED: list[Any] = [
    {},
    [],
    "Whitespace",
    {"type": None},
    {"type": "Nothing"},
    {"type": "Delimiter", "delimiter": "a"},
    {"type": "CharDelimiterSplit"},
    {"type": "CharDelimiterSplit", "delimiter": "ab"},
    {"type": "CharDelimiterSplit", "delimiter": ""},
    {"type": "CharDelimiterSplit", "delimiter": 1},
    {"type": "Digits"},
    {"type": "Digits", "individual_digits": None},
    {"type": "Punctuation", "behavior": None},
    {"type": "Punctuation", "behavior": "removed"},
    {"type": "FixedLength", "length": -1},
    {"type": "FixedLength", "length": 2.0},
    {"type": "FixedLength", "length": None},
    {"type": "FixedLength", "length": "5"},
    {"type": "Sequence"},
    {"type": "Sequence", "pretokenizers": None},
    {"type": "Sequence", "pretokenizers": {}},
    {"type": "Sequence", "pretokenizers": [None]},
    {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "Digits"}]},
    {"type": "ByteLevel"},
    {"type": "ByteLevel", "add_prefix_space": True},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": 1},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": None},
    {"type": "Metaspace"},
    {"type": "Metaspace", "replacement": "ab"},
    {"type": "Metaspace", "replacement": ""},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": None},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "First"},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "sometimes"},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": False},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": False, "prepend_scheme": "first"},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": 0},
    {"type": "Metaspace", "replacement": "▁", "split": "yes"},
    {"type": "Metaspace", "replacement": "▁", "str_rep": 7},
    {"type": "Split", "pattern": "a", "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"String": "a", "Regex": "b"}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"String": 1}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"Regex": "[b-a]"}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"String": "a"}, "behavior": "Removed"},
    {"type": "Split", "pattern": {"String": "a"}, "invert": False},
    {"type": "Split", "pattern": {"String": "a"}, "behavior": "Merged", "invert": False},
    {"type": "Split", "pattern": {"String": "a"}, "behavior": "Removed", "invert": None},
]
LEGACY: list[Json] = [
    {"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": True},
    {"type": "Metaspace", "replacement": "▁", "str_rep": None, "add_prefix_space": None},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "never"},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": False, "prepend_scheme": "never", "split": None},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False},
    {"type": "Whitespace", "more": [1]},
    {"type": "Digits", "individual_digits": True, "more": None},
]


@pytest.mark.parametrize("stage", MALFORMED, ids=lambda stage: json.dumps(stage, ensure_ascii=False))
def test_what_the_original_refuses_is_refused_with_its_path(stage: Any) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 (the library has no other)
        Tokenizer.from_str(content_of(stage))
    with pytest.raises((FormatError, UnsupportedError), match="pre_tokenizer"):
        Engine.from_json(content_of(stage))


@pytest.mark.parametrize("stage", LEGACY, ids=lambda stage: json.dumps(stage, ensure_ascii=False))
def test_what_older_files_say_is_read_as_the_original_reads_it(stage: Json, seed: str) -> None:
    report("pieces", seed, random_texts(random.Random(seed), 100), differing_pieces(stage))
