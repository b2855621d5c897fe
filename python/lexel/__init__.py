"""Exact, fast tokenizers with chat templates and a slim torch runtime.

`Tokenizer.from_pretrained(folder_or_hub_id)` is where to begin. Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lexel.family_names import ALIASES, MODULES, OTHER_MODULES

# Room → the public names it has. Everything exported stands here, once.
_ROOMS = {
    "added_token": "AddedToken",
    "auto": "AutoTokenizer",
    "backends": "MistralCommonBackend PythonBackend SentencePieceBackend TokenizersBackend",
    "batch_encoding": "BatchEncoding CharSpan TensorType TokenSpan",
    "chat_templates": "RenderDiff TemplateReport check_template render_diff shipped_template shipped_templates",
    "converters": "generate_merges",
    "errors": "FormatError LexelError LoadError MissingDependencyError SpecialTokenError TrainingError "
    "UnsupportedError VocabularyError WeightsError",
    "families.bert_legacy": "BertTokenizerLegacy",
    "padding": "PaddingStrategy TruncationStrategy",
    "runtime": "AutoConfig AutoModel AutoModelForCausalLM DynamicCache GenerationConfig LlamaConfig LlamaForCausalLM "
    "TextIteratorStreamer TextStreamer",
    "tokenizer": "Tokenizer",
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names.split()} | {
    name: f"families.{module}" for name, module in (MODULES | OTHER_MODULES).items()
}
_FAMILIES = {name: name for name in MODULES | OTHER_MODULES} | ALIASES
# Former and other names of the same things; every family has two.
_ALIASES = {
    "MistralCommonTokenizer": "MistralCommonBackend",
    "PreTrainedTokenizer": "PythonBackend",
    "PreTrainedTokenizerBase": "Tokenizer",
    "PreTrainedTokenizerFast": "TokenizersBackend",
    **{name: real for name, real in _FAMILIES.items() if name != real},
    **{f"{name}Fast": real for name, real in _FAMILIES.items()},
}

__all__ = sorted([*_HOME, *_ALIASES])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from lexel._lexel import __version__

        return __version__
    real = _ALIASES.get(name, name)
    if real not in _HOME:
        raise AttributeError(f"module 'lexel' has no attribute {name!r}")
    value = getattr(import_module(f"lexel.{_HOME[real]}"), real)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
