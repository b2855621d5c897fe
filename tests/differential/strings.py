"""Random text of the kinds that have broken tokenizers: seeded, without surrogates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

# Where scripts and symbols live; a run of text takes its characters from one of them.
SCRIPTS = [
    (0x20, 0x7E),  # Latin and ASCII signs
    (0xA0, 0x24F),
    (0x300, 0x36F),  # combining marks
    (0x370, 0x3FF),  # Greek
    (0x400, 0x52F),  # Cyrillic
    (0x590, 0x5FF),  # Hebrew
    (0x600, 0x6FF),  # Arabic
    (0x900, 0x97F),  # Devanagari
    (0xB80, 0xBFF),  # Tamil
    (0xE00, 0xE7F),  # Thai
    (0x1100, 0x11FF),  # Hangul letters, which compose
    (0x1E00, 0x1FFF),  # letters with two marks
    (0x2000, 0x206F),  # spaces and invisible controls
    (0x2070, 0x218F),  # superscripts, currencies, letter-like signs, number forms
    (0x2190, 0x27BF),
    (0x3000, 0x30FF),  # kana
    (0x4E00, 0x9FFF),  # Han
    (0xA640, 0xA69F),
    (0xAC00, 0xD7A3),  # Hangul
    (0xE000, 0xE0FF),  # private use
    (0xF900, 0xFAFF),  # compatibility Han, which normalizes to other characters
    (0xFB00, 0xFDFF),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFE70, 0xFFEF),
    (0x10330, 0x1034F),
    (0x1D100, 0x1D1FF),  # musical symbols, some of which decompose under NFC
    (0x1D400, 0x1D7FF),
    (0x1F1E6, 0x1F1FF),  # flags
    (0x1F300, 0x1F6FF),
    (0x1F900, 0x1FAFF),
    (0x20000, 0x2FFFF),
    (0x30000, 0x323AF),
    (0xE0000, 0xE01EF),  # tags and selectors
    (0x10FF00, 0x10FFFF),
    (0x0, 0x1F),  # controls
    (0x7F, 0x9F),
    (0x378, 0x379),  # unassigned, here and below
    (0x2FE0, 0x2FEF),
    (0xFDD0, 0xFDEF),
    (0xFFF0, 0xFFFD),
    (0x1E030, 0x1E08F),  # assigned by newer versions of Unicode only
    (0x323B0, 0x33479),
]
# White space of all kinds, and what only looks like it.
ONE_SPACE = (
    "\t\n\r\x0b\x0c\x1c\x1f\x85 \u00a0\u1680\u2000\u2003\u2009\u2028\u2029\u202f\u205f\u3000\u180e\u200b\u2060\ufeff"
)
SPACES = [*ONE_SPACE, "  ", "   ", "    ", "\r\n", "\n\n", " \n ", "\t \t"]
WORDS = [
    # Contractions; their letters have case folds outside ASCII: U+017F, U+212A.
    "'s 'S '\u017f 't 'T 're 'RE 'rE 've 'm 'M 'll 'LL 'lL 'd 'D ''s 's's n't don't I'll WE'VE '\u017f' n'\u017f'mt",
    "\u2019s \u02bcs \u017f \u212a \u0130 \u0131 \u00df \u1e9e \ufb01 \ufb06 \u01c5 \u0345 \u00b5",
    # Numbers.
    "0 7 42 123 4567 00001 3.14 1,000 1e-9 0x1F \u00bd \u00b2 \u2167 \u2075 \u06f1\u06f2 \u0967 \u4e00 \u3007",
    # Code.
    "_ __ __init__ -- --- ... ?! :// </ /> {} [] () => != && || ** # $ @ % \\n \\ // /* */ ; self.x a_b camelCase",
    # Words, and what vocabularies write for spaces, bytes, beginnings and ends.
    "the ing Hello World and tion \u0120 \u0120the \u2581 \u2581\u2581 \u2581a \u010a \ufffd <0x41> <0xE2> <0xzz>",
    "<0x0A> ##x ## ##ing #### a</w> </w> <w> | <pad> [UNK] <unk> [MASK] do not n't 's 've 're 'm \u2423",
    # Digits and numerals of other scripts.
    "\u0661\u0662\u0663 \u06f4\u06f5 \u0967\u0968 \u0e51\u0e52 \uff11\uff12 \U0001d7ce\U0001d7d9 \u2460 \u3289 \u0bf0",
    # Composed and decomposed characters.
    "e\u0301 \u00e9 A\u030a \u212b \u1100\u1161\u11a8 \uac00\u11a8 a\u0323\u0307 a\u0307\u0323",
    "\u0915\u094d\u0937 \u0e01\u0e33 \ufdfa \U0002f800 \U0001d7d8",
    "\u0301 \u200d \u200c \ufe0f \u20e3 1\ufe0f\u20e3 \u061c \u202e \u0344 \u2126 \U0001d15e",
    # Emoji: families, flags, skins.
    "\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd",
    "\x00 \x01\x02 \x7f \x1b[0m \ufffd\ufffd \ue000 \U0010fffd \ufffe \U0001ffff \ufdd0 a\x00b \xad \u2060",
    # Case that changes lengths, order of marks, what compatibility forms take apart.
    "\u0130stanbul STRASSE stra\u00dfe \u03a3\u03c2 \u1e9e \u0149 \u01f0 \u0390 \ufb03 \u1f80 \u1ffc",
    "\u3392 \u33c2 \uff76\uff9e \u1e9b\u0323",
    "https://example.org/a?b=c&d=%20#e",
]
CODE = ["def f(x):\n    return x + 1\n", "for i in range(10):\n\t\tprint(i)\r\n"]
FRAGMENTS = [*CODE, *(word for line in WORDS for word in line.split(" "))]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def random_text(rng: random.Random, special: Sequence[str] = ()) -> str:
    """Return a text of one to twenty parts, each of another kind.

    Args:
        rng: where the choices come from.
        special: strings that mean something to the tokenizer: they occur whole, cut off, twice, and among spaces.
    """
    return "".join(_part(rng, special) for _ in range(rng.choice((0, 1, 1, 2, 3, 4, 6, 8, 12, 20))))


def random_texts(rng: random.Random, count: int, special: Sequence[str] = ()) -> list[str]:
    """Return that many texts."""
    return [random_text(rng, special) for _ in range(count)]


def _part(rng: random.Random, special: Sequence[str]) -> str:
    kind = rng.random()
    if kind < 0.22:
        low, high = rng.choice(SCRIPTS)
        return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 7)))
    if kind < 0.40:
        return rng.choice(SPACES) * rng.choice((1, 1, 1, 2, 5))
    if kind < 0.60:
        return rng.choice(FRAGMENTS)
    if kind < 0.69 and special:
        return _special(rng, special)
    if kind < 0.79:
        return "".join(rng.choices(LETTERS, k=rng.randint(1, 9)))
    if kind < 0.835:
        return rng.choice("a0 .\n\r\t-=é日\u0301\u200d\u2581\x00\U0001f600") * rng.choice((3, 17, 40, 150, 400))
    if kind < 0.84:
        # A word longer than what models take as one.
        return "".join(rng.choices("abcdeé日", k=rng.choice((99, 100, 101, 220))))
    if kind < 0.90:
        return "".join(_any_character(rng) for _ in range(rng.randint(1, 4)))
    return "".join(rng.choices("abc \n\t'.,12", k=rng.randint(1, 30)))


def _special(rng: random.Random, special: Sequence[str]) -> str:
    token = rng.choice(special)
    match rng.randrange(9):
        case 8:
            # In one word with what is beside it, white space of all kinds around both.
            around = [rng.choice(SPACES) * rng.randrange(3) for _ in range(2)]
            return around[0] + rng.choice(FRAGMENTS) * rng.randrange(2) + token + around[1]
        case 0:
            return token[: rng.randint(0, len(token))]
        case 1:
            return token[rng.randint(0, len(token)) :]
        case 2:
            return token + rng.choice(special)
        case 3:
            return rng.choice((" ", "\n", "x", "")) + token + rng.choice(("  ", "\t", "y", "1"))
        case 4:
            return rng.choice((token.upper(), token.lower(), token.swapcase()))
        case _:
            return token


def _any_character(rng: random.Random) -> str:
    """Return a character of any plane."""
    point = rng.randrange(17) << 16 | rng.randrange(1 << 16)
    return "\u00a0" if 0xD800 <= point <= 0xDFFF else chr(point)
