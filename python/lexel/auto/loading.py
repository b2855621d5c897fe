"""From a folder, a hub id or a file to a tokenizer of the class that is chosen."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lexel.auto.choosing import Choice, choose
from lexel.auto.evidence import Asked, read_evidence
from lexel.auto.explaining import Explanation
from lexel.auto.registry import class_of_type
from lexel.auto.remote_code import load_class
from lexel.auto.single_file import from_file
from lexel.backends import TokenizersBackend
from lexel.converters.folder import source_of
from lexel.errors import LexelError
from lexel.hub import open_files
from lexel.tokenizer import Tokenizer
from lexel.tokenizer.file_record import changed_files
from lexel.tokenizer.files import TokenizerFiles

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from lexel.auto.evidence import Evidence
    from lexel.hub import ModelFiles

__all__ = ["explain", "from_pretrained"]

_WHERE = ("subfolder", "revision", "token", "cache_dir", "local_files_only", "force_download")
# Arguments of the reference that say nothing here.
_UNUSED = ("use_fast", "proxies", "_from_auto", "_from_pipeline", "_commit_hash")
_ASKED = tuple(field.name for field in fields(Asked))
# Settings of old configurations that a stated pipeline answers itself.
_STATED_IN_PIPELINE = (
    *("add_bos_token", "add_eos_token", "add_prefix_space", "do_lower_case", "strip_accents"),
    *("tokenize_chinese_chars", "trim_offsets"),
)
_EDITS = (
    "add_bos_token",
    "add_eos_token",
    "add_prefix_space",
    "do_lower_case",
    "strip_accents",
    "tokenize_chinese_chars",
    "fix_mistral_regex",
)


def from_pretrained(name: str | os.PathLike[str], inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Tokenizer:
    """Load a tokenizer, see `AutoTokenizer.from_pretrained`."""
    asked, where, rest = _sorted_arguments(kwargs)
    if Path(name).is_file():
        kind = class_of_type(asked.tokenizer_type)
        return kind.from_file(name, **rest) if kind is not None else from_file(name, backend=asked.backend, **rest)
    files = open_files(name, **where)
    choice = choose(read_evidence(files, asked.config), asked)
    return _load(choice, files, inputs, rest, asked, where)


def explain(name: str | os.PathLike[str], kwargs: dict[str, Any]) -> Explanation:
    """Say how a tokenizer is loaded, see `AutoTokenizer.explain`."""
    asked, where, rest = _sorted_arguments(kwargs)
    path = Path(name)
    files = open_files(path.parent, subfolder="") if path.is_file() else open_files(name, **where)
    evidence = choice = tok = problem = None
    try:
        if path.is_file():
            choice = Choice(TokenizersBackend, (f"{path.name} is one file; its format is found from its bytes",))
            tok = from_file(path, backend=asked.backend, **rest)
        else:
            evidence = read_evidence(files, asked.config)
            choice = choose(evidence, asked)
            if choice.code is None:
                tok = _load(choice, files, (), dict(rest), asked, where)
    except (LexelError, OSError, ValueError, TypeError) as error:
        problem = f"{type(error).__name__}: {error}"
    return Explanation(
        name=str(name),
        commit=files.commit,
        tokenizer_class=type(tok) if tok is not None else choice.tokenizer_class if choice else None,
        class_name=type(tok).__name__ if tok is not None else choice.name if choice else None,
        backend=getattr(tok, "backend", None),
        engine=getattr(tok, "engine", getattr(tok, "backend", None)),
        engine_reason=getattr(tok, "engine_reason", None),
        files_seen=(path.name,) if path.is_file() else tuple(files.names()),
        files_read=(path.name,) if path.is_file() else tuple(files.opened),
        steps=(*choice.steps, *_source_in_words(files, evidence, choice)) if choice else (),
        flags_applied=tuple(_passed(rest, evidence)),
        flags_ignored=tuple(_unheard(evidence, rest)),
        changed_files=tuple(changed_files(files, evidence.settings)) if evidence is not None else (),
        problem=problem,
    )


def _sorted_arguments(kwargs: Mapping[str, Any]) -> tuple[Asked, dict[str, Any], dict[str, Any]]:
    """Return what is asked for, where to look, and the settings of the tokenizer."""
    if "use_auth_token" in kwargs:
        raise TypeError("use_auth_token= is now token=")
    rest = {key: value for key, value in kwargs.items() if key not in _UNUSED}
    where = {key: rest.pop(key) for key in _WHERE if key in rest}
    asked = {key: rest.pop(key) for key in _ASKED if key in rest}
    # These two are read by the class as well.
    rest |= {key: asked[key] for key in ("gguf_file", "vocab_file") if asked.get(key) is not None}
    return Asked(**asked), where, rest


def _load(
    choice: Choice,
    files: ModelFiles,
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    asked: Asked,
    where: Mapping[str, Any],
) -> Tokenizer:
    """Make a tokenizer of the class that was chosen."""
    kind: Any = choice.tokenizer_class
    if choice.code is not None:
        kind = load_class(choice.code, files, code_revision=asked.code_revision, where=where)
        if hasattr(kind, "register_for_auto_class"):
            kind.register_for_auto_class()
        kwargs["trust_remote_code"] = True
    if (
        not issubclass(kind, Tokenizer)
        or kind.from_pretrained.__func__ is not TokenizerFiles.__dict__["from_pretrained"].__func__
    ):
        # A class that does this itself, at the commit whose configuration was read.
        at = {**where, **({"revision": files.commit} if files.commit else {})}
        return cast("Tokenizer", kind.from_pretrained(files.name, *inputs, **at, **kwargs))
    kwargs.pop("trust_remote_code", None)
    given = choice.settings | {key: str(files.need(value)) for key, value in choice.paths.items()}
    return cast("Tokenizer", kind._from_files(files, inputs, {**given, **kwargs}))


def _source_in_words(files: ModelFiles, evidence: Evidence | None, choice: Choice) -> tuple[str, ...]:
    """Return where the ids come from."""
    if evidence is None or choice.settings or choice.paths or choice.code is not None:
        return ()
    if evidence.has_pipeline:
        kind = choice.tokenizer_class
        if kind is not None and issubclass(kind, TokenizersBackend):
            return ("tokenizer.json states the pipeline: it is loaded as it is",)
        return ()
    try:
        source = source_of(files)
    except LexelError:
        return ()
    return tuple(reason for reason in (source.reasons if source else ()) if reason not in choice.steps)


def _passed(given: Mapping[str, Any], evidence: Evidence | None) -> list[str]:
    """Return the caller's settings in words."""
    stated = evidence is not None and evidence.has_pipeline
    return [
        f"{key}={value!r}" + (": changes stages of the pipeline" if stated and key in _EDITS else "")
        for key, value in given.items()
    ]


def _unheard(evidence: Evidence | None, given: Mapping[str, Any]) -> list[str]:
    """Return the settings of the configuration that say nothing beside a stated pipeline."""
    if evidence is None or not evidence.has_pipeline:
        return []
    return [
        f"{key}={evidence.settings[key]!r} of tokenizer_config.json: the tokenizer.json states the pipeline"
        for key in _STATED_IN_PIPELINE
        if key in evidence.settings and key not in given
    ]
