"""A text that begins with the bos token, and a tokenizer that writes one: `double_bos` says what becomes of it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tokenizers
from tests.unit.backends.python_tokenizers import PlacedWordTokenizer, WordTokenizer

from lexel import AutoTokenizer, Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lexel import TokenizersBackend

BOS = "<cls>"
CHAT = BOS + "the quick fox<sep>lazy dog"
MIXED = [CHAT, "the sea", BOS, "", BOS + "a b c d e f g h", " " + BOS + "x", BOS * 2 + "y"]
COLUMNS = {
    "return_token_type_ids": True,
    "return_special_tokens_mask": True,
    "return_offsets_mapping": True,
    "return_length": True,
}


@pytest.fixture
def remove(make: Callable[..., TokenizersBackend]) -> TokenizersBackend:
    return make(bos_token=BOS, double_bos="remove")


@pytest.fixture
def bare(make: Callable[..., TokenizersBackend]) -> TokenizersBackend:
    """The same tokenizer, whose post-processor writes no bos token."""
    tok = make(bos_token=BOS)
    ids = [(token, tok.convert_tokens_to_ids(token)) for token in (BOS, "<sep>")]
    tok.backend_tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A <sep>", pair="$A <sep> $B:1 <sep>:1", special_tokens=ids
    )
    return tok


def doubled(tok: Tokenizer, text: str) -> bool:
    return tok.encode(text, add_special_tokens=False)[:1] == [tok.bos_token_id]


def rows(made: Any) -> list[Any]:
    found = [
        (e.ids, e.offsets, e.word_ids, e.sequence_ids, e.special_tokens_mask, e.attention_mask) for e in made.encodings
    ]
    return [*found, {key: value.tolist() if hasattr(value, "tolist") else value for key, value in made.items()}]


@pytest.mark.parametrize("text", MIXED)
def test_one_text_is_encoded_as_if_the_tokenizer_wrote_none(
    remove: TokenizersBackend, bare: TokenizersBackend, make: Callable[..., TokenizersBackend], text: str
) -> None:
    expected = bare if doubled(remove, text) else make(bos_token=BOS)
    assert remove.encode(text) == expected.encode(text)
    assert remove.count(text, add_special_tokens=True) == len(expected.encode(text))
    for options in ({}, COLUMNS, {"truncation": True, "max_length": 5}, {"padding": "max_length", "max_length": 12}):
        assert rows(remove(text, **options)) == rows(expected(text, **options))
    assert remove.encode(text, add_special_tokens=False) == bare.encode(text, add_special_tokens=False)
    apart = {"split_special_tokens": True}
    assert remove(text, **apart)["input_ids"] == make(bos_token=BOS)(text, **apart)["input_ids"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        COLUMNS,
        {"padding": True, **COLUMNS},
        {"padding": True, "padding_side": "left", **COLUMNS},
        {"padding": True, "pad_to_multiple_of": 8},
        {"padding": "max_length", "max_length": 20},
        {"padding": True, "truncation": True, "max_length": 6, **COLUMNS},
        {"padding": True, "return_tensors": "np", **COLUMNS},
        {"truncation": True, "max_length": 6, "stride": 1, "return_overflowing_tokens": True, **COLUMNS},
        {
            "truncation": True,
            "max_length": 6,
            "return_overflowing_tokens": True,
            "padding": True,
            "return_tensors": "np",
            "return_offsets_mapping": True,
        },
    ],
)
def test_rows_of_a_batch_are_those_of_single_calls(remove: TokenizersBackend, options: dict[str, Any]) -> None:
    made = remove(MIXED, **options)
    # Padding and tensors are added to what single calls give.
    single_options = {key: value for key, value in options.items() if key not in ("padding", "return_tensors", "pad_to_multiple_of", "padding_side")}  # fmt: skip  # noqa: E501
    if options.get("padding") == "max_length":
        del single_options["max_length"]
    place = 0
    for sample, text in enumerate(MIXED):
        single = remove([text], **single_options)
        for at, ids in enumerate(single["input_ids"]):
            row, mask = list(made["input_ids"][place]), list(made["attention_mask"][place])
            kept = [index for index, real in enumerate(mask) if real]
            assert [row[index] for index in kept] == ids
            if "offset_mapping" in made:
                spans = [tuple(map(int, made["offset_mapping"][place][index])) for index in kept]
                assert spans == single["offset_mapping"][at]
            assert [made.encodings[place].word_ids[index] for index in kept] == single.encodings[at].word_ids
            assert made.encodings[place].ids == row
            if options.get("return_overflowing_tokens"):
                assert made["overflow_to_sample_mapping"][place] == sample
            place += 1
    assert place == len(made["input_ids"])
    if options.get("padding"):
        assert len({len(row) for row in made["input_ids"]}) == 1
        assert len(made["input_ids"][0]) % options.get("pad_to_multiple_of", 1) == 0


def test_each_text_of_a_pair_is_looked_at(remove: TokenizersBackend, bare: TokenizersBackend) -> None:
    assert rows(remove(CHAT, "the sea", **COLUMNS)) == rows(bare(CHAT, "the sea", **COLUMNS))
    # Nothing is written right before the second text.
    second = remove("the sea", CHAT)["input_ids"]
    assert second[0] == remove.bos_token_id
    assert second[1:] == bare("the sea", CHAT)["input_ids"]
    batch = remove([(CHAT, "a"), ("a", "b"), (CHAT, CHAT)], padding=True)
    assert [sum(mask) for mask in batch["attention_mask"]] == [
        len(remove(*pair)["input_ids"]) for pair in [(CHAT, "a"), ("a", "b"), (CHAT, CHAT)]
    ]


def test_both_texts_of_a_pair_may_be_doubled(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(bos_token=BOS, double_bos="remove")
    tok.backend_tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<cls> $A", pair="<cls> $A <cls> $B:1", special_tokens=[(BOS, tok.bos_token_id)]
    )
    count = [
        ids.count(tok.bos_token_id) for ids in tok([("a", "b"), (CHAT, "b"), ("a", CHAT), (CHAT, CHAT)])["input_ids"]
    ]
    assert count == [2, 2, 2, 2]


def test_words_are_looked_at_as_texts_are(remove: TokenizersBackend, bare: TokenizersBackend) -> None:
    words = [BOS, "the", "fox"]
    assert rows(remove(words, is_split_into_words=True)) == rows(bare(words, is_split_into_words=True))
    batch = remove([words, ["the"]], is_split_into_words=True)["input_ids"]
    assert [row.count(remove.bos_token_id) for row in batch] == [1, 1]


def test_wrong_inputs_are_refused_as_always(make: Callable[..., TokenizersBackend]) -> None:
    for wrong in ([1, 2], ["a", 3], [("a", "b", "c")]):
        errors = []
        for mode in ("warn", "remove"):
            with pytest.raises((TypeError, ValueError)) as caught:
                make(bos_token=BOS, double_bos=mode)(wrong)
            errors.append((type(caught.value), str(caught.value)))
        assert errors[0] == errors[1]
    assert make(bos_token=BOS, double_bos="remove")([])["input_ids"] == []


def test_raise_names_the_text(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(bos_token=BOS, double_bos="raise")
    for call in (tok.encode, tok, lambda text: tok([text]), lambda text: tok(text, "a")):
        with pytest.raises(ValueError, match=r"text 0 begins with '<cls>', and the tokenizer writes one more"):
            call(CHAT)
    with pytest.raises(ValueError, match="text 1 begins with"):
        tok(["a", CHAT])
    assert tok.encode(CHAT, add_special_tokens=False)[0] == tok.bos_token_id
    assert tok.encode("a")[0] == tok.bos_token_id


@pytest.mark.parametrize("mode", ["warn", "ignore"])
def test_the_hint_is_given_once_for_any_kind_of_call(
    make: Callable[..., TokenizersBackend], caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    calls: list[Callable[[Tokenizer], Any]] = [
        lambda tok: tok.encode(CHAT),
        lambda tok: tok(CHAT),
        lambda tok: tok(["a", CHAT]),
        lambda tok: tok(["a", CHAT], padding=True, return_tensors="np"),
        lambda tok: tok([(CHAT, "a")]),
        lambda tok: tok([[BOS, "a"]], is_split_into_words=True),
    ]
    for call in calls:
        tok = make(bos_token=BOS, double_bos=mode)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            call(tok)
            call(tok)
        told = [record.message for record in caplog.records if "writes one more" in record.message]
        assert len(told) == (mode == "warn")
    caplog.clear()
    tok = make(bos_token=BOS)
    tok([CHAT], add_special_tokens=False)
    tok(["a" + CHAT, ""])
    assert [record for record in caplog.records if "writes one more" in record.message] == []


def test_the_setting_is_checked_kept_and_saved(make: Callable[..., TokenizersBackend], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="double_bos is 'drop'; expected one of warn, ignore, remove, raise"):
        make(double_bos="drop")
    tok = make(bos_token=BOS)
    tok.save_pretrained(tmp_path / "default")
    assert "double_bos" not in json.loads((tmp_path / "default" / "tokenizer_config.json").read_text("utf-8"))
    tok.double_bos = "remove"
    ids = tok.encode(CHAT)
    tok.save_pretrained(tmp_path / "set")
    assert json.loads((tmp_path / "set" / "tokenizer_config.json").read_text("utf-8"))["double_bos"] == "remove"
    for again in (AutoTokenizer.from_pretrained(tmp_path / "set"), copy.deepcopy(tok), pickle.loads(pickle.dumps(tok))):
        assert again.double_bos == "remove"
        assert again.encode(CHAT) == ids
    tok.double_bos = "warn"
    assert tok.encode(CHAT) == [tok.bos_token_id, *ids]
    # A loaded setting that was taken back is not saved again.
    again = AutoTokenizer.from_pretrained(tmp_path / "set")
    again.double_bos = "warn"
    again.save_pretrained(tmp_path / "back")
    assert "double_bos" not in json.loads((tmp_path / "back" / "tokenizer_config.json").read_text("utf-8"))


def test_a_changed_post_processor_is_seen(remove: TokenizersBackend) -> None:
    assert remove.encode(CHAT).count(remove.bos_token_id) == 1
    remove.backend_tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<sep> $A", pair="$A $B", special_tokens=[("<sep>", remove.sep_token_id)]
    )
    assert remove.encode(CHAT)[:2] == [remove.sep_token_id, remove.bos_token_id]


def test_encoded_chats_are_the_rendered_ones_encoded(remove: TokenizersBackend) -> None:
    template = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
    chat = [{"role": "user", "content": "the sea"}]
    text = remove.apply_chat_template(chat, chat_template=template, tokenize=False)
    ids = remove.apply_chat_template(chat, chat_template=template)["input_ids"]
    assert remove.encode(text) == [*ids, remove.sep_token_id]


def test_masks_of_rows_with_and_without(remove: TokenizersBackend) -> None:
    template = "{{ messages[0].content }}{% generation %}{{ messages[1].content }}{% endgeneration %}"
    chats = [
        [{"role": "user", "content": text}, {"role": "assistant", "content": "fox"}] for text in (CHAT, "sea ", "")
    ]
    options = {"return_assistant_tokens_mask": True, "chat_template": template, "padding": True}
    made = remove.apply_chat_template(chats, tokenizer_kwargs={"add_special_tokens": True}, **options)
    for ids, mask in zip(made["input_ids"], made["assistant_masks"], strict=True):
        said = [index for index, mine in zip(ids, mask, strict=True) if mine]
        assert remove.decode(said).strip().removeprefix("##") == "fox"
        assert ids.count(remove.bos_token_id) == 1


@pytest.mark.parametrize("kind", [WordTokenizer, PlacedWordTokenizer])
def test_tokenizers_in_python(kind: type[WordTokenizer], caplog: pytest.LogCaptureFixture) -> None:
    made = {
        mode: kind(bos_token=BOS, special_tokens_pattern="cls_sep", double_bos=mode)
        for mode in ("warn", "ignore", "remove", "raise")
    }
    text, tok = BOS + " a b", made["remove"]
    bos, sep = tok.cls_token_id, tok.sep_token_id
    content = tok.encode("a b", add_special_tokens=False)
    assert tok.encode(text) == [bos, *content, sep]
    assert tok.encode("a b") == [bos, *content, sep]
    with caplog.at_level(logging.WARNING):
        assert made["warn"].encode(text) == made["ignore"].encode(text) == [bos, bos, *content, sep]
        made["warn"].encode(text)
    assert sum("writes one more" in record.message for record in caplog.records) == 1
    with pytest.raises(ValueError, match="the text begins with '<cls>', and the tokenizer writes one more"):
        made["raise"].encode(text)
    batch = tok(["a", text, BOS], padding=True, return_special_tokens_mask=True, return_length=True)
    assert batch["input_ids"][1] == [bos, *content, sep]
    assert batch["special_tokens_mask"][1] == [0, 0, 0, 1]
    assert batch["token_type_ids"][1] == [0] * 4
    assert tok(text, truncation=True, max_length=3)["input_ids"] == [bos, content[0], sep]
    pair = tok(text, text, return_special_tokens_mask=True)
    assert pair["input_ids"].count(bos) == 2
    assert pair["special_tokens_mask"] == [int(index in (sep,)) for index in pair["input_ids"]]
    if kind is PlacedWordTokenizer:
        assert tok(text, return_offsets_mapping=True)["offset_mapping"] == [(0, 5), (6, 7), (8, 9), (0, 0)]


def test_bart_style_pairs_in_python() -> None:
    class Twice(WordTokenizer):
        def build_inputs_with_special_tokens(self, first: list[int], second: list[int] | None = None) -> list[int]:
            bos = [self.bos_token_id]
            return [*bos, *first] if second is None else [*bos, *first, *bos, *second]

        def get_special_tokens_mask(
            self, first: Any, second: Any = None, already_has_special_tokens: bool = False
        ) -> Any:
            return [1, *[0] * len(first)] + ([] if second is None else [1, *[0] * len(second)])

    tok = Twice(bos_token=BOS, double_bos="remove")
    bos = tok.bos_token_id
    for pair in (("a", "b"), (BOS + " a", "b"), ("a", BOS + " b"), (BOS + " a", BOS + " b")):
        a, b = tok.encode("a")[1], tok.encode("b")[1]
        assert tok(*pair)["input_ids"] == [bos, a, bos, b]
    assert np.array(tok([(BOS + " a", BOS + " b")], return_tensors="np")["input_ids"]).tolist() == [[bos, a, bos, b]]


def test_a_class_of_a_user_is_asked_what_it_was_always_asked(caplog: pytest.LogCaptureFixture) -> None:
    class Strict(WordTokenizer):
        def build_inputs_with_special_tokens(self, first: list[int], second: list[int] | None = None) -> list[int]:
            assert all(index >= 0 for index in [*first, *(second or [])])
            return super().build_inputs_with_special_tokens(first, second)

    tok = Strict(bos_token=BOS, special_tokens_pattern="cls_sep")
    with caplog.at_level(logging.WARNING):
        assert tok.encode(BOS + " a")[:2] == [tok.bos_token_id] * 2
    assert "writes one more" in caplog.text
