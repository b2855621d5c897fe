"""Inputs that are no text, or text made to hurt: the original's answer, or an error that says what to do."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.differential import references
from tests.differential.compare import columns, difference

from lexel import TokenizersBackend

if TYPE_CHECKING:
    from tests.differential.references import Loaded

# Made in the test run, so that there are some without shared data; and one of each kind of real ones.
NAMES = ["trained-byte-level", "trained-split-regex", "trained-byte-fallback", "trained-metaspace", "gpt2", "llama-2"]


@pytest.fixture(scope="module", params=[name for name in NAMES if name in references.sources()])
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return references.load(request.param)


NO_TEXT: dict[str, Any] = {
    "None": None,
    "int": 1,
    "float": 1.5,
    "bytes": b"abc",
    "bytearray": bytearray(b"abc"),
    "memoryview": memoryview(b"abc"),
    "numpy bytes": np.bytes_(b"abc"),
    "array of bytes": np.frombuffer(b"abc", dtype=np.uint8),
    "list": ["a"],
    "nested list": [["a"]],
    "tuple": ("a", "b"),
    "dict": {"a": 1},
    "object": object(),
    "type": str,
}


@pytest.mark.parametrize("value", NO_TEXT.values(), ids=NO_TEXT.keys())
def test_what_is_no_text(value: Any) -> None:
    engine = references.load("trained-byte-level").engine
    for call in (engine.encode, engine.encode_array, engine.count, engine.normalize, engine.pre_tokenize):
        with pytest.raises(TypeError):
            call(value)
    with pytest.raises(TypeError, match="input 1: expected a str"):
        engine.encode_batch(["a", value])
    with pytest.raises(TypeError, match="input 0"):
        engine.encode_batch([(value, "a")], pairs=True)
    with pytest.raises(TypeError, match="input 0"):
        engine.encode_batch([[value]], is_split_into_words=True)


@pytest.mark.parametrize("value", [b"abc", bytearray(b"abc")])
def test_bytes_are_told_how_to_become_text(value: Any) -> None:
    engine = references.load("trained-byte-level").engine
    with pytest.raises(TypeError, match=r"decode"):
        engine.encode_batch([value])
    tokenizer = TokenizersBackend(tokenizer_object=references.load("trained-byte-level").original)
    for call in (tokenizer, tokenizer.encode, tokenizer.tokenize):
        with pytest.raises(TypeError, match=r"decode"):
            call(value)


def test_what_is_no_batch() -> None:
    engine = references.load("trained-byte-level").engine
    for value in ("abc", None, 1, b"abc"):
        with pytest.raises(TypeError):
            engine.encode_batch(value)
    for value in ("ab", ("a",), ("a", "b", "c"), 1):
        with pytest.raises(TypeError, match="input 0: expected a pair"):
            engine.encode_batch([value], pairs=True)
    with pytest.raises(TypeError, match="is_split_into_words"):
        engine.encode_batch(["abc"], is_split_into_words=True)
    assert len(engine.encode_batch([])) == 0


def test_a_subclass_of_str_is_text() -> None:
    engine = references.load("trained-byte-level").engine
    assert engine.encode(np.str_("it was")) == engine.encode("it was")


NO_IDS: dict[str, tuple[Any, type[Exception]]] = {
    "None": (None, TypeError),
    "str": ("1", TypeError),
    "list of str": (["1"], TypeError),
    "floats": ([1.5], TypeError),
    "array of floats": (np.array([1.5]), TypeError),
    "nested": ([[1]], TypeError),
    "matrix": (np.zeros((2, 2), dtype=np.int64), TypeError),
    "negative": ([-1], OverflowError),
    "negative in an array": (np.array([-1]), OverflowError),
    "too large": ([2**32], OverflowError),
    "far too large": ([2**100], OverflowError),
    "too large in an array": (np.array([2**40]), OverflowError),
}


@pytest.mark.parametrize(("value", "error"), NO_IDS.values(), ids=NO_IDS.keys())
def test_what_are_no_ids(value: Any, error: type[Exception]) -> None:
    engine = references.load("trained-byte-level").engine
    for call in (engine.decode, engine.decode_stream().feed):
        with pytest.raises(error):
            call(value)
    with pytest.raises(error):
        engine.decode_batch([[1], value])


def test_unknown_ids_are_left_out() -> None:
    engine = references.load("trained-byte-level").engine
    ids = engine.encode("it was")
    assert engine.decode([2**32 - 1, *ids, 10**6]) == engine.decode(ids)


SURROGATES = ["\ud800", "\udfff", "a\ud800b", "\ude00\ud83d", "\ud800\ud800", " \udcff ", "\ud83d \ude00", "日\udc80本"]


@pytest.mark.parametrize("text", SURROGATES, ids=ascii)
def test_a_lone_surrogate_becomes_a_replacement_character(loaded: Loaded, text: str) -> None:
    """One each; two that belong together make their character. The original raises."""
    replaced = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert "\ufffd" in replaced
    engine = loaded.engine
    expected = columns(loaded.original.encode(replaced))
    assert difference(columns(engine.encode_batch([text]).row(0)), expected) is None
    assert engine.encode(text) == expected["ids"]
    assert engine.count(text, add_special_tokens=True) == len(expected["ids"])
    words = engine.encode_batch([[text, "a"]], is_split_into_words=True).row(0)
    assert difference(columns(words), columns(loaded.original.encode([replaced, "a"], is_pretokenized=True))) is None


def test_a_lone_surrogate_in_a_token() -> None:
    engine = references.load("trained-byte-level").engine
    assert engine.token_to_id("\ud800") is None
    assert engine.tokens_to_ids(["\ud800", "a"]) == [None, engine.token_to_id("a")]
    assert engine.decode_tokens(["a", "\ud800"]) == "a\ufffd"


def test_a_surrogate_pair_of_two_halves_is_its_character() -> None:
    engine = references.load("trained-byte-level").engine
    assert engine.encode("\ud83d\ude00") == engine.encode("😀")


# What is repeated, and how many bytes one of it has.
REPEATED: dict[str, tuple[str, int]] = {
    "one letter": ("a", 1),
    "spaces": (" ", 1),
    "newlines": ("\n", 1),
    "tabs and newlines": ("\t\n", 2),
    "digits": ("7", 1),
    "dashes": ("-", 1),
    "one Han character": ("的", 3),
    "combining marks": ("\u0301", 2),
    "marks out of order": ("a\u0323\u0307\u0301\u0327", 9),
    "emoji family": ("👩\u200d👩\u200d👧", 18),
    "private use": ("\U0010fffd", 4),
    "NUL": ("\0", 1),
    "replacement characters": ("\ufffd", 3),
    "metaspace": ("▁", 3),
    "byte letters": ("Ġ", 2),
    "apostrophes": ("'s", 2),
    "special tokens": ("<s>", 3),
    "cut special tokens": ("<s", 2),
    "brackets": ("<", 1),
}
# What is drawn by chance: ranges of characters, and how many bytes one has.
DRAWN: dict[str, tuple[range, int]] = {
    "random letters": (range(ord("a"), ord("z") + 1), 1),
    "two letters": (range(ord("a"), ord("c")), 1),
    "random ASCII": (range(128), 1),
    "random bytes as letters": (range(128, 256), 2),
    "one long Han run": (range(0x4E00, 0x9FA6), 3),
}
KINDS = [*REPEATED, *DRAWN]


def repetition(kind: str, size: int) -> str:
    """Return a text of about this many bytes that is all one thing."""
    if kind in REPEATED:
        part, width = REPEATED[kind]
        return part * (size // width)
    points, width = DRAWN[kind]
    return "".join(map(chr, random.Random(kind).choices(points, k=size // width)))


@pytest.mark.parametrize("kind", KINDS)
def test_repetition_gives_what_the_original_gives(loaded: Loaded, kind: str) -> None:
    for size in (100, 5_000):
        text = repetition(kind, size)
        expected = columns(loaded.original.encode(text))
        assert difference(columns(loaded.engine.encode_batch([text]).row(0)), expected) is None
        assert loaded.engine.encode(text) == expected["ids"]
        assert loaded.engine.decode(expected["ids"]) == loaded.original.decode(
            expected["ids"], skip_special_tokens=False
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one letter", "spaces", "newlines", "random letters", "one long Han run"])
def test_long_repetition_gives_what_the_original_gives(loaded: Loaded, kind: str) -> None:
    text = repetition(kind, 100_000)
    assert loaded.engine.encode(text) == loaded.original.encode(text).ids


# A tenth of what the benchmarks ask for, so that a loaded machine does not fail the test; quadratic work takes minutes.
SECONDS_A_MEGABYTE = 3.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_takes_no_time(loaded: Loaded, kind: str) -> None:
    text = repetition(kind, 1_000_000)
    start = time.process_time()
    ids = loaded.engine.encode(text)
    decoded = loaded.engine.decode(ids)
    assert time.process_time() - start < SECONDS_A_MEGABYTE
    if loaded.name == "gpt2":
        # No byte is lost, and special tokens are none of these.
        assert decoded == text
