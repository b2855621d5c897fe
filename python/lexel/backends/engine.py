"""Which engine a tokenizer runs on: our core, or the `tokenizers` library where the core refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from lexel._lexel import Engine
from lexel.backends.fallback import FallbackEngine
from lexel.errors import FormatError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel._lexel import Component

__all__ = ["AnyEngine", "Compiled", "compile_json", "compile_library", "with_model_options", "with_stages"]

AnyEngine: TypeAlias = Engine | FallbackEngine


@dataclass(frozen=True, slots=True)
class Compiled:
    """An engine, and why it is not the core (None: it is).

    Attributes:
        engine: what encodes and decodes.
        reason: why that is the `tokenizers` library.
        draws: whether the file asks for one of a text's tokenizations at random (BPE dropout).
    """

    engine: AnyEngine
    reason: str | None = None
    draws: bool = field(init=False)

    def __post_init__(self) -> None:
        native = isinstance(self.engine, Engine)
        object.__setattr__(self, "draws", native and bool(json.loads(self.engine.model_info()).get("dropout")))


def compile_json(text: str | bytes, *, path: str | None = None) -> Compiled:
    """Compile the text of a `tokenizer.json`.

    Raises:
        FormatError: it is no tokenizer.
        UnsupportedError: our core does not run it, and the library would not run it exactly: it passes over the stages
            that stand under the key `lexel` of the model.
    """
    try:
        return Compiled(Engine.from_json(text, path=path))
    except UnsupportedError as error:
        if _has_exact_stages(text):
            raise
        try:
            return Compiled(FallbackEngine.from_json(text, path=path), str(error))
        except FormatError as refused:
            # The library's own words seldom say where it stopped.
            raise FormatError(f"{error}; {refused}") from error


def _has_exact_stages(text: str | bytes) -> bool:
    try:
        model = json.loads(text).get("model")
    except (ValueError, AttributeError, RecursionError):
        return False
    return isinstance(model, dict) and "lexel" in model


def compile_library(library: Any) -> Compiled:
    """Compile an object of the `tokenizers` library; it stays independent of what is made here."""
    try:
        text = library.to_str()
    except Exception as error:
        # The library raises a bare exception for components written in Python.
        return Compiled(FallbackEngine(library), f"a component has no serial form: {error}")
    return compile_json(text)


def with_model_options(engine: AnyEngine, options: dict[str, Any]) -> Compiled:
    """Return an engine whose model has other options (`dropout`, `fuse_unk` …)."""
    content = json.loads(engine.to_json())
    content["model"].update(options)
    return compile_json(json.dumps(content, ensure_ascii=False))


def with_stages(compiled: Compiled, stages: Mapping[Component, Any]) -> Compiled:
    """Return an engine with other stages, given as JSON objects by name."""
    engine = compiled.engine
    if compiled.reason is None:
        for name, stage in stages.items():
            engine = engine.with_component(name, json.dumps(stage, ensure_ascii=False))
        return Compiled(engine)
    content = {**json.loads(engine.to_json()), **stages}
    return compile_json(json.dumps(content, ensure_ascii=False))
