"""What every tokenizer does with added and special tokens, with folders it is saved to, and with training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.small import CORPUS

from lexel import AddedToken, TokenizersBackend

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.subjects import Subject

TEXT = "lazy steps over the brown fox, panic again and jumps quick to the sea"


# --- added tokens -----------------------------------------------------------------------------------------------------


def test_special_tokens_are_one_token(subject: Subject) -> None:
    tok = subject.fresh()
    tok.add_tokens(["[ONE]"], special_tokens=True)
    tok.add_special_tokens({"extra_special_tokens": ["[TWO]"]}, replace_extra_special_tokens=False)
    for token in ("[ONE]", "[TWO]"):
        assert tok.tokenize(token) == [token]
        assert tok.encode(token, add_special_tokens=False) == [tok.convert_tokens_to_ids(token)]
    ids = tok.encode("[ONE] fox [TWO]", add_special_tokens=False)
    skipped = tok.decode(ids, skip_special_tokens=True)
    assert "[ONE]" not in skipped
    assert "[TWO]" not in skipped
    assert "[ONE]" in tok.decode(ids)


def test_the_longest_added_token_is_found(subject: Subject) -> None:
    for tokens in (["<|ab|>", "<|ab|><|c|>"], ["<|ab|><|c|>", "<|ab|>"]):
        tok = subject.fresh()
        tok.add_tokens([AddedToken(token, normalized=False) for token in tokens])
        assert tok.tokenize("<|ab|><|c|>") == ["<|ab|><|c|>"]
        assert tok.tokenize("<|ab|>") == ["<|ab|>"]


def test_added_tokens_come_after_all(subject: Subject) -> None:
    tok = subject.fresh()
    size, own = len(tok), tok.vocab_size
    assert tok.add_tokens(["zzaddedzz", "zzanotherzz"]) == 2
    assert (len(tok), tok.vocab_size) == (size + 2, own)
    ids = tok.encode(f"fox zzaddedzz dog zzanotherzz {TEXT}", add_special_tokens=False)
    assert {size, size + 1} <= set(ids)
    eos = AddedToken(">>>>|||<||<<|<<", lstrip=True, rstrip=True, special=True, normalized=False)
    pad = AddedToken("<<<<<|||>|>>>>|>", rstrip=True, lstrip=True, special=True, normalized=False)
    assert tok.add_special_tokens({"eos_token": eos, "pad_token": pad}) == 2
    ids = tok.encode(">>>>|||<||<<|<< zzaddedzz fox <<<<<|||>|>>>>|> zzanotherzz the sea", add_special_tokens=False)
    assert ids[0] == tok.eos_token_id == size + 2
    assert tok.pad_token_id == size + 3
    assert tok.pad_token_id in ids
    assert {size, size + 1} <= set(ids)
    assert tok.add_tokens(["zzaddedzz"]) == 0
    assert tok.add_special_tokens({"eos_token": eos}) == 0


def test_flags_take_the_spaces_around(subject: Subject) -> None:
    for left, right in ((True, False), (False, True), (True, True)):
        tok = subject.fresh()
        tok.add_tokens([AddedToken("[WIDE]", lstrip=left, rstrip=right, normalized=False)])
        wide = tok.convert_tokens_to_ids("[WIDE]")
        bare = tok.encode(f"fox{'' if left else '  '}[WIDE]{'' if right else '  '}dog", add_special_tokens=False)
        assert tok.encode("fox  [WIDE]  dog", add_special_tokens=False) == bare
        assert bare.count(wide) == 1


def test_special_tokens_make_the_difference_in_length(any_tok: Any) -> None:
    for options in ({}, {"padding": False}, {"truncation": True, "max_length": 1000}):
        plain, full = (any_tok(TEXT, add_special_tokens=asked, **options) for asked in (False, True))
        for key in full:
            assert len(full[key]) - len(plain[key]) == any_tok.num_special_tokens_to_add()


def test_extra_tokens_are_replaced_or_appended(subject: Subject, tmp_path: Path) -> None:
    tok = subject.fresh()
    own = list(tok.extra_special_tokens)
    assert tok.add_special_tokens({"extra_special_tokens": ["<t1>", "<t2>"]}, replace_extra_special_tokens=False) == 2
    assert tok.extra_special_tokens == [*own, "<t1>", "<t2>"]
    assert tok.add_special_tokens({"extra_special_tokens": ["<t3>"]}) == 1
    assert tok.extra_special_tokens == ["<t3>"]
    tok.add_special_tokens({"extra_special_tokens": ["<t3>", "<t4>"]}, replace_extra_special_tokens=False)
    assert tok.extra_special_tokens == ["<t3>", "<t4>"]
    assert tok.extra_special_tokens_ids == [len(tok) - 2, len(tok) - 1]
    if subject.large:
        return
    tok.save_pretrained(tmp_path)
    again = type(tok).from_pretrained(tmp_path)
    size = len(again)
    assert {"<t3>", "<t4>"} <= set(again.extra_special_tokens)
    assert again.add_special_tokens({"extra_special_tokens": ["<t3>", "<t4>"]}) == 0
    assert len(again) == size == len(tok)


def test_extra_tokens_of_the_constructor_are_found_in_texts(light: Subject) -> None:
    tok = light.fresh(extra_special_tokens=[AddedToken("<special>", lstrip=True), "<other>"])
    assert {"<special>", "<other>"} <= set(tok.extra_special_tokens)
    index = tok.convert_tokens_to_ids("<special>")
    assert index in tok.encode("Hey this is a <special> token", add_special_tokens=False)
    assert tok.encode("fox <special>", add_special_tokens=False) == tok.encode("fox<special>", add_special_tokens=False)


def test_many_added_tokens_convert_in_linear_time(light: Subject) -> None:
    tok = light.fresh()
    tokens = [f"<extra-{index}>" for index in range(20_000)]
    assert tok.add_tokens(tokens) == len(tokens)
    assert tok.encode(tokens[-1], add_special_tokens=False) == [len(tok) - 1]
    ids = tok.convert_tokens_to_ids(tokens * 10)
    assert ids[-1] == len(tok) - 1
    assert tok.convert_ids_to_tokens(ids) == tokens * 10


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_saved_folder_is_the_tokenizer(savable: Subject, tmp_path: Path) -> None:
    tok = savable.fresh()
    tok.model_max_length = 42
    tok.add_tokens(["bim", "bambam"])
    tok.add_special_tokens({"extra_special_tokens": ["new_extra_special_token"]}, replace_extra_special_tokens=False)
    text = f"bim fox bambam {TEXT} new_extra_special_token"
    tok.save_pretrained(tmp_path)
    again = type(tok).from_pretrained(tmp_path)
    assert type(again) is type(tok)
    assert again.encode(text) == tok.encode(text)
    assert again.get_vocab() == tok.get_vocab()
    assert again.added_tokens_decoder == tok.added_tokens_decoder
    assert again.extra_special_tokens == tok.extra_special_tokens
    assert again.special_tokens_map == tok.special_tokens_map
    assert (again.padding_side, again.model_input_names) == (tok.padding_side, tok.model_input_names)
    assert again.model_max_length == 42
    if not savable.large:
        assert type(tok).from_pretrained(tmp_path, model_max_length=43).model_max_length == 43


def test_an_added_token_as_a_name_is_kept_with_its_flags(light: Subject, tmp_path: Path) -> None:
    eos = AddedToken("[NEW_EOS]", lstrip=True, normalized=False, special=True)
    tok = light.fresh(eos_token=eos)
    index = tok.eos_token_id
    assert tok.added_tokens_decoder[index].content == "[NEW_EOS]"
    # As in the reference, a token that a class in Python lacks is added by its text alone.
    assert tok.added_tokens_decoder[index] == eos or not isinstance(tok, TokenizersBackend)
    tok.save_pretrained(tmp_path)
    again = type(tok).from_pretrained(tmp_path)
    assert (again.eos_token, again.eos_token_id) == ("[NEW_EOS]", index)
    assert again.added_tokens_decoder == tok.added_tokens_decoder


@pytest.mark.parametrize("as_files", [True, False])
def test_a_chat_template_is_saved(light: Subject, tmp_path: Path, as_files: bool) -> None:
    template = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}"
    messages = [{"role": "user", "content": "fox"}, {"role": "assistant", "content": "dog"}]
    tok = light.fresh()
    text = tok.apply_chat_template(messages, chat_template=template, tokenize=False)
    assert text == "user: foxassistant: dog"
    tok.chat_template = template
    assert tok.apply_chat_template(messages, tokenize=False) == text
    assert tok.apply_chat_template(messages, return_dict=False) == tok.encode(text, add_special_tokens=False)
    assert tok.apply_chat_template([messages], tokenize=False) == [text]
    tok.save_pretrained(tmp_path, save_jinja_files=as_files)
    assert (tmp_path / "chat_template.jinja").is_file() is as_files
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    assert config.get("chat_template") == (None if as_files else template)
    assert type(tok).from_pretrained(tmp_path).chat_template == template
    with pytest.raises(ValueError, match="empty"):
        tok.apply_chat_template([], tokenize=False)


# --- training ---------------------------------------------------------------------------------------------------------


def test_a_new_vocabulary_keeps_the_special_tokens(subject: Subject) -> None:
    tok = subject.tok
    if not isinstance(tok, TokenizersBackend):
        pytest.skip("a tokenizer in Python is not trained")
    new = tok.train_new_from_iterator([CORPUS], len(tok.all_special_tokens) + len(tok.added_tokens_decoder) + 400)
    assert type(new) is type(tok)
    assert new.encode(TEXT, add_special_tokens=False)
    assert new.num_special_tokens_to_add() == tok.num_special_tokens_to_add()
    assert new.num_special_tokens_to_add(pair=True) == tok.num_special_tokens_to_add(pair=True)
    assert new.all_special_tokens == tok.all_special_tokens
    assert new.special_tokens_map == tok.special_tokens_map
    assert new.max_len_single_sentence == tok.max_len_single_sentence
    assert new.init_kwargs.keys() >= {key for key in tok.init_kwargs if key not in ("vocab", "merges")}


def test_special_tokens_change_their_names_in_training(light: Subject) -> None:
    tok = light.tok
    if not isinstance(tok, TokenizersBackend):
        pytest.skip("a tokenizer in Python is not trained")
    renamed = {text: f"{text}a" for text in tok.special_tokens_map.values()}
    new = tok.train_new_from_iterator(CORPUS, 700, special_tokens_map=renamed, new_special_tokens=["<added-new>"])
    for name, text in tok.special_tokens_map.items():
        assert getattr(new, name) == renamed[text]
        assert getattr(new, f"{name}_id") is not None
    assert "<added-new>" in new.all_special_tokens
    assert new.encode("<added-new>", add_special_tokens=False) == [new.convert_tokens_to_ids("<added-new>")]
    written = new.convert_ids_to_tokens(new.encode(""))
    assert written == [renamed.get(token, token) for token in tok.convert_ids_to_tokens(tok.encode(""))]
