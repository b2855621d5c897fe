"""What `tokenizer_config.json` says of a tokenizer when it is saved.

By default the file is written so that the widest range of readers understands it: old ones know neither a list under
`extra_special_tokens` nor the class names of today. `compat="v5"` writes today's form exactly.
"""

from __future__ import annotations

import copy
import json
import os
from typing import TYPE_CHECKING, Any, Literal

from lexel.added_token import plain_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lexel.tokenizer.special_tokens import SpecialTokens

__all__ = ["CLASS_KEY", "Compat", "as_read", "build_config", "generic_name", "write_json"]

Compat = Literal["v4", "v5"]

# Names our class where `tokenizer_class` must not: see `families.rebuilding`.
CLASS_KEY = "lexel_class"

# Never saved: they name files and places of this machine, or live in the pipeline.
_PRIVATE = (
    "_spm_precompiled_charsmap",
    "add_bos_token",
    "add_eos_token",
    "added_tokens_decoder",
    "additional_special_tokens",
    "chat_template",
    "device_map",
    "fast_tokenizer_files",
    "files_loaded",
    "gguf_file",
    "is_local",
    "lexel_files",
    "local_files_only",
    "max_len",
    "merges",
    "model_specific_special_tokens",
    "name_or_path",
    "slow_tokenizer_class",
    "special_tokens_map_file",
    "tokenizer_file",
    "tokenizer_object",
    "vocab",
    "vocab_file",
)


def build_config(
    init_kwargs: Mapping[str, Any],
    current: Mapping[str, Any],
    special: SpecialTokens,
    *,
    file_keys: Iterable[str],
    compat: Compat,
) -> dict[str, Any]:
    """Return the configuration of a tokenizer.

    Args:
        init_kwargs: what the tokenizer was made with.
        current: the attributes of today; they win.
        special: the special tokens.
        file_keys: names of arguments that hold paths of vocabulary files.
        compat: who must be able to read it.
    """
    config = copy.deepcopy({**init_kwargs, **current})
    for key in (*_PRIVATE, *file_keys):
        config.pop(key, None)
    config.pop("extra_special_tokens", None)
    named = special.as_map()
    # A token that was taken away is null: absent, the class would give its own.
    config.update(dict.fromkeys(config.keys() & set(special.names)) | named)
    extra = [str(token) for token in special.extra]
    own = {name: named[name] for name in special.names[7:] if name in named}
    if compat == "v5":
        if extra:
            config["extra_special_tokens"] = extra
        if own and "model_specific_special_tokens" in init_kwargs:
            config["model_specific_special_tokens"] = own
    else:
        if own:
            config["extra_special_tokens"] = own
        if extra:
            config["additional_special_tokens"] = extra
    result: dict[str, Any] = plain_config(config)
    return result


def generic_name(compat: Compat) -> str:
    """Return the name that readers have for the class that runs a pipeline as it is stated."""
    return "TokenizersBackend" if compat == "v5" else "PreTrainedTokenizerFast"


def write_json(path: Path, content: Any) -> None:
    """Write JSON as the field does: two spaces, sorted keys, a final newline.

    Raises:
        TypeError: a setting that JSON has no form for; names it.
    """
    path.write_text(_as_text(path, content) + "\n", encoding="utf-8")


def as_read(path: Path, content: Any) -> Any:
    """Return a content as a reader of its file will have it."""
    return json.loads(_as_text(path, content))


def _as_text(path: Path, content: Any) -> str:
    try:
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=_plain_number)
    except TypeError:
        for key, value in content.items():
            try:
                json.dumps(value, sort_keys=True, default=_plain_number)
            except TypeError as error:
                raise TypeError(f"the setting {key}={value!r} cannot be written to {path.name}: {error}") from error
        raise


def _plain_number(value: Any) -> Any:
    """Return a number of an array, or a path, as JSON has it."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "item") and not getattr(value, "shape", None):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
