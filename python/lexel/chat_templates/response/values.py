"""Gives a field its value: parsed, then reshaped by the field's transform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.response.content import PARSERS

if TYPE_CHECKING:
    from lexel.chat_templates.response.patterns import PatternTime
    from lexel.chat_templates.response.template import Field

__all__ = ["check_placeholders", "field_value"]

_PLACEHOLDER = re.compile(r"\{(\w+(?:\.\w+)*)\}")


def check_placeholders(scope: str, transform: Any) -> None:
    """Refuse a transform with a placeholder in the middle of a text.

    Raises:
        ValueError: says which.
    """
    if isinstance(transform, Mapping):
        for key, item in transform.items():
            check_placeholders(f"{scope}.{key}", item)
    elif isinstance(transform, list):
        for index, item in enumerate(transform):
            check_placeholders(f"{scope}[{index}]", item)
    elif isinstance(transform, str) and _PLACEHOLDER.search(transform) and not _PLACEHOLDER.fullmatch(transform):
        raise ValueError(
            f"{scope}: transform string {transform!r} mixes a {{placeholder}} with literal text: a string is either a "
            "placeholder such as '{content}', or text"
        )


def field_value(text: str, field: Field, groups: Mapping[str, str], clock: PatternTime) -> Any:
    """Return the value of a field.

    Args:
        text: between its delimiters.
        field: its description.
        groups: what the named groups of its opening matched.
        clock: of this answer.

    Raises:
        ValueError: the text is not what the field holds; names the field.
        KeyError: the transform names something that is not there.
    """
    try:
        value = PARSERS[field.content](text, field.content_args, clock)
    except ValueError as error:
        raise ValueError(f"field {field.name!r}: {error}") from error
    if field.transform is None:
        return value
    if not field.transform_each:
        return _fill(field, field.transform, {**groups, "content": value})
    if not isinstance(value, list):
        raise ValueError(
            f"field {field.name!r}: transform_each requires the parsed content to be a list, got {type(value).__name__}"
        )
    for item in value:
        if not isinstance(item, dict):
            raise ValueError(
                f"field {field.name!r}: transform_each requires each list element to be a dict, "
                f"got {type(item).__name__}"
            )
    return [_fill(field, field.transform, {**groups, **item}) for item in value]


def _fill(field: Field, transform: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(transform, Mapping):
        return {key: _fill(field, item, names) for key, item in transform.items()}
    if isinstance(transform, list):
        return [_fill(field, item, names) for item in transform]
    placeholder = _PLACEHOLDER.fullmatch(transform) if isinstance(transform, str) else None
    if placeholder is None:
        return transform
    root, *path = placeholder[1].split(".")
    if root not in names:
        raise KeyError(
            f"field {field.name!r}: transform placeholder {transform!r} is not defined. Available: {sorted(names)}"
        )
    value = names[root]
    for key in path:
        if not isinstance(value, dict):
            raise ValueError(
                f"field {field.name!r}: transform placeholder {transform!r} cannot index into {type(value).__name__} "
                f"at {key!r}"
            )
        if key not in value:
            raise ValueError(
                f"field {field.name!r}: transform placeholder {transform!r} is missing key {key!r}. "
                f"Available: {sorted(value)}"
            )
        value = value[key]
    return value
