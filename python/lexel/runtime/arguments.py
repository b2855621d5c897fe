"""Keywords nobody knows: an error that names the replacement, or the nearest valid word."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

# Keywords of other eras and of parts this runtime leaves out, and what to do instead.
REPLACEMENTS = {
    "load_in_4bit": "quantised checkpoints are read by format (a .gguf path, or quantization_config in config.json)",
    "load_in_8bit": "quantised checkpoints are read by format (a .gguf path, or quantization_config in config.json)",
    "use_auth_token": "use token=",
    "safe_serialization": "drop it: safetensors is the only format",
    "use_safetensors": "drop it: safetensors is the only format",
    "low_cpu_mem_usage": "drop it: loading never needs a second copy",
    "trust_remote_code": "drop it: code from a checkpoint is never run",
    "torchscript": "drop it: use torch.compile or torch.export on the model",
    "head_mask": "drop it: head masking left the models in v5",
    "use_flash_attention_2": "use attn_implementation=",
    "num_beam_groups": "group beam search was removed: sample with num_return_sequences",
    "diversity_penalty": "group beam search was removed: sample with num_return_sequences",
    "constraints": "constrained beam search was removed: use a logits_processor",
    "force_words_ids": "constrained beam search was removed: use a logits_processor",
    "penalty_alpha": "contrastive search was removed: use repetition_penalty or no_repeat_ngram_size",
    "dola_layers": "DoLa decoding was removed: use a logits_processor",
    "assistant_model": "assisted decoding is not part of this runtime",
    "synced_gpus": "drop it: a model lives on one device",
    "inputs_embeds": "generate starts from ids; call the model itself with inputs_embeds",
    "token_type_ids": "a decoder has no token types: call the tokenizer with return_token_type_ids=False",
}


def refuse_unknown(unknown: Iterable[str], where: str, valid: Iterable[str]) -> None:
    """Raise a helpful `TypeError` if there is any unknown keyword."""
    for name in unknown:
        refuse(name, where, valid)


def refuse(name: str, where: str, valid: Iterable[str]) -> NoReturn:
    """Raise a `TypeError` that says what to write instead of `name`."""
    if name in REPLACEMENTS:
        raise TypeError(f"{where} takes no {name!r}: {REPLACEMENTS[name]}")
    near = difflib.get_close_matches(name, list(valid), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise TypeError(f"{where} takes no {name!r}{hint}")
