"""Masks of what the assistant wrote, where the spans of texts and tokens are awkward; on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.unit.backends.python_tokenizers import PlacedWordTokenizer, WordTokenizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel import TokenizersBackend

TEMPLATE = (
    "{% for m in messages %}<cls>{% if m.role == 'bot' %}{%+ generation %}{{ m.content }}{% endgeneration +%}"
    "{% else %}{{ m.content }}{% endif %}<sep>{% endfor %}"
)
CHAT = [
    {"role": "user", "content": "the quick fox"},
    {"role": "bot", "content": "lazy dog"},
    {"role": "user", "content": "sea"},
    {"role": "bot", "content": "again and again"},
]


@pytest.fixture
def chat(make: Callable[..., TokenizersBackend]) -> TokenizersBackend:
    return make(chat_template=TEMPLATE)


def masked(tok: Any, messages: list[dict[str, Any]], **options: Any) -> str:
    made = tok.apply_chat_template(messages, return_assistant_tokens_mask=True, **options)
    ids = [index for index, bit in zip(made["input_ids"], made["assistant_masks"], strict=True) if bit]
    return str(tok.decode(ids)).replace(" ", "")


@pytest.mark.parametrize("edge", [" ", "   ", "\n", "\t"])
def test_whitespace_at_the_edges_of_a_block_stops_nothing(chat: TokenizersBackend, edge: str) -> None:
    messages = [{**message, "content": edge + message["content"] + edge} for message in CHAT]
    said = masked(chat, messages)
    assert "".join(said.split()) == "lazydogagainandagain"


@pytest.mark.parametrize("content", ["", " ", "\n\n"])
def test_blocks_of_nothing_mark_nothing_else(chat: TokenizersBackend, content: str) -> None:
    messages = [CHAT[0], {"role": "bot", "content": content}, *CHAT[2:]]
    assert "".join(masked(chat, messages).split()) == "againandagain"
    start = [{"role": "bot", "content": ""}]
    template = "{% generation %}{{ messages[0].content }}{% endgeneration %}fox"
    assert masked(chat, start, chat_template=template) == ""


def test_left_truncation_keeps_the_mask_of_what_is_left(chat: TokenizersBackend) -> None:
    whole = chat.apply_chat_template(CHAT, return_assistant_tokens_mask=True)["assistant_masks"]
    chat.truncation_side = "left"
    for limit in range(1, len(whole)):
        cut = chat.apply_chat_template(CHAT, return_assistant_tokens_mask=True, truncation=True, max_length=limit)
        assert cut["assistant_masks"] == whole[-limit:]


def test_blocks_in_macros(chat: TokenizersBackend) -> None:
    template = (
        "{% macro say(m) %}{% generation %}{{ m.content }}{% endgeneration %}<sep>{% endmacro %}"
        "{% for m in messages %}<cls>{{ say(m) if m.role == 'bot' else m.content }}{% endfor %}"
    )
    assert masked(chat, CHAT, chat_template=template) == "lazydogagainandagain"


def test_blocks_in_and_next_to_each_other(chat: TokenizersBackend) -> None:
    inner = "{% generation %}{{ m.content }}{% endgeneration %}"
    for block in (inner + inner, "{% generation %}" + inner + inner + "{% endgeneration %}"):
        template = "{% for m in messages %}<cls>{% if m.role == 'bot' %}" + block + "{% endif %}<sep>{% endfor %}"
        assert masked(chat, CHAT[:2], chat_template=template) == "lazydoglazydog"


def test_every_token_of_a_character_is_marked(chat: TokenizersBackend) -> None:
    messages = [CHAT[0], {"role": "bot", "content": "😀"}, CHAT[2]]
    made = chat.apply_chat_template(
        messages, return_assistant_tokens_mask=True, tokenizer_kwargs={"return_offsets_mapping": True}
    )
    text = chat.apply_chat_template(messages, tokenize=False)
    place = text.index("😀")
    for (start, end), bit in zip(made["offset_mapping"], made["assistant_masks"], strict=True):
        assert bit == (start <= place < end)


def test_windows_have_the_mask_of_their_text(chat: TokenizersBackend) -> None:
    whole = chat.apply_chat_template(CHAT, return_assistant_tokens_mask=True)
    options = {"return_overflowing_tokens": True}
    for conversation in (CHAT, [CHAT, CHAT[:2]]):
        made = chat.apply_chat_template(
            conversation, return_assistant_tokens_mask=True, truncation=True, max_length=7, tokenizer_kwargs=options
        )
        first = [row for row, source in enumerate(made["overflow_to_sample_mapping"]) if source == 0]
        assert [bit for row in first for bit in made["assistant_masks"][row]] == whole["assistant_masks"]
        assert [index for row in first for index in made["input_ids"][row]] == whole["input_ids"]


def test_spans_in_bytes_give_the_same_mask(chat: TokenizersBackend) -> None:
    messages = [{"role": "user", "content": "naïve 日本"}, {"role": "bot", "content": "café 😀 fox"}, CHAT[2]]
    plain = chat.apply_chat_template(messages, return_assistant_tokens_mask=True)
    made = chat.apply_chat_template(messages, return_assistant_tokens_mask=True, tokenizer_kwargs={"offsets": "bytes"})
    assert made["assistant_masks"] == plain["assistant_masks"]


def test_encodings_are_at_hand(chat: TokenizersBackend) -> None:
    made = chat.apply_chat_template([CHAT, CHAT[:1]], return_assistant_tokens_mask=True, padding=True)
    assert [row.ids for row in made.encodings] == made["input_ids"]
    assert [row.tokens for row in made.encodings] == [chat.convert_ids_to_tokens(row) for row in made["input_ids"]]


def test_a_template_without_blocks_may_be_refused(chat: TokenizersBackend) -> None:
    options: dict[str, Any] = {"chat_template": "{{ messages[0].content }}", "on_missing_generation": "raise"}
    with pytest.raises(ValueError, match=r"no \{% generation %\} block"):
        chat.apply_chat_template(CHAT, return_assistant_tokens_mask=True, **options)
    assert chat.apply_chat_template(CHAT, tokenize=False, **options) == "the quick fox"


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_tokenizer_in_python_that_knows_its_places(side: str) -> None:
    tok: Any = PlacedWordTokenizer(chat_template=TEMPLATE.replace("<sep>", " <sep>").replace("<cls>", "<cls> "))
    tok.padding_side = side
    chats = [
        [{"role": "user", "content": "a b"}, {"role": "bot", "content": "hello world ."}],
        [{"role": "bot", "content": "c"}],
    ]
    rows = [tok.apply_chat_template(one, return_assistant_tokens_mask=True) for one in chats]
    assert rows[0]["assistant_masks"] == [0, 0, 0, 0, 0, 1, 1, 1, 0]
    assert rows[1]["assistant_masks"] == [0, 1, 0]
    assert "offset_mapping" not in rows[0]
    for tensors in (None, "np"):
        made = tok.apply_chat_template(
            chats, return_assistant_tokens_mask=True, padding=True, return_tensors=tensors,
            tokenizer_kwargs={"return_offsets_mapping": True, "pad_to_multiple_of": 5},
        )  # fmt: skip
        masks = np.asarray(made["assistant_masks"])
        assert masks.shape == np.asarray(made["input_ids"]).shape == (2, 10)
        assert np.asarray(made["offset_mapping"]).shape == (2, 10, 2)
        for row, mask in zip(rows, masks.tolist(), strict=True):
            gap = [0] * (10 - len(row["assistant_masks"]))
            assert mask == (gap + row["assistant_masks"] if side == "left" else row["assistant_masks"] + gap)
    one = tok.apply_chat_template(chats[1], return_assistant_tokens_mask=True, return_tensors="np")
    assert one["assistant_masks"].tolist() == [[0, 1, 0]]
    with pytest.raises(ValueError, match="does not know where its tokens stand"):
        WordTokenizer(chat_template=TEMPLATE).apply_chat_template(CHAT, return_assistant_tokens_mask=True)
