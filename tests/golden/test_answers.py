"""What published chat templates write of an answer is read back as the message it was, however it arrives."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.golden.answer_formats import FORMATS, Format

from lexel.chat_templates import ResponseParser, join_deltas, parse_response, render
from lexel.chat_templates.response import Deltas, load_response_template

if TYPE_CHECKING:
    from pathlib import Path

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Where."},
                "days": {"type": "integer", "description": "How many."},
            },
            "required": ["city"],
        },
    },
}
ASKED = "What is it like there, in 7 words?"
WORDS = ["Paris", "14", "ça va", "x < y", "{a}", "null", "😀", "日本", "a  b", "it's", 'q"q', "true", "--", "a\nb"]
KINDS = ("c", "r", "t", "ct", "rt", "rct", "tt", "ctt")


def words(choose: random.Random, most: int) -> str:
    return " ".join(choose.choice(WORDS) for _ in range(choose.randint(1, most)))


def a_message(kind: str, choose: random.Random) -> dict[str, Any]:
    """Return a message with c(ontent), r(easoning) and t(ool calls); reasoning alone is not written anywhere."""
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    if "c" in kind or kind == "r":
        message["content"] = words(choose, 6)
    if "r" in kind:
        message["reasoning_content"] = words(choose, 6)
    if "t" in kind:
        message["tool_calls"] = [
            {
                "id": f"abcdefgh{index}",
                "type": "function",
                "function": {
                    "name": "get_weather",
                    # On one line: some notations have line breaks around a value.
                    "arguments": {"city": words(choose, 2).replace("\n", " "), "days": choose.randint(-9, 99)},
                },
            }
            for index in range(kind.count("t"))
        ]
    return message


def expected(form: Format, message: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in message.items() if value}
    if form.reasoning is None:
        kept.pop("reasoning_content", None)
    if form.calls is None:
        kept.pop("tool_calls", None)
    if "tool_calls" in kept:
        kept["tool_calls"] = [{"type": call["type"], "function": call["function"]} for call in kept["tool_calls"]]
    return kept


def streamed(form: Format, prefix: str, answer: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Feed character by character; return the message, and what the deltas make."""
    template = load_response_template(form.response_template)
    parser, deltas = ResponseParser(template, prefix, tools=[TOOL]), Deltas(template)
    out = deltas.defaults() + deltas.of(parser.initial_events)
    for char in answer:
        out += deltas.of(parser.feed(char))
    message, events = parser.finalize()
    return message, join_deltas(out + deltas.of(events))


@pytest.mark.parametrize(("form", "model"), [(form, model) for form in FORMATS for model in form.models])
def test_an_answer_is_read_back(form: Format, model: str, shared_data: Path) -> None:
    golden = json.loads((shared_data / "chat_templates" / f"{model}.golden.json").read_text("utf-8"))
    source = (shared_data / "chat_templates" / f"{model}.jinja").read_text("utf-8")
    names = ("bos_token", "eos_token", "unk_token", "pad_token")
    tokens = {name: golden[name] for name in names if golden.get(name)}
    for kind in KINDS:
        if kind in form.lacks.split():
            continue
        for seed in range(3):
            choose = random.Random(f"{model} {kind} {seed}")
            message = a_message(kind, choose)
            tools = [TOOL] if "t" in kind else None
            text = render(source, [{"role": "user", "content": ASKED}, message], tools=tools, variables=tokens).text
            start = text.index(form.anchor, text.rindex(ASKED)) + len(form.anchor)
            want, spec = expected(form, message), form.response_template
            assert parse_response(text[start:], spec, prefix=text[:start], tools=[TOOL]) == want, (kind, seed)
            # Where the prompt ends is up to the model's chat template. (Some write an anchor for every channel.)
            cut = start if form.anchor in text[start:] else choose.randint(start, len(text))
            assert streamed(form, text[:cut], text[cut:]) == (want, want), (kind, seed, text[start:])
