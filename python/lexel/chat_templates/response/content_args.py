"""Checks what a response template tells a content parser, so that a wrong type is named when the template is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lexel.chat_templates.response.content import PARSERS
from lexel.chat_templates.response.patterns import compile_pattern

__all__ = ["check_content"]


def check_content(scope: str, parser: Any, args: Any) -> None:
    """Refuse a parser that there is not, or arguments it cannot use.

    Args:
        scope: where this stands, for the message.
        parser: its name.
        args: its arguments.

    Raises:
        ValueError: says where, what was found and what is expected.
    """
    if not isinstance(parser, str) or parser not in PARSERS:
        raise ValueError(f"{scope}: unknown content parser {parser!r}. Available: {sorted(PARSERS)}")
    if not isinstance(args, Mapping):
        raise ValueError(f"{scope}: content_args must be a dict, got {type(args).__name__}")
    if parser == "json":
        _check_string_delims(scope, args.get("string_delims", []))
    elif parser == "xml-inline":
        _check_tag_pattern(scope, args.get("tag_pattern"))
        _check_value_parser(scope, args.get("value_parser"))
    elif parser == "kv-lines":
        _check_separator(scope, "kv_sep", args.get("kv_sep", ":"))
        if args.get("line_sep", "\n") is not None:
            _check_separator(scope, "line_sep", args.get("line_sep", "\n"))
        _check_value_parser(scope, args.get("value_parser"))


def _check_string_delims(scope: str, pairs: Any) -> None:
    where = f"{scope}: content_args.string_delims"
    if not isinstance(pairs, (list, tuple)):
        raise ValueError(f"{where} must be a list of [open, close] pairs, got {type(pairs).__name__}")
    for index, pair in enumerate(pairs):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(side, str) for side in pair):
            raise ValueError(f"{where}[{index}] must be a pair of strings, got {pair!r}")
        if "" in pair or any(char in side for side in pair for char in "\x01\x02"):
            raise ValueError(f"{where}[{index}] must not be empty or contain U+0001 or U+0002, got {pair!r}")


def _check_tag_pattern(scope: str, source: Any) -> None:
    # None is complained about where it is needed, as the reference does.
    if source is None:
        return
    if not isinstance(source, str):
        raise ValueError(f"{scope}: content_args.tag_pattern must be a string, got {type(source).__name__}")
    try:
        compile_pattern(source)
    except ValueError as error:
        raise ValueError(f"{scope}: content_args.tag_pattern {source!r}: {error}") from error


def _check_value_parser(scope: str, value_parser: Any) -> None:
    if value_parser is None:
        return
    where = f"{scope}: content_args.value_parser"
    if not isinstance(value_parser, Mapping):
        raise ValueError(f"{where} must be a dict with 'name' and 'args', got {type(value_parser).__name__}")
    check_content(where, value_parser.get("name", "text"), value_parser.get("args", {}))


def _check_separator(scope: str, key: str, separator: Any) -> None:
    if not isinstance(separator, str) or not separator:
        raise ValueError(f"{scope}: content_args.{key} must be a string that is not empty, got {separator!r}")
