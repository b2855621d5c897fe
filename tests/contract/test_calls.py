"""What a call takes and returns: inputs, columns, shapes, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lexel import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel import TokenizersBackend


def test_a_batch_is_its_singles(tok: TokenizersBackend, corpus: list[str]) -> None:
    options: dict[str, Any] = {
        "return_token_type_ids": True,
        "return_special_tokens_mask": True,
        "return_offsets_mapping": True,
    }
    batch = tok(corpus, **options)
    singles = [tok(text, **options) for text in corpus]
    assert list(batch) == [
        "input_ids",
        "token_type_ids",
        "attention_mask",
        "special_tokens_mask",
        "offset_mapping",
    ]
    for key, rows in batch.items():
        assert rows == [single[key] for single in singles], key
    assert batch["input_ids"] == [tok.encode(text) for text in corpus]
    assert tok(tuple(corpus))["input_ids"] == batch["input_ids"]


def test_pairs_come_in_three_ways(tok: TokenizersBackend, corpus: list[str]) -> None:
    seconds = corpus[::-1]
    separate = tok(corpus, seconds, return_token_type_ids=True)
    assert tok(list(zip(corpus, seconds, strict=True)), return_token_type_ids=True) == separate
    assert separate.n_sequences == 2
    one = tok("brown fox", "lazy dog", return_token_type_ids=True)
    sep = tok.sep_token_id
    first = tok.encode("brown fox", add_special_tokens=False)
    second = tok.encode("lazy dog", add_special_tokens=False)
    assert one["input_ids"] == [tok.cls_token_id, *first, sep, *second, sep]
    assert one["token_type_ids"] == [0] * (len(first) + 2) + [1] * (len(second) + 1)


def test_an_empty_second_text_counts_as_none(tok: TokenizersBackend) -> None:
    assert tok("fox", "") == tok("fox")


def test_words_are_texts_split_before(tok: TokenizersBackend) -> None:
    words = ["brown", "fox"]
    single = tok(words, is_split_into_words=True)
    assert isinstance(single["input_ids"][0], int)
    assert tok([words], is_split_into_words=True)["input_ids"] == [single["input_ids"]]
    counts = [len(tok(word, add_special_tokens=False)["input_ids"]) for word in words]
    if tok.backend_tokenizer.model_type == "WordPiece":
        assert single.word_ids() == [None, *[0] * counts[0], *[1] * counts[1], None]
    assert {0, 1} < set(single.word_ids())
    pair = tok(words, ["dog"], is_split_into_words=True)
    assert tok([(words, ["dog"])], is_split_into_words=True)["input_ids"] == [pair["input_ids"]]
    assert tok([words], [["dog"]], is_split_into_words=True)["input_ids"] == [pair["input_ids"]]
    assert tok([], is_split_into_words=True)["input_ids"] == [tok.cls_token_id, tok.sep_token_id]
    assert tok([[]], is_split_into_words=True)["input_ids"] == [[tok.cls_token_id, tok.sep_token_id]]


def test_empty_inputs(tok: TokenizersBackend) -> None:
    assert tok("")["input_ids"] == [tok.cls_token_id, tok.sep_token_id]
    assert tok([""])["input_ids"] == [[tok.cls_token_id, tok.sep_token_id]]
    assert tok([]) == {"input_ids": [], "attention_mask": []}
    empty = tok("", add_special_tokens=False, return_tensors="np")["input_ids"]
    assert (empty.shape, empty.dtype) == ((1, 0), np.int64)


@pytest.mark.parametrize("text", [None, 5, 3.5, [1, 2], [None], {"text": "a"}, object()])
def test_what_is_no_text_is_a_value_error(tok: TokenizersBackend, text: Any) -> None:
    with pytest.raises(ValueError, match="text"):
        tok(text)


@pytest.mark.parametrize("text", [b"abc", [b"abc"], ["abc", b"abc"], bytearray(b"abc")])
def test_bytes_are_told_to_be_decoded(tok: TokenizersBackend, text: Any) -> None:
    with pytest.raises(TypeError, match="decode it"):
        tok(text)


@pytest.mark.parametrize("rows", [["a", 5], ["a", None], [("a", "b"), "c"], [["a", "b", "c"]], ["a", ["b"]]])
def test_the_row_that_is_no_text_is_named(tok: TokenizersBackend, rows: Any) -> None:
    with pytest.raises(TypeError, match=r"\b[01]\b"):
        tok(rows)


def test_batches_must_be_equally_long(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match=r"2 entries and text_pair 1"):
        tok(["a", "b"], ["c"])
    with pytest.raises(TypeError, match="list of the same length"):
        tok(["a"], "b")
    with pytest.raises(TypeError, match="must be one too"):
        tok("a", ["b"])
    with pytest.raises(TypeError, match="split it first"):
        tok("a b", is_split_into_words=True)


def test_columns_follow_the_model_and_the_flags(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(model_input_names=["input_ids", "token_type_ids"])
    assert list(tok("a")) == ["input_ids", "token_type_ids"]
    assert list(tok("a", return_token_type_ids=False, return_attention_mask=True)) == ["input_ids", "attention_mask"]


def test_lengths(tok: TokenizersBackend) -> None:
    ids = tok("brown fox")["input_ids"]
    assert tok("brown fox", return_length=True)["length"] == [len(ids)]
    assert tok(["brown fox", ""], return_length=True)["length"] == [len(ids), 2]


def test_targets_are_labels(tok: TokenizersBackend) -> None:
    both = tok("brown fox", text_target="lazy dog", max_length=5, max_target_length=3)
    assert both["input_ids"] == tok("brown fox", max_length=5)["input_ids"]
    assert both["labels"] == tok("lazy dog", max_length=3)["input_ids"]
    assert tok(text_target="lazy dog") == tok("lazy dog")
    batch = tok(["brown fox", "a"], text_target=["dog", "b"], padding=True, return_tensors="np")
    assert batch["labels"].shape[0] == 2
    with pytest.raises(ValueError, match="You need to specify either"):
        tok()


def test_unknown_arguments_of_single_classes_are_harmless(tok: TokenizersBackend) -> None:
    assert tok("fox", src_lang="xx") == tok("fox")
    assert tok("brown fox", tokenizer_kwargs={"max_length": 3, "truncation": True}) == tok(
        "brown fox", max_length=3, truncation=True
    )


def test_arrays(tok: TokenizersBackend) -> None:
    lists = tok(["brown fox", "a"], padding=True, return_token_type_ids=True, return_offsets_mapping=True)
    arrays = tok(
        ["brown fox", "a"], padding=True, return_token_type_ids=True, return_offsets_mapping=True, return_tensors="np"
    )
    for key, rows in lists.items():
        assert arrays[key].dtype == np.int64
        assert arrays[key].tolist() == [[list(i) if isinstance(i, tuple) else i for i in row] for row in rows]
    assert arrays["offset_mapping"].shape == (*arrays["input_ids"].shape, 2)
    assert tok("brown fox", return_tensors="np")["input_ids"].shape == (1, len(tok.encode("brown fox")))


@pytest.mark.torch
def test_tensors(tok: TokenizersBackend) -> None:
    torch = pytest.importorskip("torch")
    made = tok(["brown fox", "a"], padding=True, return_tensors="pt", return_length=True)
    assert {value.dtype for value in made.values()} == {torch.int64}
    assert made["input_ids"].tolist() == tok(["brown fox", "a"], padding=True)["input_ids"]


@pytest.mark.parametrize("kind", ["np", "pt"])
def test_ragged_rows_are_no_array(tok: TokenizersBackend, kind: str) -> None:
    with pytest.raises(ValueError, match="padding=True"):
        tok(["brown fox", "a"], return_tensors=kind)


def test_an_unknown_kind_of_array(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match="'pt', 'np', 'mlx'"):
        tok("a", return_tensors="tf")


def test_special_tokens_in_a_text(tok: TokenizersBackend) -> None:
    text = "a <sep> b"
    assert tok.sep_token_id in tok.encode(text, add_special_tokens=False)
    assert tok.sep_token_id not in tok(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    tok.split_special_tokens = True
    assert tok.sep_token_id not in tok.encode(text, add_special_tokens=False)
    assert tok.encode("", add_special_tokens=True) == [tok.cls_token_id, tok.sep_token_id]


def test_counting_is_encoding_without_the_ids(tok: TokenizersBackend, corpus: list[str]) -> None:
    for text in corpus:
        assert tok.count(text) == len(tok.encode(text, add_special_tokens=False))
        assert tok.count(text, add_special_tokens=True) == len(tok.encode(text))


def test_tokens_and_ids_convert_both_ways(tok: TokenizersBackend, corpus: list[str]) -> None:
    for text in corpus[:4]:
        tokens = tok.tokenize(text)
        ids = tok.convert_tokens_to_ids(tokens)
        assert ids == tok.encode(text, add_special_tokens=False)
        assert [tok.convert_tokens_to_ids(token) for token in tokens] == ids
        assert tok.convert_ids_to_tokens(ids) == [tok.convert_ids_to_tokens(index) for index in ids]
    assert tok.tokenize("fox", "dog") == tok.tokenize("fox") + tok.tokenize("dog")
    assert tok.convert_tokens_to_ids("no such token") == tok.unk_token_id
    assert tok.convert_ids_to_tokens([10**6]) == [None]
    assert tok.convert_ids_to_tokens(np.array([0, 1])) == tok.convert_ids_to_tokens([0, 1])
    assert tok.convert_ids_to_tokens(tok.encode("a"), skip_special_tokens=True) == tok.tokenize("a")
    with pytest.raises(OverflowError):
        tok.convert_ids_to_tokens(-1)
    with pytest.raises(TypeError):
        tok.convert_tokens_to_ids(None)  # type: ignore[arg-type]


def test_the_vocabulary(tok: TokenizersBackend) -> None:
    vocab = tok.get_vocab()
    assert list(vocab.values()) == sorted(vocab.values())
    assert (len(vocab), tok.vocab) == (len(tok), vocab)
    assert tok.max_token_id == max(vocab.values())
    assert tok.embedding_size(64) % 64 == 0
    assert 0 <= tok.embedding_size(64) - (tok.max_token_id + 1) < 64


def test_ids_an_embedding_has_no_row_for_are_named(tok: TokenizersBackend) -> None:
    rows = tok.embedding_size()
    tok.check_embedding(rows)
    tok.add_tokens(["<late>", "<later>"])
    with pytest.raises(VocabularyError, match=rf"of {rows} rows has none for 2 tokens: '<late>' \({rows}\), '<later>'"):
        tok.check_embedding(rows)
    tok.check_embedding(tok.embedding_size(64))
