"""Attention functions and masks against a double loop over queries and keys."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch

from lexel.errors import UnsupportedError
from lexel.runtime import ALL_ATTENTION_FUNCTIONS, LlamaConfig, LlamaForCausalLM
from lexel.runtime.attention import eager_attention_forward, sdpa_attention_forward
from lexel.runtime.masks import causal_masks

FUNCTIONS = [eager_attention_forward, sdpa_attention_forward]


def slow(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, sees: Any, scaling: float
) -> torch.Tensor:  # [B, T, H, D]
    batch, heads, length, size = query.shape
    share = heads // key.shape[1]
    out = torch.zeros(batch, length, heads, size, dtype=torch.float64)
    for b in range(batch):
        for h in range(heads):
            for t in range(length):
                seen = [s for s in range(key.shape[2]) if sees(b, t, s)]
                scores = [float(query[b, h, t].double() @ key[b, h // share, s].double()) * scaling for s in seen]
                total = sum(math.exp(score) for score in scores)
                for s, score in zip(seen, scores, strict=True):
                    out[b, t, h] += math.exp(score) / total * value[b, h // share, s].double()
    return out


def draw(rng: random.Random) -> dict[str, Any]:
    batch, groups, share = rng.choice([1, 2, 3]), rng.choice([1, 2]), rng.choice([1, 3])
    length, past, size = rng.choice([1, 1, 2, 5]), rng.choice([0, 0, 1, 6]), rng.choice([2, 8])
    torch.manual_seed(rng.randrange(1 << 30))
    padding = None
    if rng.random() < 0.5:
        padding = torch.ones(batch, past + length, dtype=torch.long)
        for row in range(batch):
            padding[row, : rng.randrange(past + length)] = 0
    return {
        "query": torch.randn(batch, groups * share, length, size),
        "key": torch.randn(batch, groups, past + length, size),
        "value": torch.randn(batch, groups, past + length, size),
        "padding": padding,
        "window": rng.choice([None, None, 1, 3, 50]),
        "past": past,
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_two_hundred_cases_equal_the_double_loop(function: Any) -> None:
    rng = random.Random(7)
    for _ in range(200):
        case = draw(rng)
        query, key, padding, window = case["query"], case["key"], case["padding"], case["window"]
        batch, length, past = len(query), query.shape[2], case["past"]
        kind = "full_attention" if window is None else "sliding_attention"
        config = LlamaConfig(num_hidden_layers=1, layer_types=[kind], sliding_window=window)
        mask = causal_masks(
            config, batch=batch, length=length, past=past, padding_mask=padding, device=torch.device("cpu")
        )[kind]

        def sees(b: int, t: int, s: int, past: int = past, padding: Any = padding, window: int | None = window) -> bool:
            place = past + t
            inside = s <= place and (window is None or s > place - window)
            return inside and (padding is None or bool(padding[b, s]))

        out, weights = function(None, query, key, case["value"], mask, scaling=0.3)
        assert out.shape == (batch, length, query.shape[1], query.shape[3])
        assert torch.allclose(out.double(), slow(query, key, case["value"], sees, 0.3), atol=1e-5)
        if weights is not None:
            assert weights.shape == (batch, query.shape[1], length, past + length)


def test_no_mask_is_made_where_none_says_it() -> None:
    config = LlamaConfig(num_hidden_layers=1)

    def mask(length: int, past: int, padding: Any = None) -> Any:
        device = torch.device("cpu")
        return causal_masks(config, batch=2, length=length, past=past, padding_mask=padding, device=device)[
            "full_attention"
        ]

    assert mask(5, 0) is None
    assert mask(1, 0) is None
    assert mask(1, 9) is None
    assert mask(2, 3).tolist() == [[[[True] * 4 + [False], [True] * 5]]]
    assert mask(1, 2, torch.tensor([[0, 1, 1], [1, 1, 1]])).tolist() == [[[[False, True, True]]], [[[True] * 3]]]


def test_a_window_is_as_wide_as_it_says() -> None:
    config = LlamaConfig(num_hidden_layers=1, layer_types=["sliding_attention"], sliding_window=3)
    masks = causal_masks(config, batch=1, length=5, past=0, padding_mask=None, device=torch.device("cpu"))
    picture = ["".join("1" if seen else "." for seen in row) for row in masks["sliding_attention"][0, 0]]
    assert picture == ["1....", "11...", "111..", ".111.", "..111"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_query_that_sees_nothing_gets_zeros(function: Any) -> None:
    query, key = torch.randn(1, 4, 2, 8), torch.randn(1, 2, 2, 8)
    mask = torch.tensor([[[[False, False], [True, True]]]])
    out, _ = function(None, query, key, key, mask, scaling=1.0)
    assert torch.equal(out[:, 0], torch.zeros(1, 4, 8))
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_gradients_are_those_of_the_definition(function: Any) -> None:
    def grads(attend: Any) -> list[torch.Tensor]:
        torch.manual_seed(5)
        tensors = [torch.randn(2, heads, 4, 8, requires_grad=True) for heads in (4, 2, 2)]
        (attend(*tensors) * torch.linspace(-1, 1, 256).view(2, 4, 4, 8)).sum().backward()
        return [tensor.grad for tensor in tensors]

    def definition(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        key, value = key.repeat_interleave(2, 1), value.repeat_interleave(2, 1)
        scores = (query @ key.mT * 0.5).masked_fill(torch.ones(4, 4).triu(1).bool(), -torch.inf)
        return (scores.softmax(-1) @ value).transpose(1, 2)

    ours = grads(lambda *tensors: function(None, *tensors, None, scaling=0.5)[0])
    for got, wanted in zip(ours, grads(definition), strict=True):
        assert torch.allclose(got, wanted, atol=1e-6)


def test_a_registered_function_is_called_once_a_layer(tiny: LlamaForCausalLM) -> None:
    calls = []

    def counting(module: Any, *tensors: Any, **options: Any) -> Any:
        calls.append(module.layer_idx)
        return eager_attention_forward(module, *tensors, **options)

    ALL_ATTENTION_FUNCTIONS.register("counting", counting)
    try:
        tiny.set_attn_implementation("counting")
        ids = torch.tensor([[1, 2, 3]])
        tiny(ids)
        assert calls == [0, 1]
        counted = tiny.generate(ids, max_new_tokens=4)
        assert calls == [0, 1] * 5
        tiny.set_attn_implementation("sdpa")
        assert torch.equal(tiny.generate(ids, max_new_tokens=4), counted)
    finally:
        del ALL_ATTENTION_FUNCTIONS["counting"]


def test_an_unknown_name_lists_what_there_is(tiny: LlamaForCausalLM) -> None:
    with pytest.raises(UnsupportedError, match="'flash' is not available; available are eager, sdpa"):
        tiny.set_attn_implementation("flash")
    assert "flash" not in ALL_ATTENTION_FUNCTIONS
    assert set(ALL_ATTENTION_FUNCTIONS) == {"eager", "sdpa"}


def test_output_attentions_are_rows_that_sum_to_one(tiny: LlamaForCausalLM) -> None:
    out = tiny(torch.tensor([[1, 2, 3, 4]]), output_attentions=True)
    assert len(out.attentions) == 2
    assert out.attentions[0].shape == (1, 4, 4, 4)
    assert torch.allclose(out.attentions[0].sum(-1), torch.ones(1, 4, 4))
    assert torch.allclose(out.logits, tiny(torch.tensor([[1, 2, 3, 4]])).logits, atol=1e-5)
