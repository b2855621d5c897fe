"""Llama models in GGUF files: the same model as in safetensors, under other names and in another row order."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
import torch
from tests.unit.gguf_files import F32, STRING, U32, container

from lexel.errors import FormatError, LoadError, UnsupportedError, WeightsError
from lexel.runtime import AutoConfig, AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

if TYPE_CHECKING:
    from pathlib import Path

IDS = torch.tensor([[1, 5, 9, 2]])
NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OUTER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def ggml_name(name: str) -> str:
    module, _, leaf = name.rpartition(".")
    if module in OUTER:
        return f"{OUTER[module]}.{leaf}"
    _, _, layer, inner = module.split(".", 3)
    return f"blk.{layer}.{NAMES[inner]}.{leaf}"


def halves_to_pairs(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Row by row: row i of a half-split head goes to place 2i, row i + D / 2 to place 2i + 1."""
    size = len(rows) // heads
    out = torch.empty_like(rows)
    for head in range(heads):
        for i in range(size // 2):
            out[head * size + 2 * i] = rows[head * size + i]
            out[head * size + 2 * i + 1] = rows[head * size + i + size // 2]
    return out


def as_gguf(model: LlamaForCausalLM, *, kind: str = "F32", **changes: Any) -> bytes:
    config = model.config
    metadata = {
        "general.architecture": (STRING, "llama"),
        "llama.block_count": (U32, config.num_hidden_layers),
        "llama.context_length": (U32, config.max_position_embeddings),
        "llama.embedding_length": (U32, config.hidden_size),
        "llama.feed_forward_length": (U32, config.intermediate_size),
        "llama.attention.head_count": (U32, config.num_attention_heads),
        "llama.attention.head_count_kv": (U32, config.num_key_value_heads),
        "llama.attention.layer_norm_rms_epsilon": (F32, config.rms_norm_eps),
        "llama.rope.freq_base": (F32, config.rope_parameters["rope_theta"]),
        "tokenizer.ggml.eos_token_id": (U32, 7),
        **changes.pop("metadata", {}),
    }
    tensors = list(changes.pop("tensors", []))
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        if "q_proj" in name:
            tensor = halves_to_pairs(tensor, config.num_attention_heads)
        if "k_proj" in name:
            tensor = halves_to_pairs(tensor, config.num_key_value_heads)
        form = kind if tensor.dim() > 1 else "F32"
        dtype = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[form]
        raw = tensor.to(dtype).contiguous().view(torch.uint8).numpy().tobytes()
        tensors.append((ggml_name(name), tuple(tensor.shape), form, raw))
    return container({key: typed for key, typed in metadata.items() if typed is not None}, tensors)


@pytest.fixture
def model(tiny_config: LlamaConfig) -> LlamaForCausalLM:
    tiny_config.eos_token_id, tiny_config.bos_token_id = 7, None
    return LlamaForCausalLM(tiny_config).eval()


@pytest.mark.parametrize("tie", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_the_same_model_comes_out(tiny_config: LlamaConfig, tmp_path: Path, tie: bool, bias: bool) -> None:
    tiny_config.tie_word_embeddings, tiny_config.attention_bias, tiny_config.mlp_bias = tie, bias, bias
    model = LlamaForCausalLM(tiny_config).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    path = tmp_path / "model.gguf"
    path.write_bytes(as_gguf(model))
    for loaded in (
        AutoModelForCausalLM.from_pretrained(path),
        AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf"),
        LlamaForCausalLM.from_pretrained(str(path)),
    ):
        for name, tensor in model.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], tensor), name
        assert loaded.config.tie_word_embeddings == tie
        assert loaded.generation_config.eos_ids == [7]
    assert AutoConfig.from_pretrained(path).rms_norm_eps == pytest.approx(1e-6)


def test_half_types_stay_half(model: LlamaForCausalLM, tmp_path: Path) -> None:
    for kind, dtype in (("F16", torch.float16), ("BF16", torch.bfloat16)):
        path = tmp_path / f"{kind}.gguf"
        path.write_bytes(as_gguf(model, kind=kind))
        loaded = AutoModelForCausalLM.from_pretrained(path)
        assert loaded.dtype == dtype
        assert torch.equal(loaded.state_dict()["lm_head.weight"], model.lm_head.weight.to(dtype))
        assert AutoModelForCausalLM.from_pretrained(path, dtype="float32").dtype == torch.float32


def test_it_saves_as_a_normal_model(model: LlamaForCausalLM, tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(as_gguf(model))
    AutoModelForCausalLM.from_pretrained(tmp_path / "model.gguf").save_pretrained(tmp_path / "out")
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert torch.equal(again(IDS).logits, model(IDS).logits)
    assert again.generation_config.eos_ids == [7]


def test_stored_rotary_divisors_are_a_setting(tiny_config: LlamaConfig, tmp_path: Path) -> None:
    """Files made from llama3 checkpoints store the divisors instead of the settings they came from."""
    plain = LlamaForCausalLM(tiny_config).eval()
    llama3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0}
    llama3 |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 16}
    tiny_config.rope_parameters = llama3
    model = LlamaForCausalLM(tiny_config).eval()
    model.load_state_dict(plain.state_dict())
    tables = model.model.tables["full_attention"].rope, plain.model.tables["full_attention"].rope
    factors = (tables[1].inv_freq / tables[0].inv_freq).numpy().astype("<f4")
    (tmp_path / "m.gguf").write_bytes(as_gguf(model, tensors=[("rope_freqs.weight", (4,), "F32", factors.tobytes())]))
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "m.gguf")
    ids = torch.arange(60)[None]
    with torch.no_grad():
        assert torch.allclose(loaded(ids).logits, model(ids).logits, atol=1e-4)
        assert not torch.allclose(plain(ids).logits, model(ids).logits, atol=1e-2)


@pytest.mark.parametrize(
    ("metadata", "rope"),
    [
        ({"llama.rope.scaling.type": (STRING, "none")}, {"rope_type": "default"}),
        (
            {"llama.rope.scaling.type": (STRING, "linear"), "llama.rope.scaling.factor": (F32, 2.0)},
            {"rope_type": "linear", "factor": 2.0},
        ),
        (
            {
                "llama.rope.scaling.type": (STRING, "yarn"),
                "llama.rope.scaling.factor": (F32, 4.0),
                "llama.rope.scaling.original_context_length": (U32, 16),
            },
            {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
        ),
    ],
)
def test_rotary_scaling(model: LlamaForCausalLM, tmp_path: Path, metadata: dict[str, Any], rope: Any) -> None:
    (tmp_path / "m.gguf").write_bytes(as_gguf(model, metadata=metadata))
    config = AutoConfig.from_pretrained(tmp_path / "m.gguf")
    assert config.rope_parameters == {"rope_theta": 10000.0, **rope}


@pytest.mark.parametrize(
    ("metadata", "error", "message"),
    [
        ({"general.architecture": (STRING, "gpt2")}, UnsupportedError, "architecture 'gpt2'"),
        ({"general.architecture": None}, FormatError, "'general.architecture' to be str, found nothing"),
        ({"llama.block_count": None}, FormatError, "'llama.block_count' to be int, found nothing"),
        ({"llama.block_count": (STRING, "two")}, FormatError, "to be int, found str 'two'"),
        ({"llama.block_count": (U32, 3)}, WeightsError, r"missing \(9\): model\.layers\.2\."),
        ({"llama.expert_count": (U32, 8)}, UnsupportedError, "mixture of experts"),
        ({"llama.attention.head_count": (U32, 0)}, FormatError, "must be positive"),
        ({"llama.rope.dimension_count": (U32, 4)}, UnsupportedError, "rotates a part of each head"),
        ({"llama.rope.scaling.type": (STRING, "spiral")}, UnsupportedError, "'spiral' is neither linear nor yarn"),
    ],
)
def test_what_a_file_must_say(
    model: LlamaForCausalLM, tmp_path: Path, metadata: dict[str, Any], error: type[Exception], message: str
) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(as_gguf(model, metadata=metadata))
    with pytest.raises(error, match=message) as caught:
        AutoModelForCausalLM.from_pretrained(path)
    assert str(path) in str(caught.value)


def test_tensors_nobody_wants_are_unexpected(model: LlamaForCausalLM, tmp_path: Path) -> None:
    extra = ("blk.0.attn_sinks.weight", (4,), "F32", struct.pack("<4f", 1, 2, 3, 4))
    (tmp_path / "m.gguf").write_bytes(as_gguf(model, tensors=[extra]))
    with pytest.raises(WeightsError, match=r"unexpected \(1\): blk\.0\.attn_sinks\.weight \[4\]"):
        AutoModelForCausalLM.from_pretrained(tmp_path / "m.gguf")


def test_files_that_are_wrong_or_absent(model: LlamaForCausalLM, tmp_path: Path) -> None:
    good = as_gguf(model)
    path = tmp_path / "m.gguf"
    for content in (b"", b"garbage" * 50, good[: len(good) // 2], good[:-1]):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=r"m\.gguf"):
            AutoModelForCausalLM.from_pretrained(path)
    with pytest.raises(LoadError, match=r"absent\.gguf"):
        AutoModelForCausalLM.from_pretrained(tmp_path / "absent.gguf")
    with pytest.raises(LoadError, match=r"absent\.gguf"):
        AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="absent.gguf")
    with pytest.raises(TypeError, match="is a GGUF file already"):
        AutoModelForCausalLM.from_pretrained(path, gguf_file="m.gguf")
