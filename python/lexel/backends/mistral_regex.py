"""The split of Mistral's tekken pipelines, which many published `tokenizer.json` files state wrongly.

The file is loaded as it is, and said to be wrong where that can be told without a request; `fix_mistral_regex=True`
puts the right split in its place, `False` says that it is known.

Source: transformers 5.23, `TokenizersBackend._patch_mistral_regex`, which asks the hub whose model it is; here the
folder's own `config.json` says so.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from lexel.backends.engine import Compiled, with_stages
from lexel.errors import FormatError
from lexel.tokenizer.loading import read_json

if TYPE_CHECKING:
    from lexel.hub import ModelFiles

__all__ = ["mend_split"]

_LOGGER = logging.getLogger(__name__)
_TYPES = {"ministral", "mistral", "mistral3", "pixtral", "voxtral"}
# Older vocabularies of these models are no tekken ones.
_TEKKEN_SIZE = 100_000
_SPLIT = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def mend_split(compiled: Compiled, files: ModelFiles, wanted: bool | None) -> Compiled:
    """Return the pipeline with the right split, if that is wanted and it has a wrong one; otherwise as it is.

    Args:
        compiled: as loaded.
        files: the folder; of one of Mistral's models a wrong split is told, unless `wanted` says that it is known.
        wanted: what the caller passed as `fix_mistral_regex`.
    """
    if wanted is False or compiled.engine.vocab_size() <= _TEKKEN_SIZE:
        return compiled
    stage = json.loads(compiled.engine.component("pre_tokenizer") or "null")
    parts = stage.get("pretokenizers") if isinstance(stage, dict) else None
    first = parts[0] if parts else {"type": None}
    if first["type"] != "Split" or first["pattern"] == {"Regex": _SPLIT}:
        return compiled
    if wanted:
        right = {"type": "Split", "pattern": {"Regex": _SPLIT}, "behavior": "Isolated", "invert": False}
        stage["pretokenizers"][0] = right
        return with_stages(compiled, {"pre_tokenizer": stage})
    if _is_of_mistral(files):
        _LOGGER.warning(
            "%s is of a model of Mistral's, and its tokenizer.json splits texts unlike Mistral's own tokenizer: "
            "ids differ from those the model was trained with. It is loaded as it is; fix_mistral_regex=True "
            "puts the right split in, fix_mistral_regex=False says that this is known",
            files.name,
        )
    return compiled


def _is_of_mistral(files: ModelFiles) -> bool:
    """Return whether a folder's model is one of Mistral's, written before the files were mended."""
    path = files.get("config.json")
    try:
        config = read_json(path, files.read("config.json")) if path is not None else {}
    except FormatError:
        return False
    if not isinstance(config, dict) or config.get("model_type") not in _TYPES:
        return False
    major = str(config.get("transformers_version") or "0").partition(".")[0]
    return not major.isdigit() or int(major) < 5
