"""Pipeline settings a caller passes to `from_pretrained`, applied to the loaded stages: once, and only what was passed.

A file's own flags (`do_lower_case` in an old configuration) never come here: the pipeline it states is the pipeline.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from lexel.backends.engine import Compiled, with_stages
from lexel.spec import leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lexel._lexel import Component

__all__ = ["apply"]

_BERT_FLAGS = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}


def apply(compiled: Compiled, given: Mapping[str, Any]) -> Compiled:
    """Return the pipeline with the settings a caller passed.

    Args:
        compiled: as loaded.
        given: the caller's arguments: `add_prefix_space`, `do_lower_case`, `strip_accents`, `tokenize_chinese_chars`.
    """
    changes: dict[Component, Any] = {}
    prefix = given.get("add_prefix_space")
    flags = {_BERT_FLAGS[key]: given[key] for key in _BERT_FLAGS if key in given}
    if prefix is not None:
        kinds: dict[Component, tuple[str, ...]] = {
            "pre_tokenizer": ("ByteLevel", "Metaspace"),
            "decoder": ("Metaspace",),
        }
        for name, edited in kinds.items():
            changes[name] = _edited(compiled, name, partial(_set_prefix_space, wanted=bool(prefix), kinds=edited))
        if not prefix:
            changes |= _without_prepended(compiled)
    if flags:
        changes["normalizer"] = _edited(compiled, "normalizer", partial(_set_flags, flags=flags))
    changed = {name: stage for name, stage in changes.items() if stage is not None}
    return with_stages(compiled, changed) if changed else compiled


def _edited(compiled: Compiled, name: Any, edit: Callable[[dict[str, Any]], None]) -> Any:
    """Return a stage after an edit, None where it changes nothing."""
    text = compiled.engine.component(name)
    if text is None:
        return None
    stage = json.loads(text)
    edit(stage)
    return stage if stage != json.loads(text) else None


def _set_prefix_space(stage: dict[str, Any], *, wanted: bool, kinds: tuple[str, ...]) -> None:
    for leaf in leaves(stage):
        if leaf["type"] not in kinds:
            continue
        if leaf["type"] == "ByteLevel":
            leaf["add_prefix_space"] = wanted
        else:
            present = leaf.get("prepend_scheme", "always")
            leaf["prepend_scheme"] = (present if present != "never" else "always") if wanted else "never"


def _without_prepended(compiled: Compiled) -> dict[Component, Any]:
    """Return the stages changed where a normalizer writes the space before a text, and the decoder takes it off."""
    text = compiled.engine.component("normalizer")
    stage = json.loads(text) if text is not None else {}
    parts = leaves(stage) if stage else []
    kept = [part for part in parts if part != {"type": "Prepend", "prepend": "▁"}]
    if len(kept) == len(parts):
        return {}
    changes: dict[Component, Any] = {"normalizer": {"type": "Sequence", "normalizers": kept}}
    decoder = compiled.engine.component("decoder")
    if decoder is not None:
        steps = leaves(json.loads(decoder))
        left = [step for step in steps if step != {"type": "Strip", "content": " ", "start": 1, "stop": 0}]
        if len(left) < len(steps):
            changes["decoder"] = {"type": "Sequence", "decoders": left}
    return changes


def _set_flags(stage: dict[str, Any], *, flags: Mapping[str, Any]) -> None:
    for leaf in leaves(stage):
        if leaf["type"] == "BertNormalizer":
            leaf.update(flags)
