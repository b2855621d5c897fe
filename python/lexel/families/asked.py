"""Settings a caller asks for where a file states the pipeline.

The pipeline of a file is never rebuilt. But where a stage of it is the one its class builds of the settings of its
configuration, the caller's settings change it as they would have changed the class's: `cls_token=` is written at the
beginning, `trim_offsets=False` leaves offsets whole. A stage the class did not build stays as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel.spec import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel._lexel import Component
    from lexel.backends.engine import AnyEngine

__all__ = ["as_stated", "changed_stages", "charsmap_in"]

_STAGES: tuple[Component, ...] = ("normalizer", "pre_tokenizer", "decoder")


def as_stated(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a class as a configuration states them; special tokens as texts."""
    return {key: _text(config[key]) if config.get(key) is not None else value for key, value in defaults.items()}


def _text(value: Any) -> Any:
    return value["content"] if isinstance(value, dict) and "content" in value else value


def changed_stages(engine: AnyEngine, old: AnyEngine, new: AnyEngine) -> dict[Component, str]:
    """Return the stages that differ between two pipelines of a class and are the old ones in a third: their new form.

    Args:
        engine: the pipeline to change.
        old: what the class builds of the settings as they were.
        new: what it builds of those wanted.
    """
    changes = {}
    for name in _STAGES:
        before, after = old.component(name), new.component(name)
        if before != after and after is not None and engine.component(name) == before:
            changes[name] = after
    return changes


def charsmap_in(engine: AnyEngine) -> dict[str, Any]:
    """Return the setting that stands for the character map among the normalizers; nothing where there is none."""
    text = engine.component("normalizer")
    found = [] if text is None else [leaf for leaf in leaves(json.loads(text)) if leaf["type"] == "Precompiled"]
    return {"_spm_precompiled_charsmap": found[0]["precompiled_charsmap"]} if found else {}
