"""The slim torch runtime: ids in, ids out. It knows no tokenizer; text appears in streaming and stop strings only.

Names are imported when they are used, so importing this room costs nothing, and torch is needed for its use only.
Read in this order: `config`, `rope`, `attention`, `masks`, `cache`, `layers`, `models/llama`, `generation/loop`.
"""

from __future__ import annotations

import importlib
from typing import Any

from lexel.errors import MissingDependencyError

_NAMES = {
    "attention": ["ALL_ATTENTION_FUNCTIONS", "AttentionInterface"],
    "auto": ["AutoConfig", "AutoModel", "AutoModelForCausalLM"],
    "cache": ["Cache", "DynamicCache"],
    "config": ["LlamaConfig", "ModelConfig"],
    "generation.config": ["GenerationConfig"],
    "generation.logits": ["LogitsProcessorList"],
    "generation.mixin": ["GenerationMixin"],
    "generation.stopping": ["Detokenizer", "StoppingCriteriaList"],
    "generation.stream": ["BaseStreamer", "Delta", "TextIteratorStreamer", "TextStreamer"],
    "models.llama": ["LlamaForCausalLM", "LlamaModel"],
    "module": ["PreTrainedModel"],
    "outputs": ["BaseModelOutputWithPast", "CausalLMOutputWithPast", "GenerateDecoderOnlyOutput"],
    "rope": ["ROPE_TYPES"],
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("torch", "safetensors"):
            raise
        raise MissingDependencyError(
            f"{__name__}.{name} needs {missing}, which is not installed: pip install lexel[torch]"
        ) from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return __all__
