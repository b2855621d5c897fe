"""Whether the values of a configuration are of the kind they must be, so that an error says which is not, and where."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from lexel.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["check_added_tokens", "check_config", "check_model_config", "check_object", "check_special_tokens"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_token(value: Any) -> bool:
    text = value.get("content") if isinstance(value, dict) else value
    # JSON can write half of a character that UTF-16 writes as two; no text holds one.
    return isinstance(text, str) and not _SURROGATE.search(text)


def _is_list_of_tokens(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_token, value))


def _is_tokens_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_token, value.values()))


def _is_tokens_by_id(value: Any) -> bool:
    numbered = isinstance(value, dict) and all(str(key).isdecimal() and len(str(key)) < _DIGITS for key in value)
    # A text without flags is a wrong type, which those who make tokens of them say.
    return numbered and all(_is_token(token) for token in value.values())


def _is_extra(value: Any) -> bool:
    return _is_list_of_tokens(value) or _is_tokens_by_name(value)


def _is_side(value: Any) -> bool:
    return value in ("left", "right") if isinstance(value, str) else False


def _is_template(value: Any) -> bool:
    if isinstance(value, list):
        return all(
            isinstance(one, dict) and _is_text(one.get("name")) and _is_text(one.get("template")) for one in value
        )
    if isinstance(value, dict):
        return all(map(_is_text, value.values()))
    return _is_text(value)


# Ids beyond these digits are none, and take long to read.
_DIGITS = 19
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = ("a token", _is_token)
_NAMED = dict.fromkeys((f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask")), _TOKEN)
_TOKENS = {
    **_NAMED,
    "additional_special_tokens": ("a list of tokens, or an object of names and tokens", _is_extra),
    "extra_special_tokens": ("a list of tokens, or an object of names and tokens", _is_extra),
    "model_specific_special_tokens": ("an object of names and tokens", _is_tokens_by_name),
}

# Key → what its value must be, in words and as a question. None says that nothing is stated.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **_TOKENS,
    "added_tokens_decoder": ("an object of ids and tokens", _is_tokens_by_id),
    "backend": ("a name", _is_text),
    "chat_control_tokens": ("a list of texts", _is_list_of_texts),
    "chat_template": ("a text, or texts by name", _is_template),
    "clean_up_tokenization_spaces": ("true or false", _is_bool),
    "fast_tokenizer_files": ("a list of file names", _is_list_of_texts),
    "init_inputs": ("a list", _is_list),
    "lexel_class": ("a class name", _is_text),
    "model_input_names": ("a list of names", _is_list_of_texts),
    "model_max_length": ("a number", _is_number),
    "padding_side": ("'left' or 'right'", _is_side),
    "split_special_tokens": ("true or false", _is_bool),
    "tokenizer_class": ("a class name", _is_text),
    "truncation_side": ("'left' or 'right'", _is_side),
}


def check_config(content: Mapping[str, Any], path: Path) -> None:
    """Check the values of a `tokenizer_config.json`; what is stated as null counts as not stated.

    Raises:
        FormatError: one is of another kind; names it.
    """
    for key, (kind, is_of_it) in _KINDS.items():
        value = content.get(key)
        if value is not None and not is_of_it(value):
            raise FormatError(f"{path}: {key} should be {kind}, not {_shown(value)}")
    for key, value in content.items():
        if key.endswith("_token") and isinstance(value, str) and not _is_token(value):
            raise FormatError(f"{path}: {key} should be a token, not {_shown(value)}")
    _check_marked(content, path)


def check_model_config(content: Any, path: Path) -> dict[str, Any]:
    """Return the content of a `config.json`, of which only names are read.

    Raises:
        FormatError: it holds no object, or a name is no text.
    """
    found = check_object(content, path)
    for key in ("model_type", "tokenizer_class"):
        if found.get(key) is not None and not _is_text(found[key]):
            raise FormatError(f"{path}: {key} should be a name, not {_shown(found[key])}")
    return found


def _check_marked(content: Any, path: Path) -> None:
    """Check what is marked as an added token, however deep it is."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.get("__type") == "AddedToken" and not _is_token(value):
                raise FormatError(f"{path}: an AddedToken has a text as its content, which {_shown(value)} has not")
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def check_special_tokens(content: Mapping[str, Any], path: Path) -> None:
    """Check the values of a `special_tokens_map.json`: every one is a token, or several.

    Raises:
        FormatError: one is not; names it.
    """
    for key, value in content.items():
        kind, is_of_it = _KINDS.get(key, _TOKEN)
        if value is not None and not is_of_it(value):
            raise FormatError(f"{path}: {key} should be {kind}, not {_shown(value)}")


def check_object(content: Any, path: Path) -> dict[str, Any]:
    """Return the content of a JSON file that holds an object.

    Raises:
        FormatError: it holds something else.
    """
    if not isinstance(content, dict):
        raise FormatError(f"{path} must hold a JSON object, not {type(content).__name__}")
    return content


def check_added_tokens(content: Any, path: Path) -> dict[str, int]:
    """Return the content of an `added_tokens.json`: token → id.

    Raises:
        FormatError: it holds something else.
    """
    for token, index in check_object(content, path).items():
        if not _is_token(token):
            raise FormatError(f"{path}: {_shown(token)} is no text: it holds half of a character")
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < 2**32:
            raise FormatError(f"{path}: the id of {token!r} should be a number from 0 on, not {_shown(index)}")
    return dict(content)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text[:60]}…" if len(text) > 60 else text
