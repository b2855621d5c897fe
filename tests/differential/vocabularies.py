"""Models for random pipelines: trained by the original on a little text, or random."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.differential.references import CORPUS
from tests.reference.random_models import bpe_options, flag, random_bpe, random_unigram, random_words, some_bytes
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

if TYPE_CHECKING:
    import random

    from tests.differential.stages import Json

SIZES = (40, 120, 400, 700)
KINDS = ("BPE", "BPE", "BPE", "Unigram", "Unigram", "WordPiece", "WordLevel")


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
            return random_bpe(rng, byte_level)
        case "Unigram":
            return random_unigram(rng, byte_level)
        case _:
            return random_words(rng, kind, byte_level)


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
        special += some_bytes(rng)
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
    vocab = [["<unk>", 0.0], *([token, 0.0] for token in some_bytes(rng))]
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
            return model | bpe_options(rng, model["vocab"])
        case "WordPiece":
            return model | {"max_input_chars_per_word": rng.choice((100, 100, 5, 0)), "unk_token": "<unk>"}
        case _:
            return model
