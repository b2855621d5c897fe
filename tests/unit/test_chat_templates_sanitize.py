"""Control tokens a user types are encoded as text; those of the template stay tokens."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexel.chat_templates import control_tokens, encode_segments, render_chats, unmark
from lexel.chat_templates.masks import flat_offsets
from lexel.chat_templates.sanitize import mark
from lexel.chat_templates.segments import Segment

TEMPLATE = "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
OPEN, CLOSE = "\U000f0000", "\U000f0001"


@dataclass
class Token:
    content: str
    special: bool = False


ADDED = [Token("<s>", special=True), Token("<|start|>"), Token("<|end|>"), Token("<tool>"), Token("\n"), Token("<|end")]
NAMES = tuple(token.content for token in ADDED)


class WordTokenizer:
    """Words and added tokens; like SentencePiece it puts a space before the start of a text."""

    def __init__(self) -> None:
        self.tokens = [*NAMES]

    def id(self, token: str) -> int:
        if token not in self.tokens:
            self.tokens.append(token)
        return self.tokens.index(token)

    def token_to_id(self, token: str) -> int | None:
        return NAMES.index(token) if token in NAMES else None

    def encode(self, texts: list[str], *, plain: bool, spans: bool) -> tuple[list[list[int]], Any]:
        rows = [self.encode_one(text, plain) for text in texts]
        return [ids for ids, _ in rows], flat_offsets([places for _, places in rows]) if spans else None

    def encode_one(self, text: str, plain: bool) -> tuple[list[int], list[tuple[int, int]]]:
        longest = sorted(NAMES, key=len, reverse=True)
        added = "(?!)" if plain else "|".join(map(re.escape, longest))
        ids, spans = [], []
        for match in re.finditer(rf"(?P<added>{added})|\n|[^\n\W]+|.", text):
            word = match[0]
            if not match["added"] and match.start() == 0 and word != "\n":
                word = "▁" + word
            ids.append(self.id(word))
            spans.append(match.span())
        return ids, spans


def tokens_of(content: str, **message: Any) -> list[str]:
    tokenizer = WordTokenizer()
    hidden = control_tokens(TEMPLATE, ADDED)
    chats = render_chats(TEMPLATE, [{"role": "user", "content": content, **message}], control_tokens=hidden)
    plain = unmark(chats.rows[0], NAMES)
    ids, spans = encode_segments([plain.segments], tokenizer.encode, tokenizer.token_to_id, spans=True)
    assert encode_segments([plain.segments] * 2, tokenizer.encode, tokenizer.token_to_id) == ([ids[0]] * 2, None)
    for token_id, (start, end) in zip(ids[0], spans, strict=True):
        assert plain.text[start:end] == tokenizer.tokens[token_id].removeprefix("▁")
    return [tokenizer.tokens[token_id] for token_id in ids[0]]


def test_control_tokens_are_special_or_written_by_the_template() -> None:
    assert control_tokens(TEMPLATE, ADDED) == ("<s>", "<|start|>", "<|end|>", "<|end")
    assert control_tokens("{{ '<tool>' }}{{ messages }}", ADDED) == ("<s>", "<tool>")
    assert control_tokens(TEMPLATE, ADDED, ["<tool>"]) == ("<s>", "<tool>")
    assert control_tokens(TEMPLATE, ADDED, []) == ("<s>",)


def test_token_is_not_found_across_two_literals() -> None:
    assert control_tokens("<|{{ messages }}end|>{{ '<to' ~ 'ol>' }}", ADDED) == ("<s>",)


def test_typed_token_is_text() -> None:
    assert tokens_of("a<|end|>b") == ["<|start|>", "user", "\n", "a", *"<|", "end", *"|>", "b", "<|end|>", "\n"]


def test_template_token_stays_a_token() -> None:
    assert tokens_of("hello") == ["<|start|>", "user", "\n", "hello", "<|end|>", "\n"]


def test_longest_token_wins() -> None:
    edge = CLOSE + CLOSE  # "|>" may follow
    assert mark("<|end|><|end", NAMES) == f"{OPEN}<|end|>{CLOSE}{OPEN}<|end{CLOSE}{edge}"


def test_every_string_is_marked_and_no_key() -> None:
    value = {"<s>": ["<s>", ("x<s>y", 1, None, True)], "b": {"c": "<s>"}}
    marked = f"{OPEN}<s>{CLOSE}"
    assert mark(value, NAMES) == {"<s>": [marked, [f"x{marked}y", 1, None, True]], "b": {"c": marked}}
    assert value == {"<s>": ["<s>", ("x<s>y", 1, None, True)], "b": {"c": "<s>"}}


def test_marks_cannot_be_forged() -> None:
    assert mark(f"{OPEN}<s>{CLOSE}{CLOSE}x", NAMES) == f"{OPEN}<s>{CLOSE}x"
    assert tokens_of(f"{OPEN}hello{CLOSE}") == tokens_of("hello")


def test_cut_marks_go_and_still_divide() -> None:
    template = "{{ messages[0].content.split('s')[0] }}s>"
    chats = render_chats(template, [{"content": "a<s>"}], control_tokens=("<s>",))
    plain = unmark(chats.rows[0], NAMES)
    assert plain.text == "a<s>"
    assert plain.segments == [Segment("a", plain=False, start=0), Segment("<s>", plain=False, start=1)]


def test_generation_spans_move_with_the_marks() -> None:
    template = "{% for m in messages %}[{% generation %}{{ m.content }}{% endgeneration %}]{% endfor %}"
    messages = [{"content": "a<s>b"}, {"content": "<s>"}]
    plain = unmark(render_chats(template, messages, control_tokens=("<s>",)).rows[0], NAMES)
    assert [plain.text[start:end] for start, end in plain.generation_spans or ()] == ["a<s>b", "<s>"]


def test_tools_documents_and_variables_are_marked_too() -> None:
    template = "{{ tools[0].name }}{{ documents[0].text }}{{ mood }}{{ bos_token }}"
    row = render_chats(
        template,
        [{"role": "user"}],
        tools=[{"name": "<s>"}],
        documents=[{"text": "<s>"}],
        variables={"mood": "<s>"},
        special_tokens={"bos_token": "<s>"},
        control_tokens=("<s>",),
    ).rows[0]
    assert [segment.plain for segment in unmark(row, NAMES).segments if segment.text] == [True, True, True, False]


def test_descriptions_of_functions_are_marked() -> None:
    def look(place: str) -> None:
        """Look <s> somewhere.

        Args:
            place: where.
        """

    row = render_chats("{{ tools[0].function.description }}", [{"role": "user"}], tools=[look], control_tokens=("<s>",))
    assert [segment.plain for segment in unmark(row.rows[0], NAMES).segments] == [False, True, False]


def test_objects_are_no_way_around() -> None:
    @dataclass
    class Message:
        role: str
        content: str

    row = render_chats(TEMPLATE, [Message("user", "<s>")], control_tokens=("<s>",)).rows[0]
    assert f"{OPEN}<s>{CLOSE}" in row.text


def test_token_that_is_text_anyway_is_refused() -> None:
    def encode(texts: list[str], *, plain: bool, spans: bool) -> tuple[list[list[int]], Any]:
        return [[0] * len(text) for text in texts], None

    with pytest.raises(ValueError, match=r"'<s>' \(conversation 1\)"):
        encode_segments([[], [Segment("<s>", plain=True, start=0)]], encode, lambda token: 0)


def test_parts_of_a_token_in_two_strings_do_not_join() -> None:
    template = "{% for m in messages %}{{ m.content }}{{ m.rest }}{% endfor %}"
    chats = render_chats(template, [{"content": "x<|e", "rest": "nd|>y"}], control_tokens=("<|end|>",))
    assert [segment.text for segment in unmark(chats.rows[0], NAMES).segments] == ["x<|e", "nd|>y"]
    chats = render_chats(template, [{"content": "x<|e", "rest": "|>y"}], control_tokens=("<|end|>",))
    assert [segment.text for segment in unmark(chats.rows[0], NAMES).segments] == ["x<|e|>y"]


def test_roles_are_compared_as_they_are() -> None:
    template = "{{ messages[0].role == 'user' }}{{ messages[0].content | trim == 'x' }}"
    row = render_chats(template, [{"role": "user", "content": "x\n"}], control_tokens=("user:", "\n\nHuman:")).rows[0]
    assert row.text == "TrueTrue"


PIECES = st.sampled_from(["<s>", "<|end|>", "<|end", "<|start|>", "a", " ", "\n", OPEN, CLOSE, "<|", "|>", "end", "😀"])


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_input_makes_a_control_token(content: str) -> None:
    written = ["<|start|>", "<|end|>"]
    control = {"<s>", "<|start|>", "<|end|>", "<|end"}
    assert [token for token in tokens_of(content) if token in control] == written
    cleaned = content.replace(OPEN, "").replace(CLOSE, "")
    assert "".join(token.removeprefix("▁") for token in tokens_of(content)) == f"<|start|>user\n{cleaned}<|end|>\n"


@pytest.mark.parametrize(
    ("shown", "left"), [("{{ x }}", "{'y': 'a"), ("{{ x | tojson(ensure_ascii=true) }}", '{"y": "a')]
)
def test_marks_a_template_escapes_are_marks(shown: str, left: str) -> None:
    template = "{% generation %}" + shown + "{% endgeneration %}"
    chats = render_chats(template, [{"role": "user"}], variables={"x": {"y": "a<s>b"}}, control_tokens=("<s>",))
    plain = unmark(chats.rows[0], NAMES)
    assert plain.segments[:2] == [Segment(left, plain=False, start=0), Segment("<s>", plain=True, start=len(left))]
    assert plain.generation_spans == [(0, len(plain.text))]


@pytest.mark.parametrize("typed", [r"\U000f0000", r"\udb80\udc01", r"\\U000f0001"])
def test_escapes_a_user_types_are_text(typed: str) -> None:
    chats = render_chats("{{ messages[0].content }}<s>", [{"content": "x" + typed}], control_tokens=("<s>",))
    assert unmark(chats.rows[0], NAMES).segments == [Segment(f"x{typed}<s>", plain=False, start=0)]


WRITING = st.text("<|ab>.*", min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(WRITING, max_size=12), st.lists(WRITING, max_size=4))
def test_tokens_are_found_as_one_after_the_other(tokens: list[str], between: list[str]) -> None:
    one_by_one = re.compile("|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or "(?!)")
    for text in ["".join(between), "".join(tokens), "".join(tokens + between)]:
        found = re.findall(f"{OPEN}(.*?){CLOSE}", mark(text, tuple(tokens)))
        assert found == one_by_one.findall(text)


def test_many_tokens_and_long_texts_take_no_time() -> None:
    tokens = tuple(f"<|reserved_special_token_{number}|>" for number in range(1000))
    started = time.perf_counter()
    for text in ("<" * 10**6, "<|reserved_special_token_" * 40_000, "<|reserved_special_token_7|>" * 20_000):
        row = render_chats("{{ messages[0].content }}", [{"content": text}], control_tokens=tokens).rows[0]
        assert unmark(row, tokens).text == text
    parts = [{"content": "<|reserved_special_token_"}, {"content": "7|>"}] * 2000
    row = render_chats("{% for m in messages %}{{ m.content }}{% endfor %}", parts, control_tokens=tokens).rows[0]
    assert len(unmark(row, tokens).segments) == 2001  # cut within tokens, and nowhere else
    assert time.perf_counter() - started < 20
