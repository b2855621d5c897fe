"""Turns the text of a field into its value: parse, then reshape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexel.chat_templates.response.template import Field

__all__ = ["PARSERS", "STREAMED", "check_placeholders", "field_value"]

_Args = Mapping[str, Any]

# Their text is their value, so a part of it can be shown before the field closes.
STREAMED = frozenset({"text", "int", "float", "bool"})


def _text(text: str, args: _Args) -> str:
    return text.strip() if args.get("strip", True) else text


def _int(text: str, args: _Args) -> int:
    return int(_text(text, args))


def _float(text: str, args: _Args) -> float:
    return float(_text(text, args))


def _bool(text: str, args: _Args) -> bool:
    return _text(text, args).lower() in {"true", "1"}


# They stand for a string that was cut out of a text that is not JSON yet.
_CUT_OPEN, _CUT_CLOSE = "\x01", "\x02"


def _json(text: str, args: _Args) -> Any:
    try:
        return json.loads(_standard_json(text, args))
    except json.JSONDecodeError as exc:
        if args.get("allow_non_json"):
            return _text(text, args)
        raise ValueError(f"expected JSON, found {text!r} ({exc})") from exc


def _standard_json(text: str, args: _Args) -> str:
    """Return standard JSON for what a model writes: its own string delimiters, keys without quotes."""
    delimiters = args.get("string_delims", [])
    if delimiters and (_CUT_OPEN in text or _CUT_CLOSE in text):
        raise ValueError("the control characters U+0001 and U+0002 may not occur in JSON with string_delims")
    strings: list[str] = []

    def cut_out(match: re.Match[str]) -> str:
        strings.append(match[1])
        return f"{_CUT_OPEN}{len(strings) - 1}{_CUT_CLOSE}"

    for opening, closing in delimiters:
        text = re.sub(f"{re.escape(opening)}(.*?){re.escape(closing)}", cut_out, text, flags=re.DOTALL)
    if args.get("unquoted_keys", False):
        text = re.sub(r"(?<=[{,])(\w+):", r'"\1":', text)
    for index, string in enumerate(strings):
        text = text.replace(f"{_CUT_OPEN}{index}{_CUT_CLOSE}", json.dumps(string))
    return text


def _nested(text: str, parser: _Args | None) -> Any:
    return text if parser is None else PARSERS[parser.get("name", "text")](text, parser.get("args", {}))


def _xml_inline(text: str, args: _Args) -> dict[str, Any]:
    pattern = args.get("tag_pattern")
    if pattern is None:
        raise ValueError("the parser 'xml-inline' needs the content_arg 'tag_pattern'")
    values: dict[str, Any] = {}
    for match in re.finditer(pattern, text, flags=re.DOTALL):
        groups = match.groupdict()
        key = groups.get("key")
        if key is None:
            raise ValueError(f"'tag_pattern' needs a named group 'key': {pattern}")
        value = _nested(groups.get("value") or "", args.get("value_parser"))
        if key in values and args.get("merge_duplicates", False):
            values[key] = [*(values[key] if isinstance(values[key], list) else [values[key]]), value]
        else:
            values[key] = value
    return values


def _kv_lines(text: str, args: _Args) -> dict[str, Any]:
    separator = args.get("kv_sep", ":")
    values = {}
    for line in text.split(args.get("line_sep", "\n")):
        key, found, value = _text(line, args).partition(separator)
        if found:
            values[_text(key, args)] = _nested(_text(value, args), args.get("value_parser"))
    return values


PARSERS: Mapping[str, Callable[[str, _Args], Any]] = {
    "text": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "json": _json,
    "xml-inline": _xml_inline,
    "kv-lines": _kv_lines,
}

_PLACEHOLDER = re.compile(r"\{(\w+(?:\.\w+)*)\}")


def check_placeholders(scope: str, transform: Any) -> None:
    """Refuse a transform with a placeholder in the middle of a text.

    Raises:
        ValueError: says which.
    """
    if isinstance(transform, Mapping):
        for item in transform.values():
            check_placeholders(scope, item)
    elif isinstance(transform, list):
        for item in transform:
            check_placeholders(scope, item)
    elif isinstance(transform, str) and _PLACEHOLDER.search(transform) and not _PLACEHOLDER.fullmatch(transform):
        raise ValueError(
            f"{scope}: the transform {transform!r} mixes a placeholder with text; a string is either a placeholder "
            "such as '{content}', or text"
        )


def field_value(text: str, field: Field, groups: Mapping[str, str]) -> Any:
    """Return the value of a field.

    Args:
        text: between its delimiters.
        field: its description.
        groups: what the named groups of its opening matched.

    Raises:
        ValueError: the text is not what the field holds; names the field.
        KeyError: the transform names something that is not there.
    """
    try:
        value = PARSERS[field.content](text, field.content_args)
    except ValueError as exc:
        raise ValueError(f"field {field.name!r}: {exc}") from exc
    if field.transform is None:
        return value
    if not field.transform_each:
        return _fill(field, field.transform, {**groups, "content": value})
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"field {field.name!r}: 'transform_each' needs a list of dicts, found {value!r}")
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
        raise KeyError(f"field {field.name!r}: {transform} is unknown; known are {sorted(names)}")
    value = names[root]
    for key in path:
        if not isinstance(value, dict) or key not in value:
            found = sorted(value) if isinstance(value, dict) else type(value).__name__
            raise ValueError(f"field {field.name!r}: {transform} has no {key!r}; found {found}")
        value = value[key]
    return value
