"""Code written for the reference finds its modules, and in them the objects of this package."""

from __future__ import annotations

import sys
import unicodedata
from importlib import import_module

import pytest

import lexel
from lexel.backends.characters import _is_control, _is_punctuation, _is_whitespace

MODULES = {
    "tokenization_utils_base": ["AddedToken", "BatchEncoding", "CharSpan", "PreTrainedTokenizerBase", "TokenSpan"],
    "tokenization_utils": ["AddedToken", "BatchEncoding", "PreTrainedTokenizer", "PreTrainedTokenizerBase"],
    "tokenization_python": ["PreTrainedTokenizer", "PythonBackend"],
    "tokenization_utils_fast": ["PreTrainedTokenizerFast", "TokenizersBackend"],
    "tokenization_utils_tokenizers": ["PreTrainedTokenizerFast", "TokenizersBackend"],
    "convert_slow_tokenizer": ["generate_merges"],
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_have_the_names_of_the_package(name: str) -> None:
    module = import_module(f"lexel.compat.{name}")
    assert set(MODULES[name]) <= set(module.__all__)
    for public in MODULES[name]:
        assert getattr(module, public) is getattr(lexel, public)


def test_constants() -> None:
    base = import_module("lexel.compat.tokenization_utils_base")
    assert (int(1e30), int(1e20)) == (base.VERY_LARGE_INTEGER, base.LARGE_INTEGER)
    assert lexel.TokenizersBackend(vocab={"a": 0}, merges=[]).model_max_length == base.VERY_LARGE_INTEGER


def test_bytes_have_their_letters() -> None:
    letters = import_module("lexel.compat.convert_slow_tokenizer").bytes_to_unicode()
    assert (letters[ord(" ")], letters[ord("a")], letters[0xAD]) == ("Ġ", "a", "Ń")
    assert sorted(letters) == list(range(256))


def test_tries_and_characters() -> None:
    module = import_module("lexel.compat.tokenization_utils")
    trie = module.Trie(["A", "AB", "BC"])
    assert trie.split("xABC") == ["x", "AB", "C"]
    assert trie.data == {"A": {"": 1, "B": {"": 1}}, "B": {"C": {"": 1}}}
    assert trie.cut_text("ABC", [0, 0, 2, 1, 2, 3]) == ["AB", "C"]
    assert module.ExtensionsTrie(["ab", "abc", "b"]).extensions("ab") == ["ab", "abc"]


def test_classes_of_characters_cover_all() -> None:
    ascii_signs = {chr(code) for code in (*range(33, 48), *range(58, 65), *range(91, 97), *range(123, 127))}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        assert _is_punctuation(char) == (char in ascii_signs or category[0] == "P")
        assert _is_control(char) == (category[0] == "C" and char not in "\t\n\r")
        assert _is_whitespace(char) == (category == "Zs" or char in "\t\n\r")
