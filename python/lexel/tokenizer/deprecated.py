"""Methods of former releases: those that still work, warned, and what to say about those that do not.

`Tokenizer.__getattr__` asks here last, so none of this costs anything in a call.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from lexel.deprecations import warn_once

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["explain_missing", "former_member", "name_of_today"]

# Methods that the call replaced.
_CALLS = ("encode_plus", "batch_encode_plus")
# Attributes under another name.
_RENAMED = {
    "additional_special_tokens": "extra_special_tokens",
    "additional_special_tokens_ids": "extra_special_tokens_ids",
}

_ONLY_PYTHON = (
    "only PythonBackend tokenizers have it (here the post-processor inserts special tokens); "
    "encode with tok(text, pair), or see tok.backend_tokenizer.post_processor"
)
_GONE = {
    "as_target_tokenizer": "pass the targets as text_target= to the call",
    "build_inputs_with_special_tokens": _ONLY_PYTHON,
    "create_token_type_ids_from_sequences": _ONLY_PYTHON,
    "prepare_for_model": _ONLY_PYTHON,
    "prepare_seq2seq_batch": "call the tokenizer: tok(src_texts, text_target=tgt_texts)",
    "sanitize_special_tokens": "special tokens are added when they are set; there is nothing to do",
    "special_tokens_map_extended": "see special_tokens_map and added_tokens_decoder",
    "all_special_tokens_extended": "see all_special_tokens and added_tokens_decoder",
    "truncate_sequences": _ONLY_PYTHON,
    "_eventually_correct_t5_max_length": "the length is model_max_length; set it",
    "_switch_to_input_mode": "only multilingual classes have modes; pass src_lang and text_target",
    "_switch_to_target_mode": "only multilingual classes have modes; pass tgt_lang and text_target",
}


def name_of_today(name: str, *, stacklevel: int) -> str:
    """Return what an attribute is called now; warn once of a former name."""
    today = _RENAMED.get(name)
    if today is None:
        return name
    warn_once(name, f"{name} is now {today}", stacklevel=stacklevel + 1)
    return today


def former_member(tokenizer: Any, name: str) -> Any:
    """Return a method or value of former releases, bound to a tokenizer; None if there is no such name."""
    if name in _CALLS:
        return _renamed(tokenizer, name)
    return getattr(tokenizer, name_of_today(name, stacklevel=3)) if name in _RENAMED else None


def _renamed(tokenizer: Any, name: str) -> Callable[..., Any]:
    key = "batch_text_or_text_pairs"

    @functools.wraps(tokenizer.__call__)
    def call(*args: Any, **options: Any) -> Any:
        warn_once(name, f"{name}() is deprecated: call the tokenizer itself, tok(...)")
        if key in options:
            options["text"] = options.pop(key)
        if len(args) > 1 and name == "batch_encode_plus":
            # The second positional argument was `add_special_tokens`, pairs came inside the batch.
            options["add_special_tokens"], args = args[1], args[:1]
        return tokenizer(*args, **options)

    return call


def explain_missing(tokenizer: Any, name: str) -> str:
    """Return the message for an attribute a tokenizer does not have."""
    message = f"{type(tokenizer).__name__} has no attribute {name}"
    return f"{message}: {_GONE[name]}" if name in _GONE else message
