"""The inputs: real text where the test data is present, text of the same shape made from a seed where it is not.

Whatever is random here comes from a fixed seed: two runs, and two machines, time the same bytes.
"""

from __future__ import annotations

import base64
import os
import random
import string
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ("english", "code", "cjk", "multilingual")
MEBIBYTE = 1 << 20
SEED = 20260723

# First code point, number of letters: the alphabets of the synthetic corpora.
LATIN, GREEK, CYRILLIC, HEBREW, ARABIC = (0x61, 26), (0x3B1, 25), (0x430, 32), (0x5D0, 27), (0x628, 35)
DEVANAGARI, THAI, HAN, KANA, HANGUL = (0x905, 50), (0xE01, 46), (0x4E00, 5000), (0x3042, 80), (0xAC00, 2000)
ALPHABETS = {
    "english": [LATIN],
    "code": [LATIN],
    "cjk": [HAN, KANA, HANGUL],
    "multilingual": [LATIN, GREEK, CYRILLIC, HEBREW, ARABIC, DEVANAGARI, THAI, HAN],
}


def data_folder() -> Path | None:
    """Return the folder of the shared test data, None where there is none."""
    folder = Path(os.environ.get("LEXEL_TEST_DATA", ROOT.parent / "shared" / "data"))
    return folder if (folder / "corpora").is_dir() else None


def corpus(name: str) -> str:
    """Return one corpus: the real one, or a synthetic one of two mebibytes."""
    folder = data_folder()
    if folder is not None:
        return (folder / "corpora" / f"{name}.txt").read_text("utf-8")
    return synthetic(name, 2 * MEBIBYTE)


def synthetic(name: str, size_bytes: int) -> str:
    """Make text whose words repeat as words do: few of them often, most of them seldom."""
    chance = random.Random(f"{SEED} {name}")
    words = []
    for first, count in ALPHABETS[name]:
        longest = 3 if (first, count) in (HAN, KANA, HANGUL) else 11
        letters = [chr(first + i) for i in range(count)]
        words += ["".join(chance.choices(letters, k=chance.randint(1, longest))) for _ in range(6000)]
    chance.shuffle(words)
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    joints = ["    ", "_", "(", ") = ", "[0]", ".", "\n        ", "42, "] if name == "code" else [" "] * 9 + [", "]
    lines, made = [], 0
    while made < size_bytes:
        drawn = chance.choices(words, cum_weights=weights, k=chance.randint(4, 24))
        line = "".join(word + chance.choice(joints) for word in drawn).strip().capitalize() + ".\n"
        lines.append(line)
        made += len(line.encode())
    return "".join(lines)


def documents(text: str, size_bytes: int) -> list[str]:
    """Cut a text at line ends into documents of about this many bytes; the pieces together are the text."""
    cut, lines, size = [], [], 0
    for line in text.splitlines(keepends=True):
        lines.append(line)
        size += len(line.encode())
        if size >= size_bytes:
            cut.append("".join(lines))
            lines, size = [], 0
    return [*cut, "".join(lines)] if lines else cut


def slices(documents: Sequence[str], size_bytes: int, limit_bytes: int | None = None) -> list[list[str]]:
    """Group documents into slices of about this many bytes; with a limit, slices spread over the whole."""
    grouped: list[list[str]] = [[]]
    size = 0
    for document in documents:
        if size >= size_bytes:
            grouped.append([])
            size = 0
        grouped[-1].append(document)
        size += len(document.encode())
    if limit_bytes is None:
        return grouped
    wanted = max(1, min(len(grouped), limit_bytes // size_bytes))
    return [grouped[i * len(grouped) // wanted] for i in range(wanted)]


def short_documents(name: str, count: int, size_bytes: int) -> list[str]:
    """Return at most `count` documents of about this many bytes, of one corpus or of all in turn (`mixed`)."""
    if name != "mixed":
        text = corpus(name)
        step = max(1, size_bytes * len(text) // len(text.encode()))
        return [text[at : at + step] for at in range(0, len(text), step)][:count]
    each = [short_documents(other, count // len(CORPORA), size_bytes) for other in CORPORA]
    return [document for row in zip(*each, strict=False) for document in row]


def size_of(documents: Sequence[str]) -> int:
    """Return how many bytes of UTF-8 some documents have."""
    return sum(len(document.encode()) for document in documents)


# ---- inputs made to be slow ----


def _letters(alphabet: str) -> Callable[[random.Random, int], str]:
    return lambda chance, size: "".join(chance.choices(alphabet, k=size))


def _latin_1(chance: random.Random, size: int) -> str:
    """Random bytes read as latin-1: half of them become two bytes of UTF-8."""
    return chance.randbytes(size * 2 // 3).decode("latin-1")


def _base64(chance: random.Random, size: int) -> str:
    return base64.b64encode(chance.randbytes(size * 3 // 4)).decode()


def _marks(chance: random.Random, size: int) -> str:
    """Combining marks upon combining marks, of several classes, which normal forms put in order."""
    return "".join(chr(chance.randrange(0x300, 0x370)) for _ in range(size // 2))


def _han(chance: random.Random, size: int) -> str:
    """One run of Chinese characters with nothing between them."""
    return "".join(chr(chance.randrange(0x4E00, 0x9FA6)) for _ in range(size // 3))


PATHOLOGICAL: dict[str, Callable[[random.Random, int], str]] = {
    "a": lambda _, size: "a" * size,
    "spaces": lambda _, size: " " * size,
    "newlines": lambda _, size: "\n" * size,
    "random letters": _letters(string.ascii_letters),
    "random bytes": _latin_1,
    "= signs": lambda _, size: "=" * size,
    "punctuation": _letters(string.punctuation),
    "base64": _base64,
    "one Han character": lambda _, size: "\u4e2d" * (size // 3),
    "Han": _han,
    "combining marks": _marks,
    "digits": _letters(string.digits),
}


def pathological(size_bytes: int) -> Iterator[tuple[str, str]]:
    """Yield (name, text): long inputs without the structure that tokenizers rely on."""
    for name, make in PATHOLOGICAL.items():
        yield name, make(random.Random(f"{SEED} {name}"), size_bytes)
