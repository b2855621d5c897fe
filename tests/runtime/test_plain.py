"""The mirror computes what the model computes, and leaves alone what it does not know."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lexel.runtime import DynamicCache, LlamaConfig, LlamaForCausalLM
from lexel.runtime.plain import plain

IDS = torch.tensor([[1, 5, 9, 2], [3, 3, 4, 8]])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("tie", [True, False])
def test_the_mirror_gives_the_same_bits(tiny_config: LlamaConfig, bias: bool, tie: bool) -> None:
    tiny_config.attention_bias = tiny_config.mlp_bias = bias
    tiny_config.tie_word_embeddings = tie
    model = LlamaForCausalLM(tiny_config).eval()
    strangers: list[nn.Module] = []
    mirror = plain(model, strangers)
    assert strangers == []
    assert not isinstance(mirror, nn.Module)
    with torch.no_grad():
        ours, theirs = DynamicCache(tiny_config), DynamicCache(tiny_config)
        for ids in (IDS, IDS[:, :1], IDS[:, 1:2]):
            got = mirror(ids, past_key_values=ours)
            wanted = model(ids, past_key_values=theirs)
            assert torch.equal(got.logits, wanted.logits)


def test_it_sees_the_present_weights(tiny: LlamaForCausalLM) -> None:
    before = tiny.generate([[1, 2]], max_new_tokens=8)
    with torch.no_grad():
        for parameter in tiny.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    after = tiny.generate([[1, 2]], max_new_tokens=8)
    tiny.lm_head.weight = nn.Parameter(-tiny.lm_head.weight.detach())
    assert len({tuple(ids[0].tolist()) for ids in (before, after, tiny.generate([[1, 2]], max_new_tokens=8))}) == 3


class Scaled(nn.Module):
    """A wrapper as adapters have them."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.calls = inner, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.inner(x) * 2


def test_a_module_of_somebody_else_stays_one(tiny: LlamaForCausalLM) -> None:
    wanted = tiny(IDS).logits
    wrapper = tiny.model.layers[1].mlp.up_proj = Scaled(tiny.model.layers[1].mlp.up_proj)
    tiny.model.layers[1].mlp.down_proj.weight.data /= 2
    strangers: list[nn.Module] = []
    out = plain(tiny, strangers)(IDS)
    assert strangers == [wrapper]
    assert wrapper.calls == 1
    assert torch.allclose(out.logits, wanted, atol=1e-5)


@pytest.mark.parametrize("place", ["model", "model.layers.0", "model.layers.0.self_attn.q_proj", "lm_head"])
def test_hooks_are_called(tiny: LlamaForCausalLM, place: str) -> None:
    calls: list[Any] = []
    module = tiny.get_submodule(place)
    handles = [
        module.register_forward_hook(lambda *_args: calls.append("after")),
        module.register_forward_pre_hook(lambda *_args: calls.append("before")),
    ]
    tiny.generate([[1, 2]], max_new_tokens=3)
    assert calls == ["before", "after"] * 3
    for handle in handles:
        handle.remove()
    tiny.generate([[1, 2]], max_new_tokens=3)
    assert len(calls) == 6


def test_a_patched_forward_is_called(tiny: LlamaForCausalLM) -> None:
    forward, calls = tiny.model.forward, []
    tiny.model.forward = lambda *args, **options: calls.append(1) or forward(*args, **options)
    tiny.generate([[1, 2]], max_new_tokens=3)
    assert len(calls) == 3


def test_a_subclass_is_not_mirrored(tiny_config: LlamaConfig) -> None:
    class Mine(LlamaForCausalLM):
        pass

    model, strangers = Mine(tiny_config), []
    assert plain(model, strangers) is model
    assert strangers == [model]
    model.generate([[1]], max_new_tokens=2)
