"""Model configurations: what a `config.json` says, checked, in one spelling whatever its era.

Old spellings (`rope_theta`, `rope_scaling`, `torch_dtype`) are read and the v5 form is written; unknown keys survive
the round trip. Generation settings found in a model's config are set aside for `lexel.runtime.generation.config`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, Union, get_args, get_origin, get_type_hints

from lexel.errors import FormatError
from lexel.hub import open_files
from lexel.runtime.files import read_json, write_json

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

LAYER_TYPES = ("full_attention", "sliding_attention")
# Keys of old model configs that belong to the generation config.
GENERATION_KEYS = (
    *("do_sample", "max_length", "max_new_tokens", "min_length", "min_new_tokens", "num_beams", "temperature"),
    *("top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size", "length_penalty"),
    *("num_return_sequences", "early_stopping", "suppress_tokens", "bad_words_ids", "diversity_penalty"),
    *("num_beam_groups", "output_scores", "return_dict_in_generate", "forced_bos_token_id", "forced_eos_token_id"),
    *("begin_suppress_tokens", "exponential_decay_length_penalty", "remove_invalid_values"),
)
_NEED_ORIGINAL_LENGTH = ("yarn", "longrope", "llama3")


@dataclass(kw_only=True, init=False)
class ModelConfig:
    """The shape of a decoder; a family adds its own fields and defaults.

    Raises:
        TypeError: a keyword is unknown or a value has the wrong type (`FormatError` when it comes from a file).
        ValueError: the values contradict each other (`FormatError` when they come from a file).
    """

    model_type: ClassVar[str] = ""

    vocab_size: int = 32000
    hidden_size: int = 4096
    intermediate_size: int = 11008
    num_hidden_layers: int = 32
    num_attention_heads: int = 32
    num_key_value_heads: int = None  # type: ignore[assignment]  # as many as attention heads
    head_dim: int = None  # type: ignore[assignment]  # hidden_size / num_attention_heads
    hidden_act: str = "silu"
    max_position_embeddings: int = 2048
    initializer_range: float = 0.02
    rms_norm_eps: float = 1e-6
    rope_parameters: dict[str, Any] = None  # type: ignore[assignment]  # flat, or {layer type: flat}
    layer_types: list[str] = None  # type: ignore[assignment]  # the family's schedule
    sliding_window: int | None = None
    attention_bias: bool = False
    attention_dropout: float = 0.0
    mlp_bias: bool = False
    tie_word_embeddings: bool = False
    use_cache: bool = True
    bos_token_id: int | None = 1
    eos_token_id: int | list[int] | None = 2
    pad_token_id: int | None = None
    dtype: str | None = None
    quantization_config: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)  # keys this class does not know, kept for saving
    generation_settings: dict[str, Any] = field(default_factory=dict, compare=False)

    def __init__(self, **settings: Any) -> None:
        self._fill(settings, origin="")
        for name in self.extra:
            near = difflib.get_close_matches(name, [f.name for f in fields(self)], 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; unknown keys are kept by from_dict only"
            raise TypeError(f"{type(self).__name__} has no setting {name!r}{hint}")

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any], *, origin: str = "config") -> Self:
        """Build a config from the content of a `config.json` of any era; `origin` is named in errors."""
        config = cls.__new__(cls)
        config._fill(dict(settings), origin=origin)
        return config

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike[str], **hub: Any) -> Self:
        """Read `config.json` of a folder or hub id; `hub` takes the options of `lexel.hub.open_files`."""
        path = open_files(source, **hub).need("config.json")
        return cls.from_dict(read_json(path), origin=str(path))

    def _fill(self, settings: dict[str, Any], *, origin: str) -> None:
        found = settings.pop("model_type", self.model_type)
        if found != self.model_type:
            _refuse(origin, f"model_type is {found!r}, and {type(self).__name__} wants {self.model_type!r}", ValueError)
        dtype = settings.pop("torch_dtype", None)
        settings["dtype"] = settings.get("dtype") or dtype
        if settings["dtype"] is not None:
            settings["dtype"] = str(settings["dtype"]).removeprefix("torch.")
        settings["rope_parameters"] = _one_rope(settings, origin)
        hints = get_type_hints(type(self))
        for entry in fields(self):
            if entry.name in ("extra", "generation_settings"):
                continue
            value = settings.pop(entry.name, entry.default)
            hint = hints[entry.name]
            if not _fits(value, hint) and not (value is None and entry.default is None):
                wanted = getattr(hint, "__name__", str(hint)) if get_origin(hint) is None else str(hint)
                _refuse(origin, f"{entry.name} must be {wanted}, not {type(value).__name__} {value!r}", TypeError)
            setattr(self, entry.name, value)
        self.generation_settings = {key: settings.pop(key) for key in GENERATION_KEYS if key in settings}
        self.extra = settings
        self._attn_implementation = "sdpa"
        self._finish(origin)

    def _finish(self, origin: str) -> None:
        """Derive what was left open, then check what must agree."""
        if self.num_attention_heads < 1 or self.num_hidden_layers < 1 or self.vocab_size < 1:
            _refuse(origin, "num_attention_heads, num_hidden_layers and vocab_size must be positive", ValueError)
        self.num_key_value_heads = self.num_key_value_heads or self.num_attention_heads
        self.head_dim = self.head_dim or self.hidden_size // self.num_attention_heads
        self.layer_types = self.layer_types or self.default_layer_types()
        if self.num_attention_heads % self.num_key_value_heads:
            heads = f"{self.num_attention_heads} and {self.num_key_value_heads}"
            _refuse(origin, f"num_attention_heads must be a multiple of num_key_value_heads, found {heads}", ValueError)
        if len(self.layer_types) != self.num_hidden_layers:
            counts = f"{len(self.layer_types)} layer_types for {self.num_hidden_layers} layers"
            _refuse(origin, f"each layer needs a type, found {counts}", ValueError)
        for kind in sorted(set(self.layer_types)):
            if kind not in LAYER_TYPES:
                _refuse(origin, f"layer type {kind!r} is unknown; known are {', '.join(LAYER_TYPES)}", ValueError)
        if "sliding_attention" in self.layer_types and not self.sliding_window:
            _refuse(origin, "a sliding_attention layer needs sliding_window", ValueError)
        for rope in [self.rope_for(kind) for kind in self.layer_types]:
            if rope["rope_type"] in _NEED_ORIGINAL_LENGTH:
                length = self.extra.get("original_max_position_embeddings", self.max_position_embeddings)
                rope.setdefault("original_max_position_embeddings", length)

    def default_layer_types(self) -> list[str]:
        """Return the schedule of a config that states none."""
        return ["full_attention"] * self.num_hidden_layers

    def rope_for(self, layer_type: str) -> dict[str, Any]:
        """Return the rotary settings of a layer type."""
        settings: dict[str, Any] = self.rope_parameters.get(layer_type, self.rope_parameters)
        return settings

    def get_text_config(self) -> Self:
        """Return the part that describes the text decoder: all of it."""
        return self

    @property
    def num_groups(self) -> int:
        """How many query heads share one key/value head."""
        return self.num_attention_heads // self.num_key_value_heads

    @property
    def rope_theta(self) -> NoReturn:
        """Say where the setting lives since v5."""
        raise AttributeError('rope_theta moved: read config.rope_parameters["rope_theta"]')

    @property
    def rope_scaling(self) -> NoReturn:
        """Say where the setting lives since v5."""
        raise AttributeError("rope_scaling moved: read config.rope_parameters, which also holds rope_type and factor")

    def to_dict(self, *, only_changed: bool = False) -> dict[str, Any]:
        """Return the v5 form: every setting, or those that differ from the defaults."""
        state = {"model_type": self.model_type, **self.extra}
        for entry in fields(self):
            value = getattr(self, entry.name)
            silent = value == entry.default and (value is None or only_changed)
            if entry.name == "layer_types":
                silent = value == self.default_layer_types()
            if entry.name not in ("extra", "generation_settings") and not silent:
                state[entry.name] = value
        return state

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write `config.json` into a folder, which is made if it is not there."""
        write_json(Path(folder) / "config.json", self.to_dict())


def _one_rope(settings: dict[str, Any], origin: str) -> dict[str, Any]:
    """Take every spelling of the rotary settings out of `settings`; return the v5 one."""
    current, old = settings.pop("rope_parameters", None), settings.pop("rope_scaling", None)
    theta, partial = settings.pop("rope_theta", None), settings.pop("partial_rotary_factor", None)
    rope = current or old or {}
    if not isinstance(rope, dict):
        _refuse(origin, f"the rotary settings must be an object, not {type(rope).__name__}", TypeError)

    def flat(entry: dict[str, Any]) -> dict[str, Any]:
        entry = dict(entry)
        kind = entry.pop("type", "default")
        entry.setdefault("rope_type", kind)
        entry.setdefault("rope_theta", 10000.0 if theta is None else theta)
        if partial is not None:
            entry.setdefault("partial_rotary_factor", partial)
        return entry

    nested = any(kind in rope for kind in LAYER_TYPES)
    return {kind: flat(entry) for kind, entry in rope.items() if entry is not None} if nested else flat(rope)


def _fits(value: Any, hint: Any) -> bool:
    """Say whether a JSON value has the annotated type; an int is a float, a bool is no int."""
    kind = get_origin(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, choice) for choice in get_args(hint))
    if kind is list:
        return isinstance(value, list) and all(_fits(item, get_args(hint)[0]) for item in value)
    if kind is dict:
        return isinstance(value, dict)
    if hint in (int, float):
        return isinstance(value, int if hint is int else int | float) and not isinstance(value, bool)
    return isinstance(value, hint)


def _refuse(origin: str, message: str, kind: type[Exception]) -> NoReturn:
    raise FormatError(f"{origin}: {message}") if origin else kind(message)


@dataclass(kw_only=True, init=False)
class LlamaConfig(ModelConfig):
    """Llama 1 to 3, and every checkpoint of `model_type` llama."""

    model_type: ClassVar[str] = "llama"
