"""Parses the text of a field: as text, a number, JSON, or one of the simple notations models use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.response.patterns import compile_pattern

if TYPE_CHECKING:
    from lexel.chat_templates.response.patterns import PatternTime

__all__ = ["PARSERS", "STREAMED", "shown"]

_Args = Mapping[str, Any]

# Their text is their value, so a part of it can be shown before the field closes.
STREAMED = frozenset({"text", "int", "float", "bool"})


def shown(text: str) -> str:
    """Return a text for a message, its middle left out where it is long."""
    return repr(text) if len(text) <= 400 else f"{text[:200]!r} … {text[-150:]!r} ({len(text)} characters)"


def _text(text: str, args: _Args, _clock: PatternTime) -> str:
    return _stripped(text, args)


def _stripped(text: str, args: _Args) -> str:
    return text.strip() if args.get("strip", True) else text


def _int(text: str, args: _Args, _clock: PatternTime) -> int:
    return int(_stripped(text, args))


def _float(text: str, args: _Args, _clock: PatternTime) -> float:
    return float(_stripped(text, args))


def _bool(text: str, args: _Args, _clock: PatternTime) -> bool:
    return _stripped(text, args).lower() in {"true", "1"}


# They stand around the number of a string that was cut out of a text that is not JSON yet.
_CUT_OPEN, _CUT_CLOSE = "\x01", "\x02"
_CUT = re.compile("\x01([0-9]+)\x02")


def _json(text: str, args: _Args, clock: PatternTime) -> Any:
    standard = _standard_json(text, args, clock)
    try:
        return json.loads(standard)
    except json.JSONDecodeError as error:
        if args.get("allow_non_json"):
            return _stripped(text, args)
        made = "" if standard == text else f", read as {shown(standard)}"
        raise ValueError(f"json: could not parse {shown(text)}{made}: {error}") from error
    except RecursionError:
        raise ValueError(f"json: {shown(text)} is nested too deeply") from None


def _standard_json(text: str, args: _Args, clock: PatternTime) -> str:
    """Return standard JSON for what a model writes: its own string delimiters, keys without quotes."""
    delimiters = args.get("string_delims", [])
    if delimiters and (_CUT_OPEN in text or _CUT_CLOSE in text):
        raise ValueError(
            "json: input contains reserved sentinel characters (\\x01/\\x02), which string_delims need for themselves"
        )
    strings: list[str] = []
    for opening, closing in delimiters:
        text = _cut_out(text, opening, closing, strings)
    if args.get("unquoted_keys", False):
        # Not the standard library's: keys in many scripts have marks that it takes for no part of a word.
        keys = compile_pattern(r"(?<=[{,])(\w+):").compiled
        text = "".join(_with_quotes(text, clock.all(keys, text)))
    return _CUT.sub(lambda cut: json.dumps(strings[int(cut[1])]), text) if strings else text


def _cut_out(text: str, opening: str, closing: str, strings: list[str]) -> str:
    """Replace strings by their numbers; each character is looked at once."""
    out, place = [], 0
    while (start := text.find(opening, place)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        out += [text[place:start], f"{_CUT_OPEN}{len(strings)}{_CUT_CLOSE}"]
        strings.append(text[start + len(opening) : end])
        place = end + len(closing)
    return "".join([*out, text[place:]])


def _with_quotes(text: str, keys: Any) -> Sequence[str]:
    out, place = [], 0
    for key in keys:
        out += [text[place : key.start()], f'"{key[1]}":']
        place = key.end()
    return [*out, text[place:]]


def _nested(text: str, parser: _Args | None, clock: PatternTime) -> Any:
    return text if parser is None else PARSERS[parser.get("name", "text")](text, parser.get("args", {}), clock)


def _xml_inline(text: str, args: _Args, clock: PatternTime) -> dict[str, Any]:
    source = args.get("tag_pattern")
    if source is None:
        raise ValueError("xml-inline: 'tag_pattern' content_arg is required")
    values: dict[str, Any] = {}
    for match in clock.all(compile_pattern(source).compiled, text):
        groups = match.groupdict()
        key = groups.get("key")
        if key is None:
            raise ValueError(f"xml-inline: tag_pattern must have a named group 'key'. Pattern: {source}")
        value = groups.get("value", "")
        if args.get("value_parser") is not None:
            value = _nested(value or "", args["value_parser"], clock)
        if key in values and args.get("merge_duplicates", False):
            # A list that a parser made is the beginning of the collection, as the reference has it.
            if not isinstance(values[key], list):
                values[key] = [values[key]]
            values[key].append(value)
        else:
            values[key] = value
    return values


def _kv_lines(text: str, args: _Args, clock: PatternTime) -> dict[str, Any]:
    separator = args.get("kv_sep", ":")
    values = {}
    for line in text.split(args.get("line_sep", "\n")):
        key, found, value = _stripped(line, args).partition(separator)
        if found:
            values[_stripped(key, args)] = _nested(_stripped(value, args), args.get("value_parser"), clock)
    return values


PARSERS: Mapping[str, Callable[[str, _Args, PatternTime], Any]] = {
    "text": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "json": _json,
    "xml-inline": _xml_inline,
    "kv-lines": _kv_lines,
}
