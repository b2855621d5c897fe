"""Conversations cut to a budget."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.tokenizer.conversations import conversation, tokenizer_for

from lexel.chat_templates import TemplateError
from lexel.chat_templates.fitting import plan_drops, select

if TYPE_CHECKING:
    from pathlib import Path

    from lexel import TokenizersBackend

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for b in m.content %}{{ b.text }}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def user(text: Any = "the quick fox") -> dict[str, Any]:
    return {"role": "user", "content": text}


def answer(text: str = "lazy dog") -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def call(*names: str) -> dict[str, Any]:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": {}}} for name in names]
    return {"role": "assistant", "content": "", "tool_calls": calls}


def result(name: str | None = None, text: str = "42") -> dict[str, Any]:
    return {"role": "tool", "content": text, **({"tool_call_id": name} if name else {})}


SYSTEM = {"role": "system", "content": "be brief"}


@pytest.fixture
def tok() -> TokenizersBackend:
    return tokenizer_for(CHATML)


@pytest.mark.parametrize(
    ("messages", "kept", "expected"),
    [
        ([user(), answer(), user()], [2], [(0, 1)]),
        ([SYSTEM, user(), answer(), user(), answer(), user()], [0, 5], [(1, 2), (3, 4)]),
        ([answer(), user(), answer(), user()], [3], [(0,), (1, 2)]),
        ([user(), user(), answer(), user()], [], [(0, 1, 2)]),
        ([user(), call("a"), result("a"), answer(), user()], [4], [(1, 2), (0, 3)]),
        ([user(), call("a", "b"), result("a"), result("b"), call("c"), result("c")], [5], [(1, 2, 3)]),
        ([user(), call("a"), result(), call("b"), result(), answer()], [0], [(1, 2), (3, 4)]),
        ([user(), answer("f()"), result(), answer(), user()], [4], [(1, 2), (0, 3)]),
        ([user(), call("a"), answer(), result("a"), user()], [4], [(1, 3), (0, 2)]),
        ([user(), SYSTEM, answer(), user()], [3], [(0, 2), (1,)]),
        (
            [user(), call("a"), user([{"type": "tool_result", "content": "42"}]), answer(), user()],
            [4],
            [(1, 2), (0, 3)],
        ),
        ([result(), user()], [1], [(0,)]),
        ([user()], [], []),
    ],
)
def test_what_goes_together_and_when(messages: list[Any], kept: list[int], expected: list[tuple[int, ...]]) -> None:
    assert plan_drops(messages, kept) == expected


def test_messages_are_named_in_many_ways() -> None:
    messages = [SYSTEM, user(), answer(), user(), {"role": "critic", "content": ""}]
    assert list(select(messages, "system", "keep")) == [0]
    assert list(select(messages, ("first_user", "last_user", "last"), "keep")) == [1, 3, 4]
    assert list(select(messages, [-1, 0], "keep")) == [4, 0]
    assert list(select(messages, "tool", "keep")) == []
    assert list(select(messages, None, "keep")) == []
    assert select(messages, {"user": 5, "critic": 7}, "shorten") == {1: 5, 3: 5, 4: 7}
    assert select(messages, lambda message, at: at if "user" in message.values() else None, "shorten") == {1: 1, 3: 3}
    with pytest.raises(ValueError, match=r"keep: no message has the role 'systm'; there are \['assistant', 'critic'"):
        select(messages, "systm", "keep")
    with pytest.raises(ValueError, match="there is no message 9"):
        select(messages, 9, "keep")
    for wrong in (1.5, [1.5]):
        with pytest.raises(TypeError, match=r"1\.5\]? is no role"):
            select(messages, wrong, "keep")


def test_what_fits_stays(tok: TokenizersBackend) -> None:
    messages = [SYSTEM, user()]
    fitted = tok.fit_chat(messages, 1000)
    assert fitted.messages == messages
    assert (fitted.n_tokens, fitted.dropped, fitted.shortened) == (tok.count_chat(messages), (), ())


def test_the_oldest_turns_go(tok: TokenizersBackend) -> None:
    messages = [SYSTEM, *(turn for number in range(6) for turn in (user(f"question {number}"), answer()))]
    most = tok.count_chat([SYSTEM, *messages[7:]])
    fitted = tok.fit_chat(messages, most)
    assert fitted.messages == [SYSTEM, *messages[7:]]
    assert fitted.dropped == (1, 2, 3, 4, 5, 6)
    assert fitted.n_tokens == most
    assert repr(fitted) == f"FittedChat(7 of 13 messages, {most} tokens; dropped 1, 2, 3, 4, 5, 6)"
    assert len(tok.fit_chat(messages, most - 1).messages) == 5
    assert tok.fit_chat(messages, most, add_generation_prompt=True).dropped == (*range(1, 9),)
    kept = tok.fit_chat(messages, most, keep=("first_user", "last"))
    assert kept.messages[0] == messages[1]
    assert kept.dropped[0] == 0


def test_the_smallest_size_is_said(tok: TokenizersBackend) -> None:
    messages = [SYSTEM, user("the quick fox " * 9), answer(), user()]
    least = tok.count_chat([SYSTEM, user()])
    with pytest.raises(ValueError, match=f"what must be kept has {least}"):
        tok.fit_chat(messages, least - 1)
    assert tok.fit_chat(messages, least).messages == [SYSTEM, user()]


@pytest.mark.parametrize("tools", [False, True])
def test_no_dropped_turn_could_have_been_kept(tok: TokenizersBackend, tools: bool) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for _ in range(40):
        messages = conversation(rng, turns=6, tools=tools)
        keep: Any = rng.choice([("system", "last"), "last", ("first_user", "last"), (0, -1)])
        drops = plan_drops(messages, select(messages, keep, "keep"))
        left = [
            [m for i, m in enumerate(messages) if not any(i in gone for gone in drops[:n])]
            for n in range(len(drops) + 1)
        ]
        sizes = [tok.count_chat(rest) for rest in left]
        assert all(fewer < more for more, fewer in pairwise(sizes))
        for budget in {*sizes, *(size - 1 for size in sizes[:-1])}:
            fitted = tok.fit_chat(messages, budget, keep=keep)
            best = next(n for n, size in enumerate(sizes) if size <= budget)
            assert fitted.messages == left[best]
            assert fitted.n_tokens == sizes[best] <= budget


def test_published_templates_accept_what_is_left(shared_data: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    fitted, said = 0, []
    for path in sorted((shared_data / "chat_templates").glob("*.jinja")):
        rng = random.Random(f"{seed} {path.name}")
        tok = tokenizer_for(path.read_bytes().decode())
        messages = conversation(rng, turns=6)
        try:
            total = tok.count_chat(messages)
        except TemplateError:
            continue
        for part in (0.9, 0.6, 0.4):
            budget = int(total * part)
            try:
                made = tok.fit_chat(messages, budget, shorten="tool", shortest=2)
            except ValueError as error:
                said.append(str(error))
                continue
            assert made.n_tokens == tok.count_chat(made.messages) <= budget
            assert len(made.messages) == len(messages) - len(made.dropped)
            fitted += 1
    assert fitted > 60
    assert [text for text in said if "what must be kept has" not in text and "template refuses" not in text] == []


def test_few_renders_are_needed(tok: TokenizersBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    from lexel.tokenizer import chat_options

    renders: list[int] = []
    real = chat_options.render_chats

    def counted(*args: Any, **options: Any) -> Any:
        renders.append(1)
        return real(*args, **options)

    monkeypatch.setattr(chat_options, "render_chats", counted)
    messages = [turn for number in range(250) for turn in (user(f"question {number}"), answer())]
    tok.fit_chat(messages, 500)
    assert len(renders) <= 12


def test_texts_are_shortened_before_turns_go(tok: TokenizersBackend) -> None:
    long = "the quick brown fox jumps over the lazy dog, " * 20
    messages = [SYSTEM, user(), call("a"), result("a", long), call("b"), result("b", long), answer(), user("sea")]
    total = tok.count_chat(messages)
    fitted = tok.fit_chat(messages, total - 50, shorten="tool", shortest=4)
    assert fitted.dropped == ()
    assert [one.index for one in fitted.shortened] == [3]
    assert fitted.n_tokens == tok.count_chat(fitted.messages) <= total - 50
    # No token more of it would fit.
    assert fitted.n_tokens > total - 50 - 4
    text = fitted.messages[3]["content"]
    assert text.endswith("\n[…]")
    assert long.startswith(text.removesuffix("\n[…]"))
    assert fitted.shortened[0].before == tok.count(long)
    assert fitted.shortened[0].after == tok.count(text)
    assert messages[3]["content"] == long
    assert "shortened 3 (" in repr(fitted)

    bare = tok.count_chat([*messages[:3], result("a"), call("b"), result("b"), *messages[6:]])
    both = tok.fit_chat(messages, bare + 30, shorten={"tool": 4}, marker=" …")
    assert [one.index for one in both.shortened] == [3, 5]
    assert both.messages[3]["content"] == "the quick …"
    assert both.dropped == ()

    least = tok.count_chat([SYSTEM, user("sea")])
    nothing = tok.fit_chat(messages, least, shorten="tool")
    assert nothing.messages == [SYSTEM, user("sea")]
    assert nothing.shortened == ()


def test_a_kept_message_may_be_shortened(tok: TokenizersBackend) -> None:
    long = "日本語のテキスト 😀👨‍👩‍👧 é " * 40
    messages = [user(), call("a"), result("a", long)]
    for budget in range(60, 200, 7):
        fitted = tok.fit_chat(messages, budget, shorten=lambda message, _: 1 if message["role"] == "tool" else None)
        text = fitted.messages[2]["content"].removesuffix("\n[…]").removesuffix("[…]")
        assert long.startswith(text)
        assert fitted.n_tokens <= budget
        rest = long[len(text) :]
        assert rest[:1] not in ("\u200d", "\u0301")
        assert text[-1:] != "\u200d"


def test_parts_are_shortened_too(tok: TokenizersBackend) -> None:
    parts = [{"type": "text", "text": "the quick fox " * 20}, {"type": "image"}, {"type": "text", "text": "lazy dog"}]
    fitted = tok.fit_chat([user(parts)], 40, shorten="user", shortest=2)
    first, second = fitted.messages[0]["content"]
    assert first["text"].startswith("the quick fox")
    assert first["text"].endswith("\n[…]")
    assert second == {"type": "image"}
    assert len(parts) == 3


@dataclass
class Message:
    role: str
    content: str


def test_messages_of_any_kind(tok: TokenizersBackend) -> None:
    messages = [Message("user", "the quick fox " * 9), Message("assistant", "dog"), Message("user", "sea")]
    fitted = tok.fit_chat(messages, tok.count_chat(messages[2:]))
    assert fitted.messages == [messages[2]]


def test_a_template_that_refuses_some_beginnings() -> None:
    guard = "{% if messages | length == 3 %}{{ raise_exception('three') }}{% endif %}"
    tok = tokenizer_for(guard + CHATML)
    messages = [turn for number in range(4) for turn in (user(f"question {number}"), answer())][:-1]
    most = tokenizer_for(CHATML).count_chat(messages[4:])
    fitted = tok.fit_chat(messages, most)
    assert fitted.messages == messages[6:]
    with pytest.raises(TemplateError, match="three"):
        tok.fit_chat(messages[4:], 5)


def test_what_is_refused(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match="max_tokens must be at least 1"):
        tok.fit_chat([user()], 0)
    with pytest.raises(ValueError, match="shortest must not be negative"):
        tok.fit_chat([user()], 9, shortest=-1)
    with pytest.raises(ValueError, match="takes one conversation"):
        tok.fit_chat([[user()]], 9)
    with pytest.raises(TypeError, match="message 0 is a int"):
        tok.fit_chat([1], 9)
