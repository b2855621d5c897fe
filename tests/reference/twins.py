"""A twin of every kind of model, random models for it, and what both sides say about a piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.differential.strings import random_text
from tests.reference.bpe import Bpe
from tests.reference.pieces import Unknown, in_characters
from tests.reference.random_models import Json, random_bpe, random_unigram, random_words
from tests.reference.unigram import Unigram
from tests.reference.wordlevel import WordLevel
from tests.reference.wordpiece import WordPiece

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

KINDS = ("BPE", "Unigram", "WordPiece", "WordLevel")
Answer = tuple[list[int], list[tuple[int, int]]]


def random_model(rng: random.Random, kind: str) -> Json:
    """Return a random model of a kind."""
    byte_level = rng.random() < 0.2
    match kind:
        case "BPE":
            return random_bpe(rng, byte_level)
        case "Unigram":
            return random_unigram(rng, byte_level)
        case _:
            return random_words(rng, kind, byte_level)


def tokenizer_json(model: Json) -> str:
    """Return a tokenizer that is nothing but the model: a text is one piece."""
    return json.dumps({"version": "1.0", "added_tokens": [], "model": model})


def twin_of(model: Json) -> Callable[[str], Answer | None]:
    """Return what the twin makes of a piece: ids and characters; None where something is unknown."""
    options: dict[str, Any] = {key: value for key, value in model.items() if key != "type"}
    twin = {"BPE": Bpe, "Unigram": Unigram, "WordPiece": WordPiece, "WordLevel": WordLevel}[model["type"]](**options)

    def answer(piece: str) -> Answer | None:
        try:
            tokens = twin.tokenize(piece)
        except Unknown:
            return None
        return [token.id for token in tokens], [in_characters(piece, token) for token in tokens]

    return answer


def pieces(rng: random.Random, count: int) -> Iterator[str]:
    """Yield pieces: random text of all kinds, and more of the letters that the random models know."""
    for _ in range(count):
        if rng.random() < 0.4:
            piece = random_text(rng, ("<unk>", "the", "▁a", "ab"))[:60]
        else:
            piece = "".join(rng.choices("aaabbbcdxyz1'.é▁Ġ日\u0301 \ue000", k=rng.choice((1, 2, 3, 5, 8, 13, 21))))
        if piece:
            yield piece
