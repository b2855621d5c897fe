"""Settings a caller asks for where a file states the pipeline: what the class would have built follows, no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import BertTokenizer, LlamaTokenizer, RobertaTokenizer, T5Tokenizer, TokenizersBackend, XLNetTokenizer

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = ["the quick brown fox", "Jumps Over the lazy dog"]


def saved(tok: TokenizersBackend, folder: Path) -> Path:
    tok.train_new_from_iterator(CORPUS, 320).save_pretrained(folder)
    return folder


def test_tokens_around_a_text_are_those_asked_for(tmp_path: Path) -> None:
    saved(RobertaTokenizer(), tmp_path)
    tok = RobertaTokenizer.from_pretrained(tmp_path, cls_token="[C]", sep_token="[S]")
    assert tok.convert_ids_to_tokens(tok.encode("", "")) == ["[C]", "[S]"]
    assert tok.convert_ids_to_tokens(tok.encode("a", "b"))[0] == "[C]"
    ids = RobertaTokenizer.from_pretrained(tmp_path, bos_token="[B]").encode("")
    assert tok.convert_ids_to_tokens(ids) == ["<s>", "</s>"], "the class writes cls and sep, not bos"
    plain = TokenizersBackend.from_pretrained(tmp_path, cls_token="[C]")
    assert plain.encode("") == ids, "without a class nobody says what cls is for"


def test_the_end_of_a_text_is_the_one_asked_for(tmp_path: Path) -> None:
    saved(T5Tokenizer(), tmp_path)
    tok = T5Tokenizer.from_pretrained(tmp_path, eos_token="[E]")
    assert tok.encode("") == [tok.eos_token_id] == [len(tok) - 1]


def test_a_template_of_the_file_s_own_stays(tmp_path: Path) -> None:
    path = saved(BertTokenizer(), tmp_path) / "tokenizer.json"
    content = json.loads(path.read_text("utf-8"))
    content["post_processor"]["single"].pop()
    path.write_text(json.dumps(content), "utf-8")
    tok = BertTokenizer.from_pretrained(tmp_path, cls_token="[C]")
    assert tok.convert_ids_to_tokens(tok.encode("")) == ["[CLS]"]


@pytest.mark.parametrize(("trim", "spans"), [(None, [(0, 3), (4, 9)]), (False, [(0, 3), (3, 9)])])
def test_offsets_are_trimmed_as_asked(tmp_path: Path, trim: bool | None, spans: list[tuple[int, int]]) -> None:
    saved(RobertaTokenizer(), tmp_path)
    options: dict[str, Any] = {} if trim is None else {"trim_offsets": trim}
    tok = RobertaTokenizer.from_pretrained(tmp_path, **options)
    assert tok("the quick", return_offsets_mapping=True)["offset_mapping"][1:-1] == spans


def test_a_class_that_knows_nothing_of_a_setting_ignores_it(tmp_path: Path) -> None:
    saved(T5Tokenizer(), tmp_path)
    plain = T5Tokenizer.from_pretrained(tmp_path)
    other = T5Tokenizer.from_pretrained(tmp_path, add_prefix_space=False, do_lower_case=True, legacy=True)
    assert other.backend_tokenizer.to_str() == plain.backend_tokenizer.to_str()


def test_a_decoder_follows_its_pre_tokenizer(tmp_path: Path) -> None:
    saved(LlamaTokenizer(), tmp_path)
    tok = LlamaTokenizer.from_pretrained(tmp_path, add_prefix_space=False)
    assert tok.decode(tok.encode(" the quick")) == " the quick"
    assert tok.decode(tok.encode("the quick")) == "the quick"


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("cls", [RobertaTokenizer, BertTokenizer, T5Tokenizer, XLNetTokenizer])
def test_a_class_that_writes_the_ends_is_not_told_to(cls: Any, value: bool) -> None:
    options: dict[str, Any] = {"add_bos_token": value, "add_eos_token": value, "bos_token": "[BOS]"}
    tok, plain = cls(**options), cls(bos_token="[BOS]")
    assert tok.backend_tokenizer.to_str() == plain.backend_tokenizer.to_str()
    assert tok.bos_token == "[BOS]"


def test_a_space_a_normalizer_writes_is_left_out(tmp_path: Path) -> None:
    path = saved(LlamaTokenizer(), tmp_path) / "tokenizer.json"
    content = json.loads(path.read_text("utf-8"))
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    steps = [{"type": "Prepend", "prepend": "▁"}, replace]
    content |= {"normalizer": {"type": "Sequence", "normalizers": steps}, "pre_tokenizer": None}
    path.write_text(json.dumps(content), "utf-8")
    written = LlamaTokenizer.from_pretrained(tmp_path)
    assert written.tokenize("the")[0][0] == "▁"
    tok = LlamaTokenizer.from_pretrained(tmp_path, add_prefix_space=False)
    assert tok.tokenize("the")[0][0] == "t"
    assert [tok.decode(tok.encode(text)) for text in ("the", " the")] == ["the", " the"]


def test_a_class_s_own_tokens_are_special_in_files_that_have_them(tmp_path: Path) -> None:
    """Files of old are silent on these: only the class knows them."""
    for cls, count in ((T5Tokenizer, 100), (XLNetTokenizer, 2)):
        folder = saved(cls(), tmp_path / cls.__name__)
        (folder / "tokenizer_config.json").unlink()
        tok = cls.from_pretrained(folder)
        assert len(tok.extra_special_tokens) == count
        assert len(tok) == len(TokenizersBackend.from_pretrained(folder))
        assert cls.from_pretrained(folder, extra_special_tokens=["<q>"]).extra_special_tokens == ["<q>"]
    assert T5Tokenizer.from_pretrained(tmp_path / "T5Tokenizer", extra_ids=3).extra_special_tokens_ids != []


def test_xlnet_never_keeps_accents() -> None:
    kept, plain = XLNetTokenizer(keep_accents=True), XLNetTokenizer()
    assert kept.backend_tokenizer.to_str() == plain.backend_tokenizer.to_str()
    assert kept.keep_accents is True
