"""Whether the values of a configuration are of the kind they must be, so that an error says which is not, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["check_added_tokens", "check_config", "check_object"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_object_by_id(value: Any) -> bool:
    return isinstance(value, dict) and all(str(key).isdecimal() for key in value)


# Key → what its value must be, in words and as a question. None says that nothing is stated.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "added_tokens_decoder": ("an object of ids and tokens", _is_object_by_id),
    "clean_up_tokenization_spaces": ("true or false", _is_bool),
    "fast_tokenizer_files": ("a list of file names", _is_list_of_texts),
    "init_inputs": ("a list", _is_list),
    "lexel_class": ("a class name", _is_text),
    "model_input_names": ("a list of names", _is_list_of_texts),
    "model_max_length": ("a number", _is_number),
    "split_special_tokens": ("true or false", _is_bool),
    "tokenizer_class": ("a class name", _is_text),
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
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise FormatError(f"{path}: the id of {token!r} should be a number from 0 on, not {_shown(index)}")
    return dict(content)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text[:60]}…" if len(text) > 60 else text
