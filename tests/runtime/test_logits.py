"""Processors against their rules, written out score by score."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch

from lexel.runtime import GenerationConfig, LlamaForCausalLM
from lexel.runtime.generation import logits as processors

NEVER = -math.inf


def kept(scores: torch.Tensor) -> list[set[int]]:
    return [{index for index, score in enumerate(row) if score > NEVER} for row in scores.tolist()]


def cases(seed: int, count: int = 60) -> list[torch.Tensor]:
    """Scores with ties, impossible ids, one id, all equal."""
    rng, out = random.Random(seed), []
    for index in range(count):
        rows, size = rng.choice([1, 3]), rng.choice([1, 2, 7, 40])
        grain = rng.choice([None, 1.0, 0.5])
        scores = torch.tensor([[rng.gauss(0, 3) for _ in range(size)] for _ in range(rows)])
        scores = scores if grain is None else (scores / grain).round() * grain
        if index % 5 == 0:
            scores = torch.zeros(rows, size)
        if index % 3 == 0 and size > 2:
            scores[:, rng.randrange(size)] = NEVER
        out.append(scores)
    return out


@pytest.mark.parametrize("k", [1, 2, 5, 100])
def test_top_k_keeps_ties(k: int) -> None:
    for scores in cases(1):
        out = processors.top_k(k)(torch.empty(0), scores)
        for row, (before, after) in enumerate(zip(scores.tolist(), out.tolist(), strict=True)):
            least = sorted(before)[-min(k, len(before))]
            assert after == [score if score >= least else NEVER for score in before], (row, k)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_top_p_keeps_the_smallest_set_that_reaches_the_mass(p: float) -> None:
    for scores in cases(2):
        out = processors.top_p(p)(torch.empty(0), scores)
        for before, survivors in zip(scores.tolist(), kept(out), strict=True):
            total = sum(math.exp(score) for score in before)
            chances = [math.exp(score) / total for score in before]
            mass = sum(chances[index] for index in survivors)
            weakest = min(survivors, key=lambda index: chances[index])
            assert survivors
            assert mass >= p - 1e-5
            assert len(survivors) == 1 or mass - chances[weakest] <= p + 1e-5
            assert all(chances[index] <= chances[weakest] + 1e-7 for index in set(range(len(before))) - survivors)


@pytest.mark.parametrize("k", [1, 3, 20])
@pytest.mark.parametrize("p", [0.1, 0.7, 0.95])
def test_the_short_way_of_top_k_and_top_p_keeps_the_same(k: int, p: float) -> None:
    for scores in cases(3):
        long = processors.top_p(p)(torch.empty(0), processors.top_k(k)(torch.empty(0), scores))
        short = processors.top_k_top_p(k, p)(torch.empty(0), scores)
        if len(set(scores.flatten().tolist())) == scores.numel():
            assert torch.equal(long, short)
        else:  # among equal scores at the edge of the mass, either may fall
            for row in range(len(scores)):
                assert sorted(long[row].tolist()) == sorted(short[row].tolist())


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_min_p(share: float) -> None:
    for scores in cases(4):
        out = processors.min_p(share)(torch.empty(0), scores)
        chances = scores.softmax(-1)
        for row, survivors in enumerate(kept(out)):
            best = chances[row].max()
            possible = {index for index in range(scores.shape[1]) if scores[row, index] > NEVER}
            assert survivors == {index for index in possible if chances[row, index] >= share * best}


def test_repetition_penalty() -> None:
    scores = torch.tensor([[2.0, -2.0, 0.0, 4.0], [1.0, 1.0, 1.0, 1.0]])
    ids = torch.tensor([[0, 1, 1, 0], [2, 2, 2, 2]])
    out = processors.repetition_penalty(2.0)(ids, scores)
    assert out.tolist() == [[1.0, -4.0, 0.0, 4.0], [1.0, 1.0, 0.5, 1.0]]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_repeat_ngram(size: int) -> None:
    rng = random.Random(size)
    for _ in range(200):
        ids = [[rng.randrange(4) for _ in range(rng.choice([1, 2, 9]))]]
        out = processors.no_repeat_ngram(size)(torch.tensor(ids), torch.zeros(1, 4))
        row = ids[0]
        grams = [row[at : at + size] for at in range(len(row) - size + 1)]
        tail = row[len(row) - size + 1 :]
        banned = {token for token in range(4) if len(tail) == size - 1 and [*tail, token] in grams}
        assert kept(out) == [set(range(4)) - banned]


def test_min_length_and_suppression() -> None:
    scores = torch.zeros(2, 5)
    assert kept(processors.min_length(3, [1, 4, 99])(torch.zeros(2, 2), scores)) == [{0, 2, 3}] * 2
    assert kept(processors.min_length(3, [1])(torch.zeros(2, 3), scores)) == [set(range(5))] * 2
    assert kept(processors.suppress_tokens([0, 7])(torch.zeros(2, 3), scores)) == [{1, 2, 3, 4}] * 2


def test_the_order_is_fixed_and_users_come_before_sampling() -> None:
    def named(config: dict[str, Any]) -> list[str]:
        chain = processors.processors_for(GenerationConfig(**config), prompt=2, extra=[lambda _ids, scores: scores + 1])
        return [processor.__qualname__.split(".")[0] for processor in chain]

    everything = {
        "repetition_penalty": 1.2,
        "no_repeat_ngram_size": 2,
        "min_length": 9,
        "eos_token_id": 3,
        "suppress_tokens": [1],
        "do_sample": True,
        "temperature": 0.7,
        "top_k": 5,
        "top_p": 0.9,
        "min_p": 0.1,
    }
    test = "test_the_order_is_fixed_and_users_come_before_sampling"
    before = ["repetition_penalty", "no_repeat_ngram", "min_length", "suppress_tokens", test]
    assert named(everything) == [*before, "temperature", "top_k_top_p", "min_p"]
    assert named({**everything, "do_sample": False}) == before
    assert named({"do_sample": True, "top_k": 3}) == [test, "top_k"]
    assert named({"do_sample": True, "top_p": 0.3}) == [test, "top_p"]
    assert named({"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0}) == [test]
    assert named({"min_new_tokens": 1, "eos_token_id": [3]}) == ["min_length", test]


def test_processors_act_in_generate(tiny: LlamaForCausalLM) -> None:
    ids = torch.tensor([[1, 2, 3]])
    free = tiny.generate(ids, max_new_tokens=12)[0, 3:].tolist()
    forbidden = tiny.generate(ids, max_new_tokens=12, suppress_tokens=[free[0]])[0, 3:].tolist()
    assert free[0] not in forbidden
    apart = tiny.generate(ids, max_new_tokens=20, no_repeat_ngram_size=1)[0].tolist()
    assert len(set(apart)) == len(apart)
    later = tiny.generate(ids, max_new_tokens=12, min_new_tokens=4, eos_token_id=free[0])[0, 3:].tolist()
    assert free[0] not in later[:4]
    mine = tiny.generate(ids, max_new_tokens=3, logits_processor=[lambda _ids, scores: -scores])[0, 3:].tolist()
    assert mine[0] == int(tiny(ids).logits[0, -1].argmin())


def test_allowed_continuations(tiny: LlamaForCausalLM) -> None:
    seen = []

    def allowed(prompt: int, ids: torch.Tensor) -> list[int]:
        seen.append((prompt, len(ids)))
        return [5, 6] if prompt == 0 else [7]

    out = tiny.generate([[1, 2], [3, 4]], max_new_tokens=5, prefix_allowed_tokens_fn=allowed)
    assert set(out[0, 2:].tolist()) <= {5, 6}
    assert out[1, 2:].tolist() == [7] * 5
    assert seen[:4] == [(0, 2), (1, 2), (0, 3), (1, 3)]
    with pytest.raises(ValueError, match="allows no id for row 0"):
        tiny.generate([[1]], max_new_tokens=2, prefix_allowed_tokens_fn=lambda _prompt, _ids: [])
