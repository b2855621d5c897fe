"""Rebuilds what a caller passes out of plain JSON-like values: all that a template gets to see.

Callers put rich objects into messages (images, arrays, pydantic models). Their methods are unknown to the sandbox, and
a template must not change the caller's messages. So everything is copied: scalars lose their subclass, mappings become
dicts, dataclasses and pydantic models become dicts of their fields, and what is left becomes the text ``"<TypeName>"``.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["REASONING_FIELDS", "plain", "plain_argument", "plain_document", "plain_message"]

# The names a message's reasoning goes by; the first is the one templates read.
REASONING_FIELDS = ("reasoning_content", "thinking", "reasoning")
_REASONING = frozenset(REASONING_FIELDS)


def plain(value: Any) -> Any:
    """Return a copy made of None, bool, int, float, str, list, tuple and dict only."""
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int or kind is float:
        return value
    if kind is dict:
        return {
            key if type(key) is str else plain(key): item if type(item) is str else plain(item)
            for key, item in value.items()
        }
    if kind is list:
        return [item if type(item) is str else plain(item) for item in value]
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    # A subclass may carry methods of its own: enums, numpy strings, markup.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        # A placeholder would make numpy's False true.
        return plain(value.item())
    fields = _fields_of(value)
    return f"<{type(value).__name__}>" if fields is None else fields


def _fields_of(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # One level at a time: `dataclasses.asdict` would deep-copy images.
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if callable(getattr(value, "model_dump", None)):
        return plain(value.model_dump())
    return None


def plain_message(message: Any, index: int) -> dict[str, Any]:
    """Return a message as the template gets it.

    Keys whose value is None are dropped: APIs send ``content=None`` where templates expect no content at all. The
    reasoning appears under the names templates read, whichever the caller used.

    Raises:
        TypeError: not a dict, dataclass or object with ``model_dump``; says which message.
    """
    if _is_plain_text(message):
        fields: dict[str, Any] = message.copy()
    else:
        fields = _as_dict(message, "message", index)
        if None in fields.values():
            fields = {key: item for key, item in fields.items() if item is not None}
    if not _REASONING.isdisjoint(fields):
        for name in REASONING_FIELDS:
            if name in fields:
                reasoning = fields[name]
                return {"thinking": reasoning, **fields, "reasoning_content": reasoning}
    return fields


def _is_plain_text(value: Any) -> bool:
    # Most messages are: a role and a content.
    if type(value) is not dict:
        return False
    for key, item in value.items():  # noqa: SIM110 (a generator takes twice the time)
        if type(key) is not str or type(item) is not str:
            return False
    return True


def plain_document(document: Any, index: int) -> dict[str, Any]:
    """Return a document as the template gets it.

    Raises:
        TypeError: not a dict, dataclass or object with ``model_dump``; says which document.
    """
    return _as_dict(document, "document", index)


def plain_argument(value: Any, name: str) -> Any:
    """Return a plain copy of an argument.

    Raises:
        ValueError: it contains itself; says which argument.
    """
    try:
        return plain(value)
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply, or contains itself") from None


def _as_dict(value: Any, what: str, index: int) -> dict[str, Any]:
    fields = plain_argument(value, f"{what} {index}")
    if not isinstance(fields, dict):
        raise TypeError(
            f"{what} {index} is a {type(value).__name__}; expected a dict, a dataclass or an object with model_dump()"
            + (", such as {'role': 'user', 'content': 'Hello'}" if what == "message" else "")
        )
    return fields
