"""Llama: pre-norm decoder with grouped-query attention, rotary positions and a gated MLP.

Covers Llama 1 to 3, SmolLM, and every checkpoint of `model_type` llama. Parameter names are the checkpoints'.
Shapes: B batch, T new positions, n positions so far, H query heads, K key/value heads, D head size, V vocabulary.
Source: the public checkpoints; the numbers are pinned by stored reference outputs.
"""

# mypy: allow-subclassing-any
from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lexel.runtime.attention import ALL_ATTENTION_FUNCTIONS
from lexel.runtime.cache import Cache, DynamicCache
from lexel.runtime.config import LlamaConfig, ModelConfig
from lexel.runtime.generation.mixin import GenerationMixin
from lexel.runtime.layers import Embedding, GatedMLP, RMSNorm, apply_rope
from lexel.runtime.masks import causal_masks
from lexel.runtime.module import PreTrainedModel
from lexel.runtime.outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from lexel.runtime.plain import has_plain_forward
from lexel.runtime.rope import RopeTable

if TYPE_CHECKING:
    from lexel.runtime.attention import AttentionFn

    Turn = tuple[Tensor, Tensor]  # cosines and sines of the new positions


@has_plain_forward
class LlamaAttention(nn.Module):
    """Project to heads, rotate queries and keys, remember keys and values, attend, project back."""

    def __init__(self, config: ModelConfig, layer_idx: int) -> None:
        super().__init__()
        self.config, self.layer_idx, self.head_dim = config, layer_idx, config.head_dim
        self.scaling = config.head_dim**-0.5
        query, key = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, query, bias=config.attention_bias)
        self.k_proj = nn.Linear(config.hidden_size, key, bias=config.attention_bias)
        self.v_proj = nn.Linear(config.hidden_size, key, bias=config.attention_bias)
        self.o_proj = nn.Linear(query, config.hidden_size, bias=config.attention_bias)

    def forward(
        self, x: Tensor, turn: Turn, mask: Tensor | None, cache: Cache | None, attend: AttentionFn
    ) -> tuple[Tensor, Tensor | None]:
        """Return [B, T, hidden], and the weights where the attention function gives them."""
        batch, length, _ = x.shape
        heads = (batch, length, -1, self.head_dim)
        query = apply_rope(self.q_proj(x).view(heads).transpose(1, 2), *turn)  # [B, H, T, D]
        key = apply_rope(self.k_proj(x).view(heads).transpose(1, 2), *turn)  # [B, K, T, D]
        value = self.v_proj(x).view(heads).transpose(1, 2)
        if cache is not None:
            key, value = cache.update(key, value, self.layer_idx)  # [B, K, n, D]
        dropout = self.config.attention_dropout if self.training else 0.0
        out, weights = attend(self, query, key, value, mask, scaling=self.scaling, dropout=dropout)
        return self.o_proj(out.reshape(batch, length, -1)), weights


@has_plain_forward
class LlamaDecoderLayer(nn.Module):
    """Attention and MLP, each on a normed copy of the residual stream."""

    def __init__(self, config: ModelConfig, layer_idx: int) -> None:
        super().__init__()
        self.self_attn = LlamaAttention(config, layer_idx)
        self.mlp = GatedMLP(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self, x: Tensor, turn: Turn, mask: Tensor | None, cache: Cache | None, attend: AttentionFn
    ) -> tuple[Tensor, Tensor | None]:
        """Return [B, T, hidden], and the weights where the attention function gives them."""
        out, weights = self.self_attn(self.input_layernorm(x), turn, mask, cache, attend)
        x = x + out
        return x + self.mlp(self.post_attention_layernorm(x)), weights


class LlamaPreTrainedModel(PreTrainedModel):
    """What the Llama models share."""

    config_class = LlamaConfig
    base_model_prefix = "model"
    # Old checkpoints store the rotary frequencies.
    ignore_on_load = (r"\.rotary_emb\.inv_freq$",)


@has_plain_forward
class LlamaModel(LlamaPreTrainedModel):
    """The decoder without head: ids to hidden states."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        pad = config.pad_token_id
        inside = pad is not None and 0 <= pad < config.vocab_size
        self.embed_tokens = Embedding(config.vocab_size, config.hidden_size, padding_idx=pad if inside else None)
        self.layers = nn.ModuleList([LlamaDecoderLayer(config, index) for index in range(config.num_hidden_layers)])
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.tables = {
            kind: RopeTable(
                config.rope_for(kind), head_dim=config.head_dim, max_position=config.max_position_embeddings
            )
            for kind in sorted(set(config.layer_types))
        }
        self.post_init()

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
    ) -> BaseModelOutputWithPast:
        """Run the decoder.

        Args:
            input_ids: [B, T]; or give `inputs_embeds` [B, T, hidden].
            attention_mask: [B, n], zero at padding; or a ready bool mask [B, 1, T, n].
            position_ids: [B, T]; by default they count what `attention_mask` shows.
            past_key_values: what earlier calls returned; extended in place.
            inputs_embeds: in place of ids.
            use_cache: return `past_key_values`; by default as the config says, and never while training.
            output_attentions: return the weights of each layer (needs eager attention, which is then used).
            output_hidden_states: return the L + 1 hidden states, the last one after the final norm.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds")
        x = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        cache = past_key_values
        if cache is None and (self.config.use_cache and not self.training if use_cache is None else use_cache):
            cache = DynamicCache(self.config)
        past = 0 if cache is None else cache.get_seq_length()
        turns, masks = self._shared(x, attention_mask, position_ids, past)
        attend = ALL_ATTENTION_FUNCTIONS["eager" if output_attentions else self.config._attn_implementation]
        states, weights = [x], []
        for layer, kind in zip(self.layers, self.config.layer_types, strict=True):
            x, seen = layer(x, turns[kind], masks[kind], cache, attend)
            if output_hidden_states:
                states.append(x)
            if output_attentions:
                weights.append(seen)
        x = self.norm(x)
        return BaseModelOutputWithPast(
            last_hidden_state=x,
            past_key_values=cache,
            hidden_states=(*states[:-1], x) if output_hidden_states else None,
            attentions=tuple(weights) if output_attentions else None,
        )

    def _shared(
        self, x: Tensor, attention_mask: Tensor | None, position_ids: Tensor | None, past: int
    ) -> tuple[dict[str, Turn], dict[str, Tensor | None]]:
        """Return cosines and sines, and the mask, of each layer type."""
        batch, length, _ = x.shape
        if attention_mask is not None and attention_mask.dim() == 4:
            if attention_mask.dtype != torch.bool:
                raise TypeError(f"a mask [B, 1, T, n] must be bool, true where seen, not {attention_mask.dtype}")
            masks: dict[str, Tensor | None] = dict.fromkeys(self.tables, attention_mask)
        else:
            if attention_mask is not None and attention_mask.shape[-1] != past + length:
                raise ValueError(
                    f"attention_mask covers {attention_mask.shape[-1]} positions, and there are {past + length} "
                    f"({past} in the cache and {length} new)"
                )
            if attention_mask is not None and (length > 1 or past == 0) and bool(attention_mask.all()):
                attention_mask = None
            if attention_mask is not None and position_ids is None:
                position_ids = (attention_mask.long().cumsum(-1) - 1).clamp(min=0)[:, past:]
            masks = causal_masks(
                self.config, batch=batch, length=length, past=past, padding_mask=attention_mask, device=x.device
            )
        if position_ids is None:
            return {kind: table.span(past, length, x.device, x.dtype) for kind, table in self.tables.items()}, masks
        turns = {kind: table.cos_sin(position_ids, x.dtype) for kind, table in self.tables.items()}
        return {kind: (cos.unsqueeze(1), sin.unsqueeze(1)) for kind, (cos, sin) in turns.items()}, masks


@has_plain_forward
class LlamaForCausalLM(GenerationMixin, LlamaPreTrainedModel):
    """The decoder and the head that predicts the next id."""

    tied: ClassVar[dict[str, str]] = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.model = LlamaModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        labels: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        **inputs: Any,
    ) -> CausalLMOutputWithPast:
        """Run the decoder and the head; `inputs` are those of `LlamaModel.forward`.

        Args:
            input_ids: [B, T].
            labels: [B, T] ids to predict, -100 where nothing is asked; gives `loss`.
            logits_to_keep: the last n positions get logits, or the positions of an index tensor; 0 means all.
            **inputs: see `LlamaModel.forward`.
        """
        out = self.model(input_ids, **inputs)
        states = out.last_hidden_state
        if not isinstance(logits_to_keep, int):
            states = states[:, logits_to_keep]
        elif 0 < logits_to_keep < states.shape[1]:
            states = states[:, -logits_to_keep:]
        logits = self.lm_head(states)
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten())
        return CausalLMOutputWithPast(loss, logits, out.past_key_values, out.hidden_states, out.attentions)
