from __future__ import annotations

import copy
import pickle

import pytest
import tokenizers

from lexel import AddedToken
from lexel.added_token import as_added_token, plain_config, read_config


def test_normalized_follows_special_until_it_is_said() -> None:
    token = AddedToken("<a>")
    assert token.normalized is True
    token.special = True
    assert token.normalized is False
    assert AddedToken("<a>", special=True, normalized=True).normalized is True


def test_text_and_representation() -> None:
    token = AddedToken("<a>", lstrip=True, special=True)
    assert str(token) == "<a>"
    assert repr(token) == (
        'AddedToken("<a>", rstrip=False, lstrip=True, single_word=False, normalized=False, special=True)'
    )
    assert repr(token) == repr(tokenizers.AddedToken("<a>", lstrip=True, special=True))


def test_equality_compares_all_fields_and_never_a_text() -> None:
    assert AddedToken("a") == AddedToken("a")
    assert AddedToken("a") != AddedToken("a", special=True)
    assert AddedToken("a") != "a"
    assert hash(AddedToken("a")) == hash(AddedToken("a", special=True))


def test_tokens_of_the_library_are_equal_by_fields() -> None:
    assert AddedToken("a", rstrip=True) == tokenizers.AddedToken("a", rstrip=True)
    assert AddedToken("a") != tokenizers.AddedToken("a", special=True)
    assert as_added_token(tokenizers.AddedToken("a", lstrip=True)) == AddedToken("a", lstrip=True)


def test_making_a_library_token_special_does_what_the_library_would() -> None:
    given = tokenizers.AddedToken("a", lstrip=True)
    made = as_added_token(given, special=True)
    assert (made.special, made.normalized) == (True, False)
    assert given.special is False, "the caller's object stays as it was"
    said = as_added_token(tokenizers.AddedToken("a", normalized=True), special=True)
    assert said.normalized is True


def test_copies_and_pickles_are_equal() -> None:
    token = AddedToken("a", single_word=True, normalized=False)
    assert pickle.loads(pickle.dumps(token)) == token
    assert copy.deepcopy(token) == token
    assert list(token.__getstate__()) == ["content", "single_word", "lstrip", "rstrip", "normalized", "special"]


def test_configurations_hold_marked_dictionaries() -> None:
    config = {"eos_token": AddedToken("</s>", special=True), "list": [AddedToken("a"), "b"], "n": 1}
    plain = plain_config(config)
    assert plain["eos_token"]["__type"] == "AddedToken"
    assert plain["eos_token"]["content"] == "</s>"
    assert read_config(plain) == config


def test_fields_of_other_times_are_ignored() -> None:
    assert as_added_token({"content": "a", "lstrip": True, "id": 5, "from_the_future": 1}) == AddedToken(
        "a", lstrip=True
    )


@pytest.mark.parametrize("value", [5, None, b"a", ["a"], {"no": "content"}])
def test_anything_else_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match="str or an AddedToken"):
        as_added_token(value)


def test_bytes_are_told_to_be_decoded() -> None:
    with pytest.raises(TypeError, match="decode it"):
        as_added_token(b"a")
