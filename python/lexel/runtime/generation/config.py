"""How to generate: one set of names, in layers; a layer counts where it says something.

Highest first: keywords of the call, a config passed to the call, the model's `generation_config`, built-in defaults.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lexel.errors import FormatError, UnsupportedError
from lexel.hub import open_files
from lexel.runtime.arguments import refuse
from lexel.runtime.files import read_json, write_json

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from lexel.runtime.config import ModelConfig

_LOGGER = logging.getLogger(__name__)
FILE = "generation_config.json"
DEFAULTS: dict[str, Any] = {
    "max_length": 20,
    "min_length": 0,
    "do_sample": False,
    "num_beams": 1,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "num_return_sequences": 1,
    "use_cache": True,
}
# Settings of the reference this runtime does not act on, and the values that ask for nothing.
_IDLE: dict[str, tuple[Any, ...]] = {
    "typical_p": (1.0,),
    "epsilon_cutoff": (0.0,),
    "eta_cutoff": (0.0,),
    "top_h": (),
    "length_penalty": (1.0,),
    "early_stopping": (False,),
    "diversity_penalty": (0.0,),
    "num_beam_groups": (1,),
    "encoder_no_repeat_ngram_size": (0,),
    "encoder_repetition_penalty": (1.0,),
    "guidance_scale": (1.0,),
    "bad_words_ids": (),
    "sequence_bias": (),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "exponential_decay_length_penalty": (),
    "begin_suppress_tokens": (),
    "remove_invalid_values": (False,),
    "renormalize_logits": (False,),
    "prompt_lookup_num_tokens": (),
    "cache_implementation": ("dynamic",),
    "token_healing": (False,),
    "watermarking_config": (),
}
# What `generate` takes besides settings.
CALL_OPTIONS = frozenset(
    {
        *("input_ids", "attention_mask", "past_key_values", "logits_processor", "stopping_criteria", "tokenizer"),
        *("prefix_allowed_tokens_fn", "generator", "prefill_chunk_size"),
    }
)
_POSITIVE_INT = ("max_length", "max_new_tokens", "num_beams", "num_return_sequences")
_COUNT = ("min_length", "min_new_tokens", "top_k", "no_repeat_ngram_size")
_FLAGS = (
    *("do_sample", "use_cache", "output_scores", "output_logits", "output_attentions", "output_hidden_states"),
    "return_dict_in_generate",
)


@dataclass(kw_only=True)
class GenerationConfig:
    """Settings of `generate`; `None` leaves a setting to the layer below.

    Note that sampling looks at the 50 best ids unless `top_k` says otherwise (0: all), and that `temperature=0` is
    greedy.
    """

    max_length: int | None = None
    max_new_tokens: int | None = None
    min_length: int | None = None
    min_new_tokens: int | None = None
    max_time: float | None = None
    stop_strings: str | list[str] | None = None
    do_sample: bool | None = None
    num_beams: int | None = None
    use_cache: bool | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    suppress_tokens: list[int] | None = None
    num_return_sequences: int | None = None
    output_scores: bool | None = None
    output_logits: bool | None = None
    output_attentions: bool | None = None
    output_hidden_states: bool | None = None
    return_dict_in_generate: bool | None = None
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None
    pad_token_id: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)  # keys of a file that nothing here acts on

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any], *, origin: str = "generation config") -> Self:
        """Build a config from the content of a `generation_config.json`; unknown keys are kept in `extra`."""
        names = {entry.name for entry in fields(cls)} - {"extra"}
        config = cls(**{key: value for key, value in settings.items() if key in names})
        config.extra = {key: value for key, value in settings.items() if key not in names}
        try:
            config.validate()
        except (TypeError, ValueError) as error:
            raise FormatError(f"{origin}: {error}") from error
        return config

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike[str], **hub: Any) -> Self:
        """Read `generation_config.json` of a folder or hub id; `hub` takes the options of `lexel.hub.open_files`."""
        path = open_files(source, **hub).need(FILE)
        return cls.from_dict(read_json(path), origin=str(path))

    @classmethod
    def from_model_config(cls, config: ModelConfig) -> Self:
        """Take the special ids of a model, and generation settings an old `config.json` holds."""
        ids = {name: getattr(config, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
        return cls.from_dict({**ids, **config.generation_settings}, origin="config.json")

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write `generation_config.json`; an invalid config is refused."""
        self.validate()
        write_json(Path(folder) / FILE, self.to_diff_dict())

    def to_diff_dict(self) -> dict[str, Any]:
        """Return the settings that say something."""
        said = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "extra"}
        return {**self.extra, **{name: value for name, value in said.items() if value is not None}}

    def update(self, **settings: Any) -> dict[str, Any]:
        """Set what is a setting; return the rest."""
        names = {entry.name for entry in fields(self)} - {"extra"}
        for name in settings.keys() & names:
            setattr(self, name, settings[name])
        return {name: value for name, value in settings.items() if name not in names}

    def validate(self) -> None:
        """Check every setting.

        Raises:
            TypeError: a setting has the wrong type; it is named.
            ValueError: a setting is out of its range; both are named.
        """
        for name in _POSITIVE_INT:
            _check(name, getattr(self, name), int, "a positive int", least=1)
        for name in _COUNT:
            _check(name, getattr(self, name), int, "an int of 0 or more", least=0)
        for name in _FLAGS:
            _check(name, getattr(self, name), bool, "a bool")
        _check("temperature", self.temperature, float, "a number of 0 (greedy) or more", least=0)
        _check("max_time", self.max_time, float, "seconds, 0 or more", least=0)
        _check("top_p", self.top_p, float, "a number from 0 to 1", least=0, most=1)
        _check("min_p", self.min_p, float, "a number from 0 to 1", least=0, most=1)
        _check("repetition_penalty", self.repetition_penalty, float, "a number above 0", least=1e-9)
        _check("bos_token_id", self.bos_token_id, int, "an id")
        _check("pad_token_id", self.pad_token_id, int, "an id")
        for token in self.eos_ids:
            _check("eos_token_id", token, int, "an id or a list of ids")
        for token in self.suppress_tokens or ():
            _check("suppress_tokens", token, int, "a list of ids", least=0)
        for text in self.stops:
            if not isinstance(text, str) or not text:
                raise ValueError(f"stop_strings must be a text or a list of texts, none of them empty, not {text!r}")

    @property
    def eos_ids(self) -> list[int]:
        """The ids that end a row, as a list."""
        if self.eos_token_id is None:
            return []
        return self.eos_token_id if isinstance(self.eos_token_id, list) else [self.eos_token_id]

    @property
    def stops(self) -> list[str]:
        """The texts that end a row, as a list."""
        if self.stop_strings is None:
            return []
        return [self.stop_strings] if isinstance(self.stop_strings, str) else list(self.stop_strings)


NAMES = frozenset(entry.name for entry in fields(GenerationConfig)) - {"extra"}


def resolve(
    overrides: Mapping[str, Any], given: GenerationConfig | None, of_model: GenerationConfig
) -> GenerationConfig:
    """Return the settings one call runs with.

    Args:
        overrides: keywords of the call. `None` switches a setting off: `eos_token_id=None` never stops.
        given: the config passed to the call; its `None` says nothing.
        of_model: the model's own; its `None` says nothing.

    Raises:
        TypeError: a keyword is no setting.
        UnsupportedError: a setting of the reference that nothing here acts on.
    """
    said = dict(DEFAULTS)
    for layer in (of_model, given):
        for name, value in layer.to_diff_dict().items() if layer is not None else ():
            if name in NAMES:
                said[name] = value
            elif name != "cache_implementation":
                _refuse_ineffective(name, value)
    for name, value in overrides.items():
        if name not in NAMES and name not in _IDLE:
            refuse(name, "generate", NAMES | CALL_OPTIONS)
        if name in NAMES:
            said[name] = value
        else:
            _refuse_ineffective(name, value)
    if said.get("num_beams") not in (None, 1):
        raise UnsupportedError("num_beams above 1: beam search is not part of this runtime")
    config = GenerationConfig(**said)
    config.validate()
    _note_lengths(overrides, given, config)
    if config.temperature == 0:
        config.do_sample = False
    elif not config.do_sample:
        _note_idle_sampling(overrides)
    return config


def _refuse_ineffective(name: str, value: Any) -> None:
    if name in _IDLE and value is not None and value not in _IDLE[name]:
        raise UnsupportedError(f"the generation setting {name}={value!r} is not part of this runtime")


def _note_lengths(overrides: Mapping[str, Any], given: GenerationConfig | None, config: GenerationConfig) -> None:
    asked = overrides.get("max_length") or (given.max_length if given is not None else None)
    if config.max_new_tokens is not None and asked is not None:
        warn_once(f"max_new_tokens={config.max_new_tokens} wins over max_length={asked}")


def _note_idle_sampling(overrides: Mapping[str, Any]) -> None:
    idle = [name for name in ("temperature", "top_k", "top_p", "min_p") if overrides.get(name) is not None]
    if idle:
        warn_once(f"{', '.join(idle)} without effect: generation is greedy; pass do_sample=True to sample")


_SAID: set[str] = set()


def warn_once(message: str) -> None:
    """Log a hint the first time it applies."""
    if message not in _SAID:
        _SAID.add(message)
        _LOGGER.warning(message)


def _check(
    name: str, value: Any, kind: type, wanted: str, *, least: float | None = None, most: float | None = None
) -> None:
    if value is None:
        return
    right = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not right or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} must be {wanted}, not {type(value).__name__} {value!r}")
    if not (least is None or value >= least) or not (most is None or value <= most):
        raise ValueError(f"{name} must be {wanted}, not {value!r}")
