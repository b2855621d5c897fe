"""Class names and model types to classes: those of the package, and those a program registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.auto.model_types import MODEL_TYPES
from lexel.backends import MistralCommonBackend, PythonBackend, SentencePieceBackend, TokenizersBackend
from lexel.families import find

if TYPE_CHECKING:
    from lexel.tokenizer import Tokenizer

__all__ = ["GENERIC_NAMES", "TOKENIZER_MAPPING", "class_named", "class_of_type", "is_registered", "register"]

# Names of the classes that state nothing of their own.
GENERIC_NAMES = frozenset({"PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend", "PythonBackend"})

_OWN: dict[str, type[Tokenizer]] = {
    # Gone since version 5: what ran it was its tokenizer.json.
    "BloomTokenizer": TokenizersBackend,
    "BloomTokenizerFast": TokenizersBackend,
    "MistralCommonBackend": MistralCommonBackend,
    "MistralCommonTokenizer": MistralCommonBackend,
    "PreTrainedTokenizer": PythonBackend,
    "PreTrainedTokenizerFast": TokenizersBackend,
    "PythonBackend": PythonBackend,
    "SentencePieceBackend": SentencePieceBackend,
    "TokenizersBackend": TokenizersBackend,
}

# What a program registered: name → class, and configuration class or model type → class.
_names: dict[str, type[Tokenizer]] = {}
_types: dict[Any, type[Tokenizer]] = {}


def is_registered(name: str | None) -> bool:
    """Return whether a program registered a class under this name."""
    return name is not None and (name in _names or name.removesuffix("Fast") in _names)


def class_named(name: str) -> type[Tokenizer] | None:
    """Return the class of that name: a registered one, one of ours, with or without "Fast"; None if there is none."""
    for known in (_names, _OWN):
        if name in known:
            return known[name]
    plain = name.removesuffix("Fast")
    if plain in _names:
        return _names[plain]
    if plain == "BertTokenizerLegacy":
        from lexel.families.bert_legacy import BertTokenizerLegacy

        return BertTokenizerLegacy
    return find(plain)


def class_of_type(model_type: str | None, config_class: Any = None) -> type[Tokenizer] | None:
    """Return the class of a model type, or of a registered configuration class; None if it is not here."""
    for key in (config_class, model_type):
        if key is not None and key in _types:
            return _types[key]
    return class_named(MODEL_TYPES.get(model_type or "", ""))


def registered_for(model_type: str | None, config_class: Any = None) -> type[Tokenizer] | None:
    """Return the class a program registered for a model type or a configuration class."""
    return _types.get(config_class) or _types.get(model_type)


def register(
    config_class: Any,
    tokenizer_class: type[Tokenizer] | None,
    slow_tokenizer_class: type[Tokenizer] | None,
    fast_tokenizer_class: type[Tokenizer] | None,
    *,
    exist_ok: bool,
) -> None:
    """Make a class known, see `AutoTokenizer.register`."""
    chosen = tokenizer_class or fast_tokenizer_class or slow_tokenizer_class
    if chosen is None:
        raise ValueError("pass the class to register: AutoTokenizer.register(config, tokenizer_class=…)")
    model_type = config_class if isinstance(config_class, str) else getattr(config_class, "model_type", None)
    keys = [key for key in (config_class, model_type) if key]
    if model_type in MODEL_TYPES and not exist_ok:
        raise ValueError(
            f"the model type {model_type!r} has a class here, {MODEL_TYPES[model_type]}; pass exist_ok=True to replace "
            "it"
        )
    for key in keys:
        _types[key] = chosen
    for candidate in (slow_tokenizer_class, fast_tokenizer_class, tokenizer_class):
        if candidate is not None:
            _names[candidate.__name__] = candidate
    if slow_tokenizer_class is not None and fast_tokenizer_class is not None:
        # A folder that names the slow one is loaded with the fast one.
        _names[slow_tokenizer_class.__name__] = fast_tokenizer_class


class _Mapping:
    """Configuration class → class of tokenizers, as far as a program registered some."""

    @property
    def _extra_content(self) -> dict[Any, type[Tokenizer]]:
        return _types

    def __getitem__(self, config_class: Any) -> type[Tokenizer]:
        found: type[Tokenizer] | None = self.get(config_class)
        if found is None:
            raise KeyError(config_class)
        return found

    def __contains__(self, config_class: Any) -> bool:
        return self.get(config_class) is not None

    def get(self, config_class: Any, default: Any = None) -> Any:
        """Return the class for a configuration class, by its model type if it is not registered itself."""
        found = class_of_type(getattr(config_class, "model_type", None), config_class)
        return default if found is None else found

    def register(self, config_class: Any, tokenizer_class: type[Tokenizer], exist_ok: bool = False) -> None:
        """Do as `AutoTokenizer.register`."""
        register(config_class, tokenizer_class, None, None, exist_ok=exist_ok)


TOKENIZER_MAPPING = _Mapping()
