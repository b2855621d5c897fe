"""BPE dropout: the distribution of tokenizations is the original's, and what can be chosen is exact.

The probabilities of every tokenization of a short word are computed by walking through all that may happen. Both sides
are then compared with them: ours with a fixed seed, the original with a wide margin (its randomness is the system's).
"""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from typing import Any

import pytest
from tests.differential.random_bpe import ALPHABETS, text, tokenizer
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import VocabularyError

pytestmark = pytest.mark.differential

DRAWS = 20_000
MERGES = ["a b", "ab a", "b a", "ab ab", "ba b", "a a", "aba ba", "aa b", "abab a"]
WORDS = ["ab", "aba", "abab", "aabab", "babaab", "ababa"]
Distribution = dict[tuple[str, ...], float]


def content(dropout: float | None, **options: Any) -> str:
    vocab = ["a", "b", "c", *(merge.replace(" ", "") for merge in MERGES)]
    model = {
        "type": "BPE",
        "dropout": dropout,
        "vocab": {token: number for number, token in enumerate(dict.fromkeys(vocab))},
        "merges": MERGES,
        **options,
    }
    return json.dumps({"version": "1.0", "added_tokens": [], "model": model})


def distribution(word: str, p: float) -> Distribution:
    """Return the probability of each tokenization: a queue of merges, each passed over with probability p."""
    ranks = {tuple(merge.split()): rank for rank, merge in enumerate(MERGES)}
    Symbols = tuple[tuple[int, str], ...]
    Queue = frozenset[tuple[int, int]]

    def possible(symbols: Symbols, at: int) -> set[tuple[int, int]]:
        """Return the entry (rank, place) of the pair that starts with this symbol."""
        if not 0 <= at < len(symbols) - 1:
            return set()
        rank = ranks.get((symbols[at][1], symbols[at + 1][1]))
        return set() if rank is None else {(rank, symbols[at][0])}

    @cache
    def outcomes(symbols: Symbols, queue: Queue) -> Distribution:
        result: Counter[tuple[str, ...]] = Counter()
        chance = 1.0
        for entry in sorted(queue):
            after, left = symbols, set(queue - {entry})
            at = next((i for i, (place, _) in enumerate(symbols) if place == entry[1]), -1)
            if entry in possible(symbols, at):
                merged = (symbols[at][0], symbols[at][1] + symbols[at + 1][1])
                after = (*symbols[:at], merged, *symbols[at + 2 :])
                left |= possible(after, at) | possible(after, at - 1)
            for outcome, probability in outcomes(after, frozenset(left)).items():
                result[outcome] += chance * (1 - p) * probability
            chance *= p
        result[tuple(token for _, token in symbols)] += chance
        return dict(result)

    start = tuple(enumerate(word))
    return outcomes(start, frozenset(entry for at in range(len(word)) for entry in possible(start, at)))


def assert_drawn_from(expected: Distribution, rows: list[list[str]], margin: float) -> None:
    """Compare counts with probabilities: chi-square, rare outcomes together."""
    counts = Counter(map(tuple, rows))
    assert set(counts) <= {outcome for outcome, probability in expected.items() if probability > 0}
    rare = [outcome for outcome, probability in expected.items() if probability * len(rows) < 10]
    cells = [(counts[o], p * len(rows)) for o, p in expected.items() if o not in rare]
    cells.append((sum(counts[o] for o in rare), sum(expected[o] for o in rare) * len(rows) + 1e-9))
    statistic = sum((seen - mean) ** 2 / mean for seen, mean in cells if mean > 1)
    freedom = len(cells)
    assert statistic < freedom + margin * (2 * freedom) ** 0.5, (expected, counts)


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("word", WORDS)
def test_tokenizations_are_as_probable_as_the_original_draws_them(word: str, p: float) -> None:
    expected = distribution(word, p)
    assert abs(sum(expected.values()) - 1) < 1e-9
    engine, library = Engine.from_json(content(p)), Tokenizer.from_str(content(p))
    batch = engine.encode_batch([word] * DRAWS, sampling=(None, None, None, 1234))
    assert_drawn_from(expected, [engine.ids_to_tokens(row) for row in batch.lists("ids")], 4)
    assert_drawn_from(expected, [row.tokens for row in library.encode_batch([word] * DRAWS)], 8)


def test_the_seed_decides_and_threads_do_not() -> None:
    engine = Engine.from_json(content(0.3))
    rows = ["abaab" * (n % 40) for n in range(4000)]
    drawn = [
        engine.encode_batch(rows, sampling=(None, None, None, seed), num_threads=threads, offsets=offsets).lists("ids")
        for seed, threads, offsets in [(5, 1, True), (5, 2, True), (5, 7, False), (6, 1, True)]
    ]
    assert drawn[0] == drawn[1] == drawn[2] != drawn[3]
    sampling = (None, None, None, 5)
    assert (
        engine.encode(rows[39], sampling=sampling) == engine.encode_batch([rows[39]], sampling=sampling).lists("ids")[0]
    )
    assert engine.count(rows[39], sampling=sampling) == len(engine.encode(rows[39], sampling=sampling))
    assert bytes(engine.encode_array(rows[39], sampling=sampling)) == bytes(
        engine.encode_array(rows[39], sampling=sampling)
    )


def test_without_a_seed_every_call_draws_anew() -> None:
    engine, plain = Engine.from_json(content(0.5)), Engine.from_json(content(None))
    assert len({tuple(engine.encode("abaab")) for _ in range(60)}) > 1
    assert len({tuple(row) for row in engine.encode_batch(["abaab"] * 60).lists("ids")}) > 1
    assert len({tuple(plain.encode("abaab", sampling=(0.5, None, None, None))) for _ in range(60)}) > 1


def test_the_call_overrules_the_file() -> None:
    none, half, all_of_it = (Engine.from_json(content(p)) for p in (None, 0.5, 1.0))
    word = "abaab" * 30
    plain = none.encode(word)
    assert plain == Tokenizer.from_str(content(None)).encode(word).ids
    assert half.encode(word, sampling=(0.0, None, None, None)) == plain == none.encode(word, sampling=(None,) * 4)
    letters = Tokenizer.from_str(content(1.0)).encode(word).ids
    assert all_of_it.encode(word) == letters == none.encode(word, sampling=(1.0, None, None, 3))
    # Sampling left nothing in the caches.
    assert none.encode(word) == plain
    assert Engine.from_json(content(0.0)).encode(word) == plain


@pytest.mark.parametrize("seed", range(60))
def test_no_merges_at_all(seed: int) -> None:
    """With a dropout of 1 nothing is left to chance: characters, whatever the options."""
    rng = random.Random(seed)
    alphabet = rng.choice(ALPHABETS)
    parsed = json.loads(tokenizer(rng, alphabet))
    parsed["model"]["dropout"] = 1.0
    stated = json.dumps(parsed)
    library, engine = Tokenizer.from_str(stated), Engine.from_json(stated)
    for string in [text(rng, alphabet) for _ in range(30)]:
        try:
            encoding = library.encode(string, add_special_tokens=False)
        except Exception:
            with pytest.raises(VocabularyError):
                engine.encode(string)
            continue
        ours = engine.encode_batch([string]).row(0)
        assert (ours.ids, ours.offsets, ours.tokens) == (encoding.ids, encoding.offsets, encoding.tokens)
        assert engine.encode(string) == encoding.ids


@pytest.mark.parametrize("dropout", [-0.5, 1.5, float("nan")])
def test_a_dropout_is_a_probability(dropout: float) -> None:
    engine = Engine.from_json(content(None))
    with pytest.raises(ValueError, match="expected a dropout from 0 to 1"):
        engine.encode("ab", sampling=(dropout, None, None, None))
    with pytest.raises(ValueError, match="alpha and nbest_size are for Unigram"):
        engine.encode("ab", sampling=(None, 0.1, None, None))
