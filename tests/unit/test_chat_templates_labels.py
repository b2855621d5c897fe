"""Which characters of a conversation are trained on."""

from __future__ import annotations

from typing import Any

import pytest

from lexel.chat_templates import Rendered, render
from lexel.chat_templates.labels import conversation_of, flagged, spans_of_turns, spans_of_wanted

CHATML = (
    "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}<e>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
BLOCKS = (
    "{% for m in messages %}({% if m.role == 'assistant' %}{% for part in m.parts or [m.content] %}"
    "{% generation %}{{ part }}{% endgeneration %},{% endfor %}{% else %}{{ m.content }}{% endif %}){% endfor %}"
)


def chat(*contents: str, **more: Any) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    made: list[dict[str, Any]] = [{"role": roles[at % 2], "content": content} for at, content in enumerate(contents)]
    made[-1] |= more
    return made


def rendering(template: str) -> Any:
    def run(messages: list[dict[str, Any]], prompt: bool) -> Rendered:
        return render(template, messages, add_generation_prompt=prompt)

    return run


def turns(template: str, messages: list[dict[str, Any]], **options: Any) -> list[str]:
    found = flagged(messages, **options)
    run = rendering(template)
    whole = run(found.messages, False)
    return [whole.text[start:end] for start, end in spans_of_turns(found, whole, run, ["<e>", "<s>"])]


def wanted(template: str, messages: list[dict[str, Any]], **options: Any) -> list[str]:
    found = flagged(messages, **options)
    run = rendering(template)
    whole = run(found.messages, False)
    return [whole.text[start:end] for start, end in spans_of_wanted(found, whole, run) or ()]


def test_flags_are_read_and_taken_off() -> None:
    found = flagged([*chat("a", "b", train=False), *chat("c", "d", weight=1)])
    assert found.assistant == [1, 3]
    assert found.wanted == [3]
    assert not any({"train", "weight"} & set(message) for message in found.messages)
    assert flagged(chat("a", "b", "c", "d"), last_only=True).wanted == [3]
    assert flagged(chat("a", "b", "c", "d", train=False), last_only=True).wanted == []
    assert flagged([{"role": "user", "content": "a", "train": False}]).wanted == []
    assert flagged([{"role": "bot", "content": "a"}], role="bot").wanted == [0]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"role": "assistant", "train": "yes"}, "train='yes'; expected True or False"),
        ({"role": "assistant", "weight": 0.5}, r"weight=0.5; expected 0 or 1"),
        ({"role": "assistant", "weight": 0, "train": True}, "says both"),
        ({"role": "user", "train": True}, "role 'user'.*only messages of the 'assistant'"),
    ],
)
def test_flags_that_are_none_are_refused(message: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        flagged([message])


def test_turns_are_what_each_adds_with_its_end() -> None:
    assert turns(CHATML, chat("a", "b", "c", "d")) == ["b<e>", "d<e>"]
    assert turns(CHATML, chat("a", "b", "c", "d"), last_only=True) == ["d<e>"]
    assert turns(CHATML, chat("a", "b", "c")) == ["b<e>"]
    assert turns(CHATML, chat("a", "<e> b <e>", "c")) == ["<e> b <e><e>"]
    assert turns(CHATML, chat("a", "", "c", " d ")) == ["<e>", " d <e>"]


def test_whitespace_behind_a_prompt_may_be_another() -> None:
    assert turns(CHATML + "\n\n", chat("a", "b", "c", "d")) == ["b<e>", "d<e>"]


def test_templates_that_change_what_they_wrote_are_refused() -> None:
    last = "{% for m in messages %}{% if loop.last %}!{% endif %}<s>{{ m.content }}{% endfor %}"
    with pytest.raises(ValueError, match=r"message 1 .*the first 1 messages .*'!<s>a'.*character 0.*'<s>a"):
        turns(last, chat("a", "b"))
    thinking = CHATML.replace("<s>assistant\n{% endif", "<s>assistant\n<think>{% endif")
    with pytest.raises(ValueError, match="with a generation prompt goes on with '<think>'"):
        turns(thinking, chat("a", "b"))
    strict = "{% if messages|length < 2 %}{{ raise_exception('too few') }}{% endif %}" + CHATML
    with pytest.raises(ValueError, match="does not render the first 1 messages alone: too few"):
        turns(strict, chat("a", "b"))


def test_blocks_of_messages_are_told_apart_by_their_number() -> None:
    messages = [*chat("a", "b"), *chat("c", "", parts=["d", "e"]), *chat("f", "g", train=False)]
    assert wanted(BLOCKS, messages) == ["b", "d", "e"]
    messages[1]["train"] = False
    assert wanted(BLOCKS, messages) == ["d", "e"]
    assert wanted(BLOCKS, [*messages[:4], *chat("f", "g")], last_only=True) == ["g"]
    assert wanted(BLOCKS, chat("a", "b", "c", "d")) == ["b", "d"]


def test_blocks_that_come_and_go_are_refused() -> None:
    template = (
        "{% for m in messages %}{% if loop.last or loop.length > 3 %}{{ m.content }}{% else %}"
        "{% generation %}{{ m.content }}{% endgeneration %}{% endif %}{% endfor %}"
    )
    with pytest.raises(ValueError, match="cannot be told"):
        wanted(template, chat("a", "b", "c", "d"), last_only=True)


def test_entries_of_data_sets() -> None:
    messages = chat("a", "b")
    assert conversation_of(messages, 0) == {"messages": messages}
    assert conversation_of({"messages": messages, "tools": []}, 0) == {"messages": messages, "tools": []}
    assert conversation_of({"messages": messages, "tools": '[{"a": 1}]'}, 0)["tools"] == [{"a": 1}]
    with pytest.raises(TypeError, match="conversation 3 is a dict without 'messages'"):
        conversation_of(messages[0], 3)
    with pytest.raises(TypeError, match="conversation 3 is a str"):
        conversation_of("a", 3)
