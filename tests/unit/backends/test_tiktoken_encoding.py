"""`tok.as_tiktoken()`: a tokenizer with tiktoken's methods; `tests/differential` compares them with tiktoken's own."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from lexel import BertTokenizer, GPT2Tokenizer, Tokenizer
from lexel.errors import UnsupportedError
from lexel.spec import byte_alphabet

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def encoding(tmp_path: Path) -> Any:
    tokens = [*(bytes([byte]) for byte in range(256)), b"ab", b" b", "é".encode()]
    path = tmp_path / "small.tiktoken"
    path.write_bytes(b"".join(b"%s %d\n" % (base64.b64encode(token), i) for i, token in enumerate(tokens)))
    special = {"<|endoftext|>": 300, "<é>": 302}
    return Tokenizer.from_file(path, pattern=r"\s?\w+|\s|\W", special_tokens=special).as_tiktoken()


def test_special_tokens_are_plain_recognised_or_refused(encoding: Any) -> None:
    text = "ab<é>"
    with pytest.raises(ValueError, match=r"disallowed special token '<é>'\.\nIf you want"):
        encoding.encode(text)
    assert encoding.encode(text, allowed_special={"<é>"}) == [256, 302]
    assert encoding.encode(text, allowed_special="all") == [256, 302]
    assert encoding.encode(text, disallowed_special=()) == [256, 60, 258, 62]
    assert encoding.encode_ordinary(text) == [256, 60, 258, 62]
    with pytest.raises(TypeError, match="'list' object is not an instance of 'set'"):
        encoding.encode("ab", allowed_special=["<é>"], disallowed_special=())


def test_batches_and_arrays(encoding: Any) -> None:
    np = pytest.importorskip("numpy")
    assert encoding.encode_batch(["ab", "<é>b"], allowed_special={"<é>"}) == [[256], [302, 98]]
    assert encoding.encode_ordinary_batch(["ab", ""]) == [[256], []]
    array = encoding.encode_to_numpy("ab b")
    assert (array.tolist(), array.dtype) == ([256, 257], np.uint32)
    with pytest.raises(UnicodeEncodeError):
        encoding.encode_to_numpy("\ud800")
    assert encoding.encode("\ud83d\ude00") == encoding.encode("😀")


def test_ids_become_bytes_texts_and_offsets(encoding: Any) -> None:
    assert encoding.decode_bytes([256, 0xC3]) == b"ab\xc3"
    assert encoding.decode([256, 0xC3]) == "ab\ufffd"
    assert encoding.decode([302, 300]) == "<é><|endoftext|>"
    assert encoding.decode_with_offsets([256, 0xC3, 0xA9, 257]) == ("abé b", [0, 2, 2, 3])
    assert encoding.decode_tokens_bytes([257, 302]) == [b" b", "<é>".encode()]
    assert encoding.decode_batch([[97], [98]]) == ["a", "b"]
    with pytest.raises(KeyError, match="Invalid token for decoding: 299"):
        encoding.decode([299])
    with pytest.raises(OverflowError, match="out of range"):
        encoding.decode([-1])
    with pytest.raises(TypeError, match="Can't extract `str` to `Vec`"):
        encoding.decode("ab")


def test_the_vocabulary(encoding: Any) -> None:
    assert (encoding.n_vocab, encoding.max_token_value, encoding.eot_token) == (303, 302, 300)
    assert encoding.special_tokens_set == {"<|endoftext|>", "<é>"}
    assert encoding.encode_single_token("<é>") == 302
    assert encoding.encode_single_token(b" b") == 257
    assert len(encoding.token_byte_values()) == 259
    assert encoding.is_special_token(300)
    assert not encoding.is_special_token(256)
    assert repr(encoding) == "<Encoding 'small'>"


def test_what_may_follow_is_found(encoding: Any) -> None:
    stable, completions = encoding.encode_with_unstable("ab a")
    assert stable == [256]
    assert sorted(completions) == [[32, 97], [32, 256]]


def test_a_tokenizer_of_a_class_has_it_too() -> None:
    vocab = {letter: index for index, letter in enumerate(byte_alphabet())} | {"Ġa": 256, "<|endoftext|>": 257}
    encoding = GPT2Tokenizer(vocab=vocab, merges=[("Ġ", "a")]).as_tiktoken("mine")
    assert encoding.encode("b a<|endoftext|>", allowed_special="all") == [98, 256, 257]
    assert (encoding.name, encoding.decode([256])) == ("mine", " a")


def test_what_is_no_byte_level_bpe_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="for byte-level BPE, and this model is WordPiece"):
        BertTokenizer(vocab={"[UNK]": 0, "a": 1}).as_tiktoken()


def test_an_object_of_the_library_has_the_same_ids(tmp_path: Path) -> None:
    pytest.importorskip("tiktoken")
    vocab = {letter: index for index, letter in enumerate(byte_alphabet())} | {"ab": 256, "Ġa": 257, "abab": 258}
    vocab["<|endoftext|>"] = 259
    merges = [("a", "b"), ("Ġ", "a"), ("ab", "ab")]
    tokenizer = GPT2Tokenizer(vocab=vocab, merges=merges)
    encoding = tokenizer.to_tiktoken("own")
    text = "ababab a b  'sé<|endoftext|>"
    assert encoding.encode(text, allowed_special="all") == tokenizer(text)["input_ids"]
    assert encoding.encode_ordinary(text) == tokenizer(text, split_special_tokens=True)["input_ids"]
    path = tmp_path / "own.tiktoken"
    path.write_bytes(b"".join(b"%s %d\n" % (base64.b64encode(bytes([byte])), byte) for byte in range(256)))
    exact = Tokenizer.from_file(path, pattern=r"(?i:K)+", special_tokens={"<s>": 300})
    assert exact.to_tiktoken().encode("kK\u212ax<s>", allowed_special="all") == [107, 75, 226, 132, 170, 300]


def test_what_tiktoken_cannot_do_is_refused_with_the_reason() -> None:
    pytest.importorskip("tiktoken")
    vocab = {letter: index for index, letter in enumerate(byte_alphabet())} | {"ab": 256, "bc": 257}
    for merges, expected in (
        ([("b", "c"), ("a", "b")], 'its merges make "bc" \\(id 257\\) before "ab" \\(id 256\\)'),
        ([("a", "b")], 'by ids "bc" \\(id 257\\) is made of "b"'),
    ):
        with pytest.raises(UnsupportedError, match=expected):
            GPT2Tokenizer(vocab=vocab, merges=merges).to_tiktoken()
    tokenizer = GPT2Tokenizer(vocab=vocab, merges=[("a", "b"), ("b", "c")])
    tokenizer.add_tokens(["plain"])
    with pytest.raises(UnsupportedError, match="the added token 'plain' is not special"):
        tokenizer.to_tiktoken()
    with pytest.raises(UnsupportedError, match="puts a space before texts"):
        GPT2Tokenizer(vocab=vocab, merges=[], add_prefix_space=True).to_tiktoken()
