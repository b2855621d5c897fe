"""Which template, which conversation, where it is cut, and where templates are kept."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lexel.chat_templates import (
    check_modes,
    config_value,
    message_ids,
    named_templates,
    read_templates,
    render,
    render_chats,
    select_template,
    split_batch,
    write_templates,
)
from lexel.chat_templates.conversations import render_jinja_template
from lexel.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

USER = {"role": "user", "content": "Hi"}
NAMED = {"default": "D", "tool_use": "T", "rag": "R"}
SHOW = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}"
TRIM = "{% for m in messages %}<{{ m.role }}>{{ m.content|trim }}</>{% endfor %}"


# Selection.


@pytest.mark.parametrize(
    ("templates", "chat_template", "tools", "expected"),
    [
        (NAMED, "rag", None, "R"),
        (NAMED, "{{ x }}", None, "{{ x }}"),
        (NAMED, None, None, "D"),
        (NAMED, None, [], "T"),
        (NAMED, "default", [1], "D"),
        ({"default": "D"}, None, [1], "D"),
        ({"tool_use": "T", "a": "A"}, None, [1], "T"),
        ("S", None, None, "S"),
        ("S", None, [1], "S"),
        ("S", "X", None, "X"),
        (None, "X", None, "X"),
    ],
)
def test_selection(templates: Any, chat_template: str | None, tools: Any, expected: str) -> None:
    assert select_template(templates, chat_template, tools) == expected


def test_no_template() -> None:
    with pytest.raises(ValueError, match=r"tokenizer\.chat_template"):
        select_template(None)


def test_no_default() -> None:
    with pytest.raises(ValueError, match=r"\['a', 'b'\]"):
        select_template({"b": "B", "a": "A"})


def test_wish_must_be_text() -> None:
    with pytest.raises(TypeError, match="dict"):
        select_template("S", {"a": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("S", "S"),
        ({"a": "A"}, {"a": "A"}),
        ([{"name": "a", "template": "A"}, {"name": "b", "template": "B"}], {"a": "A", "b": "B"}),
        ([], {}),
    ],
)
def test_forms_of_a_config(value: Any, expected: Any) -> None:
    assert named_templates(value) == expected


@pytest.mark.parametrize("value", [3, ["a"], [{"name": "a"}], {"a": 1}, [{"name": 1, "template": "x"}]])
def test_wrong_forms(value: Any) -> None:
    with pytest.raises(TypeError, match="chat"):
        named_templates(value)


# Conversations.


@pytest.mark.parametrize(
    ("conversation", "rows", "batched"),
    [
        ([USER], [[USER]], False),
        ((USER, USER), [(USER, USER)], False),
        ([[USER]], [[[USER]][0]], True),
        ([(USER,), [USER, USER]], [(USER,), [USER, USER]], True),
        (SimpleNamespace(messages=[USER]), [[USER]], False),
        ([SimpleNamespace(messages=[USER]), [USER]], [[USER], [USER]], True),
        ([[]], [[]], True),
    ],
)
def test_batch_or_not(conversation: Any, rows: Any, batched: bool) -> None:
    assert split_batch(conversation) == (rows, batched)


@pytest.mark.parametrize("conversation", [[], ()])
def test_empty_conversation(conversation: Any) -> None:
    with pytest.raises(ValueError, match="empty conversation"):
        split_batch(conversation)


@pytest.mark.parametrize("conversation", [{"role": "user"}, "text", b"text"])
def test_no_conversation(conversation: Any) -> None:
    with pytest.raises(TypeError, match="expected a list of messages"):
        split_batch(conversation)


def test_one_and_many() -> None:
    assert render_chats(SHOW, [USER]).text == "<user>Hi</>"
    assert render_chats(SHOW, [[USER]]).text == ["<user>Hi</>"]
    assert render_chats(SHOW, [[USER], [USER, USER]]).text == ["<user>Hi</>", "<user>Hi</><user>Hi</>"]


def test_the_renderer_of_the_reference() -> None:
    template = "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{{ end }}{% endfor %}"
    chats = [[USER], SimpleNamespace(messages=[USER, USER])]
    assert render_jinja_template(chats, chat_template=template, end=".") == (["Hi.", "Hi.Hi."], [])
    spans = render_jinja_template(chats, chat_template=template, return_assistant_tokens_mask=True)[1]
    assert spans == [[(0, 2)], [(0, 2), (2, 4)]]
    assert render_jinja_template([], chat_template=template) == ([], [])
    with pytest.raises(TypeError, match="chat_template is None"):
        render_jinja_template(chats)


def test_variables_win_over_special_tokens() -> None:
    special_tokens = {"bos_token": "<s>", "eos_token": "</s>"}
    chats = render_chats(
        "{{ bos_token }}{{ eos_token }}", [USER], special_tokens=special_tokens, variables={"eos_token": "E"}
    )
    assert chats.text == "<s>E"


def test_fault_in_a_batch_names_the_conversation() -> None:
    with pytest.raises(TypeError) as caught:
        render_chats(SHOW, [[USER], ["x"]])
    assert caught.value.__notes__ == ["in conversation 1 of 2"]


@pytest.mark.parametrize(
    ("ids", "history", "expected"),
    [
        ([1, 2, 3], [1, 2], [3]),
        ([1, 2, 9, 3], [1, 2, 4], [9, 3]),
        ([1, 2], [1, 2, 3], []),
        ([5], [], [5]),
        ([7, 1], [8, 1], [7, 1]),
    ],
)
def test_ids_of_the_last_message(ids: list[int], history: list[int], expected: list[int]) -> None:
    assert message_ids(ids, history) == expected


# The final message.


def final(template: str, content: Any, field: bool | str = True, **message: Any) -> str:
    messages = [USER, {"role": "assistant", "content": content, **message}]
    return render(template, messages, continue_final_message=field).text


def test_render_stops_after_the_text() -> None:
    assert final(SHOW, "Roses are") == "<user>Hi</><assistant>Roses are"


def test_trailing_space_survives_where_the_template_keeps_it() -> None:
    assert final(SHOW, "Roses are ") == "<user>Hi</><assistant>Roses are "
    assert final(SHOW, "Roses\n\n") == "<user>Hi</><assistant>Roses\n\n"


def test_trailing_space_goes_where_the_template_trims() -> None:
    assert final(TRIM, "Roses are ") == "<user>Hi</><assistant>Roses are"
    assert final(TRIM, "Roses are") == "<user>Hi</><assistant>Roses are"


def test_template_may_look_for_the_tag() -> None:
    # As LFM2.5 does, to write the calls of an open message before its end.
    template = (
        "{% set tag = 'CONTINUE_FINAL_MESSAGE_TAG ' %}{% for m in messages %}{% if m.content.endswith(tag) %}"
        "{{ m.content[:-(tag|length)] }}[call]{{ tag }}{% else %}{{ m.content }}[call]{% endif %}{% endfor %}"
    )
    assert final(template, "Roses ") == "Hi[call]Roses [call]"


def test_earlier_longer_message_does_not_confuse() -> None:
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "Hello there, friend"},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "Hello there"},
    ]
    expected = "<user>a</><assistant>Hello there, friend</><user>b</><assistant>Hello there"
    for template in (SHOW, TRIM):
        assert render(template, messages, continue_final_message=True).text == expected


def test_last_text_block_is_continued() -> None:
    template = "{% for m in messages %}{% for b in m.content %}[{{ b.text or b.type }}]{% endfor %}{% endfor %}"
    blocks = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}, {"type": "image"}]
    rendered = render(template, [{"role": "assistant", "content": blocks}], continue_final_message=True).text
    assert rendered == "[one][two"


@pytest.mark.parametrize("name", ["reasoning_content", "thinking", "reasoning"])
@pytest.mark.parametrize("read", ["reasoning_content", "thinking"])
def test_reasoning_is_continued_by_any_name(name: str, read: str) -> None:
    template = "{% for m in messages %}<think>{{ m." + read + " }}</think>{{ m.content }}{% endfor %}"
    message = {"role": "assistant", name: "hmm", "content": "answer"}
    assert render(template, [message], continue_final_message=name).text == "<think>hmm"


@pytest.mark.parametrize(
    ("template", "message", "field", "complaint"),
    [
        (SHOW, {"role": "assistant"}, True, "no 'content'"),
        (SHOW, {"role": "assistant", "content": None}, True, "no 'content'"),
        (SHOW, {"role": "assistant", "content": "x"}, "thinking", "no 'thinking'"),
        ("{{ messages }}", {"role": "assistant", "content": "x"}, True, "never reads"),
        (SHOW, {"role": "assistant", "content": [{"type": "image"}]}, True, "no block"),
        (SHOW, {"role": "assistant", "content": []}, True, "no block"),
        ("{{ messages[0].content[:2] }}", {"role": "assistant", "content": "longer"}, True, "does not appear"),
        ("{{ messages[0].content|upper }}", {"role": "assistant", "content": "x"}, True, "Final message: x"),
    ],
)
def test_what_cannot_be_continued(template: str, message: Any, field: bool | str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        render(template, [message], continue_final_message=field)


def test_final_content_must_be_text() -> None:
    with pytest.raises(TypeError, match="int"):
        final(SHOW, 5)
    with pytest.raises(TypeError, match="last text of the final message is a NoneType"):
        final(SHOW, [{"type": "text", "text": "open"}, {"type": "text", "text": None}])
    with pytest.raises(ValueError, match="empty"):
        render(SHOW, [], continue_final_message=True)


@pytest.mark.parametrize(
    ("modes", "complaint"),
    [
        ({"continue_final_message": True, "add_generation_prompt": True}, "add_generation_prompt"),
        ({"continue_final_message": "thinking", "assistant_mask": True}, "return_assistant_tokens_mask"),
    ],
)
def test_modes_that_exclude_each_other(modes: dict[str, Any], complaint: str) -> None:
    none = {"continue_final_message": False, "add_generation_prompt": False, "assistant_mask": False}
    check_modes(**none)
    with pytest.raises(ValueError, match=complaint):
        check_modes(**{**none, **modes})


# Files.


def test_one_template_round_trip(tmp_path: Path) -> None:
    assert read_templates(tmp_path) is None
    assert write_templates(tmp_path, "{{ 'ä' }}\n") == [tmp_path / "chat_template.jinja"]
    assert (tmp_path / "chat_template.jinja").read_bytes() == "{{ 'ä' }}\n".encode()
    assert read_templates(tmp_path) == "{{ 'ä' }}\n"


def test_named_templates_round_trip(tmp_path: Path) -> None:
    assert write_templates(tmp_path, NAMED) == [
        tmp_path / "chat_template.jinja",
        tmp_path / "additional_chat_templates" / "tool_use.jinja",
        tmp_path / "additional_chat_templates" / "rag.jinja",
    ]
    assert read_templates(tmp_path) == NAMED


def test_names_without_default(tmp_path: Path) -> None:
    write_templates(tmp_path, {"rag": "R"})
    assert read_templates(tmp_path) == {"rag": "R"}
    assert write_templates(tmp_path, None) == []


def test_prefix(tmp_path: Path) -> None:
    write_templates(tmp_path, NAMED, filename_prefix="p")
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jinja"))
    assert names == [
        "p-additional_chat_templates/rag.jinja",
        "p-additional_chat_templates/tool_use.jinja",
        "p-chat_template.jinja",
    ]


@pytest.mark.parametrize("name", ["../x", "..", ".", "", "a/b", "a\\b", "/etc/x", "C:x", "a\0b", "a\nb", "*"])
def test_name_that_leads_away_writes_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    with pytest.raises(ValueError, match="cannot be the name"):
        write_templates(folder, {"default": "D", "ok": "O", name: "X"})
    assert list(tmp_path.rglob("*.jinja")) == []


def test_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_bytes(b"ab\xff")
    with pytest.raises(FormatError, match=r"chat_template\.jinja.*byte 2"):
        read_templates(tmp_path)


def test_old_config_form() -> None:
    assert config_value(None) is None
    assert config_value("S") == "S"
    assert config_value({"a": "A"}) == [{"name": "a", "template": "A"}]
    assert named_templates(config_value(NAMED)) == NAMED
