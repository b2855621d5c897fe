"""Calls of all kinds on one tokenizer, each with the answer that a single thread has got from it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.differential import references
from tests.differential.strings import random_text, random_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel._lexel import Engine

    Job = tuple[Callable[[], Any], Any]

# One of each kind of model; the trained ones are there without shared data.
FAMILIES = ["trained-byte-level", "trained-byte-fallback", "llama-3", "bert-base-uncased", "t5"]


def names() -> list[str]:
    """Return those families that are at hand and native."""
    return [name for name in FAMILIES if name in references.native()]


def jobs(engine: Engine, special: tuple[str, ...], seed: str) -> list[Job]:
    """Return calls and their answers: every option, long texts and short ones, alone and in batches."""
    rng = random.Random(seed)
    calls = [call for _ in range(5) for call in _calls(engine, rng, special)]
    # Enough text that the engine starts threads of its own.
    many = random_texts(rng, 4000, special)
    calls.append(lambda: engine.encode_batch(many, offsets=False, num_threads=4).lists("ids"))
    return [(call, call()) for call in calls]


def _calls(engine: Engine, rng: random.Random, special: tuple[str, ...]) -> list[Callable[[], Any]]:
    texts = random_texts(rng, 40, special)
    text, pair = random_text(rng, special) * 3, (random_text(rng, special), random_text(rng, special))
    ids = engine.encode(text)
    limit, padding = (rng.randint(4, 30), "longest_first", 1, "right"), (None, 0, 0, "[PAD]", "left", 8)
    threads, flag = rng.randint(1, 4), rng.random() < 0.5
    added = (f"<{rng.random()}>", False, True, True, False, flag)

    def rows(batch: Any) -> Any:
        columns = [(row.ids, row.offsets, row.word_ids, row.type_ids) for row in map(batch.row, range(len(batch)))]
        return columns, batch.lists("attention_mask")

    def streamed() -> str:
        stream = engine.decode_stream(skip_special_tokens=flag)
        return "".join(map(stream.feed, ids)) + stream.flush()

    def with_a_token() -> Any:
        other, new = engine.with_added_tokens([added])
        return new, other.encode(text + added[0]), other.vocab_size()

    return [
        lambda: engine.encode(text, add_special_tokens=flag),
        lambda: engine.encode_array(text).tolist(),
        lambda: engine.count(text, add_special_tokens=flag),
        lambda: rows(engine.encode_batch(texts, num_threads=threads, add_special_tokens=flag)),
        lambda: rows(engine.encode_batch(texts, num_threads=threads, padding=padding)),
        lambda: rows(engine.encode_batch([text], truncation=limit).windows()),
        lambda: rows(engine.encode_batch([pair], pairs=True)),
        lambda: rows(engine.encode_batch([texts[:5]], is_split_into_words=True, split_special_tokens=flag)),
        lambda: engine.encode_batch(texts, offsets=False, num_threads=threads).lists("ids"),
        lambda: engine.decode(ids, skip_special_tokens=flag),
        lambda: engine.decode_batch([ids, ids[:3]], num_threads=threads),
        streamed,
        with_a_token,
        lambda: (engine.normalize(text), engine.pre_tokenize(text)),
    ]
