"""The core and the second engine give the same answers to the same calls, and the tokenizer says which one it is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lexel import TokenizersBackend

ALL: dict[str, Any] = {
    "return_token_type_ids": True,
    "return_special_tokens_mask": True,
    "return_offsets_mapping": True,
    "return_length": True,
}
CALLS: list[dict[str, Any]] = [
    {},
    {"add_special_tokens": False},
    {"padding": True, "padding_side": "left", "pad_to_multiple_of": 4},
    {"padding": "max_length", "max_length": 16, "truncation": True},
    {"max_length": 9, "stride": 2, "truncation": "longest_first", "return_overflowing_tokens": True},
    {"max_length": 4, "truncation": "only_first"},
    {"split_special_tokens": True},
]


@pytest.mark.parametrize("options", CALLS)
def test_calls(both: tuple[TokenizersBackend, TokenizersBackend], corpus: list[str], options: dict[str, Any]) -> None:
    ours, theirs = both
    assert ours(corpus, **ALL, **options) == theirs(corpus, **ALL, **options)


def test_pairs_and_words(both: tuple[TokenizersBackend, TokenizersBackend], corpus: list[str]) -> None:
    ours, theirs = both
    for options in CALLS[:5]:
        assert ours(corpus, corpus[::-1], **ALL, **options) == theirs(corpus, corpus[::-1], **ALL, **options)
    words = [text.split() for text in corpus]
    options = {**ALL, "is_split_into_words": True}
    assert ours(words, **options) == theirs(words, **options)
    assert ours(words, words[::-1], **options) == theirs(words, words[::-1], **options)


def test_alignment(both: tuple[TokenizersBackend, TokenizersBackend], corpus: list[str]) -> None:
    ours, theirs = (tok(corpus, corpus[::-1]) for tok in both)
    for row in range(len(corpus)):
        assert ours.word_ids(row) == theirs.word_ids(row)
        assert ours.sequence_ids(row) == theirs.sequence_ids(row)


def test_decoding(both: tuple[TokenizersBackend, TokenizersBackend], corpus: list[str]) -> None:
    ours, theirs = both
    rows = ours(corpus)["input_ids"]
    assert ours.decode(rows) == theirs.decode(rows)
    assert ours.decode(rows, skip_special_tokens=True) == theirs.decode(rows, skip_special_tokens=True)


def test_lone_surrogates_become_the_replacement_character(
    both: tuple[TokenizersBackend, TokenizersBackend],
) -> None:
    ours, theirs = both
    assert ours.encode("a\ud800b") == theirs.encode("a\ud800b") == theirs.encode("a�b")


def test_the_engine_is_named_with_its_reason(both: tuple[TokenizersBackend, TokenizersBackend]) -> None:
    ours, theirs = both
    assert (theirs.engine, theirs.engine_reason) == ("tokenizers", "asked for by a test")
    assert (ours.engine == "native") == (ours.engine_reason is None)
