"""What is told while an answer is written adds up to its message."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexel.chat_templates import ResponseParser, join_deltas
from lexel.chat_templates.response import Deltas, load_response_template

_X = {"open": "<x>", "close": "</x>"}
TEMPLATES: list[dict[str, Any]] = [
    {"fields": {"content": {}, "x": _X}, "defaults": {"role": "assistant"}},
    {"fields": {"content": {"content_args": {"strip": False}}, "x": {**_X, "repeats": True}}},
    {"fields": {"content": {"repeats": True, "join": " | "}, "x": {**_X, "repeats": True, "join": ""}}},
    {"fields": {"content": {"repeats": True, "join": "+"}, "x": _X}, "defaults": {"content": None, "x": "old"}},
    {"fields": {"content": {}, "x": {**_X, "content": "json", "content_args": {"allow_non_json": True}}}},
    {"fields": {"content": {}, "x": {**_X, "content": "kv-lines", "repeats": True}}, "defaults": {"x": [1]}},
    {"fields": {"content": {}, "x": {**_X, "transform": {"t": "{content}"}}}, "defaults": {"content": ""}},
    {"fields": {"x": {**_X, "transform": "{content}", "repeats": True, "join": "/"}}},
    {"fields": {"content": {"close_pattern": r"\s*\[E\]"}, "x": {**_X, "content": "bool", "repeats": True}}},
]
PIECES = ["<x>", "</x>", " ", "\n", "a", "b c", "[E]", "[1]", '{"k": [2]}', "k: v", "null", '"s"', "true", "<", "😀"]


def told(spec: dict[str, Any], chunks: list[str], prefix: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    template = load_response_template({"start_anchor": "A:", **spec})
    parser, deltas = ResponseParser(template, prefix), Deltas(template)
    out = deltas.defaults() + deltas.of(parser.initial_events)
    for chunk in chunks:
        out += deltas.of(parser.feed(chunk))
    message, events = parser.finalize()
    return out + deltas.of(events), message


@settings(deadline=None, max_examples=400)
@given(
    spec=st.sampled_from(TEMPLATES),
    pieces=st.lists(st.sampled_from(PIECES), max_size=9),
    prefix=st.sampled_from(["", "A: a", "A:<x>b"]),
    seed=st.integers(0, 2**32),
)
def test_deltas_add_up_to_the_message(spec: dict[str, Any], pieces: list[str], prefix: str, seed: int) -> None:
    text = "".join(pieces)
    cuts = sorted(random.Random(seed).sample(range(len(text) + 1), k=min(len(text), 3)))
    for chunks in ([text], list(text), [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]):
        deltas, message = told(spec, chunks, prefix)
        assert join_deltas(deltas) == {name: value for name, value in message.items() if value is not None}


def test_white_space_is_held_back_until_something_follows() -> None:
    deltas, _ = told(TEMPLATES[0], ["  a", " ", "\n", "b ", " "], "")
    assert deltas == [{"role": "assistant"}, {"content": "a"}, {"content": " \nb"}]


def test_a_field_that_comes_again_takes_back_what_was_sent() -> None:
    deltas, message = told(TEMPLATES[0], ["a<x>1</x>b"], "")
    assert deltas == [{"role": "assistant"}, {"content": "a"}, {"x": "1"}, {"content": None}, {"content": "b"}]
    assert message["content"] == "b"


def test_a_list_is_sent_element_by_element_when_it_is_certain() -> None:
    deltas, _ = told(TEMPLATES[5], ["<x>k: v", "</x>", "<x>", "j: w</x>"], "")
    assert deltas == [{"x": [1]}, {"x": [{"k": "v"}]}, {"x": [{"j": "w"}]}]


def test_joining_leaves_the_deltas_as_they_are() -> None:
    deltas: list[dict[str, Any]] = [{"x": [1]}, {"x": [2]}, {"y": "a"}, {"y": None}, {"y": 3}, {"z": None}]
    assert join_deltas(deltas) == {"x": [1, 2], "y": 3}
    assert deltas[0] == {"x": [1]}


@pytest.mark.parametrize("size", [50_000])
def test_a_long_answer_takes_linear_time(size: int) -> None:
    deltas, message = told(TEMPLATES[0], [" "] * size + ["x"] * size, "")
    assert len(message["content"]) == size
    assert len(deltas) == size + 1
