from __future__ import annotations

import logging
import random
import time
from typing import Any

import pytest

from lexel import VocabularyError, generate_merges
from lexel.converters.merges import as_pairs, usable_merges


def plainly(vocab: dict[str, int], scores: dict[str, float] | None, skip: set[str]) -> list[tuple[str, str]]:
    """The rule, written down without haste."""
    found = []
    for token, score in (scores or vocab).items():
        if token in skip:
            continue
        pairs = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        pairs = [pair for pair in pairs if all(part in vocab and part not in skip for part in pair)]
        found += [(score, pair) for pair in sorted(pairs, key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))]
    found.sort(key=lambda e: (e[0], len(e[1][0]), len(e[1][1])), reverse=scores is not None)
    return [pair for _, pair in found]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scored", [False, True])
def test_merges_follow_the_rule(seed: int, scored: bool) -> None:
    rng = random.Random(seed)
    tokens = list(dict.fromkeys("".join(rng.choices("abé", k=rng.randint(1, 5))) for _ in range(60)))
    rng.shuffle(tokens)
    vocab = {token: index for index, token in enumerate(tokens)}
    scores = {token: float(rng.randint(-5, 0)) for token in tokens} if scored else None
    skip = set(rng.sample(tokens, 3))
    assert generate_merges(vocab, scores, skip) == plainly(vocab, scores, skip)


def test_long_texts_among_the_tokens_stay_cheap() -> None:
    vocab = {"a": 0, "b": 1, "ab": 2, "x" * 200_000: 3}
    start = time.perf_counter()
    assert generate_merges(vocab) == [("a", "b")]
    assert time.perf_counter() - start < 1


def test_merges_are_written_in_many_ways() -> None:
    assert as_pairs(["a b", ("c", "d"), ["e", "f"]]) == [("a", "b"), ("c", "d"), ("e", "f")]
    assert as_pairs(["  b"]) == [(" ", "b")], "the left part may begin with a space"


@pytest.mark.parametrize("merge", ["ab", ("a", "b", "c"), ("a", 5)])
def test_what_is_no_merge(merge: Any) -> None:
    with pytest.raises(VocabularyError, match="merge 1 is not two tokens"):
        as_pairs(["a b", merge])


def test_unusable_merges_are_skipped_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    vocab = {"a": 0, "b": 1, "ab": 2}
    merges = [("a", "b"), ("b", "c"), ("b", "a")]
    with caplog.at_level(logging.WARNING):
        assert usable_merges(vocab, merges) == [("a", "b")]
    assert len(caplog.records) == 1
    assert "2 of 3 merges use tokens out of vocabulary: ('b', 'c') needs 'c'" in caplog.text
    with pytest.raises(VocabularyError, match="out of vocabulary"):
        usable_merges(vocab, merges, strict=True)
    caplog.clear()
    assert usable_merges(vocab, merges[:1]) == merges[:1]
    assert caplog.records == []
