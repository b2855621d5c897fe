"""Single classes: what the reference cannot do, or does otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lexel import (
    DebertaTokenizer,
    FormatError,
    HerbertTokenizer,
    LoadError,
    MarianTokenizer,
    MPNetTokenizer,
    NougatTokenizer,
    PegasusTokenizer,
    RemBertTokenizer,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_herbert_writes_its_tokens() -> None:
    tok = HerbertTokenizer()
    assert tok.encode("") == [0, 2], "the ids of a new one are those of the models"
    trained = tok.train_new_from_iterator(["a b"], 30)
    assert trained.convert_ids_to_tokens(trained.encode("")) == ["<s>", "</s>"]


def test_pegasus_can_be_empty() -> None:
    tok = PegasusTokenizer()
    assert tok.convert_ids_to_tokens([0, 1, 2, 3, 4, 105]) == [
        "<pad>",
        "</s>",
        "<mask_1>",
        "<mask_2>",
        "<unk_2>",
        "<unk>",
    ]
    trained = tok.train_new_from_iterator(["hello world"] * 9, 130)
    assert trained.decode(trained.encode("hello world"), skip_special_tokens=True) == "hello world"
    assert trained.convert_tokens_to_ids("<unk>") == trained.unk_token_id == 105


@pytest.mark.parametrize("cls", [DebertaTokenizer, MPNetTokenizer])
def test_a_mask_takes_the_space_before_it(cls: type[DebertaTokenizer | MPNetTokenizer]) -> None:
    tok = cls()
    tok.mask_token = "<m>"
    assert tok.special_tokens_map["mask_token"] == "<m>"
    token = tok._special.named["mask_token"]
    assert getattr(token, "lstrip", False) is True


def test_rembert_writes_ends_once_it_is_trained() -> None:
    tok = RemBertTokenizer()
    assert tok.num_special_tokens_to_add() == 0
    assert RemBertTokenizer(add_bos_token=True).num_special_tokens_to_add() == 1
    trained = tok.train_new_from_iterator(["a b"] * 3, 12)
    assert trained.convert_ids_to_tokens(trained.encode("a"))[:: len(trained.encode("a")) - 1] == ["[CLS]", "[SEP]"]


def test_nougat_states_its_limits() -> None:
    stated = json.loads(NougatTokenizer().backend_tokenizer.to_str())
    assert stated["truncation"]["max_length"] == 4096
    assert stated["padding"]["strategy"] == {"Fixed": 4096}


def test_marian_has_two_vocabularies(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "tokenizers" / "marian-en-mg"
    target = tmp_path / "target.json"
    target.write_text(json.dumps({"</s>": 0, "<unk>": 1, "▁a": 2}), "utf-8")
    files = (folder / "source.spm", folder / "target.spm", folder / "vocab.json")
    tok = MarianTokenizer(*files, target, separate_vocabs=True)
    assert tok.get_tgt_vocab()["▁a"] == 2
    assert tok(text_target="a")["input_ids"] == [2, 0]
    assert tok.decode([2], use_source_tokenizer=True) == tok.decode([2]) == "a"
    tok.save_pretrained(tmp_path / "saved")
    again = MarianTokenizer.from_pretrained(tmp_path / "saved")
    assert again.get_tgt_vocab() == tok.get_tgt_vocab()
    with pytest.raises(FormatError, match="has no <nothing>"):
        MarianTokenizer(*files, unk_token="<nothing>")
    with pytest.raises(LoadError, match="is not a file"):
        MarianTokenizer(tmp_path / "no.spm", *files[1:])
