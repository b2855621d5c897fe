"""Checks a response template and compiles it: which fields a message has, and what delimits them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lexel.chat_templates.response.content import PARSERS, check_placeholders
from lexel.chat_templates.response.delimiters import Delimiter

__all__ = ["Field", "ResponseTemplate", "load_response_template"]

_TEMPLATE_KEYS = frozenset({"version", "defaults", "fields", "start_anchor", "start_anchor_pattern"})
_FIELD_KEYS = frozenset(
    {"open", "open_pattern", "close", "close_pattern", "content", "content_args", "repeats", "join", "optional"}
    | {"transform", "transform_each"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the message."""

    name: str
    open: Delimiter | None
    close: Delimiter | None
    content: str
    content_args: Mapping[str, Any]
    repeats: bool
    join: str | None
    optional: bool
    transform: Any
    transform_each: bool


@dataclass(frozen=True, slots=True)
class ResponseTemplate:
    """A checked response template."""

    defaults: Mapping[str, Any]
    fields: Mapping[str, Field]
    start_anchor: Delimiter
    implicit: str | None
    """The field without an opening: it holds what stands outside all others."""
    looks_back: bool
    """Whether a delimiter needs text that was passed on already."""

    def after_anchor(self, prefix: str) -> str:
        """Return what the prompt already wrote of the message: all behind the last anchor, or all of it."""
        end = 0
        for match in self.start_anchor.pattern.finditer(prefix):
            end = match.end()
        return prefix[end:]


def load_response_template(spec: Mapping[str, Any] | ResponseTemplate) -> ResponseTemplate:
    """Check a response template.

    Raises:
        ValueError: says which key is wrong, and what is allowed.
    """
    if isinstance(spec, ResponseTemplate):
        return spec
    if not isinstance(spec, Mapping):
        raise ValueError(f"a response template is a dict, not {type(spec).__name__}")
    if spec.get("version", 1) != 1:
        raise ValueError(f"the response template has version {spec['version']!r}; only version 1 is known")
    _refuse_unknown("the response template", spec, _TEMPLATE_KEYS)
    defaults, raw_fields = spec.get("defaults", {}), spec.get("fields")
    if not isinstance(defaults, Mapping):
        raise ValueError(f"'defaults' of the response template is a {type(defaults).__name__}; expected a dict")
    if not isinstance(raw_fields, Mapping) or not raw_fields:
        raise ValueError("'fields' of the response template must be a dict with at least one field")
    fields = {name: _load_field(name, raw) for name, raw in raw_fields.items()}
    implicit = [name for name, field in fields.items() if field.open is None]
    if len(implicit) > 1:
        raise ValueError(
            f"the fields {', '.join(implicit)} have no 'open': only one field may, the one that holds what stands "
            "outside all others"
        )
    anchor = _delimiter("the response template", spec, "start_anchor")
    if anchor is None:
        raise ValueError("the response template needs 'start_anchor' or 'start_anchor_pattern'")
    return ResponseTemplate(
        defaults=deepcopy(dict(defaults)),
        fields=fields,
        start_anchor=anchor,
        implicit=implicit[0] if implicit else None,
        looks_back=any(
            side is not None and side.looks_back for field in fields.values() for side in (field.open, field.close)
        ),
    )


def _refuse_unknown(scope: str, spec: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(spec) - known)
    if unknown:
        raise ValueError(f"{scope} has unknown keys {unknown}; known are {sorted(known)}")


def _load_field(name: str, raw: Any) -> Field:
    scope = f"field {name!r}"
    if not isinstance(raw, Mapping):
        raise ValueError(f"{scope} is a {type(raw).__name__}; expected a dict")
    _refuse_unknown(scope, raw, _FIELD_KEYS)
    content = raw.get("content", "text")
    if content not in PARSERS:
        raise ValueError(f"{scope}: there is no content parser {content!r}; there are {sorted(PARSERS)}")
    join, repeats = raw.get("join"), bool(raw.get("repeats", False))
    if join is not None and not isinstance(join, str):
        raise ValueError(f"{scope}: 'join' is a {type(join).__name__}; expected a str")
    if join is not None and not repeats:
        raise ValueError(f"{scope}: 'join' needs 'repeats': true")
    opened, closed = _delimiter(scope, raw, "open"), _delimiter(scope, raw, "close")
    transform, each = raw.get("transform"), raw.get("transform_each", False)
    _check_transform(scope, transform, each, opened, closed)
    return Field(
        name=name,
        open=opened,
        close=closed,
        content=content,
        content_args=raw.get("content_args", {}),
        repeats=repeats,
        join=join,
        optional=raw.get("optional", True),
        transform=transform,
        transform_each=each,
    )


def _check_transform(scope: str, transform: Any, each: Any, opened: Delimiter | None, closed: Delimiter | None) -> None:
    if not isinstance(each, bool):
        raise ValueError(f"{scope}: 'transform_each' is a {type(each).__name__}; expected true or false")
    if transform is not None:
        check_placeholders(scope, transform)
        return
    if each:
        raise ValueError(f"{scope}: 'transform_each' needs a 'transform'")
    names = {name for side in (opened, closed) if side is not None for name in side.pattern.groupindex}
    if names:
        raise ValueError(
            f"{scope}: the named groups {sorted(names)} would be lost, because only a 'transform' can use them: add "
            "one, or remove the names"
        )


def _delimiter(scope: str, spec: Mapping[str, Any], key: str) -> Delimiter | None:
    pattern_key = f"{key}_pattern"
    if key in spec and pattern_key in spec:
        raise ValueError(f"{scope} has both {key!r} and {pattern_key!r}; one of them is meant")
    if pattern_key in spec:
        try:
            return Delimiter.of_pattern(spec[pattern_key])
        except (re.error, TypeError) as exc:
            raise ValueError(f"{scope}: {pattern_key!r} is no regular expression: {exc}") from exc
    if key not in spec:
        return None
    literals = [spec[key]] if isinstance(spec[key], str) else spec[key]
    if not isinstance(literals, (list, tuple)) or not literals or not all(isinstance(item, str) for item in literals):
        raise ValueError(f"{scope}: {key!r} is {spec[key]!r}; expected a str, or a list of at least one str")
    if "" in literals:
        raise ValueError(f"{scope}: {key!r} may not be empty, it would be found everywhere")
    return Delimiter.of_literals(tuple(dict.fromkeys(literals)))
