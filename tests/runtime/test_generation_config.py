from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexel.errors import FormatError, LoadError, UnsupportedError
from lexel.runtime import GenerationConfig, LlamaConfig, LlamaForCausalLM
from lexel.runtime.generation.config import _SAID, DEFAULTS, resolve

if TYPE_CHECKING:
    from pathlib import Path

LAYER = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([0.5, 0.8, None]),
        "top_k": st.sampled_from([0, 5, 9, None]),
        "max_new_tokens": st.sampled_from([3, 4, None]),
        "do_sample": st.sampled_from([True, False, None]),
        "eos_token_id": st.sampled_from([1, [2, 3], None]),
        "repetition_penalty": st.sampled_from([1.1, None]),
    },
)


@given(LAYER, LAYER, LAYER)
def test_the_highest_layer_that_says_something_wins(
    call: dict[str, Any], given_: dict[str, Any], model: dict[str, Any]
) -> None:
    resolved = resolve(call, GenerationConfig(**given_), GenerationConfig(**model))
    for name in ("temperature", "top_k", "max_new_tokens", "do_sample", "eos_token_id", "repetition_penalty"):
        wanted = DEFAULTS.get(name)
        for layer in (model, given_):
            wanted = layer[name] if layer.get(name) is not None else wanted
        if name in call:
            wanted = call[name]  # a keyword speaks even when it is None: it switches off
        assert getattr(resolved, name) == wanted


def test_zero_temperature_is_greedy() -> None:
    config = resolve({"temperature": 0, "do_sample": True}, None, GenerationConfig())
    assert config.do_sample is False


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", -0.1, "temperature must be a number of 0"),
        ("temperature", "hot", "temperature must be a number of 0"),
        ("top_p", 1.1, "top_p must be a number from 0 to 1"),
        ("min_p", -1, "min_p must be"),
        ("top_k", -1, "top_k must be an int of 0 or more"),
        ("top_k", 2.5, "top_k must be an int"),
        ("max_new_tokens", 0, "max_new_tokens must be a positive int"),
        ("max_new_tokens", True, "max_new_tokens must be a positive int"),
        ("num_return_sequences", 0, "num_return_sequences must be a positive int"),
        ("repetition_penalty", 0, "repetition_penalty must be a number above 0"),
        ("do_sample", 1, "do_sample must be a bool"),
        ("eos_token_id", "</s>", "eos_token_id must be an id"),
        ("suppress_tokens", [-3], "suppress_tokens must be a list of ids"),
        ("stop_strings", ["a", ""], "stop_strings must be"),
        ("max_time", -1, "max_time must be seconds"),
    ],
)
def test_impossible_settings_name_the_field_and_the_range(
    name: str, value: Any, message: str, tiny: LlamaForCausalLM, tmp_path: Path
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        tiny.generate([[1]], **{name: value})
    with pytest.raises((TypeError, ValueError), match=message):
        GenerationConfig(**{name: value}).save_pretrained(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "generation_config.json").write_text(json.dumps({name: value}))
    with pytest.raises(FormatError, match=message):
        GenerationConfig.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"max_new_token": 3}, "did you mean 'max_new_tokens'"),
        ({"atention_mask": 3}, "did you mean 'attention_mask'"),
        ({"penalty_alpha": 0.6}, "contrastive search was removed"),
        ({"num_beam_groups": 2}, None),
        ({"constraints": []}, "constrained beam search was removed"),
        ({"force_words_ids": [[1]]}, "constrained beam search was removed"),
        ({"dola_layers": "high"}, "DoLa decoding was removed"),
        ({"assistant_model": None}, "assisted decoding"),
        ({"token_type_ids": None}, "return_token_type_ids=False"),
        ({"zzz": 1}, "generate takes no 'zzz'"),
    ],
)
def test_unknown_options_name_the_replacement(
    tiny: LlamaForCausalLM, option: dict[str, Any], message: str | None
) -> None:
    with pytest.raises(TypeError if message else UnsupportedError, match=message):
        tiny.generate([[1]], **option)


@pytest.mark.parametrize(
    "option",
    [
        {"num_beams": 4},
        {"typical_p": 0.9},
        {"bad_words_ids": [[1]]},
        {"exponential_decay_length_penalty": [1, 1.1]},
        {"cache_implementation": "static"},
    ],
)
def test_settings_without_effect_here_are_refused(tiny: LlamaForCausalLM, option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(option))):
        tiny.generate([[1]], **option)


def test_values_that_ask_for_nothing_pass(tiny: LlamaForCausalLM) -> None:
    tiny.generate([[1]], max_new_tokens=1, num_beams=1, typical_p=1.0, forced_bos_token_id=None, length_penalty=1.0)


PUBLIC: list[dict[str, Any]] = [
    {"bos_token_id": 1, "eos_token_id": 2, "transformers_version": "4.31.0"},
    {"bos_token_id": 1, "eos_token_id": 2, "max_length": 4096, "pad_token_id": 0, "temperature": 0.6, "top_p": 0.9},
    {"_from_model_config": True, "bos_token_id": 128000, "do_sample": True, "eos_token_id": [128001, 128009]},
    {"bos_token_id": 2, "cache_implementation": "hybrid", "eos_token_id": [1, 107], "pad_token_id": 0, "top_k": 64},
    {"do_sample": True, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.05, "temperature": 0.7},
    {"forced_eos_token_id": None, "suppress_tokens": None, "max_new_tokens": 2048},
    {},
]


@pytest.mark.parametrize("stored", PUBLIC)
def test_public_files_load_and_survive(tmp_path: Path, tiny: LlamaForCausalLM, stored: dict[str, Any]) -> None:
    (tmp_path / "generation_config.json").write_text(json.dumps(stored))
    config = GenerationConfig.from_pretrained(tmp_path)
    assert GenerationConfig.from_dict(config.to_diff_dict()) == config
    config.save_pretrained(tmp_path)
    assert GenerationConfig.from_pretrained(tmp_path) == config
    said = {key: value for key, value in stored.items() if value is not None}
    assert said.items() <= config.to_diff_dict().items()
    tiny.generation_config = config
    tiny.generate([[1]], max_new_tokens=1)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"generation_config\.json"):
        GenerationConfig.from_pretrained(tmp_path)


def test_old_model_configs_hand_over_their_settings(tiny_config: LlamaConfig, tmp_path: Path) -> None:
    settings = {**tiny_config.to_dict(), "do_sample": True, "temperature": 0.3, "eos_token_id": 5}
    model = LlamaForCausalLM(LlamaConfig.from_dict(settings))
    assert model.generation_config.temperature == 0.3
    assert model.generation_config.do_sample is True
    assert model.generation_config.eos_ids == [5]
    model.save_pretrained(tmp_path)
    assert "temperature" not in json.loads((tmp_path / "config.json").read_text())
    again = LlamaForCausalLM.from_pretrained(tmp_path)
    assert again.generation_config.temperature == 0.3


def test_update_returns_the_rest() -> None:
    config = GenerationConfig()
    assert config.update(top_k=3, other=1) == {"other": 1}
    assert config.top_k == 3


def test_hints_come_once(tiny: LlamaForCausalLM, caplog: pytest.LogCaptureFixture) -> None:
    _SAID.clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            tiny.generate([[1]], max_new_tokens=1, top_p=0.5)
            tiny.generate([[1]], max_new_tokens=1, max_length=9)
            tiny.generate([[1]])
    assert [record.message for record in caplog.records] == [
        "top_p without effect: generation is greedy; pass do_sample=True to sample",
        "max_new_tokens=1 wins over max_length=9",
        "no length is given: up to 20 new ids are generated; set max_new_tokens",
    ]
