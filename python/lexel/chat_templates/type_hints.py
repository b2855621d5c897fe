"""Turns a Python type hint into the JSON schema of the values it allows."""

from __future__ import annotations

import sys
import types
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from lexel.errors import LexelError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TypeHintParsingException", "hint_schema"]

_SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
_BARE: dict[Any, dict[str, Any]] = {
    **{kind: {"type": name} for kind, name in _SCALARS.items()},
    list: {"type": "array"},
    tuple: {"type": "array"},
    dict: {"type": "object"},
    Any: {},
}
# Types of optional libraries: known only if the caller has imported the library, which a hint proves.
_MEDIA = (("PIL.Image", "Image", "image"), ("torch", "Tensor", "audio"))


class TypeHintParsingException(LexelError, ValueError):
    """A type hint is missing, or no JSON schema says what it says."""


def hint_schema(hint: Any) -> dict[str, Any]:
    """Return the schema of a type hint.

    Raises:
        TypeHintParsingException: JSON has no such type; says which hint and what to write instead.
    """
    origin = get_origin(hint)
    if origin is None:
        return _class_schema(hint)
    convert = _GENERIC.get(origin)
    if convert is None:
        raise TypeHintParsingException(
            f"the type hint {_name(hint)} has no JSON schema. {_SUPPORTED}; or write the schema by hand and pass it "
            "as the tool"
        )
    return convert(get_args(hint))


_SUPPORTED = (
    "Supported are int, float, str, bool, None, Any, list, tuple, dict, Enum classes, Literal, and unions of these"
)


def _name(hint: Any) -> str:
    return str(hint).replace("typing.", "")


def _class_schema(hint: Any) -> dict[str, Any]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        values = [member.value for member in hint]
        if not values:
            raise TypeHintParsingException(f"the enum {hint.__name__} has no members, so no value is allowed")
        return _values_schema(values, f"the enum {hint.__name__}")
    if isinstance(hint, type) or hint is Any:
        known = _BARE.get(hint)
        if known is not None:
            return dict(known)
        for module, name, media in _MEDIA:
            if hint is getattr(sys.modules.get(module), name, None):
                return {"type": media}
    raise TypeHintParsingException(
        f"the type hint {hint!r} has no JSON schema, probably because it is a class of its own. {_SUPPORTED}; or write "
        "the schema by hand and pass it as the tool"
    )


def _values_schema(values: list[Any], owner: str) -> dict[str, Any]:
    for value in values:
        if type(value) not in _SCALARS:
            raise TypeHintParsingException(
                f"{owner} allows {value!r}, which JSON cannot write as one value: allowed are int, float, str, bool "
                "and None"
            )
    # Each type once, in the order of the values.
    names = list(dict.fromkeys(_SCALARS[type(value)] for value in values))
    return {"type": names[0] if len(names) == 1 else names, "enum": values}


def _union(args: tuple[Any, ...]) -> dict[str, Any]:
    schemas = [hint_schema(arg) for arg in args if arg is not type(None)]
    schema: dict[str, Any]
    if len(schemas) == 1:
        schema = schemas[0]
    elif all(schema.keys() == {"type"} and isinstance(schema["type"], str) for schema in schemas):
        names = sorted({schema["type"] for schema in schemas})
        schema = {"type": names[0] if len(names) == 1 else names}
    else:
        # One of them says more than its type, which a list of types would lose.
        schema = {"anyOf": schemas}
    if type(None) in args:
        schema["nullable"] = True
    return schema


def _literal(args: tuple[Any, ...]) -> dict[str, Any]:
    return _values_schema(list(args), "Literal")


def _list(args: tuple[Any, ...]) -> dict[str, Any]:
    return {"type": "array", "items": hint_schema(args[0])} if args else {"type": "array"}


def _tuple(args: tuple[Any, ...]) -> dict[str, Any]:
    if not args:
        return {"type": "array"}
    if len(args) == 1:
        raise TypeHintParsingException(
            f"tuple[{_name(args[0])}] has exactly one element: write list[...] for any number of them, or the type of "
            "the element alone"
        )
    if ... in args:
        raise TypeHintParsingException(
            f"tuple[{_name(args[0])}, ...] has any number of elements: write list[...] instead"
        )
    return {"type": "array", "prefixItems": [hint_schema(arg) for arg in args]}


def _dict(args: tuple[Any, ...]) -> dict[str, Any]:
    # Keys are always strings in JSON.
    return {"type": "object", "additionalProperties": hint_schema(args[1])} if len(args) == 2 else {"type": "object"}


_GENERIC: dict[Any, Callable[[tuple[Any, ...]], dict[str, Any]]] = {
    Union: _union,
    types.UnionType: _union,
    Literal: _literal,
    list: _list,
    tuple: _tuple,
    dict: _dict,
}
