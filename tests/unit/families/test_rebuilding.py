"""A saved folder names its class where other readers of that class come to the same ids, else the generic one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tokenizers import pre_tokenizers

import lexel
from lexel import AddedToken, AutoTokenizer, GPT2Tokenizer, LlamaTokenizer, Tokenizer
from lexel.families import MODULES

if TYPE_CHECKING:
    from pathlib import Path

GENERIC = {"v4": "PreTrainedTokenizerFast", "v5": "TokenizersBackend"}


def names(tok: Tokenizer, folder: Path, compat: Any = "v4") -> tuple[str, str | None]:
    tok.save_pretrained(folder, compat=compat)
    config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    again = AutoTokenizer.from_pretrained(folder)
    assert type(again) is type(tok), "we always find the class"
    assert "lexel_class" not in again.init_kwargs
    return config["tokenizer_class"], config.get("lexel_class")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_pipeline_of_the_class_s_own_is_named_for_it(name: str, tmp_path: Path) -> None:
    tok = getattr(lexel, name)()
    if name == "RemBertTokenizer":
        # A new one writes no special tokens, readers of the class do; a trained one is as they have it.
        assert names(tok, tmp_path, "v5") == ("TokenizersBackend", name)
        tok = tok.train_new_from_iterator(["a b c"], 20)
    assert names(tok, tmp_path, "v5") == (name, None)


@pytest.mark.parametrize("compat", ["v4", "v5"])
@pytest.mark.parametrize("name", sorted(MODULES))
def test_another_pipeline_is_generic(name: str, tmp_path: Path, compat: Any) -> None:
    tok = getattr(lexel, name)()
    tok.backend_tokenizer.pre_tokenizer = pre_tokenizers.Digits(individual_digits=True)
    assert names(tok, tmp_path, compat) == (GENERIC[compat], name)


@pytest.mark.parametrize("compat", ["v4", "v5"])
def test_settings_of_the_class_are_its_own(tmp_path: Path, compat: Any) -> None:
    assert names(GPT2Tokenizer(add_prefix_space=True), tmp_path, compat) == ("GPT2Tokenizer", None)
    assert names(lexel.BertTokenizer(do_lower_case=False), tmp_path, compat) == ("BertTokenizer", None)
    lexel.BertTokenizer().save_pretrained(tmp_path)
    tok = AutoTokenizer.from_pretrained(tmp_path, do_lower_case=False)
    assert names(tok, tmp_path, compat) == ("BertTokenizer", None)


def test_old_readers_of_llama_write_a_beginning(tmp_path: Path) -> None:
    tok = LlamaTokenizer()
    assert names(tok, tmp_path) == (GENERIC["v4"], "LlamaTokenizer")
    assert names(tok, tmp_path, "v5") == ("LlamaTokenizer", None)
    tok.add_bos_token = True
    assert names(tok, tmp_path) == ("LlamaTokenizer", None)
    tok.add_eos_token = True
    assert names(tok, tmp_path) == (GENERIC["v4"], "LlamaTokenizer")


def test_flags_of_special_tokens_are_lost_to_some(tmp_path: Path) -> None:
    for name, kept in (("GPT2Tokenizer", True), ("Qwen2Tokenizer", False)):
        tok = getattr(lexel, name)()
        tok.add_special_tokens({"extra_special_tokens": [AddedToken("<x>", lstrip=True)]})
        assert (names(tok, tmp_path)[1] is None) is kept


def test_the_generic_class_gets_the_settings_of_ours(tmp_path: Path) -> None:
    LlamaTokenizer().save_pretrained(tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    assert config["padding_side"] == "left"
    assert config["model_input_names"] == ["input_ids", "attention_mask"]
    LlamaTokenizer().save_pretrained(tmp_path, compat="v5")
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    assert not {"padding_side", "model_input_names"} & set(config), "the class has them"


def test_classes_of_users_are_named_as_they_are(tmp_path: Path) -> None:
    class MineTokenizer(GPT2Tokenizer):
        pass

    tok = MineTokenizer()
    tok.backend_tokenizer.pre_tokenizer = pre_tokenizers.Digits()
    tok.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))["tokenizer_class"] == "MineTokenizer"
