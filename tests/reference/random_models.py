"""Random models, made of parts that no trainer would choose.

Tokens that nothing builds, merges that build one token twice, alphabets with holes, equal scores, scores above zero, an
unknown token that is an ordinary letter or that there is not, ids with gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

Json = dict[str, Any]

WORDS = [
    *("the", "ing", "Hello", "World", "and", "tion", "def", "return", "x", "self", "it", "was", "best", "of", "times"),
    *("é日本", "12", "'", ".", ",", "--", "\n", "Ġthe", "Ġa", "▁the", "▁a", "▁"),
]
# The characters that stand for bytes: printable ones for themselves, the others from U+0100 on.
_PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTE_LETTERS = [chr(point) for point in (*_PRINTABLE, *range(0x100, 0x100 + 256 - len(_PRINTABLE)))]


def flag(rng: random.Random, chance: float = 0.5) -> bool:
    """Throw a coin."""
    return rng.random() < chance


def bpe_options(rng: random.Random, vocab: dict[str, int]) -> Json:
    """Return the options of a BPE model, any of them."""
    unknown = rng.choice((None, "<unk>", "<unk>", "a"))
    return {
        # No merge, and no merge left out: the two that are no matter of chance.
        "dropout": rng.choice((None,) * 8 + (0.0, 1.0)),
        "unk_token": unknown if unknown in vocab else None,
        "fuse_unk": flag(rng),
        "byte_fallback": flag(rng),
        "ignore_merges": flag(rng),
    }


def _letters(rng: random.Random, byte_level: bool) -> list[str]:
    if byte_level:
        return [letter for letter in sorted(BYTE_LETTERS) if flag(rng, 0.95)]
    return list("abcdxyz '.1é▁Ġ日\u0301" if flag(rng, 0.7) else "abé")


def some_bytes(rng: random.Random) -> list[str]:
    """Return the tokens of single bytes, most of them, or none."""
    return [f"<0x{byte:02X}>" for byte in range(256) if flag(rng, 0.95)] if flag(rng) else []


def _numbered(rng: random.Random, tokens: list[str]) -> dict[str, int]:
    """Return ids in order, or in any order, now and then with gaps."""
    tokens = list(dict.fromkeys(tokens))
    if flag(rng):
        rng.shuffle(tokens)
    step = 1 if flag(rng, 0.85) else 3
    return {token: id * step for id, token in enumerate(tokens)}


def random_bpe(rng: random.Random, byte_level: bool) -> Json:
    """Return merges of a few letters, in an order that no counting would give."""
    letters = _letters(rng, byte_level)
    prefix = rng.choice(("##", "a")) if flag(rng, 0.15) else None
    suffix = rng.choice(("</w>", "b")) if flag(rng, 0.15) else None
    parts = rng.sample(letters, k=min(len(letters), 8)) + [letter for letter in "abĠ" if letter in letters]
    if prefix is not None:
        parts += [prefix + letter for letter in parts]
    if suffix is not None:
        parts += [part + suffix for part in parts]
    tokens = [*letters, *parts, "<unk>", *some_bytes(rng)]
    merges: list[list[str]] = []
    for _ in range(rng.choice((0, 5, 30, 120))):
        left, right = rng.choice(parts), rng.choice(parts)
        if prefix is not None and not right.startswith(prefix):
            continue
        made = left + right.removeprefix(prefix or "")
        if len(made) > 12 or [left, right] in merges:
            continue
        merges.append([left, right])
        parts.append(made)
        tokens.append(made)
    if flag(rng, 0.3):
        rng.shuffle(merges)
    vocab = _numbered(rng, [*tokens, *rng.choices(["abab", "the", "Ġthe", "aaaa"], k=2)])
    affixes = {"continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    return {"type": "BPE"} | bpe_options(rng, vocab) | affixes | {"vocab": vocab, "merges": merges}


def random_unigram(rng: random.Random, byte_level: bool) -> Json:
    """Return tokens with scores that tie, or that no two are equal of."""
    letters = _letters(rng, byte_level)
    tokens = [*letters, *some_bytes(rng)]
    for _ in range(rng.choice((0, 10, 60, 200))):
        tokens.append("".join(rng.choices(letters, k=rng.randint(2, 6))))
    tokens += rng.choices(WORDS, k=rng.randrange(10))
    tokens = [token for token in dict.fromkeys(tokens) if token]
    rng.shuffle(tokens)
    # Few different scores tie often; sums of many different ones depend on the order of adding.
    scores = rng.choice(((-1.0, -2.0, -3.0), (-0.5,), (-7.25, -3.1, 0.0, 1.5), None))
    vocab = [[token, rng.choice(scores) if scores else -rng.random() * 12] for token in tokens]
    unknown = rng.randint(0, len(vocab)) if flag(rng, 0.9) else None
    if unknown is not None:
        vocab.insert(unknown, ["<unk>", 0.0] if flag(rng, 0.8) else ["z", -2.0])
    return {"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": flag(rng)}


def random_words(rng: random.Random, kind: str, byte_level: bool) -> Json:
    """Return a WordPiece or WordLevel model."""
    letters = _letters(rng, byte_level)
    words = rng.sample(WORDS, k=rng.randint(0, len(WORDS)))
    words += ["".join(rng.choices(letters, k=rng.randint(2, 5))) for _ in range(rng.choice((0, 20, 80)))]
    words += [letter for letter in letters if flag(rng, 0.9)]
    unknown = ["<unk>"] if flag(rng, 0.92) else []
    if kind == "WordLevel":
        return {"type": "WordLevel", "vocab": _numbered(rng, words + unknown), "unk_token": "<unk>"}
    prefix = rng.choice(("##", "##", "##", "", "a"))
    inner = [prefix + word for word in words if flag(rng)] + [prefix + letter for letter in letters if flag(rng, 0.9)]
    return {
        "type": "WordPiece",
        "unk_token": "<unk>",
        "continuing_subword_prefix": prefix,
        "max_input_chars_per_word": rng.choice((100, 100, 100, 7, 1, 0)),
        "vocab": _numbered(rng, words + inner + unknown),
    }
