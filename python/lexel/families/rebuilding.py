"""Whether the readers of a saved folder that build a class's pipeline anew get the one that is saved.

We run the pipeline a file states. The reference does so for the generic class alone: for a class it knows it takes
the vocabulary, the character map and sometimes the post-processor from the file, and all else from the class; older
readers run the file, but some classes write their own beginning and end tokens. So a folder names its class only
where all of them come to the same ids.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lexel.backends.post_processor import with_ends, writes_alike
from lexel.families.asked import charsmap_in
from lexel.spec import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel.backends.engine import AnyEngine
    from lexel.families.family import Family
    from lexel.tokenizer.config import Compat

__all__ = ["Kept", "reads_alike"]

# Which post-processor readers of a class use: "any" a file states; the class's "own"; "begin": one that writes the bos
# token before each text and nothing else; "bos": any, but older readers only such a one.
Kept: TypeAlias = Literal["any", "own", "begin", "bos"]


def reads_alike(tokenizer: Family, stated: Mapping[str, Any], compat: Compat) -> bool:
    """Return whether readers that build the class's pipeline encode as this tokenizer does.

    Args:
        tokenizer: the tokenizer.
        stated: the settings its configuration states.
        compat: who must be able to read it.
    """
    family = type(tokenizer)
    engine = tokenizer._core.engine
    settings = family.settle({**family.defaults, **stated, **charsmap_in(engine)})
    own = family._empty_pipeline(settings)
    if any(_parts(engine, name) != _parts(own, name) for name in ("normalizer", "pre_tokenizer")):
        return False
    if not family.keeps_flags and _has_flags(tokenizer):
        return False
    if compat == "v4" and not family.read_by_v4:
        return False
    if family.unk_id is not None and json.loads(engine.model_info()).get("unk_id") != family.unk_id:
        return False
    if not tokenizer._has_fixed_parts():
        return False
    kept, present = family.kept_post_processor, engine.component("post_processor")
    if kept == "any" or (kept == "bos" and compat == "v5"):
        return True
    if kept in ("begin", "bos"):
        bos = tokenizer._end("bos_token", True)
        return bos is not None and writes_alike(present, with_ends(None, bos, None, ()))
    return writes_alike(present, tokenizer._rebuilt_post_processor(settings, own))


def _has_flags(tokenizer: Family) -> bool:
    special = set(tokenizer.all_special_tokens)
    tokens = tokenizer.added_tokens_decoder.values()
    return any(token.lstrip or token.rstrip or token.single_word for token in tokens if token.content in special)


def _parts(engine: AnyEngine, name: Literal["normalizer", "pre_tokenizer"]) -> list[dict[str, Any]]:
    """Return the parts of a stage, without what ids do not depend on."""
    stage = engine.component(name)
    parts = [] if stage is None else leaves(json.loads(stage))
    return [{key: value for key, value in part.items() if key != "trim_offsets"} for part in parts]
