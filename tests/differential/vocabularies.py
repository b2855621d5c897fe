"""Random models: trained by the original on a little text, or made of parts that no trainer would choose.

What no trainer makes: tokens that nothing builds, merges that build one token twice, alphabets with holes, equal
scores, scores above zero, an unknown token that is an ordinary letter, ids with gaps.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.differential.references import CORPUS
from tests.differential.stages import Json, flag
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

if TYPE_CHECKING:
    import random

SIZES = (40, 120, 400, 700)
KINDS = ("BPE", "BPE", "BPE", "Unigram", "Unigram", "WordPiece", "WordLevel")
WORDS = [
    *("the", "ing", "Hello", "World", "and", "tion", "def", "return", "x", "self", "it", "was", "best", "of", "times"),
    *("é日本", "12", "'", ".", ",", "--", "\n", "Ġthe", "Ġa", "▁the", "▁a", "▁"),
]


def random_model(rng: random.Random, normalizer: Json | None, splits: Json | None) -> Json:
    """Return a model, trained on what these stages make of a text, or random."""
    kind = rng.choice(KINDS)
    if flag(rng, 0.55):
        model = _trained(rng, kind, normalizer, splits)
        if model is not None:
            return model
    byte_level = '"ByteLevel"' in json.dumps([normalizer, splits])
    match kind:
        case "BPE":
            return _random_bpe(rng, byte_level)
        case "Unigram":
            return _random_unigram(rng, byte_level)
        case _:
            return _random_words(rng, kind, byte_level)


def tokens_of(model: Json) -> dict[str, int]:
    """Return the vocabulary of a model, token to id."""
    if model["type"] == "Unigram":
        return {token: id for id, (token, _) in enumerate(model["vocab"])}
    vocab: dict[str, int] = model["vocab"]
    return vocab


def _trained(rng: random.Random, kind: str, normalizer: Json | None, splits: Json | None) -> Json | None:
    """Return a model the original has trained; None where it cannot (some stages leave it nothing)."""
    empty = {"BPE": models.BPE(), "WordPiece": models.WordPiece()}.get(kind, models.WordLevel({}, unk_token="<unk>"))
    content = json.loads(Tokenizer(empty).to_str()) | {"normalizer": normalizer, "pre_tokenizer": splits}
    tokenizer = Tokenizer.from_str(json.dumps(content))
    corpus = rng.choices(CORPUS, k=4)
    if kind == "Unigram":
        return _counted(rng, tokenizer, corpus)
    special = ["<unk>"] if kind != "BPE" or flag(rng) else []
    if kind == "BPE":
        special += _bytes(rng)
    common: Json = {"vocab_size": rng.choice(SIZES), "show_progress": False, "special_tokens": special}
    letters = pre_tokenizers.ByteLevel.alphabet() if flag(rng) else list("abc é日")
    trainer: Any
    match kind:
        case "BPE":
            affixes = _affixes(rng)
            trainer = trainers.BpeTrainer(initial_alphabet=letters, **common, **affixes)
        case "WordPiece":
            trainer = trainers.WordPieceTrainer(initial_alphabet=letters, **common)
        case _:
            trainer = trainers.WordLevelTrainer(**common)
    try:
        tokenizer.train_from_iterator(corpus, trainer)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    model: Json = json.loads(tokenizer.to_str())["model"]
    return _with_options(rng, model) if model["vocab"] else None


def _counted(rng: random.Random, tokenizer: Tokenizer, corpus: list[str]) -> Json | None:
    """Return a Unigram model of the parts that occur most, as a trainer begins.

    The original's trainer gives another model each time, which no seed could bring back.
    """
    counts: Counter[str] = Counter()
    for text in corpus:
        normalized = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
        pieces = (
            tokenizer.pre_tokenizer.pre_tokenize_str(normalized) if tokenizer.pre_tokenizer else [(normalized, None)]
        )
        for piece, _ in pieces:
            counts.update(piece[start:end] for start in range(len(piece)) for end in range(start + 1, start + 9))
    # What is long counts more; every letter is kept.
    wanted = sorted(counts, key=lambda part: (len(part) > 1, -counts[part] * len(part), part))[: rng.choice(SIZES)]
    if not wanted:
        return None
    total = sum(counts[part] for part in wanted)
    vocab = [["<unk>", 0.0], *([token, 0.0] for token in _bytes(rng))]
    vocab += [[part, math.log(counts[part] / total)] for part in wanted]
    return {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": flag(rng)}


def _affixes(rng: random.Random) -> Json:
    if flag(rng, 0.7):
        return {}
    return {"continuing_subword_prefix": rng.choice(("##", "a")), "end_of_word_suffix": rng.choice(("</w>", "b"))}


def _with_options(rng: random.Random, model: Json) -> Json:
    """Return a trained model with options of any kind."""
    match model["type"]:
        case "BPE":
            return model | _bpe_options(rng, model["vocab"])
        case "WordPiece":
            return model | {"max_input_chars_per_word": rng.choice((100, 100, 5, 0)), "unk_token": "<unk>"}
        case _:
            return model


def _bpe_options(rng: random.Random, vocab: dict[str, int]) -> Json:
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
        return [letter for letter in sorted(pre_tokenizers.ByteLevel.alphabet()) if flag(rng, 0.95)]
    return list("abcdxyz '.1é▁Ġ日\u0301" if flag(rng, 0.7) else "abé")


def _bytes(rng: random.Random) -> list[str]:
    return [f"<0x{byte:02X}>" for byte in range(256) if flag(rng, 0.95)] if flag(rng) else []


def _numbered(rng: random.Random, tokens: list[str]) -> dict[str, int]:
    """Return ids in order, or in any order, now and then with gaps."""
    tokens = list(dict.fromkeys(tokens))
    if flag(rng):
        rng.shuffle(tokens)
    step = 1 if flag(rng, 0.85) else 3
    return {token: id * step for id, token in enumerate(tokens)}


def _random_bpe(rng: random.Random, byte_level: bool) -> Json:
    letters = _letters(rng, byte_level)
    prefix = rng.choice(("##", "a")) if flag(rng, 0.15) else None
    suffix = rng.choice(("</w>", "b")) if flag(rng, 0.15) else None
    parts = rng.sample(letters, k=min(len(letters), 8)) + [letter for letter in "abĠ" if letter in letters]
    if prefix is not None:
        parts += [prefix + letter for letter in parts]
    if suffix is not None:
        parts += [part + suffix for part in parts]
    tokens = [*letters, *parts, "<unk>", *_bytes(rng)]
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
    return {"type": "BPE"} | _bpe_options(rng, vocab) | affixes | {"vocab": vocab, "merges": merges}


def _random_unigram(rng: random.Random, byte_level: bool) -> Json:
    letters = _letters(rng, byte_level)
    tokens = [*letters, *_bytes(rng)]
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


def _random_words(rng: random.Random, kind: str, byte_level: bool) -> Json:
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
