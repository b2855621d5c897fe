"""A conversation that grows message by message."""

from __future__ import annotations

import copy
import pickle
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.unit.tokenizer.conversations import conversation, tokenizer_for, words

from lexel import TokenizersBackend
from lexel.chat_templates import PrefixChangedError, TemplateError

if TYPE_CHECKING:
    from pathlib import Path

    from lexel.tokenizer.chat_builder import ChatBuilder

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Reasoning is shown for the last answer only.
FORGETFUL = (
    "{% for m in messages %}\n"
    "<|im_start|>{{ m.role }}:\n"
    "{% if m.reasoning_content and loop.last %}<think>{{ m.reasoning_content }}</think>{% endif %}\n"
    "{{ m.content }}<|im_end|>\n"
    "{% endfor %}"
)
USER, ANSWER = {"role": "user", "content": "the quick fox"}, {"role": "assistant", "content": "lazy dog"}


@pytest.fixture
def tok() -> TokenizersBackend:
    return tokenizer_for(CHATML)


def applied(tok: TokenizersBackend, messages: list[Any], **options: Any) -> list[int]:
    ids: list[int] = tok.apply_chat_template(messages, return_dict=False, **options)
    return ids


@pytest.mark.parametrize("kind", ["byte-level", "metaspace", "wordpiece"])
def test_every_step_of_every_published_template_is_what_the_whole_is(shared_data: Path, kind: str) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    steps = 0
    for path in sorted((shared_data / "chat_templates").glob("*.jinja")):
        rng = random.Random(f"{seed} {path.name}")
        tok = tokenizer_for(path.read_bytes().decode(), kind)
        for messages in (conversation(rng), conversation(rng, tools=False)):
            chat = tok.chat(on_change="reencode")
            for count in range(1, len(messages) + 1):
                try:
                    expected = applied(tok, messages[:count])
                except TemplateError:
                    continue
                read = what_was_read(chat, ask=rng.random() < 0.3)
                chat.add(*messages[len(chat.messages) : count])
                assert chat.ids == expected, (path.name, messages[:count])
                assert chat.new_ids == expected[chat.kept :]
                assert (chat.kept == len(read)) is (chat.change is None)
                assert read[: chat.kept] == expected[: chat.kept]
                assert tok.count_chat(messages[:count]) == len(chat) == len(expected)
                steps += 1
    assert steps > 400


def what_was_read(chat: ChatBuilder, *, ask: bool) -> list[int]:
    """Return the ids before a step, with the generation prompt if asked for and to be had."""
    if not chat.messages:
        return []
    try:
        return chat.prompt() if ask else chat.ids
    except TemplateError:
        return []


def test_only_what_is_new_is_encoded(tok: TokenizersBackend) -> None:
    rng = random.Random(7)
    chat = tok.chat()
    for turn in range(40):
        message = {"role": ("user", "assistant")[turn % 2], "content": words(rng, 40)}
        added = len(tok.apply_chat_template([message], tokenize=False))
        before = chat.encoded_chars
        chat.add(message)
        # The new turn, and twice what stands around its last control token.
        assert chat.encoded_chars - before <= added + 4 * len("<|im_end|>\n")
    assert chat.ids == applied(tok, chat.messages)
    assert chat.whole_encodings == 0


def test_a_conversation(tok: TokenizersBackend) -> None:
    chat = tok.chat().system("be brief").user("the quick fox")
    assert chat.messages == [{"role": "system", "content": "be brief"}, USER]
    assert chat.ids == applied(tok, chat.messages)
    assert len(chat) == len(chat.ids)
    assert chat.text == tok.apply_chat_template(chat.messages, tokenize=False)
    assert chat.new_ids == chat.ids[-len(chat.new_ids) :]
    assert tok.decode(chat.new_ids) == "<|im_start|>user\nthe quick fox<|im_end|>\n"
    assert chat.prompt() == applied(tok, chat.messages, add_generation_prompt=True)
    assert tok.decode(chat.generation_ids) == "<|im_start|>assistant\n"
    chat.assistant("lazy dog")
    assert tok.decode(chat.new_ids) == "lazy dog<|im_end|>\n"
    assert chat.change is None
    chat.tool("42", name="f")
    assert chat.messages[-1] == {"role": "tool", "content": "42", "name": "f"}
    assert repr(chat) == f"ChatBuilder(4 messages, {len(chat)} ids, {chat.kept} kept)"
    assert bool(tok.chat())
    assert tok.chat().ids == []


def test_what_a_template_changes_is_named() -> None:
    tok = tokenizer_for(FORGETFUL)
    thought = {"role": "assistant", "content": "lazy dog", "reasoning_content": "panic"}
    chat = tok.chat([USER]).add(thought)
    ids = chat.ids
    with pytest.raises(PrefixChangedError, match=r"'<think>panic</think>.*message 1, template line 3 is now") as caught:
        chat.user("again")
    change = caught.value.change
    assert (change.message, change.line, change.in_generation_prompt) == (1, 3, False)
    assert chat.text[change.at :].startswith("<think>panic")
    assert chat.ids == ids
    assert chat.messages == [USER, thought]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)

    chat = tok.chat([USER], on_change="reencode").add(thought).user("again")
    assert chat.change == change
    assert chat.ids == applied(tok, chat.messages)
    assert chat.ids[: chat.kept] == ids[: chat.kept]
    assert chat.ids[chat.kept] != ids[chat.kept]
    assert change.lost == len(ids) - chat.kept
    assert "changed: " in repr(chat)


def test_a_generation_prompt_that_does_not_stay_is_named() -> None:
    template = CHATML.replace("assistant\n{% endif", "assistant\n<think></think>{% endif")
    tok = tokenizer_for(template)
    chat = tok.chat([USER])
    chat.prompt()
    with pytest.raises(PrefixChangedError, match="in the generation prompt, template line 3"):
        chat.assistant("lazy dog")
    chat = tok.chat([USER], on_change="reencode")
    read = chat.prompt()
    chat.assistant("lazy dog")
    assert 0 < chat.kept < len(read)
    assert tok.decode(read[chat.kept :]) == "<think></think>"
    assert chat.ids == applied(tok, chat.messages)
    # Whoever did not ask for the prompt has read nothing of it.
    assert tok.chat([USER]).assistant("lazy dog").change is None
    shouting = tokenizer_for("{{ 'A' if add_generation_prompt else 'B' }}{{ messages[0].content }}")
    with pytest.raises(PrefixChangedError, match="the generation prompt is not only added"):
        shouting.chat([USER]).prompt()
    assert shouting.decode(shouting.chat([USER], on_change="reencode").generation_ids).startswith("A")


def test_tokens_that_join_over_the_edge_are_named() -> None:
    tok = tokenizer_for("{% for m in messages %}{{ m.content }}{% endfor %}")
    chat = tok.chat([{"role": "user", "content": "th"}])
    with pytest.raises(PrefixChangedError, match="the last 1 ids are no longer valid"):
        chat.user("e quick")
    chat = tok.chat([{"role": "user", "content": "th"}], on_change="reencode").user("e quick")
    assert chat.ids == applied(tok, chat.messages)
    assert chat.whole_encodings == 1


@pytest.mark.parametrize("kind", ["byte-level", "metaspace", "wordpiece"])
def test_what_a_model_wrote_stays(kind: str) -> None:
    tok = tokenizer_for(CHATML, kind)
    end = tok.convert_tokens_to_ids("<|im_end|>")
    chat = tok.chat([USER])
    prompt = chat.prompt()
    # Every letter a token of its own, where the vocabulary has one.
    single = [tok.encode(char, add_special_tokens=False)[-1] for char in "sea"]
    wrote = [*single, end]
    turn = chat.extend_ids(np.asarray(wrote))
    assert turn.message["role"] == "assistant"
    if kind == "byte-level":
        assert turn.message == {"role": "assistant", "content": "sea"}
        assert (turn.kept, turn.given, turn.canonical) == (4, 4, False)
        assert chat.ids[: len(prompt) + 4] == [*prompt, *wrote]
        assert "4 of 4 ids kept, as the model wrote them" in str(turn)
        assert not chat.canonical
        assert tok.decode(chat.ids) == tok.apply_chat_template(chat.messages, tokenize=False)
    before = chat.ids
    chat.user("again")
    assert chat.ids[: len(before)] == before
    assert "again<|im_end|>" in tok.decode(chat.new_ids).replace(" ", "")


@pytest.mark.parametrize("ends", [True, False])
def test_what_a_model_wrote_as_it_is_encoded(tok: TokenizersBackend, ends: bool) -> None:
    chat = tok.chat([USER])
    prompt = chat.prompt()
    wrote = tok.encode("lazy dog" + "<|im_end|>" * ends, add_special_tokens=False)
    turn = chat.extend_ids(wrote)
    assert turn.message == ANSWER
    assert (turn.kept, turn.canonical) == (len(wrote), True)
    assert chat.ids == applied(tok, [USER, ANSWER])
    assert chat.kept == len(prompt) + len(wrote)
    assert tok.decode(chat.new_ids) == "<|im_end|>" * (not ends) + "\n"


def test_an_end_the_template_does_not_write_is_left_out(tok: TokenizersBackend) -> None:
    chat = tok.chat([USER])
    chat.prompt()
    wrote = [*tok.encode("lazy dog", add_special_tokens=False), tok.eos_token_id]
    turn = chat.extend_ids(wrote)
    assert turn.message == ANSWER
    assert (turn.kept, turn.given) == (len(wrote) - 1, len(wrote))
    assert chat.ids == applied(tok, [USER, ANSWER])


def test_a_template_that_writes_something_else_wins_or_raises() -> None:
    tok = tokenizer_for(CHATML.replace("m.content", "m.content | trim"))
    wrote = tok.encode("  lazy dog <|im_end|>", add_special_tokens=False)
    with pytest.raises(PrefixChangedError, match="this step does not only add"):
        tok.chat([USER]).extend_ids(wrote)
    chat = tok.chat([USER], on_change="reencode")
    prompt = chat.prompt()
    turn = chat.extend_ids(wrote)
    assert turn.message["content"] == "  lazy dog "
    assert turn.kept < len(wrote)
    assert chat.ids == applied(tok, [USER, turn.message])
    assert chat.kept == len(prompt) + turn.kept


@pytest.mark.parametrize("kind", ["byte-level", "metaspace"])
def test_a_space_that_the_tokenizer_writes_is_not_said(kind: str) -> None:
    template = (
        "{% for m in messages %}{% if m.role == 'user' %}[INST]{{ m.content }}[/INST]{% else %}{{ m.content }}</s>"
        "{% endif %}{% endfor %}"
    )
    tok = tokenizer_for(template, kind)
    ids = applied(tok, [USER, ANSWER])
    chat = tok.chat([USER])
    turn = chat.extend_ids(ids[len(chat.prompt()) :])
    assert turn.message == ANSWER
    assert (turn.kept, turn.canonical) == (turn.given, True)
    assert chat.ids == ids


def test_a_message_can_be_given_or_parsed(tok: TokenizersBackend) -> None:
    wrote = tok.encode("lazy dog<|im_end|>", add_special_tokens=False)
    chat = tok.chat([USER])
    assert chat.extend_ids(wrote, message={**ANSWER, "mood": "calm"}).canonical
    assert chat.messages[-1] == {**ANSWER, "mood": "calm"}
    tok.response_template = {
        "start_anchor": "assistant\n",
        "fields": {"content": {"close": "<|im_end|>"}},
    }
    chat = tok.chat([USER])
    assert chat.extend_ids(wrote).message == ANSWER
    with pytest.raises(ValueError, match="one row of ids"):
        chat.extend_ids([wrote, wrote])


def test_a_fork_goes_its_own_way(tok: TokenizersBackend) -> None:
    chat = tok.chat([USER])
    chat.prompt()
    other = chat.fork()
    chat.assistant("lazy dog")
    other.assistant("sea")
    assert chat.ids == applied(tok, [USER, ANSWER])
    assert other.ids == applied(tok, [USER, {**ANSWER, "content": "sea"}])


def test_a_tokenizer_that_changes_is_seen(tok: TokenizersBackend) -> None:
    tok = copy.deepcopy(tok)
    chat = tok.chat([USER], on_change="reencode")
    tok.add_tokens(["quick"])
    chat.add(ANSWER)
    assert chat.ids == applied(tok, [USER, ANSWER])
    assert chat.change is not None


class Shouting(TokenizersBackend):
    """A class with a call of its own."""

    def _encode_plus(self, text: Any, *args: Any, **options: Any) -> Any:
        return super()._encode_plus(text.upper() if text.count("fox") > 1 else text, *args, **options)


class Bare(TokenizersBackend):
    """A class that makes ids of conversations by itself."""

    def apply_chat_template(self, conversation: Any, *args: Any, **options: Any) -> Any:
        del args, options
        return [len(message["content"]) for message in conversation]


def test_classes_that_do_otherwise_are_not_trusted(tok: TokenizersBackend) -> None:
    shouting = Shouting._from_seed(tok._core.compiled, (), {"chat_template": CHATML})
    chat = shouting.chat([USER], on_change="reencode").add(ANSWER).add(USER)
    assert chat.ids == applied(shouting, [USER, ANSWER, USER])
    assert chat.whole_encodings == 2
    assert chat.change is not None
    assert shouting.count_chat([USER, USER]) == len(applied(shouting, [USER, USER]))
    bare = Bare._from_seed(tok._core.compiled, (), {})
    chat = bare.chat([USER]).add(ANSWER)
    assert (chat.ids, chat.kept) == ([13, 8], 1)
    assert bare.count_chat([USER, ANSWER]) == 2
    assert bare.fit_chat([USER, ANSWER, USER], 1).dropped == (0, 1)


def test_system_messages_wait_for_templates_that_want_a_user() -> None:
    tok = tokenizer_for("{% if messages | length < 2 %}{{ raise_exception('no user') }}{% endif %}" + CHATML)
    chat = tok.chat().system("be brief")
    with pytest.raises(TemplateError, match="no user"):
        _ = chat.ids
    chat.user("sea")
    assert chat.ids == applied(tok, chat.messages)
    with pytest.raises(TemplateError, match="no user"):
        tok.chat().user("sea")


def test_what_is_refused(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match="on_change is 'ignore'"):
        tok.chat(on_change="ignore")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="padding= is an argument of apply_chat_template"):
        tok.chat(padding=True)
    chat = tok.chat([USER])
    with pytest.raises(TypeError, match="message 1 is a str"):
        chat.add("hello")
    assert chat.messages == [USER]
    tok.chat_template = None
    with pytest.raises(ValueError, match="no chat template"):
        tok.chat()


def test_counts_are_those_of_the_ids(tok: TokenizersBackend) -> None:
    rows = [[USER], [USER, ANSWER]]
    assert tok.count_chat(rows) == [len(applied(tok, row)) for row in rows]
    assert tok.count_chat(rows[:1]) == [len(applied(tok, rows[0]))]
    for prompt in (False, True):
        assert tok.count_chat([USER], add_generation_prompt=prompt) == len(
            applied(tok, [USER], add_generation_prompt=prompt)
        )
    apart = tokenizer_for(CHATML)
    apart.split_special_tokens = True
    assert apart.count_chat([USER]) == tok.count_chat([USER])
    with pytest.raises(ValueError, match="empty conversation"):
        tok.count_chat([])
    with pytest.raises(TypeError, match="max_length= is an argument"):
        tok.count_chat([USER], max_length=3)
