"""Random small split regexes against the original's engine: equal matches on every text, or refused."""

from __future__ import annotations

import json
import random
from functools import partial
from typing import Any

import pytest
from tests.differential.compare import report
from tests.differential.minimise import minimise
from tokenizers import Regex, pre_tokenizers

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

pytestmark = pytest.mark.differential

# Texts of few characters, so that everything matches somewhere; the classes tell them apart in several ways.
ALPHABET = "aabbcdAB12 \n\t'.,_é日\u0301\u017f\u212a\u00a0\U0001f600ß\ufb06"
_ATOMS = r"""
a b c d 1 ' . \. é 日 \n \s \S \d \D \w \W \h \p{L} \P{L} \p{N} \p{Lu} \x61 \u65e5 \R \N \O
[ab] [^ab] [a-d] [^\s\p{L}\p{N}] [^\r\n\p{L}\p{N}] [\p{L}\p{M}] [\s\d] [\w&&[^a]] [[:alpha:]] [^\S\n] [[^a]]
(?i:s) (?i:ab) (?i:'s|k) (?i)b
"""
ATOMS = [" ", *_ATOMS.split()]
_QUANTIFIERS = "? * + + ?? *? +? ++ ?+ *+ {2} {1,3} {,2} {2,} {1,3}?"
QUANTIFIERS = ["", "", "", "", *_QUANTIFIERS.split()]
ENDS = [r"(?!\S)", r"(?=\S)", r"(?=b)", r"(?!b)", r"(?=\d)", r"(?![a-c])", r"(?!$)", r"\b", "$"]
# Places, and what is asked about them.
PLACES = ["^", "$", r"\A", r"\z", r"\Z", r"\G", r"\b", r"\B", r"(?=\S)", r"(?!\S)", r"(?<=a)", r"(?<!\s)", r"(?<=[^b])"]
LOOKS = ["(?={})", "(?!{})"]
BEHIND = ["(?<={})", "(?<!{})"]
REGEXES = 300
TEXTS = 60


def random_regex(rng: random.Random, depth: int = 0) -> str:
    """Return an alternation of sequences of quantified atoms; now and then with look-ahead at the end of a branch."""
    branches = []
    for _ in range(rng.choice((1, 1, 2, 2, 3)) if depth else rng.choice((1, 2, 3, 4))):
        branch = "".join(_quantified(rng, depth) for _ in range(rng.choice((1, 1, 2, 2, 3))))
        if depth == 0 and rng.random() < 0.3:
            branch = (branch if rng.random() < 0.3 else "") + rng.choice(ATOMS) + rng.choice("++*?") + rng.choice(ENDS)
        branches.append(branch)
    return "|".join(branches)


def _quantified(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if kind < 0.06:
        return rng.choice(PLACES)
    if depth < 2 and kind < 0.10:
        return rng.choice(LOOKS).format(random_regex(rng, depth + 1))
    if kind < 0.12:
        body = "|".join("".join(rng.choices(ATOMS, k=rng.randint(1, 3))) for _ in range(rng.choice((1, 1, 2))))
        return rng.choice(BEHIND).format(body)
    if depth < 2 and rng.random() < 0.15:
        atom = rng.choice(("(?:{})", "({})", "(?>{})", "(?i:{})", "(?<n>{})")).format(random_regex(rng, depth + 1))
    else:
        atom = rng.choice(ATOMS)
    return atom + rng.choice(QUANTIFIERS)


def engine_of(regex: str) -> Engine | None:
    """Return an engine that splits by the regex, None if it is refused."""
    split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}
    content = {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "pre_tokenizer": split}
    try:
        return Engine.from_json(json.dumps(content))
    except UnsupportedError:
        return None


def original_of(regex: str) -> Any:
    """Return the original's split, None if it refuses the regex."""
    try:
        return pre_tokenizers.Split(Regex(regex), "isolated")
    except Exception:  # the library has no other
        return None


def random_texts(rng: random.Random) -> list[str]:
    lengths = (rng.choice((1, 2, 3, 5, 8, 20)) for _ in range(TEXTS))
    return ["".join(rng.choices(ALPHABET[: rng.choice((4, 12, len(ALPHABET)))], k=length)) for length in lengths]


def pieces(split: Any, text: str) -> Any:
    """Return the original's pieces, None where it gives up (it counts its steps back, and panics at a limit)."""
    try:
        return split.pre_tokenize_str(text)
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return None


def differs(regex: str, text: str) -> str | None:
    engine, reference = engine_of(regex), original_of(regex)
    if engine is None or reference is None:
        return None
    actual, expected = engine.pre_tokenize(text), pieces(reference, text)
    if expected is None or actual == expected:
        return None
    return f"regex {regex!r}\n  ours:     {actual}\n  original: {expected}"


def _fails_on(text: str, regex: str) -> bool:
    return differs(regex, text) is not None


@pytest.mark.parametrize("group", range(10))
def test_random_regexes(group: int, seed: str, cases: int) -> None:
    count = REGEXES // 10 * max(1, cases // 2000)
    compiled = 0
    for number in range(count):
        rng = random.Random(f"{seed}/{group}/{number}")
        regex = random_regex(rng)
        if engine_of(regex) is None:
            continue
        compiled += 1
        assert original_of(regex) is not None, f"the original refuses {regex!r}, we do not"
        for text in random_texts(rng):
            if differs(regex, text) is not None:
                smallest = minimise(regex, partial(_fails_on, text))
                report(f"/{smallest}/ (found as /{regex}/)", seed, [text], partial(differs, smallest))
    # A test that compares nothing would pass too.
    assert compiled > count // 2
