"""Casts the arguments of a tool call to the types its schema declares.

Many models write every argument as text. The schema says what was meant: ``"7"`` is a 7 where an integer is expected
and stays ``"7"`` where a string is.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from lexel.chat_templates.plain import plain
from lexel.chat_templates.tools import tool_schemas

__all__ = ["cast_calls", "tool_parameters"]

_FAILED = object()


def tool_parameters(tools: Sequence[Any] | None) -> dict[str, Mapping[str, Any]]:
    """Return the schemas of the arguments, by tool and argument.

    Args:
        tools: as `render` takes them; what is no tool is passed over.
    """
    known: dict[str, Mapping[str, Any]] = {}
    for schema in plain(tool_schemas([tool for tool in tools or () if _is_tool(tool)])):
        function = schema.get("function", schema)
        if isinstance(function, Mapping) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
            known[function["name"]] = properties if isinstance(properties, Mapping) else {}
    return known


def _is_tool(value: Any) -> bool:
    return isinstance(value, Mapping) or inspect.isfunction(value) or inspect.ismethod(value)


def cast_calls(value: Any, parameters: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return a value with the arguments of all tool calls in it cast, in place."""
    # Not recursive: lists may be nested as deeply as the reader of JSON allows.
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, list):
            rest.extend(item)
        elif isinstance(item, dict):
            _cast_call(item.get("function"), parameters)
    return value


def _cast_call(function: Any, parameters: Mapping[str, Mapping[str, Any]]) -> None:
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        properties = parameters.get(function["name"], {})
        for name in arguments.keys() & properties.keys():
            arguments[name] = _cast(arguments[name], _declared_types(properties[name]))


def _declared_types(schema: Any) -> list[str]:
    if not isinstance(schema, Mapping):
        return []
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else []
    if isinstance(declared, list):
        names += [name for name in declared if isinstance(name, str)]
    for union in ("anyOf", "oneOf"):
        for choice in schema.get(union) or ():
            names += _declared_types(choice)
    if schema.get("nullable") and "null" not in names:
        names.append("null")
    return names


def _cast(value: Any, types: Sequence[str]) -> Any:
    if not types:
        return value
    if isinstance(value, str):
        return _cast_text(value, types)
    if isinstance(value, list) and "array" not in types:
        # One argument written several times.
        return [_cast_text(item, types) if isinstance(item, str) else item for item in value]
    return value


def _cast_text(text: str, types: Sequence[str]) -> Any:
    for name in types:
        cast = _CASTS.get(name)
        try:
            value = _FAILED if cast is None else cast(text)
        except (ValueError, RecursionError):
            continue
        if value is not _FAILED:
            return value
    return text


def _integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return int(number) if number.is_integer() else _FAILED


def _number(text: str) -> Any:
    number = float(text)
    if not math.isfinite(number):
        return _FAILED
    return int(number) if number.is_integer() and "." not in text else number


def _boolean(text: str) -> Any:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), _FAILED)


def _null(text: str) -> Any:
    return None if text.strip() in {"null", "None"} else _FAILED


def _object(text: str) -> Any:
    value = json.loads(text)
    return value if isinstance(value, dict) else _FAILED


def _array(text: str) -> Any:
    value = json.loads(text)
    return value if isinstance(value, list) else _FAILED


_CASTS = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
    "object": _object,
    "array": _array,
}
