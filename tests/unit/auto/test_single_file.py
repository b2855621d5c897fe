"""One file and what runs it: the backend that is asked for, or why it does not run such files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.property.file_formats import merges_txt, ranks, sentencepiece, tekken, tokenizer_json, vocab_json

from lexel import (
    AutoTokenizer,
    FormatError,
    GPT2Tokenizer,
    MistralCommonBackend,
    SentencePieceBackend,
    Tokenizer,
    TokenizersBackend,
    UnsupportedError,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.file"


def test_the_library_sentencepiece_runs_its_models(path: Path) -> None:
    pytest.importorskip("sentencepiece")
    path.write_bytes(sentencepiece())
    theirs = Tokenizer.from_file(path, backend="sentencepiece")
    ours = Tokenizer.from_file(path)
    assert (type(theirs), type(ours)) == (SentencePieceBackend, TokenizersBackend)
    assert theirs.encode("ab a", add_special_tokens=False) == ours.encode("ab a")
    with pytest.raises((FormatError, UnsupportedError)):
        Tokenizer.from_file(path, backend="mistral_common")


def test_the_library_mistral_common_runs_its_vocabularies(path: Path) -> None:
    pytest.importorskip("mistral_common")
    path = path.with_name("tekken.json")
    path.write_bytes(tekken())
    theirs, ours = Tokenizer.from_file(path, backend="mistral_common"), Tokenizer.from_file(path)
    assert (type(theirs), type(ours)) == (MistralCommonBackend, TokenizersBackend)
    assert theirs.encode("ab <s>", add_special_tokens=False) == ours.encode("ab <s>")


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        ("sentencepiece", "sentencepiece runs sentencepiece models, and .* is a tokenizer.json"),
        ("mistral_common", "mistral-common runs tekken.json and .*, and .* is a tokenizer.json"),
        ("python", "'python' is for classes that are written in Python"),
        ("other", "there is no backend 'other'; for a file there are 'tokenizers'"),
    ],
)
def test_a_backend_that_does_not_run_such_files(path: Path, backend: str, message: str) -> None:
    path.write_bytes(tokenizer_json())
    with pytest.raises(UnsupportedError, match=message):
        Tokenizer.from_file(path, backend=backend)
    with pytest.raises(UnsupportedError, match=r"Tokenizer\.from_file|there is no backend|is the backend"):
        TokenizersBackend.from_file(path, backend=backend)


def test_our_core_may_be_asked_for(path: Path) -> None:
    path.write_bytes(tokenizer_json())
    assert Tokenizer.from_file(path, backend="tokenizers").encode("the") == Tokenizer.from_file(path).encode("the")


def test_a_pattern_is_for_ranks(path: Path) -> None:
    path.write_bytes(tokenizer_json())
    with pytest.raises(TypeError, match="pattern= is for tiktoken rank files"):
        Tokenizer.from_file(path, pattern=".")
    with pytest.raises(TypeError, match="special_tokens= is for tiktoken rank files"):
        Tokenizer.from_file(path, special_tokens={"a": 1})
    path.write_bytes(ranks())
    assert Tokenizer.from_file(path, pattern=r"\w+|\W").encode("ab a") == [256, 32, 97]


def test_settings_win_over_those_of_the_file(path: Path) -> None:
    path = path.with_name("vocab.json")
    path.write_bytes(vocab_json())
    path.with_name("merges.txt").write_bytes(merges_txt())
    for load in (Tokenizer.from_file, AutoTokenizer.from_pretrained):
        tok = load(path, model_max_length=7, pad_token="<s>", padding_side="left")
        assert type(tok) is GPT2Tokenizer
        assert (tok.model_max_length, tok.pad_token, tok.padding_side) == (7, "<s>", "left")
        assert tok.name_or_path == str(path)
