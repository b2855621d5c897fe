"""Conversations that grow, are counted and are cut to a budget, on every tokenizer there is."""

from __future__ import annotations

from typing import Any

import pytest

TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ sep_token or eos_token or '' }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
CHAT = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": " the quick  fox"},
    {"role": "assistant", "content": "hello world"},
    {"role": "user", "content": "isn't it 😀?"},
    {"role": "assistant", "content": "a b c"},
]


def applied(tok: Any, messages: list[Any], **options: Any) -> list[int]:
    ids: list[int] = tok.apply_chat_template(messages, chat_template=TEMPLATE, return_dict=False, **options)
    return ids


def test_every_step_is_what_the_whole_is(any_tok: Any) -> None:
    tok = any_tok
    chat = tok.chat(chat_template=TEMPLATE, on_change="reencode")
    read: list[int] = []
    for number, message in enumerate(CHAT, 1):
        chat.add(message)
        assert chat.ids == applied(tok, CHAT[:number])
        assert chat.ids[: chat.kept] == read[: chat.kept]
        read = chat.prompt()
        assert read == applied(tok, CHAT[:number], add_generation_prompt=True)
    assert chat.text == tok.apply_chat_template(CHAT, chat_template=TEMPLATE, tokenize=False)


def test_counts_are_those_of_the_ids(any_tok: Any) -> None:
    tok = any_tok
    counts = [len(applied(tok, CHAT[:number])) for number in (1, 2, 5)]
    assert tok.count_chat([CHAT[:1], CHAT[:2], CHAT], chat_template=TEMPLATE) == counts
    prompt = len(applied(tok, CHAT, add_generation_prompt=True))
    assert tok.count_chat(CHAT, chat_template=TEMPLATE, add_generation_prompt=True) == prompt


def test_what_is_left_fits(any_tok: Any) -> None:
    tok = any_tok
    most = len(applied(tok, [CHAT[0], *CHAT[3:]]))
    fitted = tok.fit_chat(CHAT, most, chat_template=TEMPLATE)
    assert fitted.messages == [CHAT[0], *CHAT[3:]]
    assert (fitted.n_tokens, fitted.dropped) == (most, (1, 2))
    long = {"role": "tool", "content": "hello world a b c hello " * 30}
    whole = [*CHAT[:2], long]
    budget = len(applied(tok, whole)) - 20
    shorter = tok.fit_chat(whole, budget, chat_template=TEMPLATE, shorten="tool", shortest=2)
    assert shorter.n_tokens == len(applied(tok, shorter.messages)) <= budget
    assert long["content"].startswith(shorter.messages[-1]["content"].removesuffix("\n[…]"))
    assert shorter.dropped == ()


def test_what_was_written_stays(any_tok: Any) -> None:
    tok = any_tok
    chat = tok.chat(CHAT[:2], chat_template=TEMPLATE, on_change="reencode")
    prompt = chat.prompt()
    whole = applied(tok, CHAT[:3])
    if whole[: len(prompt)] != prompt:
        pytest.skip("the prompt becomes one token with the answer")
    turn = chat.extend_ids(whole[len(prompt) :], message=CHAT[2])
    assert turn.canonical
    assert chat.ids == whole
    assert chat.kept == len(prompt) + turn.kept
