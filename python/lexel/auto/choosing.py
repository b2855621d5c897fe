"""Which class a tokenizer gets, and why.

The ids are not decided here: a `tokenizer.json` is loaded verbatim whatever the class, which gives names, defaults and
further methods. So the class is the one that readers of transformers 5.23 take, whose defaults people know; where it is
not here, the generic one runs what there is.
"""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lexel.auto.model_types import GENERIC, MISDECLARED_TYPES, MODEL_TYPES
from lexel.auto.registry import GENERIC_NAMES, class_named, class_of_type, is_registered, registered_for
from lexel.backends import MistralCommonBackend, PythonBackend, SentencePieceBackend, TokenizersBackend
from lexel.converters.detect import FileFormat, detect
from lexel.converters.folder import source_of
from lexel.converters.read import read_spec
from lexel.errors import FormatError, LoadError, MissingDependencyError, UnsupportedError

if TYPE_CHECKING:
    from lexel.auto.evidence import Asked, Evidence
    from lexel.auto.remote_code import CodeReference
    from lexel.tokenizer import Tokenizer

__all__ = ["BACKENDS", "Choice", "choose"]

_LOGGER = logging.getLogger(__name__)
_MISTRAL = MistralCommonBackend.__name__
BACKENDS = ("tokenizers", "sentencepiece", "python", "mistral_common")


@dataclass(frozen=True, slots=True)
class Choice:
    """The class chosen for a tokenizer, and the steps that led to it.

    Attributes:
        tokenizer_class: the class; None if it is in the folder's code.
        steps: what was found, and what followed from it.
        code: the code that defines the class.
        settings: arguments that follow from the choice; the caller's win.
        paths: the same, as names of files of the folder.
    """

    tokenizer_class: type[Tokenizer] | None
    steps: tuple[str, ...]
    code: CodeReference | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the class."""
        return str(self.code) if self.tokenizer_class is None else self.tokenizer_class.__name__

    def __str__(self) -> str:
        return "\n".join((*self.steps, f"→ {self.name}"))


def choose(evidence: Evidence, asked: Asked) -> Choice:
    """Choose a class.

    Raises:
        ValueError: an unknown backend or tokenizer type; code that would have to be run, and may not.
        UnsupportedError: the folder has nothing for the backend that was asked for.
        MissingDependencyError: Mistral's library was asked for, and is not installed.
        LoadError: it was asked for, and there is no file of its.
    """
    steps: list[str] = []
    if asked.backend is not None and asked.backend not in BACKENDS:
        raise ValueError(f"backend should be one of {', '.join(map(repr, BACKENDS))}, not {asked.backend!r}")
    if asked.mistral_format or asked.backend == "mistral_common":
        steps.append("mistral_format=True" if asked.mistral_format else "backend='mistral_common'")
        return _with_mistral(evidence, steps)
    if asked.backend == "sentencepiece":
        return _with_sentencepiece(evidence, asked, steps)
    if asked.backend == "python":
        return _in_python(evidence, asked, steps)
    choice = _by_evidence(evidence, asked, steps)
    kind = choice.tokenizer_class
    if kind is not None and _lacks_its_files(kind, evidence):
        step = f"{kind.__name__} reads files that are not here, and there is a tokenizer.json"
        return _generic([*choice.steps, step])
    if asked.backend == "tokenizers" and (kind is None or not issubclass(kind, TokenizersBackend)):
        step = f"backend='tokenizers' asks for a pipeline, which {choice.name} is not"
        return _generic([*choice.steps, step])
    return choice


def _lacks_its_files(kind: type[Tokenizer], evidence: Evidence) -> bool:
    """Return whether a class written in Python has no vocabulary in a folder that states a pipeline."""
    if not issubclass(kind, PythonBackend) or not evidence.has_pipeline:
        return False
    names = [name for key, name in kind.vocab_files_names.items() if key != "tokenizer_file"]
    return bool(names) and evidence.files.get(names[0]) is None


def _by_evidence(evidence: Evidence, asked: Asked, steps: list[str]) -> Choice:
    if asked.tokenizer_type is not None:
        return _by_asked_type(asked.tokenizer_type, steps)
    if asked.gguf_file is not None:
        return Choice(TokenizersBackend, (f"gguf_file={asked.gguf_file!r}: the tokenizer is read from that file",))
    local = _registered(evidence, steps)
    if local is not None:
        return Choice(local, tuple(steps))
    if evidence.own is not None and (own := class_named(evidence.own)) is not None:
        return Choice(own, (f"tokenizer_config.json says it was saved by {evidence.own}",))
    if evidence.code is not None:
        found = _with_code(evidence, asked, steps)
        if found is not None:
            return found
    elif evidence.has_pipeline:
        found = _against_its_declaration(evidence, steps)
        if found is not None:
            return found
    found = _by_declaration(evidence, asked, steps)
    if found.tokenizer_class is TokenizersBackend and evidence.declared is None and not evidence.has_pipeline:
        return _by_content(evidence, asked, found)
    return found


def _registered(evidence: Evidence, steps: list[str]) -> type[Tokenizer] | None:
    for name in (evidence.own, evidence.declared):
        if name is not None and is_registered(name):
            steps.append(f"{evidence.declared_by} declares {name}, and this program registered a class of that name")
            return class_named(name)
    if evidence.declared is None:
        found = registered_for(evidence.model_type, evidence.config_class)
        if found is not None:
            steps.append(f"this program registered {found.__name__} for the model type {evidence.model_type!r}")
        return found
    return None


def _by_asked_type(model_type: str, steps: list[str]) -> Choice:
    found = class_of_type(model_type)
    steps.append(f"tokenizer_type={model_type!r} was asked for")
    if found is not None:
        return Choice(found, tuple(steps))
    if model_type not in MODEL_TYPES:
        raise ValueError(
            f"the tokenizer_type {model_type!r} does not exist; it should be one of {', '.join(sorted(MODEL_TYPES))}"
        )
    return _generic([*steps, f"its class, {MODEL_TYPES[model_type]}, is not here"])


def _with_code(evidence: Evidence, asked: Asked, steps: list[str]) -> Choice | None:
    """Follow an `auto_map`; None: the code is not run, and the folder says enough without."""
    code = evidence.code
    steps.append(f"tokenizer_config.json names code for it: {code}")
    if asked.trust_remote_code:
        return Choice(None, (*steps, "trust_remote_code=True: that code is run"), code)
    known = class_named(evidence.declared) if evidence.declared not in (None, *GENERIC_NAMES) else None  # type: ignore[arg-type]
    if known is None and not evidence.has_pipeline:
        raise ValueError(
            f"{evidence.files.name!r} can only be loaded by running the code {code} of "
            f"{code.repository or evidence.files.name!r}, which is not done unless it is asked for: read it, then pass "  # type: ignore[union-attr]
            f"trust_remote_code=True (and revision= or code_revision=, so that it stays what you read). It has "
            f"neither a tokenizer.json nor a class that is here{_declared_in_words(evidence)}"
        )
    reason = "a tokenizer.json states the pipeline" if evidence.has_pipeline else f"{evidence.declared} is here"
    steps.append(f"that code was not run: {reason}; trust_remote_code=True would run it")
    return None


def _declared_in_words(evidence: Evidence) -> str:
    return f" ({evidence.declared_by} declares {evidence.declared})" if evidence.declared else ""


def _against_its_declaration(evidence: Evidence, steps: list[str]) -> Choice | None:
    """Return the class of a folder whose declaration is known to be wrong; None: the declaration stands."""
    declared = evidence.declared
    if evidence.is_known_as_generic:
        return _generic([*steps, f"{evidence.files.name} is known to name a wrong class"])
    if declared is None:
        return None
    plain, model_type = declared.removesuffix("Fast"), evidence.model_type
    mapped = MODEL_TYPES.get(model_type or "")
    misdeclared = model_type in MISDECLARED_TYPES or evidence.model_name in MISDECLARED_TYPES
    if plain == "LlamaTokenizer" and mapped != _MISTRAL and not misdeclared and evidence.is_byte_level:
        steps.append(f"{evidence.declared_by} declares {declared}")
        steps.append("but the pipeline is byte-level, which LlamaTokenizer is not")
        return _generic(steps)
    if mapped is None or mapped == plain:
        return None
    if mapped not in (GENERIC, _MISTRAL):
        found = class_named(mapped if misdeclared else declared)
        if found is MistralCommonBackend:
            return None
        if found is not None and found.__name__ not in GENERIC_NAMES:
            steps.append(
                f"models of the type {model_type!r} have {mapped}, whatever is declared ({declared})"
                if misdeclared
                else f"{evidence.declared_by} declares {declared}"
            )
            return Choice(found, tuple(steps))
    return _generic([*steps, f"models of the type {model_type!r} run it as it is, whatever is declared ({declared})"])


def _by_declaration(evidence: Evidence, asked: Asked, steps: list[str]) -> Choice:
    """Choose by the declared class, else by the model type."""
    if evidence.declared is not None:
        steps.append(f"{evidence.declared_by} declares {evidence.declared}")
        found = class_named(evidence.declared)
        if found is MistralCommonBackend:
            return _mistral_if_possible(evidence, asked, steps)
        if found is not None and found is not PythonBackend:
            return Choice(found, tuple(steps))
        if found is None:
            steps.append(f"there is no class {evidence.declared} here")
        return _generic(steps)
    if evidence.text_type is not None:
        mapped = MODEL_TYPES.get(evidence.text_type)
        steps.append(f"no class is declared; the model type is {evidence.text_type!r}, {mapped or 'which has none'}")
        found = class_of_type(evidence.text_type, evidence.config_class)
        if found is not None and found is not MistralCommonBackend:
            return Choice(found, tuple(steps))
        if found is None and mapped is not None:
            steps.append(f"there is no class {mapped} here")
    return _generic(steps)


def _by_content(evidence: Evidence, asked: Asked, choice: Choice) -> Choice:
    """Follow the content of a folder that states neither a pipeline nor a class."""
    if asked.vocab_file is not None:
        return choice
    source = source_of(evidence.files)
    if source is None:
        return choice
    steps = [*choice.steps[:-1], *source.reasons]
    if len(source.reasons) > 1:
        _LOGGER.warning(
            "%s: %s. Choose with gguf_file=… or vocab_file=…, or open one file with Tokenizer.from_file",
            evidence.files.name,
            "; ".join(source.reasons),
        )
    if source.format is FileFormat.GGUF:
        return Choice(
            TokenizersBackend,
            (*steps, "the tokenizer is read from that file"),
            settings={"gguf_file": source.candidate.name},
        )
    name, settings = source.candidate.tokenizer_class, {}
    if name is None and source.format in (FileFormat.VOCAB_JSON, FileFormat.VOCAB_TXT):
        settings = read_spec(source.path).config
        name = settings.pop("tokenizer_class", None)
    if name is not None:
        steps.append(f"such a vocabulary is of {name}")
        kind = class_named(name)
        if kind is not None:
            return Choice(
                kind, tuple(steps), settings={k: v for k, v in settings.items() if k not in evidence.settings}
            )
        steps.append(f"there is no class {name} here")
    return _generic(steps)


def _generic(steps: list[str]) -> Choice:
    return Choice(TokenizersBackend, (*steps, "the generic class runs the pipeline as it is stated"))


# --- backends that were asked for -------------------------------------------------------------------------------------


def mistral_file(names: list[str]) -> str | None:
    """Return which of a folder's files Mistral's library reads: a tekken.json, or the newest versioned model."""
    tekken = [name for name in names if name.endswith(".json") and "tekken" in name]
    models = [name for name in names if ".model.v" in name]
    return min(tekken) if tekken else max(models, default=None)


def _mistral_if_possible(evidence: Evidence, asked: Asked, steps: list[str]) -> Choice:
    if asked.mistral_format is False:
        return _generic([*steps, "mistral_format=False"])
    if mistral_file(evidence.files.names()) is None:
        return _generic([*steps, "but there is no file of Mistral's library"])
    if importlib.util.find_spec("mistral_common") is None:
        return _generic([*steps, "but the library mistral-common is not installed"])
    return Choice(MistralCommonBackend, tuple(steps))


def _with_mistral(evidence: Evidence, steps: list[str]) -> Choice:
    if importlib.util.find_spec("mistral_common") is None:
        raise MissingDependencyError(
            f"{steps[-1]} needs the library mistral-common: pip install 'lexel[mistral]'; without it the native engine "
            "reads a tekken.json too"
        )
    names = evidence.files.names()
    if mistral_file(names) is None:
        raise LoadError(
            f"{steps[-1]} needs a tekken.json or a tokenizer.model with a version (tokenizer.model.v3), and "
            f"{evidence.files.name!r} has {_listed(names)}"
        )
    return Choice(MistralCommonBackend, tuple(steps))


def _with_sentencepiece(evidence: Evidence, asked: Asked, steps: list[str]) -> Choice:
    steps.append("backend='sentencepiece'")
    wanted = _by_evidence(evidence, asked, steps)
    kind = wanted.tokenizer_class
    if kind is not None and issubclass(kind, SentencePieceBackend):
        names = [name for key, name in kind.vocab_files_names.items() if key != "tokenizer_file"]
        if kind is not SentencePieceBackend and all(name in evidence.files.names() for name in names[:1]):
            return wanted
    for name in evidence.files.names():
        if name.endswith((".model", ".spm")) and _is_sentencepiece(evidence, name):
            return Choice(
                SentencePieceBackend, (*steps, f"{name} is a SentencePiece model"), paths={"vocab_file": name}
            )
    raise UnsupportedError(
        f"backend='sentencepiece' runs a SentencePiece model (tokenizer.model, spiece.model …), and "
        f"{evidence.files.name!r} has {_listed(evidence.files.names())}"
    )


def _is_sentencepiece(evidence: Evidence, name: str) -> bool:
    try:
        return detect(evidence.files.need(name)) is FileFormat.SENTENCEPIECE
    except FormatError:
        return False


def _in_python(evidence: Evidence, asked: Asked, steps: list[str]) -> Choice:
    steps.append("backend='python'")
    wanted = _by_evidence(evidence, asked, steps)
    kind = wanted.tokenizer_class
    if kind is None or issubclass(kind, PythonBackend):
        return wanted
    legacy = class_named("BertTokenizerLegacy")
    if kind.__name__ in ("BertTokenizer", "DistilBertTokenizer") and "vocab.txt" in evidence.files.names():
        return Choice(legacy, (*wanted.steps, "the tokenizer of BERT in Python reads its vocab.txt"))
    raise UnsupportedError(
        f"backend='python' asks for a class written in Python, and that of {evidence.files.name!r} is {kind.__name__}, "
        f"which runs a pipeline; leave backend= out, or register a class (AutoTokenizer.register). The folder has "
        f"{_listed(evidence.files.names())}"
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "") or "no files"
