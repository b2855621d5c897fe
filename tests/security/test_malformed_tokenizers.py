"""Broken, contradictory and hostile `tokenizer.json` files: loaded as the original loads them, or refused by place.

Never a panic, never a hang, never memory without bound.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from tests.differential.compare import difference, original, ours
from tests.security.malformed import WHOLE, Path, mutations, paths, valid, with_field_twice, with_value
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import FormatError, UnsupportedError, VocabularyError

TEXTS = ["abc x1. ab c", "  a\tb é<s> ", "12", "😀ab", ""]
REFUSALS = (FormatError, UnsupportedError, VocabularyError)
FILE = "some/tokenizer.json"


def compare(text: str | bytes) -> str:
    """Load on both sides and compare what they give.

    Returns:
        "equal", or "refused" where we refuse.
    """
    expected = original(Tokenizer.from_buffer, text if isinstance(text, bytes) else text.encode())
    try:
        engine = Engine.from_json(text, path=FILE)
    except REFUSALS as error:
        refusal = str(error)
    else:
        refusal = None
    if refusal is not None:
        assert refusal.startswith(f"{FILE}: ")
        return "refused"
    assert "raised" not in expected, f"the original refuses it, we do not: {expected['error']}"
    reference = expected["value"]
    reference.no_truncation()
    reference.no_padding()
    for sample in TEXTS:
        row = ours(lambda sample=sample: engine.encode_batch([sample]).row(0))
        found = difference(row, original(reference.encode, sample))
        assert found is None, (sample, found)
    ids = [0, 4, 9, 3, 8, 10, 2]
    assert difference(ours(engine.decode, ids), original(reference.decode, ids, skip_special_tokens=False)) is None
    return "equal"


@pytest.fixture(params=WHOLE.values(), ids=WHOLE.keys())
def content(request: pytest.FixtureRequest) -> Any:
    return request.param()


def test_the_valid_file_loads(content: Any) -> None:
    assert compare(json.dumps(content)) == "equal"


def test_one_value_of_another_type(content: Any) -> None:
    """Every value replaced by each JSON type and deleted: equal, or refused with the place in the message."""
    wrong: list[str] = []
    results: Counter[str] = Counter()
    for path, value, text in mutations(content):
        try:
            results[compare(text)] += 1
        except AssertionError as error:
            wrong.append(f"{'.'.join(map(str, path))} = {value!r}: {str(error).splitlines()[0]:.200}")
    assert wrong == []
    # Most mutations break the file; some fields may be absent or have other values.
    assert results["refused"] > 500
    assert results["equal"] > 50


def test_a_refusal_names_the_place(content: Any) -> None:
    """The message has the name of the component, and of what is wrong: the field, or what it stands in."""
    wrong = []
    for path, value, text in mutations(content):
        try:
            Engine.from_json(text, path=FILE)
        except UnsupportedError as error:
            # What cannot be done exactly may be two components together.
            message, near = str(error), path[:1]
        except REFUSALS as error:
            message, near = str(error), tuple(key for key in path if isinstance(key, str))[-3:]
        else:
            continue
        if path and not (path[0] in message and any(name in message for name in near)):
            wrong.append(f"{'.'.join(map(str, path))} = {value!r}: {message}")
    assert wrong == []


def test_a_field_that_stands_twice(content: Any) -> None:
    """With the same value, and with another one: what is loaded is loaded as the original does."""
    wrong = []
    for path in paths(content):
        if not path or not isinstance(path[-1], str):
            continue
        same: Any = content
        for key in path:
            same = same[key]
        for value in (same, None, "a", 1):
            try:
                compare(with_field_twice(content, path, value))
            except AssertionError as error:
                wrong.append(f"{'.'.join(map(str, path))} = {value!r}: {str(error).splitlines()[0]:.200}")
    assert wrong == []


@pytest.mark.parametrize("part", range(50))
def test_a_truncated_file(part: int) -> None:
    for text in (json.dumps(valid()), json.dumps(valid(), indent=2)):
        with pytest.raises(FormatError, match=r"some/tokenizer\.json: .*(ends too early|truncated)"):
            Engine.from_json(text[: len(text) * part // 50], path=FILE)


NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b" \n",
    "words": b"this is no JSON",
    "html": b"<!DOCTYPE html><html><body>404</body></html>",
    "git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "python": str(valid()).encode(),
    "trailing comma": json.dumps(valid()).encode()[:-1] + b",}",
    "two documents": json.dumps(valid()).encode() * 2,
    "text behind": json.dumps(valid()).encode() + b" x",
    "NUL behind": json.dumps(valid()).encode() + b"\0",
    "NUL in a string": json.dumps(valid()).encode().replace(b"ab c", b"ab\0c"),
    "control character": json.dumps(valid()).encode().replace(b"ab c", b"ab\x01c"),
    "comment": b"// a comment\n" + json.dumps(valid()).encode(),
    "NaN": json.dumps(valid()).encode().replace(b'"dropout": null', b'"dropout": NaN'),
    "zip": b"PK\x03\x04" + bytes(200),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(200),
    "UTF-16": json.dumps(valid()).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(valid()).encode(),
    "not UTF-8": json.dumps(valid()).encode().replace(b"ab c", b"ab\xff\xfec"),
    "overlong UTF-8": json.dumps(valid()).encode().replace(b"ab c", b"ab\xc0\x80c"),
    "surrogate in UTF-8": json.dumps(valid()).encode().replace(b"ab c", b"ab\xed\xa0\x80c"),
    "lone surrogate": json.dumps(valid()).encode().replace(b"ab c", rb"ab\ud800c"),
    "lone low surrogate": json.dumps(valid()).encode().replace(b"ab c", rb"ab\udc00c"),
    "surrogates reversed": json.dumps(valid()).encode().replace(b"ab c", rb"ab\udc00\ud800c"),
    "bad escape": json.dumps(valid()).encode().replace(b"ab c", rb"ab\xc"),
    "string": b'"tokenizer"',
    "number": b"1",
    "list": b"[]",
    "null": b"null",
    "empty object": b"{}",
    "another file": b'{"tokenizer_class": "GPT2Tokenizer"}',
}


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_no_tokenizer_at_all(content: bytes) -> None:
    with pytest.raises(FormatError, match=r"some/tokenizer\.json: "):
        Engine.from_json(content, path=FILE)
    assert "raised" in original(Tokenizer.from_buffer, content)


def test_a_python_string_with_a_lone_surrogate() -> None:
    with pytest.raises(FormatError):
        Engine.from_json(json.dumps(valid(), ensure_ascii=False).replace("ab c", "ab\ud800c"), path=FILE)


def test_escapes_are_read() -> None:
    text = json.dumps(valid()).replace("ab c", r"\u0061\u0000\ud83d\ude00\n\/")
    assert compare(text) == "equal"
    assert Engine.from_json(text).id_to_token(10) == "a\0😀\n/"


CONTRADICTIONS: dict[str, tuple[Path, Any]] = {
    "a merge of an unknown token": (("model", "merges"), [["a", "z"]]),
    "a merge whose result is unknown": (("model", "merges"), [["b", "a"]]),
    "a merge of nothing": (("model", "merges"), [["", "a"]]),
    "a merge of one part": (("model", "merges"), [["a"]]),
    "a merge of three parts": (("model", "merges"), [["a", "b", "c"]]),
    "a merge of numbers": (("model", "merges"), [[0, 1]]),
    "an old merge of one part": (("model", "merges"), ["ab"]),
    "an old merge of three parts": (("model", "merges"), ["a b c"]),
    "an old merge of an unknown token": (("model", "merges"), ["a z"]),
    "two tokens with one id": (("model", "vocab", "b"), 0),
    "an unknown token that is not there": (("model", "unk_token"), "nowhere"),
    "a template of an unknown special token": (
        ("post_processor", "processors", 1, "single", 0, "SpecialToken", "id"),
        "<nowhere>",
    ),
    "a template with too few ids": (("post_processor", "processors", 1, "special_tokens", "<s>", "ids"), []),
    "a template with too many ids": (("post_processor", "processors", 1, "special_tokens", "<s>", "ids"), [1, 2]),
    "sequence B of a single text": (("post_processor", "processors", 1, "single", 1, "Sequence", "id"), "B"),
    "a sequence C": (("post_processor", "processors", 1, "pair", 1, "Sequence", "id"), "C"),
    "dropout above one": (("model", "dropout"), 1.5),
    "dropout below zero": (("model", "dropout"), -0.5),
    "another version": (("version",), "2.0"),
    "an unknown behaviour": (("pre_tokenizer", "pretokenizers", 0, "behavior"), "Shredded"),
    "a regex that is none": (("pre_tokenizer", "pretokenizers", 0, "pattern", "Regex"), "(["),
    "two patterns": (("pre_tokenizer", "pretokenizers", 0, "pattern"), {"Regex": "a", "String": "a"}),
    "an unknown component": (("normalizer", "normalizers", 0, "type"), "Sparkle"),
    "a metaspace of two characters": (("pre_tokenizer", "pretokenizers", 3, "replacement"), "__"),
    "a strip of two characters": (("decoder", "decoders", 3, "content"), "ab"),
}


@pytest.mark.parametrize(("path", "value"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_contradictions(path: Path, value: Any) -> None:
    """Loaded as the original loads it, or refused with the place."""
    compare(json.dumps(with_value(valid(), path, value)))


NUMBERS = [2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63, 2**64 - 1, 2**64, 10**400, -(2**63), 0.0, 3.0, 1e-400]
IDS: list[Path] = [
    ("model", "vocab", "d"),
    ("added_tokens", 0, "id"),
    ("added_tokens", 1, "id"),
    ("post_processor", "processors", 1, "special_tokens", "<s>", "ids", 0),
    ("post_processor", "processors", 1, "single", 0, "SpecialToken", "type_id"),
    ("post_processor", "processors", 1, "pair", 1, "Sequence", "type_id"),
    ("padding", "pad_id"),
    ("padding", "strategy", "Fixed"),
    ("truncation", "max_length"),
    ("truncation", "stride"),
    ("decoder", "decoders", 3, "start"),
]


@pytest.mark.parametrize("path", IDS, ids=lambda path: ".".join(map(str, path)))
def test_absurd_numbers(path: Path) -> None:
    for number in NUMBERS:
        compare(json.dumps(with_value(valid(), path, number)))


def test_a_component_of_its_own() -> None:
    """`with_component` refuses what `from_json` refuses."""
    engine = Engine.from_json(json.dumps(valid()))
    for name in ("normalizer", "pre_tokenizer", "post_processor", "decoder", "truncation", "padding"):
        for value in ("x", 1, [], {}, {"type": "Nothing"}, True):
            with pytest.raises(REFUSALS, match=name):
                engine.with_component(name, json.dumps(value))
        with pytest.raises(FormatError, match=name):
            engine.with_component(name, "{")
        kept = json.dumps(valid()[name])
        assert json.loads(engine.with_component(name, kept).component(name) or "") == valid()[name]
        assert engine.with_component(name, None).component(name) is None


# Each is loaded in a process of its own with little memory and little time; it must answer, not die.
HOSTILE: dict[str, str] = {
    "brackets": "'[' * 100_000",
    "closed brackets": "'[' * 100_000 + ']' * 100_000",
    "objects": "'{\"model\":' * 100_000",
    "brackets in an unknown field": "'{\"x\":' + '[' * 100_000 + ']' * 100_000 + ',\"model\":{}}'",
    "nested normalizers": "nested('normalizer', 'normalizers', 50_000)",
    "nested pre-tokenizers": "nested('pre_tokenizer', 'pretokenizers', 50_000)",
    "nested decoders": "nested('decoder', 'decoders', 50_000)",
    "nested processors": "nested('post_processor', 'processors', 50_000)",
    "nested normalizers that are read": "nested('normalizer', 'normalizers', 50)",
    "a vocabulary of brackets": "put(('model', 'vocab'), 0).replace('\"vocab\": 0', '\"vocab\": ' + '[' * 100_000)",
    "merges of brackets": "put(('model', 'merges'), 0).replace('\"merges\": 0', '\"merges\": ' + '[' * 100_000)",
    "a long token": "put(('model', 'vocab', 'd' * 20_000_000), 11)",
    "a long added token": "put(('added_tokens', 0, 'content'), 'd' * 1_000_000)",
    "a long number": "put(('model', 'vocab', 'd'), 0).replace('\"d\": 0', '\"d\": ' + '9' * 1_000_000)",
    "a long regex": "regex('a' * 200_000)",
    "a regex of many branches": "regex('|'.join(f'b{n}' for n in range(50_000)))",
    "a regex of many groups": "regex('(' * 100_000)",
    "a regex of many closed groups": "regex('(' * 50_000 + 'a' + ')' * 50_000)",
    "a regex of nested classes": "regex('[' * 100_000)",
    "a regex of counts": "regex('a{1000}' * 1000)",
    "a regex of nested counts": "regex('((((a{1,1000}){1,1000}){1,1000}){1,1000})b')",
    "a regex that explodes when made deterministic": "regex('(a|b)*a(a|b){25}')",
    "a regex of nested stars": "regex('(((a*)*)*)*b')",
    "a regex with many classes": "regex(''.join(f'[{chr(0x4e00 + n)}-{chr(0x4e10 + n)}]' for n in range(2_000)))",
    "a regex with a huge class": "regex('[' + ''.join(chr(0x4e00 + 2 * n) for n in range(9_000)) + ']+')",
    "a long string to split by": "put(('pre_tokenizer', 'pretokenizers', 1, 'pattern', 'String'), 'ab' * 2_000_000)",
    "a long prefix": "put(('normalizer', 'normalizers', 1, 'prepend'), 'ab' * 2_000_000)",
    "many stages": "put(('normalizer', 'normalizers'), [{'type': 'NFC'}] * 100_000)",
    "many splits": "put(('pre_tokenizer', 'pretokenizers'), [{'type': 'Digits', 'individual_digits': True}] * 50_000)",
    "many added tokens": "many_added(100_000)",
    "many tokens": "put(('model', 'vocab'), {f'{n:x}': n for n in range(500_000)})",
    "many equal merges": "put(('model', 'merges'), [['a', 'b']] * 300_000)",
    "ids far apart": "put(('model', 'vocab', 'd'), 2**32 - 1)",
    "a pad length without end": "put(('padding', 'strategy', 'Fixed'), 2**62)",
    "a template of many tokens": "many_specials(200_000)",
}

CHILD = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
from lexel._lexel import Engine
from lexel.errors import LexelError
from tests.security.malformed import valid, with_value

def put(path, value):
    return json.dumps(with_value(valid(), path, value))
def nested(name, field, depth):
    text = put((name,), 0)
    return text.replace(f'"{name}": 0', f'"{name}": ' + f'{{"type": "Sequence", "{field}": [' * depth + ']}' * depth)
def regex(pattern):
    return put(("pre_tokenizer", "pretokenizers", 0, "pattern", "Regex"), pattern)
def many_added(count):
    flags = {k: v for k, v in valid()["added_tokens"][0].items() if k not in ("id", "content")}
    return put(("added_tokens",), [{"id": 9 + n, "content": f"<{n}>", **flags} for n in range(count)])
def many_specials(count):
    return put(("post_processor", "processors", 1, "single"), [{"SpecialToken": {"id": "<s>", "type_id": 0}}] * count)

for name, source in json.loads(sys.stdin.read()).items():
    text = eval(source)
    start = time.process_time()
    try:
        engine = Engine.from_json(text)
        engine.encode_batch(["abc x1. ab c", "", "aaaa" * 50])
        result = "loaded"
    except (LexelError, ValueError) as error:
        result = f"{type(error).__name__}: {error}"
        assert len(result) < 2_000_000
    print(json.dumps([name, result[:300], time.process_time() - start]), flush=True)
"""
MEMORY_LIMIT = 1 << 30
SECONDS = 20.0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set as Linux has them")
def test_hostile_files_take_little_memory_and_time() -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD.replace("MEMORY", str(MEMORY_LIMIT))],
        input=json.dumps(HOSTILE),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    answers = {name: (result, seconds) for name, result, seconds in map(json.loads, child.stdout.splitlines())}
    missing = [name for name in HOSTILE if name not in answers]
    assert missing == [], f"died at {missing[0]!r}: {child.stderr[-2000:]}"
    slow = {name: answer for name, answer in answers.items() if answer[1] > SECONDS}
    assert slow == {}
    assert "panicked" not in child.stderr
