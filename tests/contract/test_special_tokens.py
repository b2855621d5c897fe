"""Named, extra and model-specific special tokens; added tokens and their flags."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tokenizers

from lexel import AddedToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel import TokenizersBackend


def test_names_give_texts_and_ids(tok: TokenizersBackend) -> None:
    assert tok.cls_token == "<cls>"
    assert tok.convert_ids_to_tokens(tok.cls_token_id) == "<cls>"
    assert tok.mask_token is None
    assert tok.mask_token_id is None
    assert tok.special_tokens_map["pad_token"] == "<pad>"
    assert tok.all_special_ids == [tok.convert_tokens_to_ids(text) for text in tok.all_special_tokens]
    with pytest.raises(AttributeError, match="TokenizersBackend has no attribute image_token"):
        _ = tok.image_token


def test_all_special_tokens_are_listed_once_named_first(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(eos_token="<sep>", image_token="<image>", extra_special_tokens=["<x>", "<pad>"])
    texts = tok.all_special_tokens
    assert texts[-1] == "<x>"
    assert len(set(texts)) == len(texts)
    assert texts.index("<image>") == len(texts) - 2
    assert tok.extra_special_tokens == ["<x>", "<pad>"]
    assert "extra_special_tokens" not in tok.special_tokens_map


def test_names_of_the_model_s_own(make: Callable[..., TokenizersBackend]) -> None:
    ways = [
        make(image_token="<image>"),
        make(extra_special_tokens={"image_token": "<image>"}),
        make(model_specific_special_tokens={"image_token": AddedToken("<image>")}),
    ]
    for tok in ways:
        assert tok.image_token == "<image>"
        assert tok.image_token_id == len(tok) - 1
        assert tok.special_tokens_map["image_token"] == "<image>"
        assert tok.extra_special_tokens == []
        assert tok.encode("<image>", add_special_tokens=False) == [tok.image_token_id]
        tok.image_token = "<pad>"
        assert tok.image_token_id == tok.pad_token_id
    assert not hasattr(make(), "image_token")


@pytest.mark.parametrize(
    "settings",
    [
        {"bos_token": 5},
        {"extra_special_tokens": 5},
        {"extra_special_tokens": [5]},
        {"extra_special_tokens": {"image_token": 5}},
        {"model_specific_special_tokens": ["<image>"]},
        {"chat_control_tokens": "<a>"},
    ],
)
def test_wrong_kinds_are_type_errors(make: Callable[..., TokenizersBackend], settings: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="token"):
        make(**settings)


def test_setting_names(tok: TokenizersBackend) -> None:
    tok.bos_token = "<cls>"
    assert tok.bos_token_id == tok.cls_token_id
    tok.bos_token_id = tok.sep_token_id
    assert tok.bos_token == "<sep>"
    tok.bos_token_id = None
    assert tok.bos_token is None
    tok.bos_token = AddedToken("<pad>", lstrip=True)
    assert tok.bos_token == "<pad>"
    tok.bos_token = tokenizers.AddedToken("<sep>")
    assert tok.bos_token == "<sep>"
    tok.extra_special_tokens_ids = [tok.cls_token_id, tok.sep_token_id]
    assert tok.extra_special_tokens == ["<cls>", "<sep>"]
    tok.extra_special_tokens = None
    assert tok.extra_special_tokens == []
    with pytest.raises(ValueError, match="non-string value as the bos_token"):
        tok.bos_token = 5
    with pytest.raises(ValueError, match="list or tuple"):
        tok.extra_special_tokens = "<a>"


def test_naming_an_unknown_token_is_told_once(tok: TokenizersBackend, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tok.bos_token = "<new>"
        tok.bos_token = "<newer>"
    assert len(caplog.records) == 1
    assert "not in the vocabulary" in caplog.text
    assert tok.bos_token_id == tok.unk_token_id


def test_add_tokens_counts_ids_that_did_not_exist(tok: TokenizersBackend) -> None:
    size = len(tok)
    assert tok.add_tokens(["qqq", "qqq", ""]) == 1
    assert tok.add_tokens("qqq") == 0
    assert tok.add_tokens("") == tok.add_tokens([]) == 0
    assert len(tok) == size + 1
    assert tok.get_added_vocab()["qqq"] == size
    assert tok.tokenize("a qqq a").count("qqq") == 1
    word = next(token for token, index in tok.get_vocab().items() if index == 50)
    assert tok.add_tokens([word]) == 0, "it has its id already"
    assert (len(tok), tok.convert_tokens_to_ids(word)) == (size + 1, 50)
    with pytest.raises(TypeError, match="str or an AddedToken"):
        tok.add_tokens([5])  # type: ignore[list-item]


def test_many_kinds_of_sequences_are_lists(tok: TokenizersBackend) -> None:
    assert tok.add_tokens(("s1s", AddedToken("t1t"))) == 2
    assert tok.add_special_tokens({"extra_special_tokens": ("<x>",)}) == 1
    assert tok.add_special_tokens(None) == 0  # type: ignore[arg-type]


def test_numbers_of_arrays_are_ids(tok: TokenizersBackend) -> None:
    assert tok.convert_ids_to_tokens(np.int64(5)) == tok.convert_ids_to_tokens(5)
    assert tok.convert_ids_to_tokens(np.array([5, 6])) == tok.convert_ids_to_tokens([5, 6])
    mask = tok.get_special_tokens_mask(np.array([tok.cls_token_id, 50]), already_has_special_tokens=True)  # type: ignore[arg-type]
    assert mask == [1, 0]


def test_extra_tokens_are_special_everywhere(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(extra_special_tokens=["<x>", AddedToken("<y>", rstrip=True)])
    ids = tok.encode("a <x> <y> a", add_special_tokens=False)
    assert {"<x>", "<y>"} <= set(tok.all_special_tokens)
    assert sum(tok.get_special_tokens_mask(ids, already_has_special_tokens=True)) == 2
    assert "<" not in tok.decode(ids, skip_special_tokens=True)
    assert tok.added_tokens_decoder[tok.convert_tokens_to_ids("<y>")].special


def test_flags_of_added_tokens(tok: TokenizersBackend) -> None:
    tok.add_tokens(
        [
            AddedToken("QQ", lstrip=True, rstrip=True, normalized=False),
            AddedToken("VV", single_word=True, normalized=False),
        ]
    )
    made = tok("a  QQ  a", add_special_tokens=False, return_offsets_mapping=True)
    place = made["input_ids"].index(tok.convert_tokens_to_ids("QQ"))
    assert made["offset_mapping"][place] == (1, 7)
    index = tok.convert_tokens_to_ids("VV")
    assert index in tok.encode("a VV. (VV)")
    assert index not in tok.encode("aVV VVa")
    assert tok.added_tokens_decoder[index] == AddedToken("VV", single_word=True, normalized=False)


def test_special_added_tokens_are_skipped_when_decoding(tok: TokenizersBackend) -> None:
    tok.add_tokens(["<kept>"])
    tok.add_tokens(["<gone>"], special_tokens=True)
    text = tok.decode(tok.encode("a <kept> <gone> a"), skip_special_tokens=True)
    assert "<kept>" in text
    assert "<gone>" not in text
    assert tok.extra_special_tokens == []


def test_add_special_tokens_names_and_adds(tok: TokenizersBackend) -> None:
    size = len(tok)
    assert tok.add_special_tokens({}) == 0
    assert tok.add_special_tokens({"extra_special_tokens": ["<a>", AddedToken("<b>", lstrip=True)]}) == 2
    assert tok.add_special_tokens({"extra_special_tokens": ["<c>"]}) == 1
    assert tok.extra_special_tokens == ["<c>"]
    added = tok.add_special_tokens({"additional_special_tokens": ["<d>", "<c>"]}, replace_extra_special_tokens=False)
    assert added == 1
    assert tok.extra_special_tokens == ["<c>", "<d>"]
    assert tok.add_special_tokens({"extra_special_tokens": []}) == 0
    assert tok.extra_special_tokens == ["<c>", "<d>"]
    assert tok.add_special_tokens({"mask_token": "<mask>", "bos_token": "<cls>"}) == 1
    assert (tok.mask_token_id, tok.bos_token_id) == (size + 4, tok.cls_token_id)
    assert tok.added_tokens_decoder[size + 1] == AddedToken("<b>", lstrip=True, special=True)
    assert "<a>" not in tok.decode(tok.encode("a <a> a"), skip_special_tokens=True), "as in the reference"


def test_what_is_made_special_is_stored_so(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(extra_special_tokens={"boi_token": AddedToken("<boi>", lstrip=True)})
    token = AddedToken("<b>", rstrip=True)
    tok.add_special_tokens({"extra_special_tokens": [token], "mask_token": AddedToken("<mask>", lstrip=True)})
    assert not token.special, "the caller's object is left alone"
    special = AddedToken("<b>", rstrip=True, special=True)
    assert tok._extra_special_tokens == [special] == [tok.added_tokens_decoder[tok.convert_tokens_to_ids("<b>")]]
    for name, text in (("boi_token", "<boi>"), ("mask_token", "<mask>")):
        stored = AddedToken(text, lstrip=True, special=True)
        assert tok._special_tokens_map[name] == stored == tok.added_tokens_decoder[getattr(tok, f"{name}_id")]


@pytest.mark.parametrize(
    "tokens",
    [
        {"no_such_token": "<a>"},
        {"bos_token": 5},
        {"extra_special_tokens": "<a>"},
        {"extra_special_tokens": [5]},
        {"extra_special_tokens": ["<a>"], "additional_special_tokens": ["<b>"]},
    ],
)
def test_add_special_tokens_refuses(tok: TokenizersBackend, tokens: dict[str, Any]) -> None:
    size = len(tok)
    with pytest.raises(ValueError, match="token"):
        tok.add_special_tokens(tokens)
    assert len(tok) == size


def test_the_mask_of_a_finished_row(tok: TokenizersBackend) -> None:
    ids = tok.encode("fox <sep>")
    mask = tok.get_special_tokens_mask(ids, already_has_special_tokens=True)
    assert mask == [int(index in tok.all_special_ids) for index in ids]
    assert tok("fox <sep>", return_special_tokens_mask=True)["special_tokens_mask"][-2:] == [0, 1]
    with pytest.raises(NotImplementedError, match="return_special_tokens_mask"):
        tok.get_special_tokens_mask([1])
    with pytest.raises(ValueError, match="one sequence"):
        tok.get_special_tokens_mask([1], [2], already_has_special_tokens=True)


def test_counts_of_special_tokens(make: Callable[..., TokenizersBackend]) -> None:
    tok = make(model_max_length=10)
    assert (tok.num_special_tokens_to_add(), tok.num_special_tokens_to_add(pair=True)) == (2, 3)
    assert (tok.max_len_single_sentence, tok.max_len_sentences_pair) == (8, 7)
    tok.max_len_single_sentence = 8
    with pytest.raises(ValueError, match="set model_max_length"):
        tok.max_len_single_sentence = 5


def test_beginning_and_end_are_a_view_on_the_post_processor(tok: TokenizersBackend) -> None:
    assert (tok.add_bos_token, tok.add_eos_token) == (False, False)
    tok.add_bos_token = True
    assert tok.add_bos_token is False, "there is no bos token"
    assert tok.num_special_tokens_to_add() == 2
    tok.add_special_tokens({"bos_token": "<bos>", "eos_token": "<eos>"})
    tok.add_bos_token = True
    tok.add_eos_token = True
    cls, sep, bos, eos = tok.cls_token_id, tok.sep_token_id, tok.bos_token_id, tok.eos_token_id
    assert tok.encode("") == [cls, bos, eos, sep], "what the template says besides is kept"
    assert (tok.add_bos_token, tok.add_eos_token) == (True, True)
    tok.add_bos_token = False
    assert tok.encode("") == [cls, eos, sep]


def test_ends_that_are_written_already_are_left_as_they_are(make: Callable[..., TokenizersBackend]) -> None:
    pair = make()("a", "b")["input_ids"]
    tok = make(bos_token="<cls>", eos_token="<sep>", add_bos_token=True, add_eos_token=True)
    assert (tok.add_bos_token, tok.add_eos_token) == (True, True)
    assert tok("a", "b")["input_ids"] == pair
    tok.add_bos_token = True
    assert tok("a", "b")["input_ids"] == pair
