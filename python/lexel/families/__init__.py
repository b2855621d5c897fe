"""Model families: one small file each, nearly all data.

A family has a name, the special tokens and sides its models use, and the pipeline a new tokenizer of it starts from.
`find` is how others reach them; a module is imported when one of its names is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lexel.backends import TokenizersBackend

__all__ = ["MODEL_TYPES", "MODULES", "find"]

# Class name → the module it is in.
MODULES = {
    "GPT2Tokenizer": "gpt2",
    "LlamaTokenizer": "llama",
    "Qwen2Tokenizer": "qwen2",
}
# Other names of the same class.
_ALIASES = {"Phi3Tokenizer": "LlamaTokenizer"}
# `model_type` of a config.json → class name.
MODEL_TYPES = {
    **dict.fromkeys(("llama", "phi3"), "LlamaTokenizer"),
    **dict.fromkeys(("gpt2", "gpt_neo", "gptj", "opt", "phi", "starcoder2"), "GPT2Tokenizer"),
    **dict.fromkeys(("qwen2", "qwen2_moe", "qwen2_vl", "qwen3", "qwen3_moe"), "Qwen2Tokenizer"),
}


def find(name: str) -> type[TokenizersBackend] | None:
    """Return the class of that name, with or without "Fast"; None if there is none."""
    plain = name.removesuffix("Fast")
    plain = _ALIASES.get(plain, plain)
    if plain not in MODULES:
        return None
    found: type[TokenizersBackend] = getattr(import_module(f"lexel.families.{MODULES[plain]}"), plain)
    return found
