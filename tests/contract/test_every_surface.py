"""What every tokenizer has, whatever its class and engine: names, ids, settings, vocabulary, copies."""

from __future__ import annotations

import copy
import inspect
import logging
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.contract.subjects import SUBJECTS

from lexel import AddedToken, BatchEncoding, PythonBackend, SentencePieceBackend, Tokenizer, TokenizersBackend

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.subjects import Subject

NAMED = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
# Parameters of constructors that no configuration holds: the vocabulary, and what is stored under another name.
NOT_STORED = {"vocab", "merges", "legacy", "_spm_precompiled_charsmap", "additional_special_tokens"}
TEXT = "The quick brown fox jumps over the lazy dog"


def test_the_first_input_is_the_ids(any_tok: Any) -> None:
    assert any_tok.model_input_names[0] == "input_ids"
    made = any_tok(TEXT)
    assert isinstance(made, BatchEncoding)
    assert list(made) == [name for name in ("input_ids", "token_type_ids", "attention_mask") if name in made]
    assert set(made) == set(any_tok.model_input_names)


def test_the_constructor_s_arguments_are_stored(any_tok: Any) -> None:
    parameters = inspect.signature(type(any_tok).__init__).parameters.values()
    wanted = {one.name for one in parameters if one.default is not one.empty and not one.name.endswith("_file")}
    assert wanted - NOT_STORED <= any_tok.init_kwargs.keys()


def test_common_properties(any_tok: Any) -> None:
    assert isinstance(any_tok, Tokenizer)
    assert isinstance(any_tok, (TokenizersBackend, PythonBackend))
    for name in NAMED:
        text, index = getattr(any_tok, name), getattr(any_tok, f"{name}_id")
        assert (text is None) == (index is None)
        assert text is None or any_tok.convert_tokens_to_ids(text) == index
        assert any_tok.special_tokens_map.get(name) == text
    extra = any_tok.extra_special_tokens
    assert any_tok.extra_special_tokens_ids == any_tok.convert_tokens_to_ids(extra)
    texts = any_tok.all_special_tokens
    assert len(set(texts)) == len(texts)
    assert any_tok.all_special_ids == any_tok.convert_tokens_to_ids(texts)
    assert set(extra) | set(any_tok.special_tokens_map.values()) == set(texts)
    assert any_tok.model_max_length > 0
    assert isinstance(any_tok.init_inputs, tuple)
    assert isinstance(any_tok.init_kwargs, dict)
    decoder = any_tok.added_tokens_decoder
    assert list(decoder) == sorted(decoder)
    assert any_tok.get_added_vocab() == {str(token): index for index, token in decoder.items()}
    assert any_tok.max_len_single_sentence == any_tok.model_max_length - any_tok.num_special_tokens_to_add()
    assert repr(any_tok).startswith(type(any_tok).__name__)
    assert any_tok


def test_names_are_set_by_id(subject: Subject) -> None:
    tok = subject.fresh()
    index = next(iter(tok.get_vocab().values()))
    token = tok.convert_ids_to_tokens(index)
    for name in NAMED:
        setattr(tok, f"{name}_id", None)
        assert (getattr(tok, name), getattr(tok, f"{name}_id")) == (None, None)
        setattr(tok, f"{name}_id", index)
        assert (getattr(tok, name), getattr(tok, f"{name}_id")) == (token, index)
    tok.extra_special_tokens_ids = []
    assert (tok.extra_special_tokens, tok.extra_special_tokens_ids) == ([], [])
    tok.extra_special_tokens_ids = [index]
    assert (tok.extra_special_tokens, tok.extra_special_tokens_ids) == ([token], [index])


def test_the_vocabulary_covers_all_ids(subject: Subject) -> None:
    tok = subject.fresh()
    for tokens in ([], ["zz-new-1", AddedToken("zz-new-2")]):
        tok.add_tokens(tokens)
        vocab = tok.get_vocab()
        assert isinstance(vocab, dict)
        assert len(tok) >= len(vocab) >= tok.vocab_size
        found = tok.convert_ids_to_tokens(list(vocab.values()))
        # Two names of one id may exist in a file; the id has one of them.
        assert all(vocab[token] == index for token, index in zip(found, vocab.values(), strict=True))
    assert tok.convert_tokens_to_ids(["zz-new-1", "zz-new-2"]) == [len(tok) - 2, len(tok) - 1]


def test_tokens_convert_both_ways(any_tok: Any) -> None:
    vocab = any_tok.get_vocab()
    tokens = list(vocab)
    ids = any_tok.convert_tokens_to_ids(tokens)
    assert ids == list(vocab.values())
    assert any_tok.convert_tokens_to_ids(any_tok.convert_ids_to_tokens(ids)) == ids
    assert any_tok.convert_ids_to_tokens(np.array(ids[:5])) == any_tok.convert_ids_to_tokens(ids[:5])
    assert any_tok.convert_ids_to_tokens(ids[3]) == any_tok.convert_ids_to_tokens(np.int64(ids[3])) == tokens[3]


def test_calls_are_alike(any_tok: Any) -> None:
    pairs = [(TEXT, "brown dog"), ("fox", TEXT)]
    assert any_tok(TEXT) == any_tok(TEXT)
    assert any_tok([TEXT, "fox"]) == any_tok([TEXT, "fox"])
    assert any_tok(pairs) == any_tok([one for one, _ in pairs], [two for _, two in pairs])
    assert any_tok.encode(TEXT) == any_tok(TEXT)["input_ids"]


def test_tokens_are_the_ids(any_tok: Any) -> None:
    tokens = any_tok.tokenize(TEXT)
    assert all(isinstance(token, str) for token in tokens)
    assert any_tok.convert_tokens_to_ids(tokens) == any_tok.encode(TEXT, add_special_tokens=False)
    assert isinstance(any_tok.convert_tokens_to_string(tokens), str)
    single = any_tok.encode("fox", add_special_tokens=False)[0]
    assert any_tok.decode(single) == any_tok.decode([single]) == any_tok.decode(np.int64(single))
    assert any_tok.decode([[single], [single]]) == [any_tok.decode([single])] * 2


def test_copies_are_equal(any_tok: Any) -> None:
    for twin in (copy.deepcopy(any_tok), pickle.loads(pickle.dumps(any_tok))):
        assert type(twin) is type(any_tok)
        assert twin(TEXT) == any_tok(TEXT)
        assert twin.special_tokens_map == any_tok.special_tokens_map
        assert twin.init_kwargs.keys() == any_tok.init_kwargs.keys()


# --- settings ---------------------------------------------------------------------------------------------------------


def test_sides_are_settings(light: Subject) -> None:
    for side in ("left", "right"):
        tok = light.fresh(padding_side=side, truncation_side=side)
        assert (tok.padding_side, tok.truncation_side) == (side, side)
    for name in ("padding_side", "truncation_side"):
        with pytest.raises(ValueError, match="side should be"):
            light.fresh(**{name: "unauthorized"})


def test_names_of_methods_are_no_settings(light: Subject) -> None:
    with pytest.raises(AttributeError, match="conflicts with the method"):
        light.fresh(get_vocab=True)


def test_settings_of_other_classes_do_no_harm(light: Subject) -> None:
    plain = light.fresh()
    foreign = {"do_lower_case": False, "keep_accents": True, "legacy": False, "extra_ids": 0, "src_lang": "xx"}
    known = inspect.signature(type(plain).__init__).parameters
    own = {TokenizersBackend: {"do_lower_case"}, SentencePieceBackend: {"legacy"}}.get(type(plain), set())
    tok = light.fresh(**{key: value for key, value in foreign.items() if key not in known and key not in own})
    assert tok(TEXT) == plain(TEXT)


@pytest.mark.parametrize("value", [True, False])
def test_beginning_tokens_are_settings(light: Subject, value: bool) -> None:
    tok = light.fresh(bos_token="[BOS]", add_bos_token=value)
    assert tok.bos_token == "[BOS]"
    assert tok.convert_ids_to_tokens(tok.bos_token_id) == "[BOS]"
    assert tok.bos_token_id >= light.tok.vocab_size
    assert tok.encode(TEXT)


def test_a_beginning_without_a_token_is_none(subject: Subject) -> None:
    tok = subject.fresh()
    if not isinstance(tok, TokenizersBackend):
        pytest.skip("the template of a tokenizer in Python is its code")
    plain = tok.encode(TEXT, add_special_tokens=False)
    tok.bos_token = None
    tok.add_bos_token = True
    assert tok.add_bos_token is False
    assert tok.encode(TEXT, add_special_tokens=False) == plain
    assert tok.encode(TEXT)


def test_a_pad_token_is_a_setting(light: Subject) -> None:
    tok = light.fresh(pad_token="[PAD]")
    assert tok.pad_token == "[PAD]"
    rows = tok(["fox", TEXT], padding=True)["input_ids"]
    assert len(rows[0]) == len(rows[1])
    assert tok.pad_token_id in rows[0]
    assert tok.padding_side == light.tok.padding_side


def test_a_prefix_space_is_a_setting(light: Subject) -> None:
    if "add_prefix_space" not in inspect.signature(type(light.tok).__init__).parameters:
        pytest.skip("a class without it")
    for wanted in (True, False):
        tok = light.fresh(add_prefix_space=wanted)
        assert tok.add_prefix_space is wanted
        stage = tok.backend_tokenizer.pre_tokenizer
        if type(stage).__name__ == "ByteLevel":
            assert stage.add_prefix_space is wanted


def test_special_tokens_of_a_model_are_attributes(light: Subject) -> None:
    tok = light.fresh(extra_special_tokens={"image_token": "<image>", "boi_token": AddedToken("<boi>", special=True)})
    for name, text in (("image_token", "<image>"), ("boi_token", "<boi>")):
        assert getattr(tok, name) == text
        assert getattr(tok, f"{name}_id") == tok.convert_tokens_to_ids(text)
        assert tok.tokenize(text) == [text]
        assert tok.special_tokens_map[name] == text


def test_a_missing_name_is_an_attribute_error(any_tok: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(AttributeError, match=type(any_tok).__name__):
        _ = any_tok.no_such_token


def test_the_shared_folders_are_among_them(shared_data: Path) -> None:
    names = {subject.name for subject in SUBJECTS if subject.large}
    assert names == {path.parent.name for path in (shared_data / "tokenizers").glob("*/tokenizer.json")}
