"""Ids to text: one, many, arrays, streams."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lexel import VocabularyError

if TYPE_CHECKING:
    from lexel import TokenizersBackend

TEXTS = ["the quick brown fox", "lazy dog"]


def test_rows_come_in_many_forms(tok: TokenizersBackend) -> None:
    rows = [tok.encode(text) for text in TEXTS]
    first, second = tok.decode(rows[0]), tok.decode(rows[1])
    assert tok.decode(rows) == [first, second]
    assert tok.decode(tuple(rows[0])) == first
    for kind in (np.int64, np.int32, np.uint32, np.int16):
        assert tok.decode(np.array(rows[0], dtype=kind)) == first
    assert tok.decode([np.array(rows[0]), np.array(rows[1])]) == [first, second]
    assert tok.decode(np.array([rows[0], rows[0]])) == [first, first]
    assert tok.decode(tok(TEXTS[0])) == first
    assert tok.decode(tok(TEXTS[0], return_tensors="np")) == first
    assert tok.decode(iter(rows[0])) == first
    index = rows[0][1]
    assert tok.decode(index) == tok.decode([index]) == tok.decode(np.int64(index)) == tok.decode(np.array(index))


@pytest.mark.torch
def test_tensors_decode(tok: TokenizersBackend) -> None:
    torch = pytest.importorskip("torch")
    ids = tok.encode(TEXTS[0])
    assert tok.decode(torch.tensor(ids)) == tok.decode(ids)
    assert tok.decode(torch.tensor([ids, ids])) == [tok.decode(ids)] * 2
    assert tok.decode(torch.tensor(ids[1])) == tok.decode(ids[1])
    assert tok.decode([torch.tensor(ids[1]), torch.tensor(ids[2])]) == tok.decode(ids[1:3])


def test_empty_rows(tok: TokenizersBackend) -> None:
    assert tok.decode([]) == ""
    assert tok.decode([[]]) == [""]
    assert tok.batch_decode([]) == []


def test_batch_decode_always_returns_a_list(tok: TokenizersBackend) -> None:
    ids = tok.encode(TEXTS[0])
    assert tok.batch_decode(ids) == [tok.decode(ids)]
    assert tok.batch_decode([ids, ids]) == [tok.decode(ids)] * 2


def test_special_tokens_can_be_left_out(tok: TokenizersBackend) -> None:
    text = tok.decode(tok.encode(TEXTS[0]), skip_special_tokens=True)
    assert "<cls>" not in text
    assert "<sep>" not in text
    assert tok.decode(tok.encode(TEXTS[0], add_special_tokens=False)) == text
    assert tok.batch_decode([tok.encode(t) for t in TEXTS], skip_special_tokens=True)[0] == text


def test_wrong_ids(tok: TokenizersBackend) -> None:
    known = tok.encode(TEXTS[0], add_special_tokens=False)
    assert tok.decode([*known, 10**6]) == tok.decode(known), "as models with padded heads produce them"
    with pytest.raises(OverflowError):
        tok.decode([-1])
    with pytest.raises(VocabularyError, match="1000000 is not in the vocabulary"):
        tok.decode([*known, 10**6], errors="strict")
    assert tok.decode(known, errors="strict") == tok.decode(known)


@pytest.mark.parametrize("value", ["abc", b"abc", None, 1.5, object()])
def test_what_is_no_row_of_ids(tok: TokenizersBackend, value: Any) -> None:
    with pytest.raises(TypeError, match="decode takes ids"):
        tok.decode(value)


def test_the_encoding_of_a_batch_is_refused(tok: TokenizersBackend) -> None:
    with pytest.raises(TypeError, match="one text"):
        tok.decode(tok(TEXTS))


def test_a_stream_ends_where_decoding_does(tok: TokenizersBackend, corpus: list[str]) -> None:
    for text in corpus:
        ids = tok.encode(text)
        for skip in (False, True):
            stream = tok.decode_stream(skip_special_tokens=skip)
            pieces = [stream.feed(index) for index in ids]
            fork = stream.fork()
            whole = "".join(pieces) + stream.flush()
            assert whole == tok.decode(ids, skip_special_tokens=skip)
            assert "".join(pieces) + fork.flush() == whole
            assert "".join((stream.feed(ids), stream.flush())) == whole, "a flushed stream starts anew"


def test_clean_up_is_asked_for(tok: TokenizersBackend, caplog: pytest.LogCaptureFixture) -> None:
    assert tok.clean_up_tokenization("it 's a dog . do n't") == "it's a dog. don't"
    ids = tok.encode("fox , dog .", add_special_tokens=False)
    plain = tok.decode(ids)
    with caplog.at_level(logging.WARNING):
        cleaned = tok.decode(ids, clean_up_tokenization_spaces=True)
        tok.decode(ids, clean_up_tokenization_spaces=True)
    if tok.backend_tokenizer.model_type == "BPE":
        assert cleaned == plain
        assert len(caplog.records) == 1
        tok.clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output = True
        cleaned = tok.decode(ids, clean_up_tokenization_spaces=True)
    assert cleaned == tok.clean_up_tokenization(plain)
    tok.clean_up_tokenization_spaces = True
    assert tok.decode([ids]) == [cleaned]


def test_token_strings_become_text(tok: TokenizersBackend) -> None:
    ids = tok.encode(TEXTS[0], add_special_tokens=False)
    assert tok.convert_tokens_to_string(tok.convert_ids_to_tokens(ids)) == tok.decode(ids)


@pytest.mark.parametrize("ids", [[1.5], [5.0], ["5"], [5, None], [5, 6.0], np.array([5.0, 6.0]), 5.0])
def test_ids_are_integers(tok: TokenizersBackend, ids: Any) -> None:
    with pytest.raises(TypeError):
        tok.decode(ids)


def test_one_token_string_is_no_list_of_them(tok: TokenizersBackend) -> None:
    with pytest.raises(TypeError, match="list of token strings"):
        tok.convert_tokens_to_string("fox")  # type: ignore[arg-type]


def test_ids_to_tokens_of_iterators_and_scalars(tok: TokenizersBackend) -> None:
    ids = tok.encode(TEXTS[0])
    assert tok.convert_ids_to_tokens(iter(ids)) == tok.convert_ids_to_tokens(ids)
    assert tok.convert_ids_to_tokens(range(3)) == tok.convert_ids_to_tokens([0, 1, 2])
    assert tok.convert_ids_to_tokens(np.int64(ids[0])) == tok.convert_ids_to_tokens(ids[0])
    assert tok.convert_ids_to_tokens(np.array(ids[0])) == tok.convert_ids_to_tokens(ids[0])
    assert tok._convert_id_to_token(ids[0]) == tok.convert_ids_to_tokens(ids[0]), "the name other libraries use"
    with pytest.raises(TypeError):
        tok.convert_ids_to_tokens(5.0)
