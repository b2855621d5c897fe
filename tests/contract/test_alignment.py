"""From tokens back to characters, words and sequences; rows as encodings; copies."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from lexel import BatchEncoding, CharSpan, TokenSpan
from lexel.tokenizer.words import word_spans

if TYPE_CHECKING:
    from lexel import TokenizersBackend

TEXT = "Don't panic, café 日本 😀!"


def test_spans_are_code_points_of_the_text(tok: TokenizersBackend, corpus: list[str]) -> None:
    for text in corpus:
        made = tok(text, return_offsets_mapping=True)
        for index, (start, end) in enumerate(made["offset_mapping"]):
            assert 0 <= start <= end <= len(text)
            if made.sequence_ids()[index] is not None:
                assert made.token_to_chars(index) == CharSpan(start, end)
            else:
                assert made.token_to_chars(index) is None


def test_characters_find_their_token(tok: TokenizersBackend) -> None:
    made = tok(TEXT)
    for place in range(len(TEXT)):
        token = made.char_to_token(place)
        if token is not None:
            span = made.token_to_chars(token)
            assert span is not None
            assert span.start <= place < span.end
            assert made.char_to_word(place) == made.token_to_word(token)
    assert made.char_to_token(10_000) is None
    assert made.char_to_token(-1) is None


def test_words_have_tokens_and_characters(tok: TokenizersBackend) -> None:
    made = tok(["fox", TEXT])
    words = {word for word in made.word_ids(1) if word is not None}
    for word in words:
        tokens = made.word_to_tokens(1, word)
        assert isinstance(tokens, TokenSpan)
        assert {made.word_ids(1)[index] for index in range(*tokens)} == {word}
        chars = made.word_to_chars(1, word)
        assert isinstance(chars, CharSpan)
    assert made.word_to_tokens(1, 999) is None
    assert made.word_to_chars(1, 999) is None
    last = max(words)
    assert made.word_to_tokens(1, -1) == made.word_to_tokens(1, last)


def test_sequences_of_a_pair(tok: TokenizersBackend) -> None:
    made = tok("fox", "dog")
    first, second = len(tok.tokenize("fox")), len(tok.tokenize("dog"))
    assert made.sequence_ids() == [None, *[0] * first, None, *[1] * second, None]
    assert made.token_to_sequence(1) == 0
    assert made.token_to_sequence(0, -2) == 1
    assert made.token_to_sequence(0) is None
    span = made.word_to_tokens(0, 0, sequence_index=1)
    assert span is not None
    assert made.sequence_ids()[span.start] == 1
    assert made.char_to_token(0, 0, sequence_index=1) == span.start


def test_out_of_range_is_none(tok: TokenizersBackend) -> None:
    made = tok("fox")
    for index in (100, -100):
        assert made.token_to_chars(index) is None
        assert made.token_to_word(index) is None
        assert made.token_to_sequence(index) is None
        assert made.word_to_tokens(index) is None
    assert made.token_to_word(-2) == made.token_to_word(len(made["input_ids"]) - 2)
    with pytest.raises(IndexError):
        made.tokens(5)


def test_rows_are_encodings(tok: TokenizersBackend) -> None:
    made = tok(["fox", TEXT], padding=True)
    assert made.is_fast
    assert len(made.encodings) == 2
    assert made[1].ids == made["input_ids"][1]
    assert made[-1].tokens == made.tokens(1)
    assert [row.attention_mask for row in made[0:2]] == made["attention_mask"]
    assert made[0].n_sequences == made.n_sequences == 1


def test_encodings_are_those_of_the_call(tok: TokenizersBackend) -> None:
    texts = ["fox", TEXT]
    made = tok(texts, truncation=True, max_length=4, padding="max_length")
    texts[0] = "something else"
    tok.add_tokens(["fox"])
    assert [row.ids for row in made.encodings] == made["input_ids"], "computed later, of the same input and engine"


def test_copies_and_pickles_keep_everything(tok: TokenizersBackend) -> None:
    made = tok(TEXT)
    for twin in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert isinstance(twin, BatchEncoding)
        assert twin.data == made.data
        assert twin.tokens() == made.tokens()
        assert twin.n_sequences == 1
    assert copy.deepcopy(made).data is not made.data


def test_the_same_word_in_both_texts(tok: TokenizersBackend) -> None:
    made = tok("fox", "fox")
    one, two = made.word_to_tokens(0, 0, 0), made.word_to_tokens(0, 0, 1)
    assert one is not None
    assert two is not None
    assert one != two
    assert made["input_ids"][one.start] == made["input_ids"][two.start]


def test_words_are_those_of_the_text(tok: TokenizersBackend, corpus: list[str]) -> None:
    text = "Don't panic,  again and again!"
    found = tok.words_of(text)
    assert (found[0], found[-1]) == (None, None), "special tokens"
    seen = [word for word in dict.fromkeys(found) if word is not None]
    assert seen == sorted(seen)
    # Don't, panic, the comma, again, and, again, the mark; a token of several words is in the first of them.
    assert {0, 1, 2, 3, 6} <= set(seen) <= set(range(7))
    for text in corpus:
        spans = word_spans(text)
        made = tok(text, return_offsets_mapping=True)
        words = tok.words_of(text)
        assert len(words) == len(made["input_ids"])
        for (start, end), word in zip(made["offset_mapping"], words, strict=True):
            if word is not None:
                assert spans[word][0] < end
                assert start < spans[word][1]
                assert text[start:end].strip()
        assert tok.words_of(text, add_special_tokens=False) == words[1:-1]
