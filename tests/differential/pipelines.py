"""Random legal `tokenizer.json` files, small, made of every component there is and of every option of those."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.differential.stages import decoder, normalizer, post_processor, pre_tokenizer
from tests.differential.vocabularies import random_model, tokens_of
from tests.reference.random_models import Json, flag
from tokenizers import Tokenizer

if TYPE_CHECKING:
    import random

TOKENS = ["<s>", "</s>", "<mask>", " the", "ab", "a b", "é", "e\u0301", "▁", "\n", "日本", "1", "Ġa", "<0x41>", "'s"]
TOKENS += ["\u212b", "x y ", "  ", "A", "the", "İ", "\u0301", "ﬁ"]
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


def random_pipeline(rng: random.Random) -> Json:
    """Return the content of a `tokenizer.json`."""
    rewriting, splits = normalizer(rng), pre_tokenizer(rng)
    model = random_model(rng, rewriting, splits)
    vocab = tokens_of(model)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(rng, vocab, rewriting),
        "normalizer": rewriting,
        "pre_tokenizer": splits,
        "post_processor": post_processor(rng, vocab),
        "decoder": decoder(rng),
        "model": model,
    }


def _added_tokens(rng: random.Random, vocab: dict[str, int], rewriting: Json | None) -> list[Json]:
    contents = rng.sample(TOKENS, k=rng.choice((0, 1, 3, 6)))
    if flag(rng):
        contents += rng.sample(sorted(vocab), k=min(len(vocab), 2))
    bound = max(vocab.values()) + 1
    tokens = []
    for content in dict.fromkeys(contents):
        known = vocab.get(content)
        if known is None:
            known, bound = bound, bound + 1
        tokens.append({"id": known, "content": content} | {name: flag(rng, 0.4) for name in FLAGS})
    return _told_apart(sorted(tokens, key=lambda token: int(token["id"])), rewriting)


def _told_apart(tokens: list[Json], rewriting: Json | None) -> list[Json]:
    """Leave out what the original has no answer for.

    Of tokens that are equal once normalized it takes either, as its hash map has them; one that is empty then makes it
    panic on any text that is not ASCII (ours refuses such a file).
    """
    model = {"type": "WordLevel", "vocab": {}, "unk_token": ""}
    content = {"version": "1.0", "added_tokens": [], "normalizer": rewriting, "model": model}
    normalizer = Tokenizer.from_str(json.dumps(content)).normalizer
    kept, seen = [], set()
    for token in tokens:
        text = token["content"]
        if token["normalized"]:
            text = normalizer.normalize_str(text) if normalizer else text
            if not text or text in seen:
                continue
            seen.add(text)
        kept.append(token)
    return kept
