"""What a folder and its caller say of a tokenizer's class, read once."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lexel.auto.model_types import GENERIC_REPOSITORIES
from lexel.auto.remote_code import CodeReference
from lexel.tokenizer.checking import check_model_config
from lexel.tokenizer.config import CLASS_KEY
from lexel.tokenizer.loading import PIPELINE_FILE, read_json, read_tokenizer_config

if TYPE_CHECKING:
    from lexel.hub import ModelFiles

__all__ = ["Asked", "Evidence", "read_evidence"]

# The part of a configuration of two models that speaks of text.
_TEXT_SIDE = {
    "encoder-decoder": "encoder",
    "speech-encoder-decoder": "decoder",
    "vision-encoder-decoder": "decoder",
    "vision-text-dual-encoder": "text_config",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller asked for.

    Attributes:
        backend: "tokenizers", "sentencepiece", "python" or "mistral_common".
        config: the model's configuration, an object or a dictionary, instead of the folder's.
        gguf_file: the tokenizer inside this file.
        mistral_format: True: with Mistral's library; False: never with it.
        tokenizer_type: the class of this model type.
        trust_remote_code: whether code of the folder may be run.
        code_revision: the commit of the repository the code is in.
        vocab_file: the vocabulary the caller names.
    """

    backend: str | None = None
    config: Any = None
    gguf_file: str | None = None
    mistral_format: bool | None = None
    tokenizer_type: str | None = None
    trust_remote_code: bool | None = None
    code_revision: str | None = None
    vocab_file: Any = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known before a class is chosen.

    Attributes:
        files: the folder or repository.
        declared: the class its configurations name; None if none does.
        declared_by: the file that names it.
        own: our class, where `declared` had to be the generic name.
        model_type: of the model's configuration.
        text_type: the same, or of its part that speaks of text.
        config_class: the class of the configuration object the caller passed.
        code: the code the configuration wants to be run.
        settings: the content of `tokenizer_config.json`.
    """

    files: ModelFiles
    declared: str | None
    declared_by: str
    own: str | None
    model_type: str | None
    model_name: str | None
    text_type: str | None
    config_class: Any
    code: CodeReference | None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_pipeline(self) -> bool:
        """Whether a `tokenizer.json` states the pipeline."""
        return self.files.get(PIPELINE_FILE) is not None

    @property
    def is_byte_level(self) -> bool:
        """Whether the pipeline works on bytes in printable characters."""
        path = self.files.get(PIPELINE_FILE)
        return path is not None and b'"ByteLevel"' in path.read_bytes()

    @property
    def is_known_as_generic(self) -> bool:
        """Whether this is a repository whose configuration names a wrong class."""
        name = self.files.name.lower()
        return any(fnmatch.fnmatch(name, pattern) for pattern in GENERIC_REPOSITORIES)


def read_evidence(files: ModelFiles, config: Any = None) -> Evidence:
    """Read the two configurations of a folder.

    Args:
        files: the folder or repository.
        config: the model's configuration, instead of `config.json`.

    Raises:
        FormatError: one is no JSON object, or has a value of the wrong kind.
    """
    settings = read_tokenizer_config(files)
    where = "config="
    if config is None:
        where, path = "config.json", files.get("config.json")
        config = check_model_config(read_json(path, files.read("config.json")), path) if path is not None else {}
    declared, declared_by = settings.get("tokenizer_class"), "tokenizer_config.json"
    if declared is None:
        declared, declared_by = _text(config, "tokenizer_class"), where
    model_type = _text(config, "model_type")
    side = _of(config, _TEXT_SIDE.get(model_type or "", ""))
    return Evidence(
        files=files,
        declared=declared,
        declared_by=declared_by,
        own=settings.get(CLASS_KEY),
        model_type=model_type,
        model_name=_text(config, "model_name"),
        text_type=model_type if side is None else _text(side, "model_type"),
        config_class=None if isinstance(config, Mapping) else type(config),
        code=CodeReference.of(settings.get("auto_map")),
        settings=settings,
    )


def _of(config: Any, key: str) -> Any:
    if not key:
        return None
    return config.get(key) if isinstance(config, Mapping) else getattr(config, key, None)


def _text(config: Any, key: str) -> str | None:
    value = _of(config, key)
    return value if isinstance(value, str) and value else None
