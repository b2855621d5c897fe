"""From a checkpoint to its config and model classes, by `model_type`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.errors import UnsupportedError
from lexel.runtime.arguments import refuse_unknown
from lexel.runtime.config import LlamaConfig, ModelConfig
from lexel.runtime.module import LOAD_OPTIONS, SOURCE_OPTIONS
from lexel.runtime.weights.source import open_source

if TYPE_CHECKING:
    import os

    from lexel.runtime.module import PreTrainedModel
    from lexel.runtime.weights.source import TensorSource

_CONFIGS: dict[str, type[ModelConfig]] = {"llama": LlamaConfig}


class AutoConfig:
    """Reads a config of whatever family."""

    def __init__(self) -> None:
        raise TypeError("AutoConfig is not built: use AutoConfig.from_pretrained(folder)")

    @staticmethod
    def from_pretrained(source: str | os.PathLike[str], *, gguf_file: str | None = None, **hub: Any) -> ModelConfig:
        """Read the config of a folder, a hub id or a GGUF file; `hub` goes to `lexel.hub.open_files`."""
        return _read_config(open_source(source, gguf_file=gguf_file, **hub))

    @staticmethod
    def for_model(model_type: str, **settings: Any) -> ModelConfig:
        """Build the config of a family from settings."""
        return _config_class(model_type, "for_model")(**settings)

    @staticmethod
    def register(model_type: str, config_class: type[ModelConfig]) -> None:
        """Read configs of `model_type` with a class of yours."""
        _CONFIGS[model_type] = config_class


def _config_class(model_type: Any, origin: str) -> type[ModelConfig]:
    if model_type not in _CONFIGS:
        raise UnsupportedError(f"{origin}: model_type {model_type!r} is not among {', '.join(_CONFIGS)}")
    return _CONFIGS[model_type]


def _read_config(checkpoint: TensorSource) -> ModelConfig:
    settings = checkpoint.config()
    return _config_class(settings.get("model_type"), checkpoint.origin).from_dict(settings, origin=checkpoint.origin)


class _Auto:
    """Model classes of one task by `model_type`; a built-in one is "module:class", imported when it is used."""

    classes: ClassVar[dict[str, str | type[PreTrainedModel]]] = {}

    def __init__(self) -> None:
        name = type(self).__name__
        raise TypeError(f"{name} is not built: use {name}.from_pretrained(folder) or {name}.from_config(config)")

    @classmethod
    def from_pretrained(
        cls, source: str | os.PathLike[str] | TensorSource, *, config: ModelConfig | None = None, **options: Any
    ) -> Any:
        """Load a checkpoint into the class its config names; options as in `PreTrainedModel.from_pretrained`."""
        refuse_unknown(options.keys() - {*LOAD_OPTIONS, "torch_dtype"}, "from_pretrained", LOAD_OPTIONS)
        checkpoint = open_source(source, **{key: options.pop(key) for key in SOURCE_OPTIONS if key in options})
        config = _read_config(checkpoint) if config is None else config
        return cls._class_for(config.model_type).from_pretrained(checkpoint, config=config, **options)

    @classmethod
    def from_config(cls, config: ModelConfig, *, attn_implementation: str | None = None) -> Any:
        """Build a model with random parameters."""
        model = cls._class_for(config.model_type)(config)
        if attn_implementation is not None:
            model.set_attn_implementation(attn_implementation)
        return model

    @classmethod
    def register(cls, model_type: str | type[ModelConfig], model_class: type[PreTrainedModel]) -> None:
        """Load checkpoints of a `model_type`, or of a config class, with a class of yours."""
        cls.classes[model_type if isinstance(model_type, str) else model_type.model_type] = model_class

    @classmethod
    def _class_for(cls, model_type: str) -> type[PreTrainedModel]:
        found = cls.classes.get(model_type)
        if found is None:
            raise UnsupportedError(f"{cls.__name__} has no {model_type!r}; it has {', '.join(cls.classes)}")
        if isinstance(found, str):
            module, _, name = found.partition(":")
            model_class: type[PreTrainedModel] = getattr(importlib.import_module(module), name)
            return model_class
        return found


class AutoModel(_Auto):
    """A model without head."""

    classes: ClassVar = {"llama": "lexel.runtime.models.llama:LlamaModel"}


class AutoModelForCausalLM(_Auto):
    """A model that predicts the next id, and generates."""

    classes: ClassVar = {"llama": "lexel.runtime.models.llama:LlamaForCausalLM"}
