"""The templates that come with lexel keep what they promise, on any conversation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lexel
from lexel.chat_templates import TemplateError, render
from lexel.chat_templates.shipped import shipped, shipped_template, shipped_templates

NAMES = ["chatml", "llama", "plain"]
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}
TOOL = {
    "type": "function",
    "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {"é": {}}}},
}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": {"é": "<ü>"}}}

TEXT = st.text(alphabet="ab \n\té🦊<|>{}%", max_size=8)
CONTENT = TEXT | st.lists(TEXT.map(lambda text: {"type": "text", "text": text}), max_size=3)
ASSISTANT = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": CONTENT},
    optional={"reasoning_content": TEXT, "tool_calls": st.lists(st.just(CALL), max_size=2)},
)
OTHER = st.fixed_dictionaries({"role": st.sampled_from(["system", "developer", "user", "tool"]), "content": CONTENT})
MESSAGES = st.lists(OTHER | ASSISTANT, min_size=1, max_size=5)


def text(name: str, messages: list[dict[str, Any]], **options: Any) -> str:
    return render(shipped_template(name), messages, variables=SPECIAL, **options).text


def plain(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def end(name: str) -> str:
    return shipped(name).end_of_turn or SPECIAL["eos_token"]


def test_they_have_names_and_descriptions() -> None:
    assert sorted(shipped_templates()) == NAMES
    assert all(shipped_templates().values())
    assert lexel.shipped_template("chatml") == shipped_template("chatml")
    with pytest.raises(ValueError, match=r"no chat template 'alpaca'; it ships \['chatml', 'llama', 'plain'\]"):
        shipped_template("alpaca")


def test_what_they_write() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "1+1?"},
        {"role": "assistant", "content": "2", "reasoning_content": "Easy."},
    ]
    assert text("chatml", messages) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n1+1?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\nEasy.\n</think>\n\n2<|im_end|>\n"
    )
    assert text("llama", messages) == (
        "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\n1+1?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n<think>\nEasy.\n</think>\n\n2<|eot_id|>"
    )
    assert text("plain", messages) == (
        "### System:\nBe brief.\n\n### User:\n1+1?\n\n### Assistant:\n<think>\nEasy.\n</think>\n\n2</s>"
    )


@pytest.mark.parametrize("name", NAMES)
def test_tools_go_in_and_calls_and_results_come_out(name: str) -> None:
    user = {"role": "user", "content": "1+1?"}
    called = {"role": "assistant", "tool_calls": [CALL, CALL["function"]]}
    result = {"role": "tool", "content": {"sum": 2}}
    whole = text(name, [user, called, result], tools=[TOOL])
    assert json.dumps(TOOL, ensure_ascii=False) in whole.split("1+1?")[0]
    assert whole.split("1+1?")[1].count('{"name": "add", ') == 2
    assert '{"é": "<ü>"}' in whole
    assert whole.index('{"sum": 2}') > whole.index('{"é": "<ü>"}')
    # Arguments that are JSON already are not quoted again; a system message of one's own stays first.
    as_text = {"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": '{"é": "<ü>"}'}}] * 2}
    assert text(name, [user, as_text, result], tools=[TOOL]) == whole
    system = {"role": "system", "content": "Be brief."}
    assert text(name, [system, user], tools=[TOOL]).index("Be brief.") < text(name, [system, user], tools=[TOOL]).index(
        '"add"'
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(messages=MESSAGES, with_tools=st.booleans())
def test_a_longer_conversation_begins_with_the_shorter_one(
    name: str, messages: list[dict[str, Any]], with_tools: bool
) -> None:
    tools = [TOOL] if with_tools else None
    whole = text(name, messages, tools=tools)
    for length in range(1, len(messages)):
        assert whole.startswith(text(name, messages[:length], tools=tools))
        if messages[length]["role"] == "assistant":
            assert whole.startswith(text(name, messages[:length], tools=tools, add_generation_prompt=True))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(messages=MESSAGES)
def test_every_text_stands_as_it_was_given_and_the_assistant_s_are_marked(
    name: str, messages: list[dict[str, Any]]
) -> None:
    rendered = render(shipped_template(name), messages, variables=SPECIAL)
    place = 0
    for message in messages:
        place = rendered.text.index(plain(message["content"]), place)
    answers = [message for message in messages if message["role"] == "assistant"]
    spans = rendered.generation_spans
    assert spans is not None
    assert len(spans) == len(answers)
    prompt = text(name, [{"role": "user", "content": ""}], add_generation_prompt=True)
    opening = prompt[len(text(name, [{"role": "user", "content": ""}])) :]
    for (start, stop), answer in zip(spans, answers, strict=True):
        written = rendered.text[start:stop]
        assert rendered.text[:start].endswith(opening.lstrip("\n"))  # the first message begins the text
        assert written.endswith(end(name))
        assert plain(answer["content"]) in written
        assert written.count('"name": "add"') == len(answer.get("tool_calls", []))
        reasoning = answer.get("reasoning_content")
        assert written.startswith(f"<think>\n{reasoning}\n</think>\n\n") if reasoning else "</think>" not in written


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(messages=MESSAGES, last=ASSISTANT.filter(lambda message: message["content"]))
def test_the_last_message_can_be_continued(name: str, messages: list[dict[str, Any]], last: dict[str, Any]) -> None:
    opened = text(name, [*messages, last], continue_final_message=True)
    assert opened.endswith(plain(last["content"]))
    assert text(name, [*messages, last]).startswith(opened)
    if last.get("reasoning_content"):
        opened = text(name, [*messages, last], continue_final_message="reasoning_content")
        assert opened.endswith("<think>\n" + last["reasoning_content"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ({"role": "critic", "content": "no"}, "message 0 has the role critic: expected system, developer, user"),
        ({"role": "user"}, r"message 0 \(user\) has no content"),
        ({"role": "assistant"}, r"message 0 \(assistant\) has no content"),
        ({"role": "user", "content": [{"type": "image", "url": "x"}]}, r"a block that is no text \(type image\)"),
    ],
)
def test_what_they_refuse(name: str, message: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        text(name, [message])


def test_plain_needs_an_end_of_answers() -> None:
    with pytest.raises(TemplateError, match=r"the tokenizer has none: set tokenizer\.eos_token"):
        render(shipped_template("plain"), [{"role": "assistant", "content": "2"}])
