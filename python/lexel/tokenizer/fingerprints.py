"""One text for all a tokenizer is."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from lexel.tokenizer.saving import changeable_settings, stated_config

if TYPE_CHECKING:
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["fingerprint"]

# Attributes that say nothing of ids.
_NO_STATE = ("files_loaded", "name_or_path", "total_vocab_size", "verbose")


def fingerprint(tokenizer: Tokenizer) -> str:
    """Return a hash of all a tokenizer is: its class, its settings, its backend's state."""
    config = stated_config(tokenizer, "v5") | changeable_settings(tokenizer)
    config |= {"chat_template": tokenizer.chat_template, "pad_token_type_id": tokenizer.pad_token_type_id}
    config["flags"] = _flags(tokenizer)
    stated = json.dumps(config, sort_keys=True, ensure_ascii=True, default=_stable)
    digest = hashlib.sha256()
    kind = type(tokenizer)
    for part in (f"{kind.__module__}.{kind.__qualname__}", stated, tokenizer._backend_state()):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _flags(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return what a tokenizer written in Python keeps in flags and short lists; dictionaries may be its caches."""
    if tokenizer.is_fast:
        return {}
    files = {*_NO_STATE, *tokenizer.vocab_files_names}
    return {key: value for key, value in vars(tokenizer).items() if key not in files and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    plain = (str, int, float, type(None))
    return isinstance(value, plain) or (isinstance(value, (list, tuple)) and all(isinstance(v, plain) for v in value))


def _stable(value: Any) -> Any:
    """Return what stands for a setting that JSON has no form for: the same in every process."""
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, bytes):
        return value.hex()
    kind = type(value)
    # An address in a text says nothing of the object.
    shown = repr(value)
    return f"{kind.__module__}.{kind.__qualname__}" if " at 0x" in shown else shown
