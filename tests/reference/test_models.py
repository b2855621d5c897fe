"""The engine against the twins: every kind of model, random vocabularies, random pieces; no other library has a say."""

from __future__ import annotations

import json
import random

import pytest
from tests.reference.bpe import Bpe, merged_simply
from tests.reference.random_models import random_bpe
from tests.reference.sentencepiece_bpe import SentencePieceBpe
from tests.reference.twins import KINDS, Answer, pieces, random_model, tokenizer_json, twin_of

from lexel._lexel import Engine
from lexel.errors import LexelError

MODELS = 60
PIECES = 60


def engine_answer(engine: Engine, piece: str) -> Answer | None:
    try:
        row = engine.encode_batch([piece]).row(0)
    except LexelError:
        return None
    assert engine.encode(piece) == row.ids
    return row.ids, row.offsets


@pytest.mark.parametrize("number", range(MODELS))
@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_is_its_twin(kind: str, number: int) -> None:
    rng = random.Random(f"twin/{kind}/{number}")
    model = random_model(rng, kind)
    engine, twin = Engine.from_json(tokenizer_json(model)), twin_of(model)
    for piece in pieces(rng, PIECES):
        assert engine_answer(engine, piece) == twin(piece), ascii(piece)


@pytest.mark.parametrize("number", range(20))
def test_sentencepiece_bpe(number: int) -> None:
    """The whole way there and back, with every byte in the vocabulary."""
    rng = random.Random(f"sentencepiece/{number}")
    letters = "▁abcdeé日"
    parts = {"".join(rng.choices(letters, k=rng.randint(2, 5))) for _ in range(80)}
    found = sorted({part[:end] for part in parts for end in range(2, len(part) + 1)})
    rng.shuffle(found)
    known = [letter for letter in letters if rng.random() < 0.9]
    pieces_of = [*found, *known]
    twin = SentencePieceBpe([(piece, -float(at)) for at, piece in enumerate(pieces_of)])
    engine = Engine.from_json(json.dumps(twin.tokenizer_json()))
    for text in pieces(rng, PIECES):
        ids = twin.encode(text)
        assert engine.encode(text) == ids, ascii(text)
        assert engine.decode(ids) == twin.decode(ids), ascii(text)
        # Nothing is lost: what is in no piece is in the bytes. (The visible space becomes a space.)
        assert twin.decode(ids) == text.replace("▁", " "), ascii(text)
    bound = len(twin.pieces)
    for _ in range(PIECES):
        ids = [rng.choice((rng.randrange(1, 257), rng.randrange(bound))) for _ in range(rng.randint(1, 9))]
        assert engine.decode(ids) == twin.decode(ids), ids


@pytest.mark.parametrize("number", range(40))
def test_the_agenda_merges_as_the_textbook(number: int) -> None:
    """Wherever a token is built by one merge only."""
    rng = random.Random(f"agenda/{number}")
    model = random_bpe(rng, byte_level=False) | {"dropout": None, "ignore_merges": False}
    bpe = Bpe.from_model(model)
    results = [result for _, result in bpe.rules.values()]
    bpe.rules.update({pair: rule for pair, rule in bpe.rules.items() if results.count(rule[1]) == 1})
    for pair in [pair for pair, rule in bpe.rules.items() if results.count(rule[1]) > 1]:
        del bpe.rules[pair]
    letters = [id for token, id in bpe.vocab.items() if len(token) == 1]
    for _ in range(PIECES):
        ids = rng.choices(letters[:6], k=rng.randint(1, 16))
        symbols = bpe._merged([(id, 1) for id in ids], None)
        assert [id for id, _ in symbols] == merged_simply(bpe, ids)
        assert sum(length for _, length in symbols) == len(ids)
