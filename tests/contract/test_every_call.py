"""What every tokenizer gives for a call, whatever its class and engine: rows, padding, truncation, masks, spans."""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lexel import TokenizersBackend

if TYPE_CHECKING:
    from tests.contract.subjects import Subject

# Words the small tokenizers know, in an order that they do not.
TEXT = "lazy steps over the brown fox, panic again and jumps quick to the sea"
SHORT = "brown fox"
TEXTS = [TEXT, SHORT, f"{TEXT}, again and again"]
WORDS = ["The", "quick", "brown", "fox"]
ALL: dict[str, Any] = {"return_token_type_ids": True, "return_special_tokens_mask": True}


def with_pad(subject: Subject, **settings: Any) -> Any:
    tok = subject.fresh(**settings)
    if tok.pad_token_id is None:
        tok.add_special_tokens({"pad_token": "[PAD]"})
    return tok


def padded(row: list[Any], fill: Any, size: int, side: str) -> list[Any]:
    gap = [fill] * (size - len(row))
    return gap + row if side == "left" else row + gap


# --- special tokens around texts --------------------------------------------------------------------------------------


def test_special_tokens_are_counted(any_tok: Any) -> None:
    for pair, texts in ((False, (TEXT,)), (True, (TEXT, SHORT))):
        count = any_tok.num_special_tokens_to_add(pair=pair)
        made = any_tok(*texts, **ALL)
        assert len(made["input_ids"]) - sum(len(any_tok.encode(text, add_special_tokens=False)) for text in texts) == (
            count
        )
        assert sum(made["special_tokens_mask"]) == count
        assert len(made["token_type_ids"]) == len(made["special_tokens_mask"]) == len(made["input_ids"])


def test_without_those_masked_the_texts_are_left(any_tok: Any) -> None:
    for texts in ((TEXT,), (TEXT, SHORT)):
        made = any_tok(*texts, return_special_tokens_mask=True)
        kept = [index for index, mask in zip(*made_columns(made), strict=True) if not mask]
        plain = [any_tok.encode(text, add_special_tokens=False) for text in texts]
        assert kept == list(chain(*plain))
        assert any_tok(*texts, add_special_tokens=False, return_special_tokens_mask=True)["special_tokens_mask"] == (
            [0] * len(kept)
        )


def made_columns(made: Any) -> tuple[list[int], list[int]]:
    return made["input_ids"], made["special_tokens_mask"]


def test_type_ids_can_be_asked_for(any_tok: Any) -> None:
    assert 0 in any_tok(TEXT, return_token_type_ids=True)["token_type_ids"]
    assert "token_type_ids" not in any_tok(TEXT, return_token_type_ids=False)
    assert "attention_mask" not in any_tok(TEXT, return_attention_mask=False)


def test_sequences_are_told_apart(any_tok: Any) -> None:
    if not any_tok.is_fast:
        pytest.skip("a tokenizer in Python does not know its sequences")
    assert 0 in any_tok(TEXT).sequence_ids()
    made = any_tok(TEXT, SHORT)
    assert {0, 1} <= set(made.sequence_ids())
    assert (None in made.sequence_ids()) == (any_tok.num_special_tokens_to_add(pair=True) > 0)
    assert made.n_sequences == 2


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_batch_is_its_rows(any_tok: Any) -> None:
    seconds = TEXTS[::-1]
    for options in ({}, {"max_length": 6, "truncation": True}, {"add_special_tokens": False}):
        batch = any_tok(TEXTS, **ALL, **options)
        rows = [any_tok(text, **ALL, **options) for text in TEXTS]
        assert {key: [row[key] for row in rows] for key in batch} == batch
        batch = any_tok(TEXTS, seconds, **ALL, add_special_tokens=False)
        rows = [any_tok(one, two, **ALL, add_special_tokens=False) for one, two in zip(TEXTS, seconds, strict=True)]
        assert {key: [row[key] for row in rows] for key in batch} == batch


def test_no_text_is_a_text(any_tok: Any) -> None:
    made = any_tok("", return_tensors="np")
    assert made["input_ids"].dtype == np.int64
    assert made["input_ids"].shape == (1, any_tok.num_special_tokens_to_add())
    assert any_tok([""])["input_ids"] == [any_tok("")["input_ids"]]
    assert any_tok.decode(any_tok.encode(""), skip_special_tokens=True) == ""


@pytest.mark.torch
def test_no_text_is_a_tensor(any_tok: Any) -> None:
    torch = pytest.importorskip("torch")
    assert any_tok("", return_tensors="pt")["input_ids"].dtype == torch.int64


def test_words_are_taken_one_by_one(subject: Subject) -> None:
    tok = subject.tok
    single = tok(WORDS, is_split_into_words=True, **ALL)
    pair = tok(WORDS, ["lazy", "dog"], is_split_into_words=True, **ALL)
    assert {key: [value] * 2 for key, value in single.items()} == tok([WORDS] * 2, is_split_into_words=True, **ALL)
    batch = tok([WORDS], [["lazy", "dog"]], is_split_into_words=True, **ALL)
    assert {key: [value] for key, value in pair.items()} == batch
    assert tok([(WORDS, ["lazy", "dog"])], is_split_into_words=True, **ALL) == batch
    expected = list(chain(*(tok.encode(word, add_special_tokens=False) for word in WORDS)))
    plain = tok(WORDS, is_split_into_words=True, add_special_tokens=False)["input_ids"]
    if splits_at_spaces(tok):
        assert plain == expected
        assert plain == tok.encode(" ".join(WORDS), add_special_tokens=False)


def splits_at_spaces(tok: Any) -> bool:
    """Return whether a word is the same tokens wherever it stands in a text."""
    if not isinstance(tok, TokenizersBackend):
        return True
    stage = repr(tok.backend_tokenizer.pre_tokenizer)
    return "BertPreTokenizer" in stage or "WhitespaceSplit" in stage


def test_targets_become_labels(subject: Subject) -> None:
    tok = with_pad(subject)
    made = tok(TEXTS, text_target=[SHORT, TEXT, SHORT], max_length=4, max_target_length=6, truncation=True)
    assert [len(row) for row in made["input_ids"]] == [min(4, len(tok.encode(text))) for text in TEXTS]
    assert [len(row) for row in made["labels"]] == [min(6, len(tok.encode(text))) for text in (SHORT, TEXT, SHORT)]
    alone = tok(TEXTS, text_target=[SHORT] * 3, max_length=4, truncation=True, padding="longest", src_lang="en_XX")
    assert [len(row) for row in alone["labels"]] == [4 if len(tok.encode(SHORT)) > 3 else len(tok.encode(SHORT))] * 3


# --- padding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_to_a_length(subject: Subject, side: str) -> None:
    tok = with_pad(subject)
    plain = tok.encode(TEXT)
    size = len(plain) + 10
    as_call = tok.encode(TEXT, padding="max_length", max_length=size, padding_side=side)
    tok.padding_side = side
    assert as_call == tok.encode(TEXT, padding="max_length", max_length=size)
    assert as_call == padded(plain, tok.pad_token_id, size, side)
    for padding in (True, "longest", False):
        assert tok.encode(TEXT, padding=padding) == plain
    made = tok(TEXT, padding="max_length", max_length=size, **ALL)
    bare = tok(TEXT, **ALL)
    fills = {"input_ids": tok.pad_token_id, "attention_mask": 0, "special_tokens_mask": 1}
    fills["token_type_ids"] = tok.pad_token_type_id
    assert {key: padded(row, fills[key], size, side) for key, row in bare.items()} == made


@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_a_batch(subject: Subject, side: str) -> None:
    tok = with_pad(subject)
    tok.padding_side = side
    rows = tok(TEXTS, **ALL)
    size = max(map(len, rows["input_ids"]))
    longest = tok(TEXTS, padding=True, **ALL)
    assert tok(TEXTS, padding="longest", max_length=1, **ALL) == longest, "the longest row ignores a length"
    assert tok(TEXTS, padding=False, max_length=None, **ALL) == rows
    assert longest == {key: [tok(text, padding="max_length", max_length=size, **ALL)[key] for text in TEXTS]
                       for key in longest}  # fmt: skip
    assert tok.pad(rows) == longest
    assert tok.pad([tok(text, **ALL) for text in TEXTS]) == longest
    arrays = tok.pad(rows, return_tensors="np")
    assert {key: value.tolist() for key, value in arrays.items()} == longest


def test_padding_to_a_multiple(subject: Subject) -> None:
    tok = with_pad(subject)
    tok.model_max_length = 512
    for text in ("", TEXT):
        assert len(tok(text, padding=True, pad_to_multiple_of=8)["input_ids"]) % 8 == 0
        assert tok(text, pad_to_multiple_of=8) == tok(text)
        made = tok(text, padding=True, truncation=True, pad_to_multiple_of=8)
        assert all(len(row) % 8 == 0 for row in made.values())
    with pytest.raises(ValueError, match="multiple"):
        tok(TEXT, padding=True, truncation=True, max_length=12, pad_to_multiple_of=8)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_given_mask_is_padded(subject: Subject, side: str) -> None:
    tok = with_pad(subject)
    rows = [
        {"input_ids": [1, 2, 3, 1, 2], "attention_mask": [0, 0, 1, 1, 0]},
        {"input_ids": [1, 2, 3], "attention_mask": [1, 1, 0]},
    ]
    made = tok.pad(rows, padding_side=side)
    assert made["attention_mask"] == [[0, 0, 1, 1, 0], padded([1, 1, 0], 0, 5, side)]


def test_padding_needs_a_pad_token(light: Subject) -> None:
    tok = light.fresh()
    tok.pad_token = None
    for call in (tok.encode, tok):
        with pytest.raises(ValueError, match="padding token"):
            call(TEXT, padding="max_length", max_length=100)
    tok.add_special_tokens({"pad_token": "[PAD]"})
    assert tok.encode(TEXT, padding="max_length", max_length=100).count(tok.pad_token_id) > 0


# --- truncation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["right", "left"])
def test_truncation_keeps_one_side(subject: Subject, side: str) -> None:
    tok = subject.fresh()
    tok.truncation_side = side
    plain = tok.encode(TEXT, add_special_tokens=False)
    kept = plain[:-2] if side == "right" else plain[2:]
    size = len(plain) + tok.num_special_tokens_to_add() - 2
    for strategy in (True, "longest_first", "only_first"):
        made = tok(TEXT, truncation=strategy, max_length=size, return_special_tokens_mask=True)
        assert [index for index, mask in zip(*made_columns(made), strict=True) if not mask] == kept
        assert tok.encode(TEXT, truncation=strategy, max_length=size - tok.num_special_tokens_to_add(),
                          add_special_tokens=False) == kept  # fmt: skip
    for strategy in (False, "do_not_truncate"):
        assert tok.encode(TEXT, truncation=strategy, max_length=size) == tok.encode(TEXT)
    tok.model_max_length = int(1e30)
    assert tok.encode(TEXT, truncation=True) == tok.encode(TEXT), "without a limit nothing is cut"


def test_the_model_s_length_is_a_limit(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    tok = subject.fresh()
    limit = tok.model_max_length = len(tok.encode(TEXT)) - 2
    for strategy in (True, "longest_first", "only_first"):
        assert len(tok(TEXT, truncation=strategy)["input_ids"]) == limit
        assert [len(row) for row in tok([TEXT], truncation=strategy)["input_ids"]] == [limit]
    tok.deprecation_warnings = {}
    with caplog.at_level(logging.WARNING):
        for text in (TEXT, [TEXT]):
            assert len(tok.encode(text)[0] if isinstance(text, list) else tok.encode(text)) == limit + 2
            tok(text, truncation=False)
    told = [record for record in caplog.records if "longer than the specified maximum" in record.getMessage()]
    assert len(told) == 1


def test_what_is_cut_off_overflows(subject: Subject) -> None:
    tok = subject.fresh()
    plain = tok.encode(TEXT, add_special_tokens=False)
    options: dict[str, Any] = {"stride": 2, "return_overflowing_tokens": True, "add_special_tokens": False}
    made = tok(TEXT, max_length=len(plain) - 2, truncation=True, **options)
    if isinstance(tok, TokenizersBackend):
        assert made["input_ids"][0] == plain[:-2]
        assert made["input_ids"][1] == plain[-4:]
        assert made["overflow_to_sample_mapping"] == [0, 0]
    else:
        assert made["input_ids"] == plain[:-2]
        assert made["overflowing_tokens"] == plain[-4:]
        assert made["num_truncated_tokens"] == 2


def test_a_pair_overflows(subject: Subject) -> None:
    tok = subject.fresh()
    first, second = (tok.encode(text, add_special_tokens=False) for text in (TEXT, f"{TEXT} {SHORT}"))
    size = len(first) + len(second) - 2
    options: dict[str, Any] = {"max_length": size, "stride": 2, "return_overflowing_tokens": True}
    options["add_special_tokens"] = False
    texts = (TEXT, f"{TEXT} {SHORT}")
    for strategy, rest, kept in (
        ("only_first", first[-4:] + second, first[:-2] + second),
        ("only_second", first + second[-4:], first + second[:-2]),
    ):
        made = tok(*texts, truncation=strategy, **options)
        if isinstance(tok, TokenizersBackend):
            assert made["input_ids"] == [kept, rest]
        else:
            assert made["input_ids"] == kept
            assert made["overflowing_tokens"] == (first if strategy == "only_first" else second)[-4:]
    if not isinstance(tok, TokenizersBackend):
        with pytest.raises(ValueError, match="longest_first"):
            tok(*texts, truncation=True, **options)
    assert len(tok(*texts, truncation=True, max_length=size, add_special_tokens=False)["input_ids"]) == size


def test_windows_are_rectangles(subject: Subject) -> None:
    tok = with_pad(subject)
    if not isinstance(tok, TokenizersBackend):
        pytest.skip("a tokenizer in Python has no windows")
    size = tok.num_special_tokens_to_add() + 4
    options: dict[str, Any] = {"max_length": size, "padding": True, "truncation": True, "stride": 1}
    for texts in (TEXT, TEXTS):
        made = tok(texts, return_overflowing_tokens=True, return_tensors="np", **options, **ALL)
        for key, value in made.items():
            assert value.ndim == (1 if key == "overflow_to_sample_mapping" else 2), key
        assert made["input_ids"].shape[1] == size
        assert len(made["input_ids"]) == len(made["overflow_to_sample_mapping"]) > 1


# --- spans ------------------------------------------------------------------------------------------------------------


def test_there_is_one_span_a_token(any_tok: Any) -> None:
    if not any_tok.is_fast:
        pytest.skip("a tokenizer in Python gives spans where its class can")
    for texts, pair in (((TEXT,), False), ((TEXT, SHORT), True)):
        made = any_tok(*texts, return_offsets_mapping=True, return_special_tokens_mask=True)
        assert len(made["offset_mapping"]) == len(made["input_ids"])
        assert sum(made["special_tokens_mask"]) == any_tok.num_special_tokens_to_add(pair=pair)
        for span, sequence in zip(made["offset_mapping"], made.sequence_ids(), strict=True):
            assert span == (0, 0) if sequence is None else span[0] <= span[1] <= len(texts[sequence])


def test_tokens_words_and_characters_lead_to_each_other(any_tok: Any) -> None:
    if not any_tok.is_fast:
        pytest.skip("a tokenizer in Python gives spans where its class can")
    text = "fox jumps"
    batch = any_tok([text, text])
    single = any_tok(text)
    assert batch.word_ids(1) == single.word_ids()
    assert batch.tokens(1) == single.tokens() == any_tok.convert_ids_to_tokens(single["input_ids"])
    inside = [index for index, sequence in enumerate(single.sequence_ids()) if sequence == 0]
    words = [single.word_ids()[index] for index in inside]
    first, last = inside[0], inside[-1]
    assert batch.token_to_word(1, first) == single.token_to_word(first) == words[0]
    span = single.word_to_tokens(words[-1])
    assert span is not None
    assert span.end == last + 1
    assert batch.word_to_tokens(1, words[-1]) == span
    assert single.char_to_token(len(text) - 1) == batch.char_to_token(1, len(text) - 1) == last
    chars = single.token_to_chars(last)
    assert chars is not None
    assert chars.end == len(text)
    assert single.char_to_word(len(text) - 1) == words[-1]
    whole = single.word_to_chars(words[-1])
    assert whole is not None
    assert whole.end == len(text)
    assert single.token_to_sequence(first) == batch.token_to_sequence(1, first) == 0
    pair = any_tok(text, text)
    left, right = (pair.word_to_tokens(words[-1], sequence_index=sequence) for sequence in (0, 1))
    assert left is not None
    assert right is not None
    assert left != right
    assert pair["input_ids"][left.end - 1] == pair["input_ids"][right.end - 1]
    assert pair.token_to_sequence(right.start) == 1
