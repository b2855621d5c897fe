"""Response templates come from files of strangers, and answers from models: both are read in bounded time."""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from lexel.chat_templates import ResponseParser, parse_response
from lexel.chat_templates.response import load_response_template
from lexel.chat_templates.response.patterns import PatternTime

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS: dict[str, Any] = {
    "content": {"close": ["[END]", "[STOP]"]},
    "thinking": {"open": "<think>", "close_pattern": r"\s*</think>", "repeats": True, "join": "\n"},
    "tool_calls": {
        "open_pattern": r"<call=(?P<name>\w+)>",
        "close": "</call>",
        "content": "json",
        "content_args": {"unquoted_keys": True, "string_delims": [["«", "»"]], "allow_non_json": True},
        "repeats": True,
        "optional": True,
        "transform": {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}},
    },
    "tags": {
        "open": "<tags>",
        "close": "</tags>",
        "content": "xml-inline",
        "content_args": {
            "tag_pattern": r"<(?P<key>\w+)>(?P<value>.*?)</(?P=key)>",
            "merge_duplicates": True,
            "value_parser": {
                "name": "kv-lines",
                "args": {"kv_sep": "=", "line_sep": ";", "value_parser": {"name": "int"}},
            },
        },
    },
    "rows": {"open": "<rows>", "close": "</rows>", "content": "json", "transform": "{a}", "transform_each": True},
}
TEMPLATE: dict[str, Any] = {
    "version": 1,
    "defaults": {"role": "assistant", "tool_calls": []},
    "start_anchor_pattern": "<(?:assistant|model)>",
    "fields": FIELDS,
}
ANSWER = (
    "<think>a</think><think>b</think>text<call=f>{a:«x»}</call><tags><k>a=1;b=2</k><k>c=3</k></tags>"
    '<rows>[{"a":1}]</rows>more[END]'
)
STRANGE: list[Any] = [None, True, 0, -1, 1.5, "", "x", "(", "(a", "{name}", "a {content}", [], [None], [[]], ["", "x"]]
STRANGE += [
    {},
    {"": None},
    {"name": 5},
    {"x": {"y": []}},
    "\x00",
    "\ud800",
    10**400,
    float("nan"),
    ["x"] * 100,
    "x" * 5000,
]


def simple(**field: Any) -> dict[str, Any]:
    return {"start_anchor": "A:", "fields": {"content": {}, "x": field}}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def changed(path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    spec = copy.deepcopy(TEMPLATE)
    inner = spec
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return spec


def test_the_template_itself_is_good() -> None:
    assert parse_response(ANSWER, TEMPLATE, prefix="") == {
        "role": "assistant",
        "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"a": "x"}}}],
        "thinking": "a\nb",
        "content": "more",
        "tags": {"k": [{"a": 1, "b": 2}, {"c": 3}]},
        "rows": [1],
    }


def refusal(spec: Any) -> ValueError | None:
    try:
        load_response_template(spec)
    except ValueError as error:
        return error
    return None


def complaint_of_reading(spec: Any, chunks: list[str]) -> str:
    try:
        parser = ResponseParser(spec, "")
        for chunk in chunks:
            parser.feed(chunk)
        parser.finalize()
    except (ValueError, KeyError) as error:
        return str(error)
    return "none"


@pytest.mark.parametrize("path", list(places(TEMPLATE)), ids=lambda path: ".".join(map(str, path)) or "all")
def test_any_value_anywhere_is_read_or_refused(path: tuple[Any, ...]) -> None:
    for value in STRANGE:
        spec = changed(path, value)
        refused = refusal(spec)
        if refused is None:
            assert complaint_of_reading(spec, [ANSWER])
            assert complaint_of_reading(spec, list(ANSWER))
        elif len(path) > 1 and path[0] == "fields":
            # A place inside of a field is named with the field.
            assert path[1] in str(refused) or "omit" in str(refused)


def test_names_of_another_language_are_refused() -> None:
    with pytest.raises(ValueError, match="must be a string, got int"):
        load_response_template({"start_anchor": "A", "fields": {1: {}}})
    with pytest.raises(ValueError, match="response_schema"):
        load_response_template({"x-regex": "(?P<content>.*)", "type": "object", "properties": {}})


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("a" * 1001, "1001 characters"),
        ("(?:(?:a{1000}){1000}){1000}", "counted repeats"),
        ("(?:a{1,99999999999999999999}){9}", "counted repeats"),
        ("(?R)", "calls its own groups"),
        ("(a)(?1)", "calls its own groups"),
        ("(?P<n>a)(?&n)", "calls its own groups"),
        ("(?r)ab", "backwards"),
        ("(" * 450 + ")" * 450, "nested|invalid"),
        ("(?P<n>", "invalid"),
    ],
)
def test_expressions_that_are_refused(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        load_response_template(simple(open_pattern=source))
    with pytest.raises(ValueError, match=complaint):
        load_response_template(simple(open="x", content="xml-inline", content_args={"tag_pattern": source}))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the time that searches may take."""
    monkeypatch.setattr(PatternTime, "seconds", PatternTime.seconds / 10)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("source", ["(a+)+b", "(?:a|aa)+b", "(x+x+)+y|(a+a+)+b", "(?=.*.*.*b)a"])
@pytest.mark.parametrize("chunk", [100_000, 1_000])
def test_an_expression_that_would_take_for_ever_is_interrupted(source: str, chunk: int) -> None:
    began = time.thread_time()
    chunks = ["a" * chunk] * (100_000 // chunk)
    assert "on this text" in complaint_of_reading(simple(open_pattern=source), chunks)
    assert time.thread_time() - began < 10


@pytest.mark.usefixtures("hurried")
def test_so_is_one_of_a_content_parser() -> None:
    args = {"tag_pattern": "(?P<key>(a+)+b)"}
    with pytest.raises(ValueError, match=r"field 'content'.*took too much"):
        parse_response(
            "a" * 100_000,
            {**simple(open="x"), "fields": {"content": {"content": "xml-inline", "content_args": args}}},
            prefix="",
        )


def test_delimiters_without_text_do_not_go_round_in_circles() -> None:
    with pytest.raises(ValueError, match="for ever"):
        parse_response("<<<", simple(open_pattern="(?=<)", close_pattern="(?=<)"), prefix="")
    with pytest.raises(ValueError, match="for ever"):
        parse_response("abc", simple(open_pattern="z*", close_pattern="z*"), prefix="")
    assert parse_response("a<b", simple(open_pattern="(?=<)", close_pattern="$"), prefix="") == {
        "content": "a",
        "x": "<b",
    }


def test_a_template_that_is_nested_deeply_is_refused() -> None:
    deep: Any = "{content}"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested deeper"):
        load_response_template(simple(open="x", transform=deep))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[" * 100_000, "nested too deeply|could not parse"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ("9" * 10_000, "digits"),
        ("\ud800", "could not parse"),
    ],
)
@pytest.mark.parametrize("tools", [None, [{"name": "f", "parameters": {"properties": {}}}]])
def test_json_that_no_reader_takes(text: str, complaint: str, tools: Any) -> None:
    with pytest.raises(ValueError, match=complaint) as raised:
        parse_response(f"<{text}>", simple(open="<", close=">", content="json"), prefix="", tools=tools)
    assert len(str(raised.value)) < 2000


def test_values_as_python_reads_json() -> None:
    field = {"open": "<", "close": ">", "content": "json"}
    assert parse_response("<[1e400,-Infinity]>", simple(**field), prefix="")["x"] == [float("inf"), float("-inf")]
    depth = 900
    nested = parse_response(f"<{'[' * depth}{']' * depth}>", simple(**field), prefix="", tools=[{"name": "f"}])["x"]
    assert json.dumps(nested) == "[" * depth + "]" * depth


JSON = {"content": "json", "content_args": {"string_delims": [["«", "»"]], "allow_non_json": True}}
LONG: list[tuple[str, dict[str, Any], str]] = [
    ("a < b", simple(open="<x>", close="</x>"), "char"),
    ("<x>a</x>", simple(open="<x>", close="</x>", repeats=True, join=""), "whole"),
    ("<x>a</x>", simple(open=["<x>", "<never>"], close="</x>", repeats=True), "whole"),
    ("<x>a</x>", simple(open_pattern="<x>|<never>", close_pattern="</x>", repeats=True), "whole"),
    ("a", simple(open_pattern="<.*>never", close="y"), "char"),
    ("ab", simple(open_pattern="(?<=a+)never", close="y"), "char"),
    ("«", simple(open="<", **JSON), "whole"),
    ("«»,", simple(open="<", **JSON), "whole"),
    ("a=1\n", simple(open="<", content="kv-lines", content_args={"kv_sep": "="}), "whole"),
]


@pytest.mark.parametrize(("piece", "spec", "how"), LONG)
def test_twice_the_text_takes_about_twice_the_time(piece: str, spec: dict[str, Any], how: str) -> None:
    def seconds(size: int) -> float:
        text, parser = piece * (size // len(piece)), ResponseParser(spec, "<")
        began = time.thread_time()
        for chunk in text if how == "char" else [text]:
            parser.feed(chunk)
        parser.finalize()
        return time.thread_time() - began

    size = 20_000
    small = min(seconds(size) for _ in range(2))
    assert seconds(4 * size) < 12 * small + 0.2
