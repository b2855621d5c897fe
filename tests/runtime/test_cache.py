"""The cache against a plain tensor that is concatenated, cut and indexed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexel.runtime import DynamicCache, LlamaConfig, LlamaForCausalLM

HEADS, SIZE = 2, 3
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("update"), st.integers(1, 5)),
        st.tuples(st.just("crop"), st.integers(0, 6)),
        st.tuples(st.just("crop_to"), st.integers(0, 9)),
        st.tuples(st.just("select"), st.lists(st.integers(0, 9), min_size=1, max_size=4)),
        st.tuples(st.just("repeat"), st.integers(1, 2)),
        st.tuples(st.just("reset"), st.none()),
    ),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(OPERATIONS, st.one_of(st.none(), st.integers(1, 40)), st.booleans())
def test_any_sequence_of_operations(operations: list, hint: int | None, has_config: bool) -> None:
    layers = 2
    config = LlamaConfig(num_hidden_layers=layers) if has_config else None
    cache, plain, batch, number = DynamicCache(config, hint=hint), [], 2, 0.0
    for name, argument in operations:
        if name == "update":
            shape = (batch, HEADS, argument, SIZE)
            grown = []
            for layer in range(layers):
                new = torch.arange(number, number + torch.Size(shape).numel()).view(shape)
                number += new.numel()
                keys, values = cache.update(new, -new, layer)
                grown.append(new if not plain else torch.cat((plain[layer], new), 2))
                assert torch.equal(keys, grown[layer])
                assert torch.equal(values, -grown[layer])
            plain = grown
        elif name == "reset":
            cache.reset()
            plain = []
        elif plain and name == "crop":
            count = min(argument, plain[0].shape[2])
            cache.crop(-count)
            plain = [keys[:, :, : keys.shape[2] - count] for keys in plain]
        elif plain and name == "crop_to":
            length = min(argument, plain[0].shape[2])
            cache.crop_to(length)
            plain = [keys[:, :, :length] for keys in plain]
        elif plain and name == "select":
            rows = torch.tensor([row % batch for row in argument])
            (cache.reorder_cache if argument[0] % 2 else cache.batch_select_indices)(rows)
            plain, batch = [keys[rows] for keys in plain], len(rows)
        elif plain and name == "repeat":
            cache.batch_repeat_interleave(argument)
            plain, batch = [keys.repeat_interleave(argument, 0) for keys in plain], batch * argument
            if batch > 30:
                return
        length = plain[0].shape[2] if plain else 0
        assert cache.get_seq_length() == length
        assert cache.get_mask_sizes(3) == (length + 3, 0)


def test_a_hint_means_one_allocation() -> None:
    cache = DynamicCache(hint=100)
    first, _ = cache.update(torch.randn(1, HEADS, 10, SIZE), torch.randn(1, HEADS, 10, SIZE), 0)
    home = first.data_ptr()
    for _ in range(90):
        keys, _ = cache.update(torch.randn(1, HEADS, 1, SIZE), torch.randn(1, HEADS, 1, SIZE), 0)
        assert keys.data_ptr() == home
    assert cache.nbytes == 2 * HEADS * 100 * SIZE * 4
    assert len(cache) == 1


def test_growth_is_geometric() -> None:
    cache, homes = DynamicCache(), set()
    for _ in range(1000):
        keys, _ = cache.update(torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 1), 0)
        homes.add((keys.data_ptr(), cache.nbytes))
    assert len(homes) < 25
    assert cache.nbytes < 2 * 1600 * 4


def test_the_callers_tensors_are_not_written_to() -> None:
    cache, key = DynamicCache(), torch.ones(1, 1, 4, 2)
    cache.update(key, key, 0)
    cache.crop(-2)
    cache.update(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), 0)
    assert torch.equal(key, torch.ones(1, 1, 4, 2))


def test_crop_explains_itself() -> None:
    cache = DynamicCache()
    cache.update(torch.zeros(1, 1, 4, 2), torch.zeros(1, 1, 4, 2), 0)
    with pytest.raises(ValueError, match=r"crop\(-2\); see crop_to"):
        cache.crop(2)
    with pytest.raises(ValueError, match="cannot crop a cache of 4 positions to -1"):
        cache.crop(-5)
    with pytest.raises(ValueError, match="of 4 positions to 7"):
        cache.crop_to(7)


def test_position_by_position_equals_all_at_once(tiny: LlamaForCausalLM) -> None:
    ids = torch.tensor([[5, 9, 3, 7, 1, 2, 8], [6, 1, 4, 4, 2, 9, 3]])
    with torch.no_grad():
        whole = tiny(ids).logits
        for sizes in ([1] * 7, [3, 4], [1, 5, 1], [6, 1]):
            cache, at, parts = DynamicCache(tiny.config), 0, []
            for size in sizes:
                parts.append(tiny(ids[:, at : at + size], past_key_values=cache).logits)
                at += size
            assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)
            assert cache.get_seq_length() == 7


def test_gradients_flow_through_a_cache(tiny: LlamaForCausalLM) -> None:
    ids = torch.tensor([[5, 9, 3, 7]])
    tiny(ids, use_cache=False).logits[:, -1].sum().backward()
    wanted = tiny.model.layers[0].self_attn.k_proj.weight.grad.clone()
    tiny.zero_grad()
    cache = DynamicCache(tiny.config)
    tiny(ids[:, :2], past_key_values=cache)
    tiny(ids[:, 2:3], past_key_values=cache)
    tiny(ids[:, 3:], past_key_values=cache).logits[:, -1].sum().backward()
    assert torch.allclose(tiny.model.layers[0].self_attn.k_proj.weight.grad, wanted, atol=1e-4)
