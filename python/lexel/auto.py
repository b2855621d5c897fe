"""Which class a folder or hub repository wants.

For ids nothing is decided here: a `tokenizer.json` is loaded verbatim whatever the class. The class gives names,
defaults and further methods; it is the one the configuration declares, if there is one of that name here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.backends import MistralCommonBackend, SentencePieceBackend, TokenizersBackend
from lexel.backends.sources import read_file
from lexel.converters import FileFormat, detect
from lexel.errors import LoadError, UnsupportedError
from lexel.families import MODEL_TYPES, MODULES, find
from lexel.hub import ModelFiles, open_files
from lexel.tokenizer.config import CLASS_KEY
from lexel.tokenizer.loading import PIPELINE_FILE, read_json, read_tokenizer_config

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from lexel.tokenizer import Tokenizer

__all__ = ["AutoTokenizer", "Choice", "from_file"]

_WHERE = ("subfolder", "revision", "token", "cache_dir", "local_files_only", "force_download")
# Arguments of the reference's dispatcher that say nothing here.
_UNUSED = ("config", "use_fast", "trust_remote_code", "code_revision", "proxies", "_from_auto", "_commit_hash")
_GENERIC = {"PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend", "PythonBackend"}
_BACKENDS = {"tokenizers"}

_registered: dict[str, type[Tokenizer]] = {}


@dataclass(frozen=True, slots=True)
class Choice:
    """The class chosen for a tokenizer, and the steps that led to it."""

    tokenizer_class: type[Tokenizer]
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((*self.steps, f"→ {self.tokenizer_class.__name__}"))


class AutoTokenizer:
    """Loads any tokenizer: `AutoTokenizer.from_pretrained(folder_or_hub_id)`."""

    def __init__(self) -> None:
        raise LoadError("AutoTokenizer is not made directly; use AutoTokenizer.from_pretrained(folder_or_hub_id)")

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | os.PathLike[str], *inputs: Any, **kwargs: Any
    ) -> Tokenizer:
        """Load the tokenizer of a folder or a hub repository.

        Args:
            pretrained_model_name_or_path: a folder, a file, or `owner/name` on the hub.
            *inputs: positional arguments of the class.
            **kwargs: where to look (`revision`, `subfolder`, `token`, `cache_dir`, `local_files_only`,
                `force_download`), what to take (`gguf_file`, `tokenizer_type`, `backend`, or `mistral_format=True` for
                `MistralCommonBackend`), and settings that win over the files'.

        Raises:
            LoadError: the files are not there, or the hub did not give them.
            FormatError: a file is not what it claims to be.
            UnsupportedError: the tokenizer needs what is not here.
        """
        if "use_auth_token" in kwargs:
            raise TypeError("use_auth_token= is now token=")
        for key in _UNUSED:
            kwargs.pop(key, None)
        if kwargs.pop("mistral_format", None):
            return MistralCommonBackend.from_pretrained(pretrained_model_name_or_path, *inputs, **kwargs)
        where = {key: kwargs.pop(key) for key in _WHERE if key in kwargs}
        backend = kwargs.pop("backend", None)
        if backend is not None and backend not in _BACKENDS:
            raise UnsupportedError(f"backend {backend!r} is not available; available are {sorted(_BACKENDS)}")
        wanted = kwargs.pop("tokenizer_type", None)
        if Path(pretrained_model_name_or_path).is_file():
            return from_file(pretrained_model_name_or_path, **kwargs)
        files = open_files(pretrained_model_name_or_path, **where)
        chosen = _choose(files, wanted, gguf="gguf_file" in kwargs).tokenizer_class
        return chosen._from_files(files, inputs, kwargs)

    @classmethod
    def explain(cls, pretrained_model_name_or_path: str | os.PathLike[str], **where: Any) -> Choice:
        """Return which class would be used, and why; print it."""
        return _choose(open_files(pretrained_model_name_or_path, **where), None, gguf=False)

    @classmethod
    def register(
        cls,
        config_class: Any,
        tokenizer_class: type[Tokenizer] | None = None,
        slow_tokenizer_class: type[Tokenizer] | None = None,
        fast_tokenizer_class: type[Tokenizer] | None = None,
        exist_ok: bool = False,
    ) -> None:
        """Make a class of yours known under its name, and for a configuration's model type.

        Args:
            config_class: a configuration class with a `model_type`, or the model type itself, or None.
            tokenizer_class: the class.
            slow_tokenizer_class: the class under its name of former releases.
            fast_tokenizer_class: the same.
            exist_ok: replace what is registered.

        Raises:
            ValueError: no class, or one of that name is registered already.
        """
        chosen = tokenizer_class or fast_tokenizer_class or slow_tokenizer_class
        if chosen is None:
            raise ValueError("pass the class to register: AutoTokenizer.register(config, tokenizer_class=…)")
        model_type = config_class if isinstance(config_class, str) else getattr(config_class, "model_type", None)
        names = [chosen.__name__, *(f"type:{model_type}" for _ in range(model_type is not None))]
        taken = [name for name in names if _registered.get(name, chosen) is not chosen]
        if taken and not exist_ok:
            raise ValueError(f"{taken[0]!r} is registered already; pass exist_ok=True to replace it")
        for name in names:
            _registered[name] = chosen


def from_file(
    path: str | os.PathLike[str],
    *,
    pattern: str | None = None,
    special_tokens: Mapping[str, int] | None = None,
    backend: str | None = None,
    **kwargs: Any,
) -> Tokenizer:
    """Load a tokenizer from one file; its format is found from its bytes, the class from what it means.

    Args:
        path: the file.
        pattern: the split of a tiktoken rank file that is not a known one.
        special_tokens: its special tokens, text → id.
        backend: what runs it: None or "tokenizers" for our core; "sentencepiece" or "mistral_common" for the library
            of that name.
        **kwargs: settings that win over the file's.

    Raises:
        UnsupportedError: the backend does not run such files, or the file asks for what is not here.
        FormatError: a broken file, or of no format that is known here.
        LoadError: it is not there.
    """
    path = Path(path)
    if backend not in (None, "tokenizers"):
        if pattern is not None or special_tokens is not None:
            raise TypeError(f"pattern= and special_tokens= are for our core, and say nothing to backend={backend!r}")
        return _backend_for(path, str(backend)).from_file(path, **kwargs)
    compiled, config = read_file(path, pattern=pattern, special_tokens=special_tokens)
    found = _by_name(str(config.pop("tokenizer_class", None)))
    chosen = found if found is not None and issubclass(found, TokenizersBackend) else TokenizersBackend
    return chosen._from_seed(compiled, (), {"name_or_path": str(path), **config, **kwargs})


def _backend_for(path: Path, backend: str) -> type[Tokenizer]:
    """Return the class that runs a file with a library, by what its bytes are."""
    kind = detect(path)
    if backend == "sentencepiece":
        if kind is not FileFormat.SENTENCEPIECE:
            raise UnsupportedError(f"the library sentencepiece runs sentencepiece models, and {path} is a {kind}")
        return SentencePieceBackend
    if backend == "mistral_common":
        if kind not in (FileFormat.TEKKEN, FileFormat.SENTENCEPIECE):
            raise UnsupportedError(
                f"the library mistral-common runs tekken.json and tokenizer.model.v…, and {path} is a {kind}"
            )
        return MistralCommonBackend
    if backend == "python":
        raise UnsupportedError(
            f"the backend 'python' is for classes that are written in Python, and {path} names none: make it with its "
            "class"
        )
    raise UnsupportedError(
        f"there is no backend {backend!r}; for a file there are 'tokenizers', 'sentencepiece' and 'mistral_common'"
    )


def _choose(files: ModelFiles, wanted: str | None, *, gguf: bool) -> Choice:
    if wanted is not None:
        found = _by_type(wanted)
        if found is None:
            raise ValueError(f"tokenizer_type {wanted!r} is not known; known are {sorted(MODEL_TYPES)}")
        return Choice(found, (f"tokenizer_type={wanted!r} was asked for",))
    if gguf:
        return Choice(TokenizersBackend, ("the tokenizer is read from a GGUF file",))
    steps: list[str] = []
    settings = read_tokenizer_config(files)
    declared = settings.get(CLASS_KEY, settings.get("tokenizer_class"))
    path = files.get("config.json")
    config = read_json(path) if path is not None else {}
    if declared is None:
        declared = config.get("tokenizer_class")
    if declared is not None:
        steps.append(f"the configuration declares {declared}")
        found = _by_name(str(declared))
        if found is not None and not _is_byte_level_llama(files, found, steps):
            return Choice(found, tuple(steps))
        if declared not in _GENERIC and found is None:
            steps.append(f"there is no class {declared} here (known are {sorted(MODULES)} and registered ones)")
    elif config.get("model_type") is not None:
        steps.append(f"config.json has model_type {config['model_type']!r}, and no class is declared")
        found = _by_type(str(config["model_type"]))
        if found is not None and not _is_byte_level_llama(files, found, steps):
            return Choice(found, tuple(steps))
    steps.append("the generic backend runs the pipeline of tokenizer.json as it is")
    return Choice(TokenizersBackend, tuple(steps))


def _by_name(name: str) -> type[Tokenizer] | None:
    if name == SentencePieceBackend.__name__:
        return SentencePieceBackend
    if name in ("MistralCommonBackend", "MistralCommonTokenizer"):
        return MistralCommonBackend
    return _registered.get(name) or _registered.get(name.removesuffix("Fast")) or find(name)


def _by_type(model_type: str) -> type[Tokenizer] | None:
    return _registered.get(f"type:{model_type}") or find(MODEL_TYPES.get(model_type, ""))


def _is_byte_level_llama(files: ModelFiles, found: type[Tokenizer], steps: list[str]) -> bool:
    """Return whether a Llama class is declared for a byte-level pipeline, whose special tokens it does not have."""
    path = files.get(PIPELINE_FILE)
    if found.__name__ != "LlamaTokenizer" or path is None:
        return False
    if b'"ByteLevel"' not in path.read_bytes():
        return False
    steps.append("but the pipeline is byte-level, which LlamaTokenizer is not")
    return True
