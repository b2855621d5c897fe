"""What each class of the split regex dialect matches, against the original's engine, over all 1,112,064 characters.

Each class splits a text of all characters; what is kept must be the same, or the class is refused. That takes seconds a
class, so that most are tried on the characters at which tables differ, and on all characters in a long run.
"""

from __future__ import annotations

import itertools
import json
import random
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import pytest
from tokenizers import Regex, pre_tokenizers

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.differential

ESCAPES = [rf"\{letter}" for letter in "sSdDwWhHntrfvae"]
# Properties: general categories, one and two letters and their long names; scripts; others; names of POSIX classes.
PROPERTIES = """
L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cn Co Cs LC
Letter Mark Number Punctuation Symbol Separator Other Any ASCII Assigned
Latin Greek Cyrillic Armenian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu
Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Hangul Ethiopic Cherokee Khmer Mongolian Hiragana
Katakana Bopomofo Han Yi Common Inherited Braille Gothic Coptic
Alphabetic Uppercase Lowercase White_Space Ideographic Emoji Emoji_Presentation ID_Start XID_Continue Dash
Alnum Alpha Blank Cntrl Digit Graph Lower Print Punct Space Upper Word XDigit
"""
POSIX = """
alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit
"""
# Ways to write a class: ranges, unions, intersections, negations inside and outside, case folds, escapes, groups.
MADE = r"""
. (?m:.) [^\n] [\s\S] [a-z] [^a-z] [\u4e00-\u9fff] [^\s\p{L}\p{N}] [\r\n] [^\r\n] [\x00-\x7f] [\x{1F300}-\x{1F6FF}]
[\w&&[^\d]] [\p{L}&&[^a-z]] [[a-c][x-z]] [^[a-c]x] [\p{L}\p{M}] [^\p{L}\p{M}] [\p{Han}] [^\p{Han}] \p{^L} \P{^L}
[\w] [^\w] [\W] [\s] [^\s] [\S] [\d] [\D] [\h] [\p{^Lu}] [\P{Lu}] [a\-z] [-a] [a-] [\]\[] [.] [*+?] [\b] [\e\a\f\v]
(?i:s) (?i:k) (?i:a) (?i:[a-z]) (?i:[^a-z]) (?i:[^a]) (?i:[[^a]]) (?i:[ks]) (?i:[^k]) (?i:[\w&&[^a]]) (?i)d (?i:\d)
(?i:é) (?i:ß) (?i:[à-ý]) (?i:\u03c3) (?i:\p{Lu}) (?i:\w) (?i:[\s\S]) (?i:[[:upper:]]) (?i:[^s]) (?i:[s\p{N}])
\x41 \u0041 \x{41} \101 \0 \cA \u212a \xe9 \/ \- \_ \! \~ \é
(?:a|b) (a|b) (?<n>a) (?>a) a|b a{1} a{1,1} [aa] (?#c)a
"""
# The classes of the split regexes of real files.
REAL = [
    r"\s",
    r"\p{L}",
    r"\p{N}",
    r"\p{M}",
    r"[^\s\p{L}\p{N}]",
    r"[^\r\n\p{L}\p{N}]",
    r"\p{Han}",
    r"[\p{Lu}\p{Lt}\p{M}]",
]


def patterns() -> list[str]:
    """Return every class of the list, each once."""
    posix = [f"[[:{sign}{name}:]]" for name in POSIX.split() for sign in ("", "^")]
    named = [rf"\{sign}{{{name}}}" for name in PROPERTIES.split() for sign in "pP"]
    return list(dict.fromkeys([*ESCAPES, *MADE.split(), *posix, *named]))


@cache
def everything() -> str:
    return "".join(map(chr, itertools.chain(range(0xD800), range(0xE000, 0x110000))))


@cache
def telling() -> str:
    """The characters at which tables of characters differ: all low ones, and both ends of every run that is alike."""
    alike = ("", False, False, False, False)
    found = list(range(0x3400))
    for character in everything()[0x3400:]:
        category = unicodedata.category(character)
        tests = (character.isalpha(), character.isupper(), character.islower(), character.isspace())
        if (category, *tests) != alike:
            alike = (category, *tests)
            found += [ord(character) - 1, ord(character)]
    return "".join(chr(point) for point in dict.fromkeys(found) if not 0xD800 <= point <= 0xDFFF)


def kept_by_engine(pattern: str, text: str) -> set[str] | None:
    """Return the characters that match, None if the pattern is refused."""
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": True}
    content = {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "pre_tokenizer": split}
    try:
        engine = Engine.from_json(json.dumps(content))
    except UnsupportedError:
        return None
    return {character for piece, _ in engine.pre_tokenize(text) for character in piece}


def kept_by_original(pattern: str, text: str) -> set[str] | None:
    try:
        split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    except Exception:  # the library has no other
        return None
    return {character for piece, _ in split.pre_tokenize_str(text) for character in piece}


def check(pattern: str, text: str) -> None:
    """Compare what a class matches, one character at a time and in runs."""
    for form in (pattern, f"(?:{pattern})+"):
        actual = kept_by_engine(form, text)
        if actual is None:
            continue
        expected = kept_by_original(form, text)
        assert expected is not None, f"{form}: the original refuses it, we do not"
        assert actual == expected, f"{form}: {shown(actual - expected)} too many, {shown(expected - actual)} missing"


def shown(characters: Iterable[str]) -> str:
    points = sorted(map(ord, characters))
    return f"{len(points)} ({', '.join(f'U+{point:04X}' for point in points[:10])})"


@pytest.mark.parametrize("pattern", patterns())
def test_every_class_on_telling_characters(pattern: str) -> None:
    check(pattern, telling())


@pytest.mark.parametrize("pattern", REAL)
def test_what_real_files_use(pattern: str) -> None:
    """Over all characters; these are not refused either."""
    kept = kept_by_engine(f"(?:{pattern})+", everything())
    assert kept is not None
    assert kept == kept_by_original(f"(?:{pattern})+", everything())


@pytest.mark.slow
def test_every_class_on_every_character(cases: int, seed: str) -> None:
    """All of them take minutes: only a long run does all, any other a few, chosen by its seed."""
    chosen = patterns() if cases > 2000 else random.Random(seed).sample(patterns(), k=3)
    for pattern in chosen:
        check(pattern, everything())


@pytest.mark.parametrize("individual", [False, True])
def test_digits(individual: bool) -> None:
    """The digits of the pre-tokenizer of that name, which is no regex."""
    stage = {"type": "Digits", "individual_digits": individual}
    content = {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "pre_tokenizer": stage}
    spaced = " ".join(telling())
    actual = Engine.from_json(json.dumps(content)).pre_tokenize(spaced)
    assert actual == pre_tokenizers.Digits(individual).pre_tokenize_str(spaced)
