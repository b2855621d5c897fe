from __future__ import annotations

import pickle

import pytest

from lexel import AddedToken
from lexel.tokenizer.special_tokens import NAMED, SpecialTokens, token_name


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("bos_token", "bos_token"),
        ("bos_token_id", "bos_token"),
        ("extra_special_tokens_ids", "extra_special_tokens"),
        ("identity", "identity"),
    ],
)
def test_the_token_an_attribute_is_about(attribute: str, name: str) -> None:
    assert token_name(attribute) == name


def test_special_tokens_are_taken_out_of_the_options() -> None:
    options = {
        "bos_token": "<s>",
        "eos_token": None,
        "extra_special_tokens": ("<x>",),
        "image_token": AddedToken("<i>"),
        "odd_token": 5,
        "padding_side": "left",
    }
    tokens = SpecialTokens()
    tokens.take(options)
    assert options == {"odd_token": 5, "padding_side": "left"}
    assert tokens.names == [*NAMED, "image_token"]
    assert tokens.as_map() == {"bos_token": "<s>", "image_token": "<i>"}
    assert tokens.texts() == ["<s>", "<i>", "<x>"]


def test_tokens_are_special_once_each_and_keep_their_flags() -> None:
    tokens = SpecialTokens()
    tokens.take({"bos_token": AddedToken("<s>", lstrip=True), "eos_token": "<s>", "extra_special_tokens": ["<x>"]})
    assert tokens.tokens() == [AddedToken("<s>", lstrip=True, special=True), AddedToken("<x>", special=True)]


def test_copies_and_pickles_are_independent() -> None:
    tokens = SpecialTokens()
    tokens.take({"bos_token": "<s>", "extra_special_tokens": ["<x>"]})
    for twin in (tokens.copy(), pickle.loads(pickle.dumps(tokens))):
        assert twin.texts() == ["<s>", "<x>"]
        twin.set_named("bos_token", "<b>")
        twin.set_extra(None)
        twin.name_own({"image_token": "<i>"})
    assert tokens.texts() == ["<s>", "<x>"]
    assert tokens.names == list(NAMED)
