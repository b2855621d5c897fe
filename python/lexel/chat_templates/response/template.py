"""Checks a response template and compiles it: which fields a message has, and what delimits them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lexel.chat_templates.response.content_args import check_content
from lexel.chat_templates.response.delimiters import Delimiter, Expression, Literals, end_of_last
from lexel.chat_templates.response.patterns import PatternTime, compile_pattern
from lexel.chat_templates.response.values import check_placeholders

__all__ = ["Field", "ResponseTemplate", "load_response_template"]

_TEMPLATE_KEYS = frozenset({"version", "defaults", "fields", "start_anchor", "start_anchor_pattern"})
_FIELD_KEYS = frozenset(
    {"open", "open_pattern", "close", "close_pattern", "content", "content_args", "repeats", "join", "optional"}
    | {"transform", "transform_each"}
)
_OLD_KEYS = frozenset({"type", "properties", "x-regex", "x-regex-iterator", "x-parser", "x-regex-key-value"})

# Far beyond any model's, and small enough that a stranger's file cannot make reading slow.
_DEEPEST, _MOST_FIELDS, _MOST_LITERALS, _LONGEST_LITERAL = 64, 256, 64, 1000


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
    keeps: int
    """How much text that was passed on already a delimiter may need to see."""

    def after_anchor(self, prefix: str) -> str:
        """Return what the prompt already wrote of the message: all behind the last anchor, or all of it.

        Raises:
            ValueError: the anchor's expression takes too long.
        """
        clock = PatternTime()
        clock.earn(len(prefix))
        end = end_of_last(self.start_anchor, prefix, clock)
        return prefix if end is None else prefix[end:]


def load_response_template(spec: Mapping[str, Any] | ResponseTemplate) -> ResponseTemplate:
    """Check a response template.

    Raises:
        ValueError: says which key is wrong, and what is allowed.
    """
    if isinstance(spec, ResponseTemplate):
        return spec
    if not isinstance(spec, Mapping):
        raise ValueError(f"response_template must be a dict, got {type(spec).__name__}")
    _check_depth(spec)
    if spec.get("version", 1) != 1:
        raise ValueError(f"Unsupported response_template version: {spec['version']!r}; only 1 is known")
    _refuse_unknown("Unknown keys in response_template:", spec, _TEMPLATE_KEYS)
    defaults, raw_fields = spec.get("defaults", {}), spec.get("fields")
    if not isinstance(defaults, Mapping):
        raise ValueError(f"response_template.defaults must be a dict, got {type(defaults).__name__}")
    if not isinstance(raw_fields, Mapping) or not raw_fields or len(raw_fields) > _MOST_FIELDS:
        raise ValueError(f"response_template.fields must be a non-empty dict of at most {_MOST_FIELDS} fields")
    fields = {name: _load_field(name, raw) for name, raw in raw_fields.items()}
    implicit = [name for name, field in fields.items() if field.open is None]
    if len(implicit) > 1:
        raise ValueError(
            "At most one field may omit 'open'/'open_pattern': the one that holds what stands outside all others. "
            f"Found: {', '.join(implicit)}"
        )
    anchor = _delimiter("response_template", spec, "start_anchor")
    if anchor is None:
        raise ValueError("response_template must define 'start_anchor' or 'start_anchor_pattern'.")
    sides = [side for field in fields.values() for side in (field.open, field.close) if side is not None]
    return ResponseTemplate(
        defaults=deepcopy(dict(defaults)),
        fields=fields,
        start_anchor=anchor,
        implicit=implicit[0] if implicit else None,
        keeps=max((side.keeps for side in sides), default=0),
    )


def _check_depth(spec: Mapping[str, Any]) -> None:
    level: list[Any] = [spec]
    for _ in range(_DEEPEST):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, Mapping):
                deeper.extend(value.values())
            elif isinstance(value, (list, tuple)):
                deeper.extend(value)
        level = deeper
        if not level:
            return
    raise ValueError(f"response_template is nested deeper than {_DEEPEST} levels")


def _refuse_unknown(complaint: str, spec: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(str(key) for key in spec if key not in known)
    if not unknown:
        return
    old = (
        " This looks like a response_schema, which transformers dropped too: write a response_template instead."
        if _OLD_KEYS & set(unknown)
        else ""
    )
    raise ValueError(f"{complaint} {unknown}; known are {sorted(known)}.{old}")


def _load_field(name: Any, raw: Any) -> Field:
    scope = f"Field {name!r}"
    if not isinstance(name, str):
        raise ValueError(f"{scope}: the name of a field must be a string, got {type(name).__name__}")
    if not isinstance(raw, Mapping):
        raise ValueError(f"{scope} must be a dict, got {type(raw).__name__}")
    _refuse_unknown(f"{scope}: unknown keys", raw, _FIELD_KEYS)
    content, content_args = raw.get("content", "text"), raw.get("content_args", {})
    check_content(scope, content, content_args)
    join, repeats = raw.get("join"), bool(raw.get("repeats", False))
    if join is not None and not isinstance(join, str):
        raise ValueError(f"{scope}: 'join' must be a string, got {type(join).__name__}")
    if join is not None and not repeats:
        raise ValueError(f"{scope}: 'join' requires 'repeats': true")
    opened, closed = _delimiter(scope, raw, "open"), _delimiter(scope, raw, "close")
    transform, each = raw.get("transform"), raw.get("transform_each", False)
    _check_transform(scope, transform, each, opened, closed)
    return Field(
        name=name,
        open=opened,
        close=closed,
        content=content,
        content_args=content_args,
        repeats=repeats,
        join=join,
        optional=bool(raw.get("optional", True)),
        transform=transform,
        transform_each=each,
    )


def _check_transform(scope: str, transform: Any, each: Any, opened: Delimiter | None, closed: Delimiter | None) -> None:
    if not isinstance(each, bool):
        raise ValueError(f"{scope}: transform_each must be a bool, got {type(each).__name__}")
    if transform is not None:
        check_placeholders(f"{scope}: transform", transform)
        return
    if each:
        raise ValueError(f"{scope}: transform_each is set but no 'transform' was provided")
    names = sorted({name for side in (opened, closed) if side is not None for name in side.names})
    if names:
        raise ValueError(
            f"{scope}: open_pattern/close_pattern declares named group(s) {names}, but the field has no 'transform', "
            "without which they would be lost: add one, or remove the names"
        )


def _delimiter(scope: str, spec: Mapping[str, Any], key: str) -> Delimiter | None:
    pattern_key = f"{key}_pattern"
    if key in spec and pattern_key in spec:
        raise ValueError(f"{scope}: cannot specify both {key!r} and {pattern_key!r}")
    if pattern_key in spec:
        source = spec[pattern_key]
        if not isinstance(source, str):
            raise ValueError(f"{scope}: {pattern_key!r} must be a string, got {type(source).__name__}")
        try:
            return Expression(compile_pattern(source))
        except ValueError as error:
            raise ValueError(f"{scope}: invalid {pattern_key} {source[:200]!r}: {error}") from error
    return Literals(_literals(f"{scope}: {key!r}", spec[key])) if key in spec else None


def _literals(scope: str, value: Any) -> tuple[str, ...]:
    literals = [value] if isinstance(value, str) else value
    if not isinstance(literals, (list, tuple)):
        raise ValueError(f"{scope} must be a string or list of strings, got {type(value).__name__}")
    if not 0 < len(literals) <= _MOST_LITERALS:
        raise ValueError(f"{scope} list must contain at least one literal, and at most {_MOST_LITERALS}")
    if not all(isinstance(item, str) for item in literals):
        raise ValueError(f"{scope} list must contain only strings")
    if "" in literals:
        raise ValueError(f"{scope} literals cannot be empty strings: they would be found everywhere")
    if max(map(len, literals)) > _LONGEST_LITERAL:
        raise ValueError(f"{scope} has a literal of more than {_LONGEST_LITERAL} characters")
    return tuple(dict.fromkeys(literals))
