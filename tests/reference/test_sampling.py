"""Drawn tokenizations come as often as the twins say they do."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.reference.bpe import Bpe
from tests.reference.random_models import random_bpe, random_unigram
from tests.reference.twins import tokenizer_json
from tests.reference.unigram import Unigram

from lexel._lexel import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWS = 3000
# The sum of what two distributions of as many draws differ by: of a dozen outcomes rarely more than half of this.
TOLERANCE = 0.12


def distance(drawn: Mapping[tuple[int, ...], float], expected: Mapping[tuple[int, ...], float]) -> float:
    """Return half of the sum of all differences of two distributions."""
    return sum(abs(drawn.get(key, 0) - expected.get(key, 0)) for key in {*drawn, *expected}) / 2


def drawn(engine: Engine, piece: str, dropout: float | None, alpha: float | None) -> dict[tuple[int, ...], float]:
    """Return how often each tokenization is drawn, of 1."""
    found = Counter(tuple(engine.encode(piece, sampling=(dropout, alpha, None, seed))) for seed in range(DRAWS))
    return {ids: count / DRAWS for ids, count in found.items()}


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("dropout", [0.1, 0.5])
def test_merges_are_dropped_as_often(number: int, dropout: float) -> None:
    rng = random.Random(f"dropout/{number}")
    model = random_bpe(rng, byte_level=False) | {"dropout": None, "ignore_merges": False}
    engine, twin = Engine.from_json(tokenizer_json(model)), Bpe.from_model(model | {"dropout": dropout})
    for piece in ("abab", "aabbab"):
        expected = Counter(tuple(token.id for token in twin.tokenize(piece, rng)) for _ in range(DRAWS))
        shares = {ids: count / DRAWS for ids, count in expected.items()}
        assert distance(drawn(engine, piece, dropout, None), shares) < TOLERANCE


def cuts(model: Unigram, piece: str) -> dict[tuple[int, ...], float]:
    """Return every way to cut a piece of known characters into tokens, with the sum of its scores."""
    ids = {str(token): id for id, (token, _) in enumerate(model.vocab)}
    if not piece:
        return {(): 0.0}
    found = {}
    for end in range(1, len(piece) + 1):
        if (id := ids.get(piece[:end])) is not None:
            score = float(str(model.vocab[id][1]))
            found |= {(id, *rest): score + total for rest, total in cuts(model, piece[end:]).items()}
    return found


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_cuts_are_as_probable_as_their_scores(number: int, alpha: float) -> None:
    rng = random.Random(f"alpha/{number}")
    while True:
        model = random_unigram(rng, byte_level=False)
        twin = Unigram(**{key: value for key, value in model.items() if key != "type"})
        letters = [str(token) for token, _ in model["vocab"] if len(str(token)) == 1]
        if len(letters) > 3 and model["unk_id"] is not None and ["<unk>", 0.0] in model["vocab"]:
            break
    engine = Engine.from_json(tokenizer_json(model))
    for length in (2, 4):
        piece = "".join(rng.choices(letters[:5], k=length))
        weights = {ids: math.exp(alpha * total) for ids, total in cuts(twin, piece).items()}
        shares = {ids: weight / sum(weights.values()) for ids, weight in weights.items()}
        assert distance(drawn(engine, piece, None, alpha), shares) < TOLERANCE
