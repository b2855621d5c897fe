"""Where a pipeline comes from, and what the constructor makes of settings."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from lexel import AddedToken, FormatError, LoadError, PreTrainedTokenizerFast, TokenizersBackend, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

VOCAB = {"a": 0, "b": 1, "ab": 2}


def library() -> Any:
    made = tokenizers.Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


def test_two_names_one_class() -> None:
    assert PreTrainedTokenizerFast is TokenizersBackend


def test_a_bare_vocabulary_with_merges() -> None:
    tok = TokenizersBackend(vocab=VOCAB, merges=[("a", "b")])
    assert tok.encode("ab") == [2]
    assert TokenizersBackend(vocab=VOCAB, merges=["a b"]).encode("ab") == [2]
    assert TokenizersBackend(vocab=["a", "b", "ab"], merges=[("a", "b")]).encode("ab") == [2]
    assert TokenizersBackend(vocab=VOCAB).encode("ab") == [0, 1]
    assert (tok.bos_token, tok.eos_token, tok.bos_token_id) == ("<s>", "</s>", 3)
    assert tok("a", "b", return_token_type_ids=True)["token_type_ids"] == [0, 1]


def test_a_bare_vocabulary_with_scores() -> None:
    tok = TokenizersBackend(vocab=[("<unk>", 0.0), ("a", -1.0), ("aa", -1.5)])
    assert tok.encode("aa") == [2]
    assert tok.encode("ax") == [1, 0]
    assert TokenizersBackend(vocab=[("a", -1.0), ("<unk>", 0.0)], unk_id=1).encode("x") == [1]


def test_vocabularies_in_files(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps(VOCAB))
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b\n")
    assert TokenizersBackend(vocab=tmp_path / "vocab.json").encode("ab") == [2], "the merges beside it"
    assert TokenizersBackend(vocab=str(tmp_path / "vocab.json"), merges=[]).encode("ab") == [0, 1]
    (tmp_path / "x.gguf").write_bytes(b"GGUF....")
    with pytest.raises(FormatError, match=r"expected a GGUF header"):
        TokenizersBackend(vocab=tmp_path / "x.gguf")


def test_nothing_to_make_a_tokenizer_of() -> None:
    with pytest.raises(ValueError, match=r"tokenizer_object= .* TokenizersBackend.from_pretrained"):
        TokenizersBackend()
    with pytest.raises(LoadError, match="is not a file"):
        TokenizersBackend(tokenizer_file="nowhere.json")
    with pytest.raises(TypeError, match="a tokenizer was expected"):
        TokenizersBackend(tokenizer_object=5)


def test_special_tokens_are_added_in_order() -> None:
    tok = TokenizersBackend(
        tokenizer_object=library(),
        unk_token="[UNK]",
        sep_token="<sep>",
        bos_token=AddedToken("<bos>", lstrip=True),
        extra_special_tokens=["<x>", "a"],
        added_tokens_decoder={9: AddedToken("<late>"), 8: AddedToken("<sep>", rstrip=True)},
    )
    assert list(tok.added_tokens_decoder.items()) == [
        (0, AddedToken("[UNK]", special=True)),
        (1, AddedToken("a", special=True)),
        (2, AddedToken("<sep>", rstrip=True, special=True)),
        (3, AddedToken("<late>")),
        (4, AddedToken("<bos>", lstrip=True, special=True)),
        (5, AddedToken("<x>", special=True)),
    ]


def test_a_named_token_is_special_whatever_the_file_says() -> None:
    made = library()
    made.add_tokens([tokenizers.AddedToken("<i>", normalized=False)])
    tok = TokenizersBackend(tokenizer_object=made, image_token="<i>")
    assert tok.added_tokens_decoder[2] == AddedToken("<i>", special=True)
    assert tok.decode([1, 2], skip_special_tokens=True) == "a"


def test_stored_truncation_and_padding_become_settings() -> None:
    made = library()
    made.enable_truncation(7, stride=1, direction="left")
    made.enable_padding(pad_id=3, pad_token="[P]", direction="left", pad_to_multiple_of=4)
    tok = TokenizersBackend(tokenizer_object=made)
    assert (tok.padding_side, tok.truncation_side, tok.pad_token) == ("left", "left", "[P]")
    assert {key: tok.init_kwargs[key] for key in ("max_length", "stride", "pad_to_multiple_of")} == {
        "max_length": 7,
        "stride": 1,
        "pad_to_multiple_of": 4,
    }
    assert tok.encode("a") == [1], "a call states its own"
    assert tok.backend_tokenizer.truncation is not None


def test_the_low_level_setting_of_limits() -> None:
    tok = TokenizersBackend(tokenizer_object=library(), pad_token="[UNK]")
    tok.set_truncation_and_padding("max_length", "longest_first", 3, 0, None, "left")
    assert tok.backend_tokenizer.encode("a").ids == [0, 0, 1]
    assert tok.backend_tokenizer.encode("a a a a").ids == [1, 1, 1]
    tok.set_truncation_and_padding("do_not_pad", "do_not_truncate", 3, 0, None, None)
    assert tok.backend_tokenizer.encode("a").ids == [1]


def test_a_post_processor_can_be_given() -> None:
    template = tokenizers.processors.TemplateProcessing(single="$A [UNK]", special_tokens=[("[UNK]", 0)])
    tok = TokenizersBackend(tokenizer_object=library(), post_processor=template)
    assert tok.encode("a") == [1, 0]


def test_beginning_and_end_at_construction() -> None:
    tok = TokenizersBackend(vocab=VOCAB, add_bos_token=True, add_eos_token=True)
    assert tok.encode("a") == [3, 0, 4]
    pair = tok("a", "b", return_token_type_ids=True)
    assert (pair["input_ids"], pair["token_type_ids"]) == ([3, 0, 4, 3, 1, 4], [0, 0, 0, 1, 1, 1])
    tok.add_special_tokens({"bos_token": "<new>"})
    tok.update_post_processor()
    assert tok.encode("a") == [tok.bos_token_id, 0, 4], "the token of today replaces that of before"
    tok.add_eos_token = False
    assert tok.encode("a") == [tok.bos_token_id, 0]


def test_hints_are_given_once(caplog: pytest.LogCaptureFixture) -> None:
    tok = TokenizersBackend(vocab=VOCAB, add_bos_token=True, unk_token=None)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            tok("<s>a")
            tok.encode("<s>a")
            tok.encode("zz", add_special_tokens=False)
    messages = [record.message for record in caplog.records]
    assert ["writes one more" in text for text in messages] == [True, False]
    assert "'zz' has no ids" in messages[1]


def test_a_single_file_is_told_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\n[CLS]\n[SEP]\nhello\n")
    with pytest.raises(UnsupportedError, match="no vocabulary of BERT: it has no '##'"):
        TokenizersBackend.from_file(path)
    path.write_bytes(b"\x00\xff\xfe")
    with pytest.raises(FormatError, match="of no vocabulary format"):
        TokenizersBackend.from_file(path)
    with pytest.raises(LoadError, match="cannot be read"):
        TokenizersBackend.from_file(tmp_path / "nowhere")
