"""Training a byte-level vocabulary from nothing: equal vocabulary and merges, then seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tokenizers
from tokenizers import trainers

import corpora
import peers
from lexel._lexel import Engine
from measure import Duel, threads
from peers import Call
from table import SECONDS
from vocabularies import byte_alphabet, empty_byte_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from settings import Settings
    from table import Table

VOCAB_SIZE = 32_000
CORPUS_BYTES = 3 << 20
ROUNDS = 2
TITLE = "Training a byte-level BPE of 32,000 tokens on 12 MiB (3 MiB of each corpus)"


def run(table: Table, settings: Settings) -> None:
    """Train on one thread, then on more."""
    table.begin("training", TITLE)
    texts: list[str] = []
    for name in settings.corpora:
        documents = corpora.documents(corpora.corpus(name), 8 << 10)
        texts += corpora.slices(documents, CORPUS_BYTES)[0]
    size = corpora.size_of(texts)
    for count in (1, settings.threads):
        duel = Duel({peers.LEXEL: LEXEL, peers.REFERENCE: REFERENCE}, "cpu" if count == 1 else "wall")
        with threads(count):
            for _ in range(ROUNDS):
                duel.round(texts)
        label = ("32k", f"{size >> 20} MiB", f"train, {count} thread{'s' * (count > 1)}")
        table.duel(label, duel, [1.0] * ROUNDS, SECONDS, threads=count)


def _lexel(texts: Sequence[str]) -> Engine:
    engine = Engine.from_json(empty_byte_level())
    return engine.train_bpe(texts, vocab_size=VOCAB_SIZE, initial_alphabet=byte_alphabet())


def _reference(texts: Sequence[str]) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer.from_str(empty_byte_level())
    trainer = trainers.BpeTrainer(vocab_size=VOCAB_SIZE, initial_alphabet=byte_alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _model(text: str) -> list[Any]:
    """Return vocabulary and merges, in an order that says where two models part."""
    model = json.loads(text)["model"]
    merges = [merge if isinstance(merge, list) else merge.split(" ") for merge in model["merges"]]
    return [merges, sorted((index, token) for token, index in model["vocab"].items())]


LEXEL = Call(_lexel, lambda engine: _model(engine.to_json()))
REFERENCE = Call(_reference, lambda tokenizer: _model(tokenizer.to_str()))
