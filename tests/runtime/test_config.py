from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel.errors import FormatError, LoadError, UnsupportedError
from lexel.runtime import AutoConfig, LlamaConfig

if TYPE_CHECKING:
    from pathlib import Path

LLAMAS = ["tiny-random/llama-tied", "tiny-random/llama-llama3rope-bias", "tiny-random/llama-dynamic", "stories260K"]


@pytest.mark.parametrize("name", LLAMAS)
def test_a_public_config_survives_the_round_trip(shared_data: Path, name: str) -> None:
    stored = json.loads((shared_data / "models" / name / "config.json").read_text())
    config = AutoConfig.from_pretrained(shared_data / "models" / name)
    assert isinstance(config, LlamaConfig)
    written = config.to_dict()
    assert {key: written[key] for key in stored} == stored
    assert LlamaConfig.from_dict(written) == config
    assert LlamaConfig.from_dict(written).to_dict() == written


def test_open_settings_are_derived() -> None:
    config = LlamaConfig(hidden_size=64, num_attention_heads=4, num_hidden_layers=2)
    assert config.num_key_value_heads == 4
    assert config.head_dim == 16
    assert config.num_groups == 1
    assert config.layer_types == ["full_attention"] * 2
    assert config.rope_parameters == {"rope_type": "default", "rope_theta": 10000.0}
    assert config.rope_for("full_attention") == config.rope_parameters
    assert config.get_text_config() is config


def test_only_what_differs_from_the_defaults() -> None:
    changed = LlamaConfig(hidden_size=64, num_attention_heads=4).to_dict(only_changed=True)
    assert changed["hidden_size"] == 64
    assert "vocab_size" not in changed


LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
ROPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"rope_type": "default", "rope_theta": 10000.0}),
    ({"rope_theta": 5e5}, {"rope_type": "default", "rope_theta": 5e5}),
    ({"rope_theta": 5e5, "rope_scaling": None}, {"rope_type": "default", "rope_theta": 5e5}),
    (
        {"rope_theta": 1e4, "rope_scaling": {"type": "linear", "factor": 2.0}},
        {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0},
    ),
    (
        {"rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", **LLAMA3}},
        {"rope_type": "llama3", "rope_theta": 5e5, **LLAMA3},
    ),
    (
        {"rope_parameters": {"rope_theta": 7.0, "rope_type": "default"}, "rope_theta": 1e4, "rope_scaling": {"x": 1}},
        {"rope_type": "default", "rope_theta": 7.0},
    ),
    (
        {"rope_theta": 1e4, "partial_rotary_factor": 0.5},
        {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5},
    ),
    (
        {"rope_scaling": {"type": "yarn", "factor": 4.0}, "max_position_embeddings": 96},
        {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 96},
    ),
    (
        {"rope_scaling": {"type": "yarn", "factor": 4.0}, "original_max_position_embeddings": 32},
        {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32},
    ),
]


@pytest.mark.parametrize(("old", "new"), ROPES)
def test_every_spelling_of_the_rotary_settings_means_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    for order in itertools.islice(itertools.permutations(old.items()), 6):
        config = LlamaConfig.from_dict({"model_type": "llama", **dict(order)})
        assert config.rope_parameters == new
        assert not {"rope_theta", "rope_scaling", "partial_rotary_factor"} & config.to_dict().keys()
        assert LlamaConfig.from_dict(config.to_dict()).rope_parameters == new


def test_the_constructor_takes_old_spellings_too() -> None:
    assert LlamaConfig(rope_theta=7.0).rope_parameters["rope_theta"] == 7.0
    assert LlamaConfig(torch_dtype="bfloat16").dtype == "bfloat16"


def test_former_attributes_say_where_they_went() -> None:
    config = LlamaConfig()
    with pytest.raises(AttributeError, match=r'config\.rope_parameters\["rope_theta"\]'):
        _ = config.rope_theta
    with pytest.raises(AttributeError, match=r"config\.rope_parameters"):
        _ = config.rope_scaling


def test_generation_settings_leave_the_model_config() -> None:
    config = LlamaConfig.from_dict({"temperature": 0.6, "do_sample": True, "top_p": 0.9, "mystery": 3})
    assert config.generation_settings == {"temperature": 0.6, "do_sample": True, "top_p": 0.9}
    assert config.extra == {"mystery": 3}
    assert config.to_dict()["mystery"] == 3
    assert "temperature" not in config.to_dict()


def test_an_unknown_keyword_names_the_nearest() -> None:
    with pytest.raises(TypeError, match="no setting 'hiden_size'; did you mean 'hidden_size'"):
        LlamaConfig(hiden_size=64)
    with pytest.raises(TypeError, match="kept by from_dict only"):
        LlamaConfig(mystery=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_size": "64"}, "hidden_size must be int, not str '64'"),
        ({"vocab_size": True}, "vocab_size must be int, not bool True"),
        ({"rms_norm_eps": None}, "rms_norm_eps must be float, not NoneType"),
        ({"layer_types": "full"}, "layer_types must be"),
        ({"eos_token_id": [1, "2"]}, "eos_token_id must be"),
        ({"rope_scaling": 4}, "rotary settings must be an object"),
        ({"num_attention_heads": 8, "num_key_value_heads": 3}, "must be a multiple of num_key_value_heads, found 8"),
        ({"num_hidden_layers": 2, "layer_types": ["full_attention"]}, "1 layer_types for 2 layers"),
        ({"num_hidden_layers": 1, "layer_types": ["linear_attention"]}, "'linear_attention' is unknown"),
        ({"num_hidden_layers": 1, "layer_types": ["sliding_attention"]}, "needs sliding_window"),
        ({"num_attention_heads": 0}, "must be positive"),
        ({"model_type": "qwen3"}, "model_type is 'qwen3'"),
    ],
)
def test_wrong_settings_name_the_field_and_the_file(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(FormatError, match=message) as caught:
        LlamaConfig.from_pretrained(tmp_path)
    assert str(tmp_path / "config.json") in str(caught.value)
    with pytest.raises((TypeError, ValueError), match=message) as raised:
        LlamaConfig(**settings)
    assert not isinstance(raised.value, FormatError)


def test_files_that_are_wrong_or_absent(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"config\.json"):
        AutoConfig.from_pretrained(tmp_path)
    with pytest.raises(LoadError):
        AutoConfig.from_pretrained(tmp_path / "absent")
    for content in (b"{", b"[]", b"\xff", b"[" * 100_000):
        (tmp_path / "config.json").write_bytes(content)
        with pytest.raises(FormatError, match=r"config\.json"):
            AutoConfig.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(UnsupportedError, match=r"model_type 'bert' is not among llama"):
        AutoConfig.from_pretrained(tmp_path)


def test_a_saved_config_is_the_same_config(tmp_path: Path) -> None:
    config = LlamaConfig(hidden_size=64, num_attention_heads=4, eos_token_id=[2, 3], rope_theta=7.0)
    config.save_pretrained(tmp_path / "new")
    assert LlamaConfig.from_pretrained(tmp_path / "new") == config
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["config.json"]


def test_for_model() -> None:
    assert AutoConfig.for_model("llama", vocab_size=9).vocab_size == 9
    with pytest.raises(TypeError, match=r"AutoConfig\.from_pretrained"):
        AutoConfig()
