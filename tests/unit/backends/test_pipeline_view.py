"""`tok.backend_tokenizer`: parts are live, setting one recompiles, and Python parts run on the second engine."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from lexel import AddedToken, GPT2Tokenizer, TokenizersBackend, UnsupportedError
from lexel.backends.pipeline_view import PipelineView, view_of

if TYPE_CHECKING:
    from pathlib import Path

VOCAB = {"[UNK]": 0, "hello": 1, "world": 2, "Hello": 3, "helloworld": 4, "[CLS]": 5}


def library() -> Any:
    made = tokenizers.Tokenizer(models.WordLevel(VOCAB, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


@pytest.fixture
def tok() -> TokenizersBackend:
    return TokenizersBackend(tokenizer_object=library(), unk_token="[UNK]")


@pytest.fixture
def byte_level() -> GPT2Tokenizer:
    return GPT2Tokenizer().train_new_from_iterator(["hello world, hello"], 280)


def test_an_untouched_tokenizer_watches_nothing(byte_level: GPT2Tokenizer) -> None:
    byte_level("hello")
    assert byte_level.backend_tokenizer._parts is None
    assert byte_level.backend_tokenizer is byte_level._tokenizer


def test_setting_a_part_takes_effect_at_the_next_call(tok: TokenizersBackend) -> None:
    assert tok.tokenize("Hello world") == ["Hello", "world"]
    tok.backend_tokenizer.normalizer = normalizers.Lowercase()
    assert tok.tokenize("Hello world") == ["hello", "world"]
    tok.backend_tokenizer.normalizer = None
    tok.backend_tokenizer.pre_tokenizer = None
    assert tok.tokenize("helloworld") == ["helloworld"]
    assert tok.encode("Hello world") == [0]
    tok.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", pair="$A $B", special_tokens=[("[CLS]", 5)]
    )
    assert tok.encode("hello") == [5, 1]
    assert tok.num_special_tokens_to_add() == 1
    tok.backend_tokenizer.decoder = decoders.Fuse()
    assert tok.decode([1, 2]) == "helloworld"
    assert tok.decoder is tok.backend_tokenizer.decoder


def test_a_part_that_was_read_stays_live(byte_level: GPT2Tokenizer) -> None:
    plain, spaced = byte_level.encode("hello"), byte_level.encode(" hello")
    assert plain != spaced
    part = byte_level.backend_tokenizer.pre_tokenizer
    assert byte_level.encode("hello") == plain
    part.add_prefix_space = True
    assert byte_level.encode("hello") == spaced
    assert byte_level.engine == "native"
    byte_level.backend_tokenizer.pre_tokenizer.add_prefix_space = False
    assert byte_level.encode("hello") == plain
    assert byte_level.backend_tokenizer.pre_tokenizer is part


def test_options_of_the_model_stay_live_too() -> None:
    made = tokenizers.Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2, "?": 3}, [("a", "b")]))
    tok = TokenizersBackend(tokenizer_object=made)
    assert tok.encode("abc") == [2]
    model = tok.backend_tokenizer.model
    assert isinstance(model, models.BPE)
    model.unk_token = "?"
    assert tok.encode("abc") == [2, 3]
    tok.backend_tokenizer.model = models.BPE({"c": 0, "?": 1}, [], unk_token="?")
    assert (tok.encode("abc"), len(tok)) == ([1, 1, 0], 2)


class Comma:
    """A pre-tokenizer written in Python."""

    def pre_tokenize(self, text: Any) -> None:
        text.split(lambda _, part: part.split(",", "removed"))


def test_a_part_written_in_python_runs_on_the_second_engine(tok: TokenizersBackend) -> None:
    tok.backend_tokenizer.pre_tokenizer = pre_tokenizers.PreTokenizer.custom(Comma())
    assert tok.tokenize("hello,world") == ["hello", "world"]
    assert tok(["hello,world", "hello"], padding=False)["input_ids"] == [[1, 2], [1]]
    assert (tok.engine, tok.engine_reason) == ("tokenizers", "the pre_tokenizer is written in Python")
    assert tok.add_tokens(["new"]) == 1
    assert tok.tokenize("hello,new,world") == ["hello", "new", "world"]
    with pytest.raises(UnsupportedError, match="cannot be written"):
        tok.backend_tokenizer.to_str()
    tok.backend_tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    assert tok.tokenize("hello new world") == ["hello", "new", "world"]
    assert tok.backend_tokenizer.to_str()


def test_an_object_with_a_python_part_can_be_given() -> None:
    made = library()
    made.pre_tokenizer = pre_tokenizers.PreTokenizer.custom(Comma())
    tok = TokenizersBackend(tokenizer_object=made, cls_token="<new>")
    assert tok.encode("hello,world") == [1, 2]
    assert tok.cls_token_id == len(VOCAB)
    assert tok.engine == "tokenizers"
    assert tok.engine_reason is not None
    assert "serial form" in tok.engine_reason


def test_only_parts_of_the_library_can_be_set(tok: TokenizersBackend) -> None:
    with pytest.raises(TypeError, match="an object of the tokenizers library or None, not str"):
        tok.backend_tokenizer.normalizer = "lowercase"


def test_stored_limits_are_for_the_view_and_not_for_calls(byte_level: GPT2Tokenizer) -> None:
    view = byte_level.backend_tokenizer
    plain = byte_level.encode("hello world, hello")
    view.enable_truncation(2, stride=1, strategy="only_first", direction="left")
    assert view.truncation == {"max_length": 2, "stride": 1, "strategy": "only_first", "direction": "left"}
    assert view.encode("hello world, hello").ids == plain[-2:]
    view.enable_padding(length=4, pad_id=7, direction="left", pad_token="x")
    assert view.encode("hello world, hello").ids == [7, 7, *plain[-2:]]
    assert byte_level.encode("hello world, hello") == plain
    assert json.loads(view.to_str())["truncation"]["max_length"] == 2
    view.no_truncation()
    view.no_padding()
    assert (view.truncation, view.padding) == (None, None)
    assert view.encode("hello world, hello").ids == plain


def test_batches_of_the_view_may_mix_texts_and_pairs(byte_level: GPT2Tokenizer) -> None:
    view = byte_level.backend_tokenizer
    rows = view.encode_batch(["hello", ("hello", "world")])
    assert [row.ids for row in rows] == [byte_level.encode("hello"), byte_level.encode("hello", "world")]
    view.enable_padding(pad_to_multiple_of=4)
    assert {len(row.ids) % 4 for row in view.encode_batch(["hello", ("hello", "world"), "world, world"])} == {0}
    view.no_padding()
    words = view.encode_batch([["hello", "world"], (["hello"], ["world"])], is_pretokenized=True)
    assert [row.n_sequences for row in words] == [1, 2]


def test_the_methods_of_the_library(byte_level: GPT2Tokenizer, tmp_path: Path) -> None:
    view = byte_level.backend_tokenizer
    assert view.get_vocab() == byte_level.get_vocab()
    assert view.get_vocab_size() == len(byte_level)
    assert view.token_to_id("h") == byte_level.convert_tokens_to_ids("h")
    assert view.id_to_token(3) == byte_level.convert_ids_to_tokens(3)
    ids = byte_level.encode("hello <|endoftext|>")
    assert view.decode(ids) == byte_level.decode(ids, skip_special_tokens=True)
    assert view.decode_batch([ids], skip_special_tokens=False) == byte_level.batch_decode([ids])
    assert view.num_special_tokens_to_add(False) == 0
    assert view.add_tokens(["x1", AddedToken("x2")]) == 2
    assert view.add_special_tokens(["x3"]) == 1
    assert view.get_added_tokens_decoder()[len(byte_level) - 1] == AddedToken("x3", special=True)
    first, second = view.encode("hello"), view.encode("world")
    assert view.post_process(first, second).ids == byte_level.encode("hello", "world")
    view.save(tmp_path / "t.json")
    assert tokenizers.Tokenizer.from_file(str(tmp_path / "t.json")).encode("hello").ids == byte_level.encode("hello")
    assert repr(view) == f"PipelineView(model=BPE, vocab_size={len(byte_level)}, engine='native')"


def test_the_library_s_object_is_independent(byte_level: GPT2Tokenizer) -> None:
    real = byte_level.to_tokenizers()
    assert isinstance(real, tokenizers.Tokenizer)
    real.add_tokens(["new"])
    assert byte_level.convert_tokens_to_ids("new") == byte_level.unk_token_id
    assert real.encode("hello").ids == byte_level.encode("hello")


def test_given_objects_stay_independent() -> None:
    made = library()
    tok = TokenizersBackend(tokenizer_object=made)
    made.pre_tokenizer = pre_tokenizers.Split(" ", "isolated")
    made.add_tokens(["new"])
    assert tok.tokenize("hello world") == ["hello", "world"]
    assert "new" not in tok.get_vocab()


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda tok: pickle.loads(pickle.dumps(tok))], ids=["copy", "pickle"])
def test_copies_have_parts_of_their_own(twin: Any, byte_level: GPT2Tokenizer) -> None:
    byte_level.backend_tokenizer.pre_tokenizer.add_prefix_space = True
    spaced = byte_level.encode("hello")
    other = twin(byte_level)
    assert other.encode("hello") == spaced
    other.backend_tokenizer.pre_tokenizer.add_prefix_space = False
    assert other.encode("hello") != spaced
    assert byte_level.encode("hello") == spaced


def test_anything_that_is_a_tokenizer_becomes_a_view(tok: TokenizersBackend) -> None:
    for source in (library(), tok, tok.backend_tokenizer, tok.backend_tokenizer.engine):
        made = view_of(source)
        assert isinstance(made, PipelineView)
        assert made is not tok.backend_tokenizer
        assert made.encode("hello world").ids == [1, 2]
    with pytest.raises(TypeError, match="a tokenizer was expected"):
        view_of("hello")


class Prepared(TokenizersBackend):
    """A class that prepares its pipeline before it calls ours."""

    def __init__(self, **kwargs: Any) -> None:
        self._tokenizer = library()
        self._tokenizer.normalizer = normalizers.Lowercase()
        super().__init__(unk_token="[UNK]", **kwargs)


def test_a_subclass_may_prepare_its_pipeline_first() -> None:
    tok = Prepared()
    assert tok.tokenize("HELLO world") == ["hello", "world"]
    assert tok.bos_token is None
