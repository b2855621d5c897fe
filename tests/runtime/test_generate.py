"""The loop: ends, batches, copies, caches, outputs, and what it refuses."""

from __future__ import annotations

import threading
import time
from collections import UserDict
from typing import Any

import pytest
import torch

from lexel.runtime import DynamicCache, GenerateDecoderOnlyOutput, GenerationConfig, LlamaForCausalLM
from lexel.runtime.generation.loop import steps
from lexel.runtime.generation.prompt import prepare

PROMPTS = [[1, 2, 3], [9, 8, 7, 6, 5], [4], [11, 12], [30, 3, 17, 2]]


def padded(prompts: list[list[int]]) -> dict[str, torch.Tensor]:
    longest = max(map(len, prompts))
    return {
        "input_ids": torch.tensor([[0] * (longest - len(ids)) + ids for ids in prompts]),
        "attention_mask": torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in prompts]),
    }


def slow(model: LlamaForCausalLM, prompt: list[int], count: int, eos: set[int] = frozenset()) -> list[int]:
    """Greedy without a cache, a batch or a loop of ours."""
    ids = list(prompt)
    for _ in range(count):
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
        if ids[-1] in eos:
            break
    return ids[len(prompt) :]


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("options", [{}, {"use_cache": False}, {"prefill_chunk_size": 2}, {"prefill_chunk_size": 1}])
def test_every_way_gives_the_same_ids(tiny: LlamaForCausalLM, attention: str, options: dict[str, Any]) -> None:
    tiny.set_attn_implementation(attention)
    batch = padded(PROMPTS)
    out = tiny.generate(**batch, max_new_tokens=15, **options)
    assert torch.equal(out[:, :5], batch["input_ids"])
    for row, prompt in enumerate(PROMPTS):
        assert out[row, 5:].tolist() == slow(tiny, prompt, 15)
        assert tiny.generate([prompt], max_new_tokens=15, **options)[0, len(prompt) :].tolist() == slow(
            tiny, prompt, 15
        )


def test_rows_end_one_by_one(tiny: LlamaForCausalLM) -> None:
    free = [slow(tiny, prompt, 15) for prompt in PROMPTS]
    eos = {free[0][1], free[1][3], free[3][6]}
    out = tiny.generate(**padded(PROMPTS), max_new_tokens=15, eos_token_id=sorted(eos), pad_token_id=60)
    wanted = [slow(tiny, prompt, 15, eos) for prompt in PROMPTS]
    assert len({len(ids) for ids in wanted}) > 2, "the case is meant to have rows of several lengths"
    for row, ids in enumerate(wanted):
        assert out[row, 5 : 5 + len(ids)].tolist() == ids
        assert out[row, 5 + len(ids) :].tolist() == [60] * (out.shape[1] - 5 - len(ids))
    assert out.shape[1] == 5 + max(map(len, wanted))


def test_ended_rows_are_not_computed(tiny: LlamaForCausalLM) -> None:
    free = [slow(tiny, prompt, 15) for prompt in PROMPTS]
    eos = [free[0][1], free[1][3], free[3][6]]
    sizes = []
    hook = tiny.model.register_forward_hook(lambda _module, args, _out: sizes.append(len(args[0])))
    kept = tiny.generate(**padded(PROMPTS), max_new_tokens=15, eos_token_id=eos, pad_token_id=60)
    assert sizes[0] == 5
    assert sizes[-1] < 5
    assert sizes == sorted(sizes, reverse=True)
    hook.remove()
    whole = tiny.generate(
        **padded(PROMPTS), max_new_tokens=15, eos_token_id=eos, pad_token_id=60, return_dict_in_generate=True
    )
    assert torch.equal(whole.sequences, kept)


def test_one_prefill_for_all_copies(tiny: LlamaForCausalLM) -> None:
    calls = []
    hook = tiny.model.register_forward_hook(lambda _module, args, _out: calls.append(tuple(args[0].shape)))
    torch.manual_seed(1)
    out = tiny.generate([[1, 2, 3], [4, 5, 6]], max_new_tokens=4, do_sample=True, num_return_sequences=3)
    hook.remove()
    assert calls == [(2, 3), (6, 1), (6, 1), (6, 1)]
    assert out[:, :3].tolist() == [[1, 2, 3]] * 3 + [[4, 5, 6]] * 3
    torch.manual_seed(1)
    repeated = tiny.generate([[1, 2, 3]] * 3 + [[4, 5, 6]] * 3, max_new_tokens=4, do_sample=True)
    assert torch.equal(out, repeated)
    with pytest.raises(ValueError, match="pass do_sample=True"):
        tiny.generate([[1]], num_return_sequences=2, max_new_tokens=1)


def test_sampling_is_a_function_of_the_seed(tiny: LlamaForCausalLM) -> None:
    def draw(seed: int | None) -> list[int]:
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        out = tiny.generate([[1]], max_new_tokens=20, do_sample=True, temperature=3.0, generator=generator)
        return out[0].tolist()

    assert draw(1) == draw(1) != draw(2)
    torch.manual_seed(5)
    first = draw(None)
    torch.manual_seed(5)
    assert draw(None) == first


def test_sampling_follows_the_distribution(tiny: LlamaForCausalLM) -> None:
    """χ² of 20,000 draws of one step against the probabilities they were drawn from."""
    with torch.no_grad():
        chances = (tiny(torch.tensor([[7]])).logits[0, -1] / 1.5).softmax(-1)
    out = tiny.generate([[7]], max_new_tokens=1, do_sample=True, temperature=1.5, top_k=0, num_return_sequences=20_000)
    counts = torch.bincount(out[:, 1], minlength=61).double()
    wanted = chances.double() * 20_000
    common = wanted > 5
    chi2 = ((counts - wanted)[common] ** 2 / wanted[common]).sum().item()
    assert chi2 < 2 * int(common.sum())


# --- Caches ---


def test_a_conversation_goes_on_where_the_cache_ends(tiny: LlamaForCausalLM) -> None:
    cache = DynamicCache(tiny.config)
    first = tiny.generate([[1, 2, 3]], max_new_tokens=4, past_key_values=cache)
    assert cache.get_seq_length() == 6
    lengths = []
    hook = tiny.model.register_forward_hook(lambda _module, args, _out: lengths.append(args[0].shape[1]))
    turn = [*first[0].tolist(), 20, 21]
    second = tiny.generate([turn], max_new_tokens=3, past_key_values=cache)
    hook.remove()
    assert lengths == [3, 1, 1]
    assert second[0, len(turn) :].tolist() == slow(tiny, turn, 3)
    with pytest.raises(ValueError, match="the cache has 11 positions and the prompt 9 ids"):
        tiny.generate([turn], max_new_tokens=3, past_key_values=cache)
    with pytest.raises(TypeError, match="must be a Cache, not tuple"):
        tiny.generate([turn], max_new_tokens=3, past_key_values=())


def test_long_runs_outgrow_the_first_buffer(tiny: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lexel.runtime.generation.prompt.ROOM", 4)
    assert tiny.generate([[1, 2]], max_new_tokens=40)[0, 2:].tolist() == slow(tiny, [1, 2], 40)


# --- Outputs ---


@pytest.mark.parametrize("copies", [1, 2])
def test_the_fields_and_shapes_of_the_output(tiny: LlamaForCausalLM, copies: int) -> None:
    out = tiny.generate(
        [[1, 2, 3], [4, 5, 6]],
        max_new_tokens=4,
        do_sample=True,
        top_k=5,
        num_return_sequences=copies,
        return_dict_in_generate=True,
        output_scores=True,
        output_logits=True,
        output_attentions=True,
        output_hidden_states=True,
    )
    rows = 2 * copies
    assert isinstance(out, GenerateDecoderOnlyOutput)
    assert list(out) == ["sequences", "scores", "logits", "attentions", "hidden_states", "past_key_values"]
    assert out.sequences.shape == (rows, 7)
    assert [tuple(scores.shape) for scores in out.scores] == [(rows, 61)] * 4
    assert [tuple(scores.shape) for scores in out.logits] == [(rows, 61)] * 4
    assert (out.scores[0] > -torch.inf).sum(-1).tolist() == [5] * rows
    assert [tuple(step[0].shape) for step in out.hidden_states] == [(rows, 3, 32), *[(rows, 1, 32)] * 3]
    assert [len(step) for step in out.hidden_states] == [3] * 4
    assert [tuple(step[0].shape) for step in out.attentions] == [(rows, 4, 3, 3), *[(rows, 4, 1, n) for n in (4, 5, 6)]]
    assert out.past_key_values.get_seq_length() == 6
    assert out[0] is out["sequences"]
    raw = tiny.compute_transition_scores(out.sequences, out.logits)
    assert raw[1, 2] == out.logits[2][1, out.sequences[1, 5]]
    chances = tiny.compute_transition_scores(out.sequences, out.logits, normalize_logits=True)
    assert torch.allclose(chances[1, 2].exp(), out.logits[2][1].softmax(-1)[out.sequences[1, 5]])


def test_only_what_was_asked_for_is_kept(tiny: LlamaForCausalLM) -> None:
    out = tiny.generate([[1]], max_new_tokens=2, return_dict_in_generate=True)
    assert list(out) == ["sequences", "past_key_values"]
    assert isinstance(tiny.generate([[1]], max_new_tokens=2, output_scores=True), torch.Tensor)


def test_what_comes_out_may_be_used_in_training(tiny: LlamaForCausalLM) -> None:
    ids = tiny.generate([[1, 2]], max_new_tokens=6)
    assert not ids.is_inference()
    ids[0, 0] = 5
    tiny(ids, labels=ids).loss.backward()
    out = tiny.generate([[1, 2]], max_new_tokens=6, return_dict_in_generate=True, output_logits=True)
    assert not out.logits[0].is_inference()
    tiny(torch.tensor([[3]]), past_key_values=out.past_key_values).logits.sum().backward()
    short = tiny.generate([[1, 2]], max_new_tokens=6, eos_token_id=int(ids[0, 3]))
    tiny(short, labels=short).loss.backward()


def test_a_hook_or_callable_sees_tensors_for_autograd(tiny: LlamaForCausalLM) -> None:
    seen = []
    hook = tiny.model.layers[0].mlp.register_forward_hook(lambda _module, _args, out: seen.append(out))
    tiny.generate([[1, 2]], max_new_tokens=3)
    hook.remove()
    tiny.generate([[1, 2]], max_new_tokens=3, logits_processor=[lambda _ids, scores: seen.append(scores) or scores])
    assert len(seen) == 6
    assert not any(tensor.is_inference() for tensor in seen)


# --- Ends ---


def test_criteria_of_the_caller(tiny: LlamaForCausalLM) -> None:
    free = tiny.generate([[1, 2], [3, 4]], max_new_tokens=9, pad_token_id=0)
    out = tiny.generate(
        [[1, 2], [3, 4]],
        max_new_tokens=9,
        pad_token_id=60,
        stopping_criteria=[lambda ids, _scores: torch.tensor([ids.shape[1] >= 5, ids.shape[1] >= 7])],
    )
    assert out.shape[1] == 7
    assert out[0].tolist() == [*free[0, :5].tolist(), 60, 60]
    assert out[1].tolist() == free[1, :7].tolist()
    whole = tiny.generate([[1, 2]], max_new_tokens=9, stopping_criteria=[lambda ids, _scores: ids.shape[1] == 4])
    assert whole[0].tolist() == free[0, :4].tolist()
    with pytest.raises(ValueError, match="pass pad_token_id"):
        tiny.generate([[1], [2]], max_new_tokens=9, stopping_criteria=[lambda _ids, _scores: False])


def test_max_time(tiny: LlamaForCausalLM) -> None:
    out = tiny.generate([[1]], max_new_tokens=50, max_time=0)
    assert out.shape[1] == 2
    start = time.monotonic()
    tiny.generate([[1]], max_new_tokens=50, max_time=0.02, logits_processor=[lambda _ids, s: time.sleep(0.005) or s])
    assert time.monotonic() - start < 5


def test_lengths(tiny: LlamaForCausalLM) -> None:
    assert tiny.generate([[1, 2]], max_length=7).shape[1] == 7
    assert tiny.generate([[1, 2]]).shape[1] == 22
    assert tiny.generate([[1] * 60]).shape[1] == 64  # the model has 64 positions
    tiny.generation_config.max_new_tokens = 3
    assert tiny.generate([[1, 2]]).shape[1] == 5
    assert tiny.generate([[1, 2]], GenerationConfig(max_new_tokens=4)).shape[1] == 6
    assert tiny.generate([[1, 2]], GenerationConfig(max_new_tokens=4), max_new_tokens=5).shape[1] == 7
    with pytest.raises(ValueError, match="the prompt has 2 ids, and max_length=2; set max_new_tokens"):
        tiny.generate([[1, 2]], max_length=2, max_new_tokens=None)


# --- Prompts ---


def test_prompts_of_every_form(tiny: LlamaForCausalLM) -> None:
    wanted = tiny.generate(torch.tensor([[1, 2, 3]]), max_new_tokens=5)
    batch = {"input_ids": torch.tensor([[1, 2, 3]]), "attention_mask": torch.tensor([[1, 1, 1]])}
    assert torch.equal(tiny.generate(**batch, max_new_tokens=5), wanted)
    assert torch.equal(tiny.generate(**UserDict(batch), max_new_tokens=5), wanted)
    assert torch.equal(tiny.generate(batch, max_new_tokens=5), wanted)
    assert torch.equal(tiny.generate(UserDict(batch), max_new_tokens=5), wanted)
    assert torch.equal(tiny.generate([[1, 2, 3]], max_new_tokens=5), wanted)
    assert torch.equal(tiny.generate(torch.tensor([[1, 2, 3]], dtype=torch.int32), max_new_tokens=5), wanted)
    assert torch.equal(tiny.generate(max_new_tokens=5), tiny.generate([[1]], max_new_tokens=5))


def test_padding_is_inferred_where_it_can_be(tiny: LlamaForCausalLM) -> None:
    batch = padded(PROMPTS)
    wanted = tiny.generate(**batch, max_new_tokens=5)
    assert torch.equal(tiny.generate(batch["input_ids"], max_new_tokens=5, pad_token_id=0), wanted)
    plain = tiny.generate(batch["input_ids"], max_new_tokens=5, pad_token_id=0, eos_token_id=0)
    assert not torch.equal(plain, wanted)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"inputs": [[1, 2, 99]]}, ValueError, "id 99 is outside the model's vocabulary of 61 ids"),
        ({"inputs": [[1, -1]]}, ValueError, "id -1 is outside"),
        ({"inputs": [1, 2]}, ValueError, r"shape \[batch, length\], not \[2\]"),
        ({"inputs": torch.zeros(1, 0, dtype=torch.long)}, ValueError, r"not \[1, 0\]"),
        ({"inputs": [[1.0]]}, TypeError, "must be integers, not torch.float32"),
        ({"inputs": [[1]], "input_ids": [[1]]}, TypeError, "give the prompt once"),
        ({"inputs": {"input_ids": [[1]]}, "attention_mask": [[1]]}, TypeError, "in the mapping already"),
        ({"inputs": {"input_ids": [[1]], "token_type_ids": [[0]]}}, TypeError, "return_token_type_ids=False"),
        ({"inputs": [[1, 2]], "attention_mask": [[1]]}, ValueError, r"attention_mask has shape \[1, 1\]"),
        ({"inputs": [[1, 2], [3, 0]], "attention_mask": [[1, 1], [1, 0]]}, ValueError, "row 1 is padded on the right"),
        ({"inputs": [[1]], "stop_strings": "x"}, ValueError, "pass tokenizer="),
    ],
)
def test_prompts_that_cannot_be(
    tiny: LlamaForCausalLM, call: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tiny.generate(**call, max_new_tokens=1)
    tiny.config.bos_token_id = None
    with pytest.raises(ValueError, match="no bos_token_id to start from"):
        LlamaForCausalLM(tiny.config).generate(max_new_tokens=1)


def test_forward_checks_its_inputs(tiny: LlamaForCausalLM) -> None:
    with pytest.raises(ValueError, match="either input_ids or inputs_embeds"):
        tiny()
    with pytest.raises(ValueError, match="attention_mask covers 2 positions, and there are 3"):
        tiny(torch.tensor([[1, 2, 3]]), attention_mask=torch.ones(1, 2))
    with pytest.raises(TypeError, match=r"must be bool, true where seen, not torch\.float32"):
        tiny(torch.tensor([[1, 2]]), attention_mask=torch.zeros(1, 1, 2, 2))
    with pytest.raises(TypeError, match="head_mask"):
        tiny(torch.tensor([[1]]), head_mask=None)


def test_forward_options(tiny: LlamaForCausalLM) -> None:
    ids = torch.tensor([[1, 2, 3, 4]])
    whole = tiny(ids)
    assert tiny(ids, use_cache=False).past_key_values is None
    assert whole.past_key_values.get_seq_length() == 4
    assert torch.equal(tiny(ids, logits_to_keep=2).logits, tiny(ids).logits[:, -2:])
    assert torch.allclose(tiny(ids, logits_to_keep=torch.tensor([0, 3])).logits, whole.logits[:, [0, 3]])
    embeds = tiny.get_input_embeddings()(ids)
    assert torch.equal(tiny(inputs_embeds=embeds).logits, whole.logits)
    shifted = tiny(ids, position_ids=torch.arange(10, 14)[None])
    assert torch.allclose(shifted.logits, whole.logits, atol=1e-4)  # only distances matter
    triangle = torch.ones(1, 1, 4, 4).tril().bool()
    assert torch.allclose(tiny(ids, attention_mask=triangle).logits, whole.logits, atol=1e-5)
    tiny.train()
    assert tiny(ids).past_key_values is None


def test_one_model_serves_many_threads(tiny: LlamaForCausalLM) -> None:
    wanted = [slow(tiny, prompt, 12) for prompt in PROMPTS]
    got: dict[int, list[int]] = {}

    def work(row: int) -> None:
        got[row] = tiny.generate([PROMPTS[row]], max_new_tokens=12)[0, len(PROMPTS[row]) :].tolist()

    threads = [threading.Thread(target=work, args=(row,)) for row in range(len(PROMPTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[row] for row in range(len(PROMPTS))] == wanted


def test_a_step_says_which_rows_it_computed(tiny: LlamaForCausalLM) -> None:
    run = prepare(tiny, torch.tensor([[1, 2], [3, 4]]), None, {"max_new_tokens": 2})
    with torch.no_grad():
        seen = [(step.rows, step.length, step.ends) for step in steps(tiny, run)]
    assert seen == [([0, 1], 3, {}), ([0, 1], 4, {0: "length", 1: "length"})]
