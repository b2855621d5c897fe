"""From what a caller passes to `generate` to one checked run: ids, mask, settings, cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lexel.runtime.arguments import refuse
from lexel.runtime.cache import Cache, DynamicCache
from lexel.runtime.generation.config import DEFAULTS, GenerationConfig, resolve, warn_once
from lexel.runtime.generation.logits import LogitsProcessorList, prefix_allowed, processors_for
from lexel.runtime.generation.stopping import StoppingCriteriaList, StopStrings, detokenizer, max_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel.runtime.generation.logits import LogitsProcessor
    from lexel.runtime.generation.stopping import StoppingCriteria, StreamDecoding

# The first buffers of a cache have room for so many new positions; a run that goes on gets larger ones.
ROOM = 1024


@dataclass
class Run:
    """One call of `generate`, resolved and checked. B rows are `copies` of each prompt, side by side."""

    config: GenerationConfig
    ids: Tensor  # [B, max_length], the prompt first, then padding
    prompt: int  # positions of the prompt
    mask: Tensor | None  # bool [B, max_length], or None when nothing is padded
    positions: Tensor | None  # [B, max_length], or None when they just count
    cache: Cache | None
    owns_cache: bool
    copies: int
    eos: frozenset[int]
    pad: int
    processors: LogitsProcessorList
    criteria: StoppingCriteriaList
    has_callables: bool  # of the caller, which see ids and scores
    watchers: list[StopStrings] | None  # one a row, where text matters
    generator: torch.Generator | None
    chunk: int

    @property
    def max_length(self) -> int:
        """Ids of a finished row."""
        return int(self.ids.shape[1])


def prepare(
    model: Any,
    inputs: Tensor | Mapping[str, Any] | list[Any] | None,
    given: GenerationConfig | None,
    overrides: dict[str, Any],
    *,
    input_ids: Tensor | None = None,
    attention_mask: Tensor | None = None,
    past_key_values: Cache | None = None,
    logits_processor: list[LogitsProcessor] | None = None,
    stopping_criteria: list[StoppingCriteria] | None = None,
    prefix_allowed_tokens_fn: Callable[[int, Tensor], list[int]] | None = None,
    tokenizer: StreamDecoding | None = None,
    text: dict[str, Any] | None = None,
    generator: torch.Generator | None = None,
    prefill_chunk_size: int | None = None,
) -> Run:
    """Check a call and resolve it; nothing is computed yet.

    Args:
        model: gives `config`, `generation_config` and the device.
        inputs: ids [prompts, n], or a mapping with `input_ids` and perhaps `attention_mask`.
        given: the config passed to the call.
        overrides: settings among the keywords of the call.
        input_ids: in place of `inputs`.
        attention_mask: [prompts, n], zero at padding, which is on the left.
        past_key_values: a cache that holds the beginning of the prompt.
        logits_processor: callables of the caller.
        stopping_criteria: callables of the caller.
        prefix_allowed_tokens_fn: the ids a row may go on with.
        tokenizer: gives detokenizers, for stop strings and text.
        text: options of `tokenizer.decode_stream`, where the text itself is wanted.
        generator: of random numbers, in place of the global one.
        prefill_chunk_size: positions of the prompt that are processed at once.
    """
    if isinstance(inputs, Mapping):
        if attention_mask is not None or input_ids is not None:
            raise TypeError("input_ids and attention_mask are in the mapping already")
        for name in inputs.keys() - {"input_ids", "attention_mask"}:
            refuse(name, "generate", ("input_ids", "attention_mask"))
        input_ids, attention_mask, inputs = inputs["input_ids"], inputs.get("attention_mask"), None
    elif inputs is not None and input_ids is not None:
        raise TypeError("give the prompt once, as inputs or as input_ids")
    config = resolve(overrides, given, model.generation_config)
    prompt = _ids(model, input_ids if inputs is None else inputs, config)
    batch, length = prompt.shape
    mask = _mask(prompt, attention_mask, config)
    copies = config.num_return_sequences or 1
    if copies > 1 and not config.do_sample:
        raise ValueError(f"num_return_sequences={copies} greedy rows would be equal; pass do_sample=True")
    end = _max_length(model, config, length, overrides, given)
    eos = frozenset(config.eos_ids)
    pad = config.pad_token_id if config.pad_token_id is not None else next(iter(config.eos_ids), None)
    if pad is None and batch * copies > 1 and (config.stops or stopping_criteria):
        raise ValueError("rows may end at different lengths: pass pad_token_id")
    ids = prompt.new_full((batch * copies, end), pad or 0)
    ids[:, :length] = prompt.repeat_interleave(copies, 0)
    positions = None
    if mask is not None:
        mask = torch.cat((mask, mask.new_ones(batch, end - length)), 1).repeat_interleave(copies, 0)
        positions = (mask.long().cumsum(-1) - 1).clamp(min=0)
    processors = processors_for(
        config,
        prompt=length,
        extra=[
            *([prefix_allowed(prefix_allowed_tokens_fn, copies)] if prefix_allowed_tokens_fn is not None else ()),
            *(logits_processor or ()),
        ],
    )
    criteria = StoppingCriteriaList(stopping_criteria or ())
    if config.max_time is not None:
        criteria.append(max_time(config.max_time))
    return Run(
        config=config,
        ids=ids,
        prompt=length,
        mask=mask,
        positions=positions,
        cache=_cache(model, config, past_key_values, length, end),
        owns_cache=past_key_values is None,
        copies=copies,
        eos=eos,
        pad=pad or 0,
        processors=processors,
        criteria=criteria,
        has_callables=bool(logits_processor or stopping_criteria or prefix_allowed_tokens_fn),
        watchers=_watchers(config.stops, tokenizer, text, batch * copies),
        generator=generator,
        chunk=prefill_chunk_size or end,
    )


def _ids(model: Any, given: Any, config: GenerationConfig) -> Tensor:
    """Return the prompt as int64 [B, n] on the model's device; without one, a begin-of-text id."""
    if given is None:
        if config.bos_token_id is None:
            raise ValueError("generate needs input_ids: the model has no bos_token_id to start from")
        given = [[config.bos_token_id]]
    ids = torch.as_tensor(given)
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise TypeError(f"input_ids must be integers, not {ids.dtype}")
    if ids.dim() != 2 or not ids.numel():
        raise ValueError(f"input_ids must have shape [batch, length], not {list(ids.shape)}")
    least, most = ids.min().item(), ids.max().item()
    if least < 0 or most >= model.config.vocab_size:
        wrong = least if least < 0 else most
        raise ValueError(f"id {wrong} is outside the model's vocabulary of {model.config.vocab_size} ids")
    return ids.to(model.device, torch.long)


def _mask(ids: Tensor, given: Any, config: GenerationConfig) -> Tensor | None:
    """Return the padding as bool [B, n], or None if there is none; without a given mask it is inferred."""
    pad = config.pad_token_id
    if given is not None:
        mask = torch.as_tensor(given).to(ids.device).bool()
        if mask.shape != ids.shape:
            raise ValueError(f"attention_mask has shape {list(mask.shape)}, and input_ids {list(ids.shape)}")
    elif pad is not None and pad not in config.eos_ids:
        mask = ids != pad
    else:
        if pad is not None and len(ids) > 1 and bool((ids[:, 0] == pad).any()):
            warn_once("a row begins with the pad id, which also ends texts: pass attention_mask if it is padding")
        return None
    if bool(mask.all()):
        return None
    if not bool(mask[:, -1].all()):
        row = int((~mask[:, -1]).nonzero()[0])
        raise ValueError(
            f'row {row} is padded on the right, where generation would have to begin: tokenize with padding_side="left"'
        )
    return mask


def _max_length(
    model: Any, config: GenerationConfig, prompt: int, overrides: dict[str, Any], given: GenerationConfig | None
) -> int:
    """Return how many ids a row may have, the prompt included."""
    layers = (overrides.get("max_length"), given and given.max_length, model.generation_config.max_length)
    if config.max_new_tokens is not None:
        return prompt + config.max_new_tokens
    if any(layer is not None for layer in layers) and config.max_length is not None:
        if config.max_length <= prompt:
            raise ValueError(f"the prompt has {prompt} ids, and max_length={config.max_length}; set max_new_tokens")
        return config.max_length
    end: int = max(prompt + 1, min(prompt + DEFAULTS["max_length"], model.config.max_position_embeddings))
    warn_once(f"no length is given: up to {DEFAULTS['max_length']} new ids are generated; set max_new_tokens")
    return end


def _cache(model: Any, config: GenerationConfig, given: Cache | None, prompt: int, end: int) -> Cache | None:
    if given is None:
        return DynamicCache(model.config, hint=min(end, prompt + ROOM)) if config.use_cache is not False else None
    if not isinstance(given, Cache):
        raise TypeError(f"past_key_values must be a Cache, not {type(given).__name__}")
    if given.get_seq_length() >= prompt:
        raise ValueError(
            f"the cache has {given.get_seq_length()} positions and the prompt {prompt} ids: pass the whole text so "
            "far, of which the cache holds the beginning, and at least one id more"
        )
    return given


def _watchers(
    stops: list[str], tokenizer: StreamDecoding | None, text: dict[str, Any] | None, rows: int
) -> list[StopStrings] | None:
    if tokenizer is None:
        if stops:
            raise ValueError("stop_strings are matched on text: pass tokenizer=")
        return None
    if not stops and text is None:
        return None
    stream = detokenizer(tokenizer, **(text if text is not None else {"skip_special_tokens": False}))
    return [StopStrings(stops, stream.fork()) for _ in range(rows)]
