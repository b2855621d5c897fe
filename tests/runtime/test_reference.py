"""What the reference computes, this runtime computes: stored outputs of transformers 5.23.0, float32, one thread."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lexel.runtime import AutoModelForCausalLM, DynamicCache, LlamaForCausalLM

LLAMAS = ["llama-tied", "llama-llama3rope-bias", "llama-dynamic"]
ATTENTION = ["eager", "sdpa"]
# Logits: the stored outputs are eager's; sdpa adds in another order.
TOLERANCE = {"eager": 2e-5, "sdpa": 1e-4}
HIDDEN_TOLERANCE = {"eager": 5e-6, "sdpa": 2e-5}


def expected(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    return json.loads((folder / "expected.json").read_text()), load_file(folder / "expected.safetensors")


def left_padded(prompts: list[list[int]], pad: int = 0) -> dict[str, torch.Tensor]:
    longest = max(map(len, prompts))
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(ids)) + ids for ids in prompts]),
        "attention_mask": torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in prompts]),
    }


def new_ids(model: LlamaForCausalLM, prompt: list[int], count: int, **options: Any) -> list[int]:
    out = model.generate(torch.tensor([prompt]), max_new_tokens=count, eos_token_id=None, **options)
    return out[0, len(prompt) :].tolist()


# --- stories260K: real weights ---


@pytest.mark.parametrize("attention", ATTENTION)
@pytest.mark.parametrize("case", range(4))
def test_stories_greedy_ids_and_log_probabilities(
    stories_folder: Path, stories_expected: dict[str, Any], attention: str, case: int
) -> None:
    model = AutoModelForCausalLM.from_pretrained(stories_folder, attn_implementation=attention)
    wanted = stories_expected["cases"][case]
    prompt = torch.tensor([wanted["prompt_ids"]])
    out = model.generate(prompt, max_new_tokens=64, eos_token_id=None, return_dict_in_generate=True, output_logits=True)
    assert out.sequences[0, prompt.shape[1] :].tolist() == wanted["greedy_ids"]
    chances = model.compute_transition_scores(out.sequences, out.logits, normalize_logits=True)
    assert torch.allclose(chances[0], torch.tensor(wanted["greedy_logprobs"]), atol=1e-4)
    assert torch.allclose(out.logits[0][0, :8], torch.tensor(wanted["last_prompt_logits_first8"]), atol=1e-4)
    assert abs(out.logits[0].sum().item() - wanted["last_prompt_logits_sum"]) < 5e-3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_stories_samples_what_the_reference_samples(
    stories: LlamaForCausalLM, stories_expected: dict[str, Any], seed: int
) -> None:
    wanted = stories_expected["sampled"]["cases"][seed]
    assert wanted["seed"] == seed
    options = {"do_sample": True, "temperature": 0.8, "top_k": 50, "top_p": 0.9}
    torch.manual_seed(seed)
    assert new_ids(stories, [1, 403, 407, 261, 378], 48, **options) == wanted["ids"]
    generator = torch.Generator().manual_seed(seed)
    assert new_ids(stories, [1, 403, 407, 261, 378], 48, generator=generator, **options) == wanted["ids"]


STORED = json.loads(Path(__file__).with_name("generate_reference.json").read_text())


@pytest.mark.parametrize("case", STORED["cases"], ids=lambda case: ",".join(case["options"]) or "greedy")
def test_stories_in_every_mode(stories: LlamaForCausalLM, case: dict[str, Any]) -> None:
    """Sampling filters, penalties, bans, copies and ends, in batches: the ids are the reference's."""
    prompts = torch.tensor(STORED["prompts"][: case["prompts"]])
    options = {"eos_token_id": None, "pad_token_id": 0, **case["options"]}
    torch.manual_seed(case["seed"])
    out = stories.generate(prompts, attention_mask=torch.ones_like(prompts), max_new_tokens=40, **options)
    assert out[:, prompts.shape[1] :].tolist() == case["new"]


def test_stories_mean_loss(stories: LlamaForCausalLM, stories_expected: dict[str, Any]) -> None:
    ids = torch.tensor([stories_expected["mean_nll"]["ids"]])
    with torch.no_grad():
        loss = stories(ids, labels=ids).loss
    assert abs(loss.item() - stories_expected["mean_nll"]["value"]) < 1e-5


def test_stories_stops_at_the_end_of_text(stories: LlamaForCausalLM) -> None:
    assert stories.generation_config.eos_ids == [2]
    free = new_ids(stories, [1, 403], 40)
    stopped = stories.generate(torch.tensor([[1, 403]]), max_new_tokens=40, eos_token_id=free[11])
    assert stopped[0].tolist() == [1, 403, *free[: free.index(free[11]) + 1]]


# --- tiny random weights: every rotary type and bias a Llama has ---


@pytest.mark.parametrize("attention", ATTENTION)
@pytest.mark.parametrize("name", LLAMAS)
def test_tiny_logits_and_hidden_states(tiny_folder: Path, name: str, attention: str) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_folder / name, attn_implementation=attention)
    meta, tensors = expected(tiny_folder / name)
    for index, prompt in enumerate(meta["prompts"]):
        with torch.no_grad():
            out = model(torch.tensor([prompt]), output_hidden_states=True)
        assert torch.allclose(out.logits[0], tensors[f"logits_{index}"], rtol=0, atol=TOLERANCE[attention])
        first = tensors[f"hidden_after_layer0_{index}"]
        assert torch.allclose(out.hidden_states[1][0], first, rtol=0, atol=HIDDEN_TOLERANCE[attention])
        assert len(out.hidden_states) == model.config.num_hidden_layers + 1


@pytest.mark.parametrize("hint", [None, 8, 200])
@pytest.mark.parametrize("attention", ATTENTION)
@pytest.mark.parametrize("name", LLAMAS)
def test_tiny_greedy_ids(tiny_folder: Path, name: str, attention: str, hint: int | None) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_folder / name, attn_implementation=attention)
    meta, _ = expected(tiny_folder / name)
    assert min(meta["greedy_min_margin"]) > 1e-3
    for prompt, wanted in zip(meta["prompts"], meta["greedy"], strict=True):
        assert new_ids(model, prompt, 32) == wanted
        assert new_ids(model, prompt, 32, past_key_values=DynamicCache(model.config, hint=hint)) == wanted
        assert new_ids(model, prompt, 32, past_key_values=DynamicCache()) == wanted


@pytest.mark.parametrize("attention", ATTENTION)
@pytest.mark.parametrize("name", LLAMAS)
def test_tiny_left_padded_batch(tiny_folder: Path, name: str, attention: str) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_folder / name, attn_implementation=attention)
    meta, tensors = expected(tiny_folder / name)
    batch = left_padded(meta["prompts"])
    with torch.no_grad():
        last = model(**batch).logits[:, -1]
    for row in range(len(meta["prompts"])):
        assert torch.allclose(last[row], tensors[f"logits_{row}"][-1], rtol=0, atol=TOLERANCE[attention])
    if name != "llama-dynamic":
        assert torch.allclose(last, tensors["padded_logits_last"], rtol=0, atol=TOLERANCE[attention])
    out = model.generate(**batch, max_new_tokens=32, eos_token_id=None)
    assert out[:, batch["input_ids"].shape[1] :].tolist() == meta["greedy"]


def test_dynamic_rotation_depends_on_the_row_alone(tiny_folder: Path) -> None:
    """The reference keeps the frequencies of the longest text it has seen, so its padded logits are another model's.

    The stored ones were computed after a run to 71 positions; with the frequencies of 71 they come out here too.
    """
    model = AutoModelForCausalLM.from_pretrained(tiny_folder / "llama-dynamic", attn_implementation="eager")
    meta, tensors = expected(tiny_folder / "llama-dynamic")
    longest = max(meta["prompts"], key=len)
    table = model.model.tables["full_attention"]
    with torch.no_grad():
        ours = model(torch.tensor([longest])).logits[0, -1]
        turn = table._turn
        table._turn = lambda positions, _length, dtype: turn(positions, 71, dtype)
        theirs = model(torch.tensor([longest])).logits[0, -1]
    stored = tensors["padded_logits_last"][meta["prompts"].index(longest)]
    assert torch.allclose(theirs, stored, rtol=0, atol=2e-5)
    assert (ours - stored).abs().max() > 1


# --- SmolLM2-135M-Instruct from GGUF: a real chat model ---


@pytest.fixture(scope="module")
def smollm2(smollm2_path: Path) -> LlamaForCausalLM:
    return AutoModelForCausalLM.from_pretrained(smollm2_path)


def test_smollm2_is_the_file_the_outputs_were_made_with(smollm2: LlamaForCausalLM) -> None:
    assert smollm2.dtype == torch.float32
    assert smollm2.num_parameters() == 134_515_008
    assert smollm2.generation_config.eos_ids == [2]


def test_smollm2_loads_in_two_seconds(smollm2_path: Path) -> None:
    def seconds() -> float:
        start = time.process_time()
        AutoModelForCausalLM.from_pretrained(smollm2_path)
        return time.process_time() - start

    assert min(seconds() for _ in range(2)) < 2


@pytest.mark.parametrize("case", range(3))
def test_smollm2_answers(smollm2: LlamaForCausalLM, shared_data: Path, case: int) -> None:
    stored = json.loads((shared_data / "models" / "SmolLM2-135M-Instruct" / "expected.json").read_text())
    wanted = stored["cases"][case]
    prompt, ids = wanted["prompt_ids"], wanted["greedy_ids"]
    out = smollm2.generate(
        torch.tensor([prompt]), max_new_tokens=len(ids), return_dict_in_generate=True, output_logits=True
    )
    # A path is compared up to the first step at which two ids are almost equally good.
    gaps = [float(scores[0].topk(2).values.diff().abs()) for scores in out.logits]
    sure = next((step for step, gap in enumerate(gaps) if gap < 1e-2), len(ids))
    assert out.sequences[0, len(prompt) :].tolist()[:sure] == ids[:sure]
    if wanted["min_top2_margin"] > 1e-2:
        assert sure == len(ids)
        assert math.isclose(min(gaps), wanted["min_top2_margin"], abs_tol=1e-3)
