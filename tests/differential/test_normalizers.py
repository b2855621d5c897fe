"""Every normalizer against the original: all characters, random texts with offsets, random chains, files as written.

Offsets are seen through a model that knows no character: each one is an unknown token of its own.
"""

from __future__ import annotations

import itertools
import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential.charsmap import charsmap
from tests.differential.minimise import minimise
from tests.differential.strings import random_text
from tests.differential.test_regex_classes import everything, telling
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import LexelError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.differential

Normalizer = dict[str, Any]


def bert(clean: bool, chinese: bool, accents: bool | None, lower: bool) -> Normalizer:
    return {
        "type": "BertNormalizer",
        "clean_text": clean,
        "handle_chinese_chars": chinese,
        "strip_accents": accents,
        "lowercase": lower,
    }


def replace(pattern: str, content: str, kind: str = "String") -> Normalizer:
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def strip(left: bool, right: bool) -> Normalizer:
    return {"type": "Strip", "strip_left": left, "strip_right": right}


def sequence(*parts: Normalizer) -> Normalizer:
    return {"type": "Sequence", "normalizers": list(parts)}


NAMED = [{"type": name} for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")]
BERTS = [
    bert(True, True, None, True),
    bert(True, True, None, False),
    bert(True, False, True, False),
    bert(False, True, False, True),
    bert(False, False, True, True),
]
OTHERS = [
    *(strip(left, right) for left in (False, True) for right in (False, True)),
    replace(" ", "\u2581"),
    replace("e", ""),
    replace("ab", "ab"),
    replace("``", '"'),
    replace("\u0301", "xyz"),
    replace("", ""),
    replace(r"\s+", " ", "Regex"),
    replace(r"\p{L}+", "w", "Regex"),
    replace(r"[\r\n\t]+|\s+(?!\S)", "", "Regex"),
    replace(r"\p{M}|a", "", "Regex"),
    replace(r"x*|(?=\p{N})", "", "Regex"),
    replace(r"^|[ ]+(?=\p{L}) *", "", "Regex"),
    replace(r"(?<=\w)\W|\s+$", "_.", "Regex"),
    {"type": "Prepend", "prepend": "\u2581"},
    {"type": "Prepend", "prepend": "xy"},
]
# Only alone: what comes after text that is inserted before the first character fails in the original.
INSERTING = [
    replace("", "-\u00e9"),
    replace(r"\s*", "-", "Regex"),
    replace(r"^|$|(?=a)", "<>", "Regex"),
    sequence(replace("", "x"), replace("x", "yz")),
]
CHAINS = [
    sequence(),
    sequence({"type": "NFC"}, replace(r"\s+", " ", "Regex"), {"type": "Lowercase"}),
    sequence({"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}),
    sequence({"type": "Nmt"}, {"type": "NFKC"}, replace(r" {2,}", " ", "Regex")),
    sequence({"type": "Prepend", "prepend": "\u2581"}, replace(" ", "\u2581")),
    sequence(replace("``", '"'), {"type": "NFKD"}, {"type": "StripAccents"}, strip(True, True)),
    sequence({"type": "NFKC"}, sequence(strip(True, False), {"type": "ByteLevel"})),
]
# Characters on which tables, borders of clusters, and orders of marks depend.
TRICKY = [
    *"aeAiI \t\n\r\u0130\u0131\u03a3\u03c3\u03c2\u00df\u1e9e\u212a\u00e9\u1ead",
    *"\u0301\u0323\u0327\u0345\u0344\u0f71\u0f72\u0f73\u3099\u302e\u302f\U0001d165\u05b0\u0e33\u0bcd\u094d\u093f",
    *"\u1100\u1161\u11a8\u11a7\uac00\uac01\u3131\ua960\ud7b0\ud7cb",
    *"\ufb01\ufb49\ufdfa\uff21\uff76\uff9e\u00bd\u2460\u3380\u2126\u212b\uf900\ufa0e\U0002f800\u4e2d\U0002b820\u3007",
    *"\u200b\u200c\u200d\u200e\u2028\u2029\ufeff\u00ad\u0085\u00a0\u3000\u180e\ufffd\x00\x01\x1f\x7f\x8f\x9f",
    *"\u0600\u06dd\U000110bd\U0001f1e9\U0001f1ea\U0001f468\U0001f3fd\ufe0f\u2764\u20e3\U000e0041",
    *"\ue000\U000f0000\U0010ffff\u0378\ufdd0\uffff\u1abf\u1df9\U0001e944\U0001e000\u2de0\u08d4\u0915\u0c4d",
]


def content(normalizer: Any) -> str:
    model = {"type": "BPE", "vocab": {"<unk>": 0}, "merges": [], "unk_token": "<unk>"}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "special": False}
    # One is found before a text is normalized, the other afterwards.
    added = [{"id": 1, "content": "<|x|>", "normalized": False}, {"id": 2, "content": "Zq", "normalized": True}]
    tokens = [{**token, **flags} for token in added]
    return json.dumps({"version": "1.0", "added_tokens": tokens, "normalizer": normalizer, "model": model})


def text_of(rng: random.Random) -> str:
    """A random text, or one of tricky characters."""
    if rng.random() < 0.4:
        return random_text(rng)
    parts = ["".join(rng.choice(TRICKY) for _ in range(rng.choice((1, 2, 3, 3, 4, 6, 12, 40))))]
    while rng.random() < 0.2:
        parts += [
            rng.choice(("<|x|>", "<|x|>", "Zq")),
            "".join(rng.choice(TRICKY) for _ in range(rng.choice((0, 1, 4)))),
        ]
    return "".join(parts)


def check(normalizer: Normalizer, texts: Iterable[str]) -> None:
    """Compare normalized texts and the spans of their characters."""
    engine, original = Engine.from_json(content(normalizer)), Tokenizer.from_str(content(normalizer))
    assert original.normalizer is not None

    def difference(text: str) -> str | None:
        actual, expected = engine.normalize(text), original.normalizer.normalize_str(text)
        if actual != expected:
            return f"normalized {actual!r}, expected {expected!r}"
        spans = engine.encode_batch([text]).row(0).offsets
        wanted = original.encode(text).offsets
        if spans != wanted:
            return f"spans of {actual!r}: {spans}, expected {wanted}"
        count = len(engine.encode(text))
        return None if count == len(wanted) else f"{count} ids without spans, expected {len(wanted)}"

    for text in texts:
        if difference(text) is not None:
            short = minimise(text, lambda shorter: difference(shorter) is not None)
            shown = json.dumps(normalizer)
            pytest.fail(f"{shown if len(shown) < 2000 else normalizer['type']}\n{short!r}: {difference(short)}")


def check_each(normalizer: Normalizer, characters: str, spans: bool) -> None:
    """Compare what becomes of each character: alone, between letters, after a mark."""
    engine, original = Engine.from_json(content(normalizer)), Tokenizer.from_str(content(normalizer))
    assert original.normalizer is not None
    for start in range(0, len(characters), 1024):
        part = characters[start : start + 1024]
        text = "".join(f"{c}\na{c}b\n" for c in part)
        if spans:
            same = engine.encode_batch([text]).row(0).offsets == original.encode(text).offsets
        else:
            same = engine.normalize(text) == original.normalizer.normalize_str(text)
        if not same:
            check(normalizer, itertools.chain.from_iterable((c, f"a{c}b", f"{c}\na{c}b\n") for c in part))
            check(normalizer, [text])


def identify(normalizer: Normalizer) -> str:
    return json.dumps(normalizer)[:60]


TABLES = [*NAMED, *BERTS, strip(True, True)]


@pytest.mark.parametrize("normalizer", TABLES, ids=identify)
def test_telling_characters(normalizer: Normalizer) -> None:
    """Those at which tables of characters differ, with spans."""
    check_each(normalizer, telling(), spans=True)


@pytest.mark.slow
@pytest.mark.parametrize("normalizer", TABLES, ids=identify)
def test_every_character(normalizer: Normalizer) -> None:
    check_each(normalizer, everything(), spans=False)


@pytest.mark.parametrize("normalizer", [*NAMED, *BERTS, *OTHERS, *INSERTING, *CHAINS], ids=identify)
def test_random_texts(normalizer: Normalizer, cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/{identify(normalizer)}")
    check(normalizer, ["", " ", "\n ", "\u0301", "\x01", *(text_of(rng) for _ in range(cases // 5))])


def test_random_chains(cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/chains")
    pool = [*NAMED, *BERTS, *OTHERS, *CHAINS]
    for _ in range(max(10, cases // 20)):
        chain = sequence(*(rng.choice(pool) for _ in range(rng.randint(2, 4))))
        check(chain, [text_of(rng) for _ in range(40)])


# ---- character maps ----


def mapping(rewritings: dict[str, str]) -> Normalizer:
    return {"type": "Precompiled", "precompiled_charsmap": charsmap(rewritings)}


def random_charsmap(rng: random.Random) -> Normalizer:
    values = ["", "", " ", "x", "xy", "xyz", "\u00e9", "e\u0301", "\u4e2d\u6587", "a"]
    keys = ["".join(rng.choice(TRICKY) for _ in range(rng.choice((1, 1, 1, 2, 3)))) for _ in range(rng.randint(1, 20))]
    entries = {key: rng.choice([*values, key]) for key in keys if "\0" not in key}
    if rng.random() < 0.2:
        entries |= {chr(c): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)}
    return mapping(entries or {"a": "b"})


def test_random_character_maps(cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/maps")
    for _ in range(max(10, cases // 20)):
        normalizer = random_charsmap(rng)
        check(normalizer, ["", *(text_of(rng) for _ in range(60))])
        check(sequence(normalizer, rng.choice([*NAMED, *BERTS, *OTHERS])), [text_of(rng) for _ in range(20)])
        check(sequence(rng.choice([*NAMED, *BERTS, *OTHERS]), normalizer), [text_of(rng) for _ in range(20)])


def test_every_character_in_clusters() -> None:
    """Whether a character goes on with the cluster of a letter that is mapped: then it vanishes with it."""
    normalizer = mapping({"a": "X", "\u1100": "L", "\uac00": "S", "\U0001f1e9": "", "\u0600": "P"})
    engine, original = Engine.from_json(content(normalizer)), Tokenizer.from_str(content(normalizer))
    assert original.normalizer is not None
    for start in range(0, len(everything()), 4096):
        part = everything()[start : start + 4096]
        if start > 0x30000 and not 0xE0000 <= start < 0xE1000 and start % (4096 * 16):
            continue
        for form in ("a{0}\n", "\u1100{0}\n", "\uac00{0}\n", "a{0}a\n", "\u0600{0}a", "{0}{0}a\u0301{0}"):
            text = "".join(form.format(c) for c in part)
            if engine.normalize(text) != original.normalizer.normalize_str(text):
                check(normalizer, (form.format(c) for c in part))
                check(normalizer, [text])


@cache
def real_charsmaps(folder: Path) -> dict[str, Normalizer]:
    """The normalizers of files that have a character map, each map once."""
    found: dict[str, Normalizer] = {}
    for path in sorted(folder.glob("tokenizers/*/tokenizer.json")):
        normalizer = json.loads(path.read_text(encoding="utf-8")).get("normalizer") or {}
        for part in parts_of(normalizer):
            if part.get("type") == "Precompiled":
                found.setdefault(part["precompiled_charsmap"], normalizer)
    return found


def parts_of(normalizer: Normalizer) -> Iterator[Normalizer]:
    yield normalizer
    for part in normalizer.get("normalizers", ()):
        yield from parts_of(part)


def test_real_character_maps(shared_data: Path, cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/real maps")
    assert real_charsmaps(shared_data)
    for normalizer in real_charsmaps(shared_data).values():
        check_each(normalizer, telling(), spans=True)
        check(normalizer, [text_of(rng) for _ in range(cases)])


@pytest.mark.slow
def test_every_character_of_real_character_maps(shared_data: Path) -> None:
    for normalizer in real_charsmaps(shared_data).values():
        check_each(normalizer, everything(), spans=False)


def test_normalizers_of_real_files(shared_data: Path, cases: int, seed: str) -> None:
    """Whole, as they stand in the files."""
    seen = set()
    for path in sorted(shared_data.glob("tokenizers/*/tokenizer.json")):
        normalizer = json.loads(path.read_text(encoding="utf-8")).get("normalizer")
        if normalizer and json.dumps(normalizer) not in seen:
            seen.add(json.dumps(normalizer))
            rng = random.Random(f"{seed}/{path.parent.name}")
            check(normalizer, [text_of(rng) for _ in range(cases // 4)])
    assert seen


# ---- files as they are written ----

FIELDS: list[Any] = [
    *NAMED,
    *(
        {"type": name}
        for name in ("Bert", "BertNormalizer", "Strip", "Replace", "Prepend", "Sequence", "Precompiled", "NFX")
    ),
    {},
    {"type": None},
    {"type": 5, "prepend": "x"},
    {"type": None, "prepend": "x"},
    {"type": "Foo", "prepend": "x"},
    {"prepend": "x"},
    {"prepend": 1},
    {"strip_left": True, "strip_right": False},
    {"strip_left": True, "strip_right": 1, "prepend": "x"},
    {"pattern": {"String": "b"}, "content": "c"},
    {"normalizers": [{"prepend": "x"}, {"strip_left": True, "strip_right": False}]},
    {"normalizers": []},
    {"type": "Sequence", "normalizers": [{"type": "NFC"}, {}]},
    {"type": "Sequence", "normalizers": [None]},
    {"type": "Sequence", "normalizers": None},
    {"type": "Sequence", "normalizers": {}},
    {"type": "Sequence", "normalizers": ["NFC"]},
    {"type": "NFC", "normalizers": []},
    {"clean_text": True, "handle_chinese_chars": True, "lowercase": True},
    {"type": "Bert", "clean_text": True, "handle_chinese_chars": True, "lowercase": True},
    {"type": "Bert", "clean_text": True, "handle_chinese_chars": True},
    {**bert(True, True, None, True), "strip_accents": 1},
    {**bert(True, True, None, True), "strip_accents": "x", "prepend": "y"},
    {**bert(True, True, None, True), "clean_text": None},
    {"type": "Strip", "strip_left": True},
    {"type": "Strip", "strip_left": "True", "strip_right": True},
    {"type": "Replace", "pattern": "a", "content": "b"},
    {"type": "Replace", "pattern": {"String": "a"}},
    {"type": "Replace", "pattern": {"String": "a"}, "content": None},
    {"type": "Replace", "pattern": {"String": 1}, "content": "b"},
    {"type": "Replace", "pattern": {"String": "a", "Regex": "b"}, "content": "b"},
    {"type": "Replace", "pattern": {}, "content": "b"},
    {"type": "Replace", "pattern": {"string": "a"}, "content": "b"},
    {"type": "Replace", "pattern": {"Regex": "("}, "content": "b"},
    {"type": "Prepend", "prepend": None},
    {"type": "Prepend", "prepend": ""},
    {"precompiled_charsmap": charsmap({"A": "b"})},
    sequence(replace("", "x"), {"type": "NFC"}),
    *(
        {"type": "Precompiled", "precompiled_charsmap": text}
        for text in ("", "AAAA", "AAA A", "AAAAAAB=", "CAAAAAAAAAA=")
    ),
    {"type": "Precompiled", "precompiled_charsmap": 1},
    {**mapping({"A": "b"}), "more": 1},
    *(mapping({"A": "b"}) | {"precompiled_charsmap": charsmap({"A": "b"}).rstrip("=") + p} for p in ("", "=")),
    "NFC",
    5,
    True,
    [],
]


@pytest.mark.parametrize("normalizer", FIELDS, ids=lambda value: json.dumps(value)[:70])
def test_files_are_read_alike_or_refused_with_a_place(normalizer: Any) -> None:
    try:
        original = Tokenizer.from_str(content(normalizer))
    except BaseException as error:  # panics are no exceptions
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        with pytest.raises(LexelError, match=r"normalizer"):
            Engine.from_json(content(normalizer))
        return
    try:
        engine = Engine.from_json(content(normalizer))
    except UnsupportedError:
        return  # the original reads it
    for text in ("A b\u00e9", " \x01A"):
        assert original.normalizer is not None
        assert engine.normalize(text) == original.normalizer.normalize_str(text)
