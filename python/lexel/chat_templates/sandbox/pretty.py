"""Indented JSON of plain values, in a tenth of the calls that Python's own encoder makes for it."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexel.chat_templates.sandbox.budget import Meter

__all__ = ["pretty_json"]

_DEEPEST = 100


def pretty_json(meter: Meter, value: Any, indent: int) -> str | None:
    """Return what ``json.dumps(value, ensure_ascii=False, indent=indent)`` returns.

    Args:
        meter: pays for the indentation; the value is paid for.
        value: of a template.
        indent: spaces a level.

    Returns:
        None where the value is more than strings, numbers, lists and dicts with names, or nested very deeply.
    """
    parts: list[str] = []
    return "".join(parts) if _write(meter, value, "\n", " " * indent, parts) else None


def _write(meter: Meter, value: Any, line: str, indent: str, parts: list[str]) -> bool:
    """Append the text of a value whose lines begin with `line`; say whether there is one."""
    kind = type(value)
    if kind is str:
        parts.append(encode_basestring(value))
    elif value is None or kind is bool:
        parts.append("null" if value is None else "true" if value else "false")
    elif kind is int:
        parts.append(str(value))
    elif kind is dict or kind is list:
        inner = line + indent
        if len(inner) > _DEEPEST * len(indent):
            return False
        meter.make(len(value) * len(inner))
        before = "{" if kind is dict else "["
        for item in value:
            parts.append(before + inner)
            if kind is dict:
                if type(item) is not str:
                    return False
                parts.append(encode_basestring(item) + ": ")
                item = value[item]
            if not _write(meter, item, inner, indent, parts):
                return False
            before = ","
        parts.append(line + ("}" if kind is dict else "]") if value else "{}" if kind is dict else "[]")
    else:
        return False
    return True
