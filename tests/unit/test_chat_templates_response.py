"""Answers are read back into messages, the same however they arrive."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexel.chat_templates import ResponseParser, parse_response, parse_responses
from lexel.chat_templates.response import load_response_template
from lexel.chat_templates.response.delimiters import Expression, Watch
from lexel.chat_templates.response.patterns import PatternTime, compile_pattern

THINKER: dict[str, Any] = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<assistant>",
    "fields": {
        "thinking": {"open": "<think>", "close": "</think>"},
        "content": {"close": "[SEP]"},
        "tool_calls": {"open": "<tool>", "close": "</tool>", "content": "json", "repeats": True},
    },
}


def template(**fields: Any) -> dict[str, Any]:
    return {"start_anchor": "A:", "fields": fields}


def stream(spec: Any, chunks: list[str], prefix: str = "", tools: Any = None) -> tuple[dict[str, Any], list[Any]]:
    """Return the message and the events, chunks of one region joined."""
    parser = ResponseParser(spec, prefix, tools=tools)
    events = list(parser.initial_events)
    for chunk in chunks:
        events += parser.feed(chunk)
    message, last = parser.finalize()
    joined: list[Any] = []
    for event in events + last:
        if event["type"] == "region_chunk" and joined and joined[-1]["type"] == "region_chunk":
            joined[-1] = {**event, "text": joined[-1]["text"] + event["text"]}
        else:
            joined.append(event)
    return message, joined


def test_example_of_the_design() -> None:
    text = '<think>a b</think> hello <tool>{"name":"f","arguments":{"x":1}}</tool>[SEP]'
    assert parse_response(text, THINKER, prefix="<user>hi<assistant>") == {
        "role": "assistant",
        "thinking": "a b",
        "content": "hello",
        "tool_calls": [{"name": "f", "arguments": {"x": 1}}],
    }


def test_prefix_may_have_begun_the_answer() -> None:
    parser = ResponseParser(THINKER, "<assistant>old</think>[SEP]<user>q<assistant><think>")
    assert parser.initial_events == [{"type": "region_open", "field": "thinking"}]
    parser.feed("hm</think>yes")
    assert parser.finalize()[0] == {"role": "assistant", "thinking": "hm", "content": "yes"}


def test_prefix_without_anchor_counts_whole() -> None:
    assert parse_response("b", template(content={}), prefix="a")["content"] == "ab"


def test_events() -> None:
    message, events = stream(THINKER, ["<think>a</think>b[SEP]"])
    assert events == [
        {"type": "region_open", "field": "thinking"},
        {"type": "region_chunk", "field": "thinking", "text": "a", "dirty": False},
        {"type": "region_close", "field": "thinking", "value": "a"},
        {"type": "region_open", "field": "content"},
        {"type": "region_chunk", "field": "content", "text": "b", "dirty": False},
        {"type": "region_close", "field": "content", "value": "b"},
    ]
    assert message == {"role": "assistant", "thinking": "a", "content": "b"}


def test_structured_text_is_dirty_until_it_closes() -> None:
    parser = ResponseParser(THINKER, "")
    assert parser.feed("<tool>[1,")[1]["dirty"] is True
    assert parser.feed("2]</tool>")[-1] == {"type": "region_close", "field": "tool_calls", "value": [1, 2]}


def test_literal_is_acted_on_at_once() -> None:
    parser = ResponseParser(THINKER, "")
    assert parser.feed("a<thi")[-1]["text"] == "a"
    assert parser.feed("nk>")[-1] == {"type": "region_open", "field": "thinking"}
    assert [event["type"] for event in parser.feed("x</think>")] == ["region_chunk", "region_close"]


def test_what_was_no_delimiter_is_text() -> None:
    parser = ResponseParser(THINKER, "")
    assert parser.feed("<thi") == []
    assert parser.feed("s")[-1]["text"] == "<this"


def test_literal_that_may_grow_waits() -> None:
    spec = template(content={}, x={"open": ["<x>", "<x>>"], "close": "</x>"})
    parser = ResponseParser(spec, "")
    assert parser.feed("<x>") == []
    assert parser.feed("a")[0] == {"type": "region_open", "field": "x"}
    assert parse_response("<x>>a</x>", spec, prefix="") == {"x": "a"}


def test_end_closes_what_is_open() -> None:
    assert parse_response("<think>never closed", THINKER, prefix="") == {
        "role": "assistant",
        "thinking": "never closed",
    }


def test_text_outside_is_dropped_where_no_field_takes_it() -> None:
    assert parse_response("a<o>b</o>c", template(only={"open": "<o>", "close": "</o>"}), prefix="") == {"only": "b"}


def test_repeats_join_and_last() -> None:
    text = "<x>a</x><x>b</x>"
    field = {"open": "<x>", "close": "</x>"}
    assert parse_response(text, template(x={**field, "repeats": True}), prefix="") == {"x": ["a", "b"]}
    assert parse_response(text, template(x={**field, "repeats": True, "join": "+"}), prefix="") == {"x": "a+b"}
    assert parse_response(text, template(x=field), prefix="") == {"x": "b"}


def test_empty_values_go_unless_they_are_defaults() -> None:
    spec = {**THINKER, "defaults": {"role": "assistant", "tool_calls": []}}
    assert parse_response("<think></think>", spec, prefix="") == {"role": "assistant", "tool_calls": []}


def test_missing_field_that_is_not_optional() -> None:
    with pytest.raises(ValueError, match=r"\['content'\]"):
        parse_response("", template(content={"optional": False}), prefix="")


def test_defaults_are_not_shared() -> None:
    spec = load_response_template({**THINKER, "defaults": {"tool_calls": []}})
    call = "<tool>1</tool>"
    assert parse_response(call, spec, prefix="") == {"tool_calls": [1]}
    assert parse_response(call, spec, prefix="") == {"tool_calls": [1]}


def test_parser_is_used_once() -> None:
    parser = ResponseParser(THINKER, "")
    parser.finalize()
    with pytest.raises(RuntimeError, match="finalized"):
        parser.feed("x")
    with pytest.raises(RuntimeError, match="finalized"):
        parser.finalize()


def test_prefix_is_mandatory() -> None:
    with pytest.raises(ValueError, match="prefix="):
        ResponseParser(THINKER)
    with pytest.raises(ValueError, match="prefix="):
        parse_response("x", THINKER)


# Values.


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ({}, "  a ", "a"),
        ({"content_args": {"strip": False}}, "  a ", "  a "),
        ({"content": "int"}, " 7 ", 7),
        ({"content": "float"}, "1.5", 1.5),
        ({"content": "bool"}, " True", True),
        ({"content": "bool"}, "1", True),
        ({"content": "bool"}, "yes", False),
        ({"content": "json"}, '{"a": [1]}', {"a": [1]}),
        ({"content": "json", "content_args": {"unquoted_keys": True}}, "{a:1,b:2}", {"a": 1, "b": 2}),
        (
            {"content": "json", "content_args": {"unquoted_keys": True, "string_delims": [["<q>", "</q>"]]}},
            '{a:<q>x "y" {b:1}</q>}',
            {"a": 'x "y" {b:1}'},
        ),
        ({"content": "json", "content_args": {"allow_non_json": True}}, " not json ", "not json"),
        ({"content": "kv-lines"}, "a: 1\n\nno pair\n b :2: 3", {"a": "1", "b": "2: 3"}),
        (
            {"content": "kv-lines", "content_args": {"line_sep": ";", "kv_sep": "=", "value_parser": {"name": "int"}}},
            "a=1;b=2",
            {"a": 1, "b": 2},
        ),
        (
            {"content": "xml-inline", "content_args": {"tag_pattern": r"<(?P<key>\w+)>(?P<value>.*?)</\1>"}},
            "<a>1\n2</a> <b>x</b>",
            {"a": "1\n2", "b": "x"},
        ),
        (
            {
                "content": "xml-inline",
                "content_args": {
                    "tag_pattern": r"<(?P<key>\w+)>(?P<value>.*?)</\1>",
                    "merge_duplicates": True,
                    "value_parser": {"name": "json", "args": {"allow_non_json": True}},
                },
            },
            "<a>1</a><a>x</a><a>2</a>",
            {"a": [1, "x", 2]},
        ),
        ({"content": "json", "transform": {"n": "{content.a.b}", "c": "fixed", "all": ["{content}"]}}, '{"a":{"b":1}}',
         {"n": 1, "c": "fixed", "all": [{"a": {"b": 1}}]}),
        ({"content": "json", "transform": {"n": "{name}"}, "transform_each": True}, '[{"name":"f"},{"name":"g"}]',
         [{"n": "f"}, {"n": "g"}]),
    ],
)  # fmt: skip
def test_value(field: dict[str, Any], text: str, expected: Any) -> None:
    assert (
        parse_response(f"<v>{text}</v>", template(v={"open": "<v>", "close": "</v>", **field}), prefix="")["v"]
        == expected
    )


def test_groups_of_the_opening_reach_the_transform() -> None:
    spec = template(
        call={
            "open_pattern": r"<f=(?P<name>\w+)>",
            "close": "</f>",
            "content": "json",
            "transform": {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}},
        }
    )
    assert parse_response('<f=add>{"a":1}</f>', spec, prefix="")["call"] == {
        "type": "function",
        "function": {"name": "add", "arguments": {"a": 1}},
    }


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        ({"content": "int"}, "x", ValueError),
        ({"content": "json"}, "{", ValueError),
        ({"content": "json", "content_args": {"string_delims": [["<", ">"]]}}, "\x01", ValueError),
        ({"content": "xml-inline"}, "x", ValueError),
        ({"content": "xml-inline", "content_args": {"tag_pattern": "(?P<value>x)"}}, "x", ValueError),
        ({"transform": "{other}"}, "x", KeyError),
        ({"transform": "{content.a}"}, "x", ValueError),
        ({"content": "json", "transform": "{content.a}"}, "{}", ValueError),
        ({"content": "json", "transform": "{a}", "transform_each": True}, "{}", ValueError),
        ({"content": "json", "transform": "{a}", "transform_each": True}, "[1]", ValueError),
        ({"content": "json", "repeats": True, "join": "+"}, "1", ValueError),
    ],
)
def test_text_that_is_not_what_the_field_holds(field: dict[str, Any], text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="'v'"):
        parse_response(f"<v>{text}</v>", template(v={"open": "<v>", "close": "</v>", **field}), prefix="")


# Templates that are wrong.


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ([], "dict"),
        ({**THINKER, "version": 2}, "version: 2"),
        ({**THINKER, "more": 1}, "'more'"),
        ({**THINKER, "defaults": []}, "defaults must be"),
        ({**THINKER, "fields": {}}, "fields must be"),
        ({**THINKER, "fields": []}, "fields must be"),
        ({"fields": {"a": {}}}, "start_anchor"),
        ({**THINKER, "start_anchor_pattern": "x"}, "both"),
        (template(a={}, b={}), "a, b"),
        (template(a=1), "Field 'a' must be a dict"),
        (template(a={"opens": "x"}), "'opens'"),
        (template(a={"content": "yaml"}), "'yaml'"),
        (template(a={"open": "x", "open_pattern": "y"}), "both"),
        (template(a={"open": ""}), "empty"),
        (template(a={"open": []}), "at least one"),
        (template(a={"open": [1]}), "only strings"),
        (template(a={"open": 1}), "must be a string or list"),
        (template(a={"open_pattern": "("}), "invalid open_pattern"),
        (template(a={"open_pattern": 1}), "must be a string"),
        (template(a={"join": "x"}), "'repeats'"),
        (template(a={"join": 1, "repeats": True}), "'join'"),
        (template(a={"transform_each": True}), "'transform'"),
        (template(a={"transform_each": 1, "transform": "x"}), "transform_each must"),
        (template(a={"transform": {"b": ["x {content}"]}}), "mixes"),
        (template(a={"open_pattern": "(?P<n>x)"}), r"\['n'\]"),
    ],
)
def test_wrong_template(spec: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        load_response_template(spec)


# Arguments of tools.

TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "parameters": {
            "type": "object",
            "properties": {
                "integer": {"type": "integer"},
                "number": {"type": "number"},
                "boolean": {"type": "boolean"},
                "string": {"type": "string"},
                "object": {"type": "object"},
                "array": {"type": "array"},
                "nullable": {"type": "integer", "nullable": True},
                "listed": {"type": ["null", "integer", "string"]},
                "union": {"anyOf": [{"type": "integer"}, {"oneOf": [{"type": "boolean"}]}]},
                "untyped": {},
            },
        },
    },
}
CALLS = template(
    calls={"open": "<c>", "close": "</c>", "content": "json", "transform": {"function": "{content}"}, "repeats": True}
)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("integer", "7", 7),
        ("integer", "3.0", 3),
        ("integer", "3.5", "3.5"),
        ("integer", "x", "x"),
        ("integer", 5, 5),
        ("integer", ["1", "2", 3], [1, 2, 3]),
        ("number", "1.5", 1.5),
        ("number", "2", 2),
        ("number", "1e3", 1000),
        ("number", "nan", "nan"),
        ("number", "inf", "inf"),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("boolean", "yes", "yes"),
        ("string", "7", "7"),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", "[1]", "[1]"),
        ("array", "[1]", [1]),
        ("array", ["1"], ["1"]),
        ("nullable", "null", None),
        ("nullable", "None", None),
        ("nullable", "4", 4),
        ("listed", "null", None),
        ("listed", "4", 4),
        ("listed", "x", "x"),
        ("union", "true", True),
        ("union", "1", 1),
        ("untyped", "1", "1"),
        ("unknown", "1", "1"),
    ],
)
def test_arguments_are_cast(name: str, given: Any, expected: Any) -> None:
    import json

    text = f"<c>{json.dumps({'name': 'f', 'arguments': {name: given}})}</c>"
    value = parse_response(text, CALLS, prefix="", tools=[TOOL])["calls"][0]["function"]["arguments"][name]
    assert value == expected
    assert type(value) is type(expected)
    assert parse_response(text, CALLS, prefix="")["calls"][0]["function"]["arguments"][name] == given


def test_functions_are_tools_too() -> None:
    def f(a: int | None) -> None:
        """D.

        Args:
            a: A.
        """

    message = parse_response('<c>{"name":"f","arguments":{"a":"7"}}</c>', CALLS, prefix="", tools=[f, None])
    assert message["calls"] == [{"function": {"name": "f", "arguments": {"a": 7}}}]


def test_what_is_no_call_stays() -> None:
    for value in ('{"name":"g","arguments":{"integer":"7"}}', '{"name":"f","arguments":"x"}', '{"name":1}', "[]"):
        with_tools = parse_response(f"<c>{value}</c>", CALLS, prefix="", tools=[TOOL])
        assert with_tools == parse_response(f"<c>{value}</c>", CALLS, prefix="")


# One and many, text and ids.


def decode(ids: Any) -> Any:
    rows = ids.tolist() if hasattr(ids, "tolist") else ids
    return ["".join(map(chr, row)) for row in rows] if rows and isinstance(rows[0], list) else "".join(map(chr, rows))


def test_text_and_ids_one_and_many() -> None:
    import numpy as np

    spec = template(content={})
    ids = [[ord(char) for char in "one"], [ord(char) for char in "two"]]
    for response in (["one", "two"], ("one", "two"), ids, np.array(ids)):
        parsed = parse_responses(response, spec, prefix="A:", decode=decode)
        assert parsed == [{"content": "one"}, {"content": "two"}]
    for response in ("one", ids[0], np.array(ids[0])):
        assert parse_responses(response, spec, prefix=[], decode=decode) == {"content": "one"}
    assert parse_responses([], spec, prefix="", decode=decode) == []


def test_prefix_of_each() -> None:
    spec = template(content={})
    assert parse_responses(["b", "d"], spec, prefix=["A:a", "A:c"], decode=decode) == [
        {"content": "ab"},
        {"content": "cd"},
    ]
    with pytest.raises(ValueError, match="2 responses and 1 prefixes"):
        parse_responses(["b", "d"], spec, prefix=["A:"], decode=decode)
    with pytest.raises(ValueError, match="prefix="):
        parse_responses("b", spec, prefix=None, decode=decode)
    with pytest.raises(AttributeError, match="response_template"):
        parse_responses("b", None, prefix="", decode=decode)


# However it arrives.

SPECS = [
    THINKER,
    template(content={}, x={"open": ["<x>", "<xx>", "<x>y"], "close": ["</x>", "</x>>"], "repeats": True, "join": "|"}),
    template(content={}, call={"open": "CALL", "close_pattern": r"\n\n|$", "content": "kv-lines"}),
    template(content={}, t={"open": "<t>", "close_pattern": r"(?=<x>)|</t>"}, x={"open": "<x>", "close": "</x>"}),
    template(content={}, n={"open": "#", "close_pattern": r"(?!\d)"}),
    template(content={}, n={"open_pattern": r"\bnum:\s*", "close_pattern": r"(?<=\d);"}),
    template(content={"close_pattern": r"(?:ab)+c?"}, q={"open_pattern": r"q{2,3}", "close_pattern": r"[^a-z]+z"}),
    template(content={}, n={"open_pattern": r"<(a|b)>", "close_pattern": r"</(?:a|b)>|\Z"}),
    template(content={}, n={"open_pattern": r"(['\"])\1", "close_pattern": r"(?i)END"}),
]
ALPHABET = [
    "<think>", "</think>", "<tool>", "1", "</tool>", "[SEP]", "<x>", "<xx>", "y", "</x>", ">", "CALL", "k: 1\n", "\n\n",
    "<t>", "</t>", "#", "12", "num: ", ";", "ab", "abc", "qq", "q", "-z", "a", " ", "hello", "<", "</", "<a>", "</b>",
    "''", '"', "End", "EN", "D", "😀",
]  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(
    spec=st.sampled_from(SPECS),
    pieces=st.lists(st.sampled_from(ALPHABET), max_size=10),
    prefix=st.sampled_from(["", "A:", "A:<think>", "<assistant>x<t>"]),
    seed=st.integers(0, 2**32),
)
def test_chunks_do_not_matter(spec: Any, pieces: list[str], prefix: str, seed: int) -> None:
    text = "".join(pieces)
    choose = random.Random(seed)
    cuts = sorted(choose.sample(range(len(text) + 1), k=min(len(text), 3)))
    ways = [
        [text],
        list(text),
        [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)],
        ["", *text, ""],
    ]
    results = []
    for chunks in ways:
        try:
            results.append(stream(spec, chunks, prefix))
        except ValueError as exc:
            results.append(({"error": str(exc)}, []))
    assert all(result[0] == results[0][0] for result in results)
    assert all(result == results[0] for result in results)


def test_long_answer_is_read_in_linear_time() -> None:
    parser = ResponseParser(THINKER, "")
    for _ in range(50_000):
        parser.feed("a < b")
    assert len(parser.finalize()[0]["content"]) == 250_000


PATTERNS = [
    r"abc", r"a[bc]+d", r"a.*?d", r"(?:ab|cd)+e", r"a{2,3}b", r"\bab\b", r"(?<=a)bc", r"a(?=bc)", r"a(?!bc)",
    r"^ab|cd$", r"(?P<n>a|b)c", r"[^a]b", r"a\Z", r"(?i)aBc", r"a(?#note)b", r"(?>a+)b", r"a++b", r"[]a]b|[^]a]c",
    r"(a)\1", r"(?P<x>a)(?P=x)b", r"(a)?(?(1)b|c)", r"(?m)^a$", r"(?x) a b #c", r"\p{L}1", r"(?<=a+)b", r"[a-d--b]1",
    r"abcdef|cd", r"a(?=b$)", r"c$",
    r"\x61b", r"a|ab|abc", r"(?i:A)b", r"a(b(c(d)?)?)?e", r"\d+\.\d*", r"(a*)*b", r"a.{1,2}(?<=c)", r"[^a]+(?<!b)c",
    r"a(?=b(?=c)|$)", r"a(?!b(?!c))",
]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(pattern=st.sampled_from(PATTERNS), text=st.text("abcde1. \n", max_size=12), cut=st.integers(0, 12))
def test_nothing_is_released_that_a_match_may_still_take(pattern: str, text: str, cut: int) -> None:
    expression, clock = Expression(compile_pattern(pattern)), PatternTime()
    seen = text[:cut]
    field = load_response_template(template(content={})).fields["content"]
    now = Watch(expression, field, clock, opens=True).next(seen, 0, at_end=False)
    whole = expression.first(text, 0, clock)
    if now is not None and not now.pending:
        # What was found is final.
        assert whole is not None
        assert (whole.start, whole.end) == (now.start, now.end)
    elif whole is not None:
        # Everything before is free of matches, whatever came after.
        assert whole.start >= (len(seen) if now is None else now.start)
