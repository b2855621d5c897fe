"""A Llama in a GGUF file: its settings as a `config.json`, its tensors under the checkpoint's names.

Source: the names and the row order that ggml's converters give to Llama checkpoints.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch

from lexel.errors import FormatError, UnsupportedError
from lexel.gguf import GGUF

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from lexel.hub import ModelFiles

_OUTER = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_INNER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
# Divisors of the rotary frequencies: a setting of the model, not a parameter.
_ROPE_FACTORS = "rope_freqs.weight"
_NATIVE = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}


class GGUFSource:
    """The tensors of a GGUF file of architecture llama; quantised ones are read as float32."""

    def __init__(self, path: Path) -> None:
        self.file = GGUF.open(path)
        self.files: ModelFiles | None = None
        self.origin = str(path)
        found = self._meta("general.architecture", str)
        if found != "llama":
            raise UnsupportedError(f"{path}: a GGUF file of architecture {found!r}; only 'llama' is read")
        if self.file.metadata.get("llama.expert_count"):
            raise UnsupportedError(f"{path}: a mixture of experts; only dense models of architecture llama are read")
        self.heads = self._meta("llama.attention.head_count", int)
        self.kv_heads = self._meta("llama.attention.head_count_kv", int, self.heads)
        self._names = {_public(name): name for name in self.file.tensors if name != _ROPE_FACTORS}

    def _meta(self, key: str, kind: type, default: Any = None) -> Any:
        value = self.file.metadata.get(key, default)
        if kind is float and isinstance(value, int):
            value = float(value)
        if not isinstance(value, kind):
            found = "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
            raise FormatError(f"{self.origin}: expected metadata {key!r} to be {kind.__name__}, found {found}")
        return value

    def keys(self) -> list[str]:
        """Return the names of all tensors."""
        return list(self._names)

    def shape(self, key: str) -> tuple[int, ...]:
        """Return the shape of a tensor."""
        return self.file.tensors[self._names[key]].shape

    def dtype(self, key: str) -> torch.dtype:
        """Return the type of a float tensor as stored, float32 of a quantised one."""
        return _NATIVE.get(self.file.tensors[self._names[key]].type, torch.float32)

    def default_dtype(self) -> torch.dtype:
        """Return the type of the embeddings."""
        embeddings = "model.embed_tokens.weight"
        return self.dtype(embeddings) if embeddings in self._names else torch.float32

    def read(self, key: str) -> Tensor:
        """Return a tensor, dequantised, its rows in the order of Llama checkpoints."""
        name = self._names[key]
        info = self.file.tensors[name]
        if info.type in _NATIVE:
            # The mapping is read-only, and torch wants memory it may write to.
            tensor = torch.frombuffer(bytearray(self.file.raw(name)), dtype=_NATIVE[info.type]).view(info.shape)
        else:
            tensor = torch.from_numpy(self.file.read(name))
        if ".q_proj." in key:
            return pairs_to_halves(tensor, self.heads)
        return pairs_to_halves(tensor, self.kv_heads) if ".k_proj." in key else tensor

    def config(self) -> dict[str, Any]:
        """Return what the metadata says, in the form of a `config.json`."""
        hidden = self._meta("llama.embedding_length", int)
        head_dim = self._meta("llama.attention.key_length", int, hidden // max(self.heads, 1))
        if self._meta("llama.rope.dimension_count", int, head_dim) != head_dim:
            raise UnsupportedError(f"{self.origin}: rotates a part of each head, which the llama reader does not do")
        length = self._meta("llama.context_length", int)
        if "model.embed_tokens.weight" not in self._names:
            raise FormatError(f"{self.origin}: has no tensor 'token_embd.weight'")
        ids = {
            f"{name}_token_id": self.file.metadata.get(f"tokenizer.ggml.{key}_token_id")
            for name, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"))
        }
        return {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "vocab_size": self.shape("model.embed_tokens.weight")[0],
            "hidden_size": hidden,
            "intermediate_size": self._meta("llama.feed_forward_length", int),
            "num_hidden_layers": self._meta("llama.block_count", int),
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": head_dim,
            "max_position_embeddings": length,
            "rms_norm_eps": self._meta("llama.attention.layer_norm_rms_epsilon", float),
            "rope_parameters": self._rope(length),
            "attention_bias": "model.layers.0.self_attn.q_proj.bias" in self._names,
            "mlp_bias": "model.layers.0.mlp.gate_proj.bias" in self._names,
            "tie_word_embeddings": "lm_head.weight" not in self._names,
            **ids,
        }

    def _rope(self, length: int) -> dict[str, Any]:
        rope: dict[str, Any] = {"rope_type": "default", "rope_theta": self._meta("llama.rope.freq_base", float, 1e4)}
        kind = self._meta("llama.rope.scaling.type", str, "none")
        if _ROPE_FACTORS in self.file.tensors:
            # One divisor a frequency, at every length: what longrope says when both of its lists are the same.
            factors = self.file.read(_ROPE_FACTORS).tolist()
            lists = {"short_factor": factors, "long_factor": factors, "original_max_position_embeddings": length}
            return {**rope, "rope_type": "longrope", "attention_factor": 1.0, **lists}
        if kind == "none":
            return rope
        if kind not in ("linear", "yarn"):
            raise UnsupportedError(f"{self.origin}: rotary scaling {kind!r} is neither linear nor yarn")
        rope |= {"rope_type": kind, "factor": self._meta("llama.rope.scaling.factor", float)}
        if kind == "yarn":
            original = self._meta("llama.rope.scaling.original_context_length", int, length)
            rope["original_max_position_embeddings"] = original
        return rope


def pairs_to_halves(rows: Tensor, heads: int) -> Tensor:
    """Reorder the rows [heads · D, …] of a projection from rotated pairs (2i, 2i + 1) to (i, i + D / 2)."""
    return rows.view(heads, -1, 2, *rows.shape[1:]).transpose(1, 2).reshape(rows.shape)


def _public(name: str) -> str:
    if name in _OUTER:
        return _OUTER[name]
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", name)
    if match and match[2] in _INNER:
        return f"model.layers.{match[1]}.{_INNER[match[2]]}.{match[3]}"
    return name
