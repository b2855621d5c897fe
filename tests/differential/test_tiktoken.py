"""Rank files against tiktoken: random vocabularies full of ties, random patterns, its calls and its errors."""

from __future__ import annotations

import base64
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import oracle

from lexel import Tokenizer
from lexel.converters.tiktoken import read_ranks
from lexel.converters.tiktoken_encodings import ENCODINGS
from lexel.errors import LexelError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential

BYTES = {bytes([byte]): byte for byte in range(256)}
ALPHABET = "aabbSsk1 \n\t'.é日\u0301\u017f\u212a\u00a0\u0085\U0001f600"
_CLASSES = r"""
\p{L} \p{N} \s \S \w \d [a-z] [^\s\p{L}\p{N}] [^\r\n\p{L}\p{N}] [\r\n] . \p{Lu} [\p{L}\p{M}] [^a] \P{L} (?i:[a-k])
[\w&&[^\d]] [\w--a] \h [[:alpha:]] (?i:s) (?i:k) a b S ' 1 é \. (?m:^) (?m:$) \b \B ^ $ (?!\S) (?=a) (?!\s) (?<!a)
"""
CLASSES = [" ", *_CLASSES.split()]
QUANTIFIERS = ["", "", "", *["?", "*", "+", "++", "?+", "*+", "+?", "{1,3}", "{1,3}+", "{2}", "{,2}", "{2,}"]]
PLACES = (r"\b", r"\B", "^", "$", "(?m", "(?!", "(?=", "(?<")
WHOLE = r"(?s).+"
PATTERNS, TEXTS = 150, 25


def random_pattern(rng: random.Random) -> str:
    branches = []
    for _ in range(rng.randint(1, 4)):
        atoms = rng.choices(CLASSES, k=rng.randint(1, 3))
        branch = "".join(a if a.startswith(PLACES) else a + rng.choice(QUANTIFIERS) for a in atoms)
        branches.append(rng.choice(("{}", "{}", "(?:{})", "(?>{})", "(?i:{})", "({})")).format(branch))
    return "|".join(branches)


def random_ranks(rng: random.Random) -> dict[bytes, int]:
    """Return all bytes and some tokens of few letters, in any order of ranks: most can be made in several ways."""
    letters = rng.choice(("ab", "ab ", "aé", "日本"))
    tokens = {"".join(rng.choices(letters, k=rng.randint(1, 6))).encode() for _ in range(rng.randint(0, 60))}
    tokens |= {token[rng.randint(0, 2) :][: rng.randint(1, 5)] for token in tokens}
    ranks = list(range(1000))
    rng.shuffle(ranks)
    order = [*BYTES, *sorted(tokens - BYTES.keys() - {b""})]
    return dict(zip(order, ranks if rng.random() < 0.5 else range(1000), strict=False))


def both(folder: Path, pattern: str, ranks: dict[bytes, int], special: dict[str, int]) -> tuple[Any, Any]:
    """Return tiktoken's encoding and ours; None where one refuses."""
    tiktoken = oracle("tiktoken")
    path = folder / "ranks.tiktoken"
    path.write_bytes(b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in ranks.items()))
    try:
        original = tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens=special)
    except ValueError:
        original = None
    try:
        ours = Tokenizer.from_file(path, pattern=pattern, special_tokens=special).as_tiktoken("x")
    except LexelError:
        ours = None
    return original, ours


def outcome(encoding: Any, name: str, **arguments: Any) -> Any:
    try:
        return getattr(encoding, name)(**arguments)
    except BaseException as error:  # a panic of the original is no Exception
        return type(error).__name__, str(error)


def test_random_patterns_cut_as_the_originals(tmp_path: Path, seed: str) -> None:
    rng = random.Random(f"tiktoken patterns {seed}")
    ranks = dict(BYTES)
    for length in (2, 3):
        for _ in range(300):
            token = "".join(rng.choices(ALPHABET, k=length)).encode()
            ranks.setdefault(token, len(ranks))
    compared = 0
    for _ in range(PATTERNS):
        pattern = random_pattern(rng)
        original, ours = both(tmp_path, pattern, ranks, {})
        if ours is None:
            continue
        assert original is not None, pattern
        compared += 1
        for _ in range(TEXTS):
            text = "".join(rng.choices(ALPHABET, k=rng.randint(0, 12)))
            expected = outcome(original, "encode_ordinary", text=text)
            if not isinstance(expected, tuple):
                assert ours.encode_ordinary(text) == expected, (pattern, text)
    assert compared > PATTERNS // 3


def test_classes_hold_the_same_characters(tmp_path: Path) -> None:
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    for pattern in (r"\p{L}", r"\s", r"\w", r"\p{M}", r"(?i)[^k]", r"(?i:s)", r"[\p{Lu}\p{Lt}&&[^\p{Han}]]", r"\p{N}+"):
        original, ours = both(tmp_path, pattern, BYTES, {})
        assert ours.decode(ours.encode_ordinary(everything)) == original.decode(original.encode_ordinary(everything))


def test_random_ranks_merge_as_the_originals(tmp_path: Path, seed: str) -> None:
    rng = random.Random(f"tiktoken ranks {seed}")
    for _ in range(60):
        ranks = random_ranks(rng)
        original, ours = both(tmp_path, WHOLE, ranks, {})
        letters = rng.choice(("ab", "ab ", "aé", "日本"))
        for length in (3, 8, 20, 90, 400):
            text = "".join(rng.choices(letters, k=rng.randint(1, length)))
            assert ours.encode_ordinary(text) == original.encode_ordinary(text), (ranks, text)


def test_calls_and_errors_are_the_originals(tmp_path: Path, seed: str) -> None:
    rng = random.Random(f"tiktoken calls {seed}")
    special = {"<|endoftext|>": 2000, "<s>": 2007, "<é>": 2003}
    ranks = random_ranks(rng) | {b"hello": 1500, b" world": 1501, b"  ": 1502, b"\n\n": 1503}
    original, ours = both(tmp_path, ENCODINGS["cl100k_base"].pattern, ranks, special)
    pieces = ["hello", " world", "  ", "\n\n", "<s>", "<é>", "<|endoftext|>", "ab", "é", "\ud800", "\ud83d\ude00", "日"]
    for _ in range(400):
        text = "".join(rng.choices(pieces, k=rng.randint(0, 5)))
        ids = [rng.choice((rng.randint(-1, 2010), rng.choice(list(ranks.values())))) for _ in range(rng.randint(0, 5))]
        allowed = rng.choice((set(), "all", {"<s>"}, {"<é>", "<x>"}, frozenset(special)))
        disallowed = rng.choice(("all", (), {"<s>"}, ["hello"]))
        given = {"allowed_special": allowed, "disallowed_special": disallowed}
        for name, arguments in (
            ("encode", {"text": text, **given}),
            ("encode_ordinary", {"text": text}),
            ("encode_batch", {"text": [text, "ab"], **given}),
            ("encode_ordinary_batch", {"text": [text, "ab"]}),
            ("encode_single_token", {"text_or_bytes": text}),
            ("decode", {"tokens": ids}),
            ("decode_bytes", {"tokens": ids}),
            ("decode_with_offsets", {"tokens": ids}),
            ("decode_tokens_bytes", {"tokens": ids}),
            ("decode_batch", {"batch": [ids, [97]]}),
        ):
            actual, expected = (outcome(of, name, **arguments) for of in (ours, original))
            assert actual == expected, (name, arguments)
        actual, expected = (outcome(of, "encode_with_unstable", text=text, **given) for of in (ours, original))
        assert (actual[0], sorted(map(str, actual[1]))) == (expected[0], sorted(map(str, expected[1]))), (text, given)


@pytest.mark.parametrize(
    ("name", "file"),
    [("cl100k_base", "cl100k_base/cl100k_base.tiktoken"), ("kimi", "kimi-k2/tiktoken.model")],
)
def test_published_encodings_are_the_originals(name: str, file: str, shared_data: Path, seed: str) -> None:
    tiktoken = oracle("tiktoken")
    path, rng = shared_data / "tokenizers" / file, random.Random(f"{name} {seed}")
    known = ENCODINGS[name]
    original = tiktoken.Encoding(
        name,
        pat_str=known.pattern,
        mergeable_ranks=read_ranks(path.read_bytes(), name),
        special_tokens=known.special_tokens,
    )
    ours = Tokenizer.from_file(path).as_tiktoken()
    words = ["Hello", " world", "'s", "'ſ", "漢字", "한국어", "\u0301", "  ", "\r\n", "12345", "é", "😀", "ǅ", "\u0085"]
    for _ in range(500):
        text = "".join(rng.choice((rng.choice(words), chr(rng.randint(0, 0x10FFFF)))) for _ in range(rng.randint(0, 9)))
        assert ours.encode_ordinary(text) == original.encode_ordinary(text), repr(text)
    assert ours.token_byte_values() == original.token_byte_values()
    assert (ours.n_vocab, ours.special_tokens_set) == (original.n_vocab, original.special_tokens_set)
