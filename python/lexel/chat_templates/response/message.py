"""Collects the values of the fields into the message they make."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexel.chat_templates.response.template import Field, ResponseTemplate

__all__ = ["Message", "is_empty"]


class Message:
    """The message of one answer, while it is read."""

    def __init__(self, template: ResponseTemplate) -> None:
        """Start with the template's defaults."""
        self._template = template
        self._values: dict[str, Any] = deepcopy(dict(template.defaults))
        # Joined at the end: adding to a growing string for every value would read it again each time.
        self._joined: dict[str, list[str]] = {}

    def add(self, field: Field, value: Any) -> None:
        """Take the value of a field that closed.

        Raises:
            ValueError: a field that joins has another value than text, or a default its values cannot join.
        """
        name = field.name
        before = self._values.get(name)
        if field.join is not None:
            if not isinstance(value, str):
                raise ValueError(
                    f"field {name!r}: 'join' requires each match to parse to a string, got {type(value).__name__}"
                )
            if name not in self._joined:
                self._joined[name] = [] if before is None else [_default(field, before, str)]
                self._values[name] = value
            self._joined[name].append(value)
        elif field.repeats:
            _default(field, self._values.setdefault(name, []), list).append(value)
        else:
            self._values[name] = value

    def complete(self) -> dict[str, Any]:
        """Return the message, without values that are empty and no defaults.

        Raises:
            ValueError: a field that is not optional is missing.
        """
        fields, defaults = self._template.fields, self._template.defaults
        missing = [name for name, field in fields.items() if not field.optional and name not in self._values]
        if missing:
            raise ValueError(f"Required response_template fields missing from parsed output: {missing}")
        for name, values in self._joined.items():
            self._values[name] = (fields[name].join or "").join(values)
        return {name: value for name, value in self._values.items() if name in defaults or not is_empty(value)}


def _default(field: Field, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(
            f"response_template.defaults.{field.name} is a {type(value).__name__}; a field that repeats needs a "
            f"{kind.__name__} to add to, or no default"
        )
    return value


def is_empty(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)
