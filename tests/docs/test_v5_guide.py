"""What the v5 migration guide shows its readers runs here: one test a row, on local files.

The guide names `tokenizers.model`; the classes are in `tokenizers.models`.
"""

from __future__ import annotations

import importlib
import json
import pickle
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.trainers import BpeTrainer

import lexel
from lexel import (
    AddedToken,
    AutoTokenizer,
    BatchEncoding,
    BertTokenizer,
    GPT2Tokenizer,
    LlamaTokenizer,
    TokenizersBackend,
    generate_merges,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["hey how are you?", "fine, and how are you?", "I am fine, thank you.", "how fine you are"] * 4


class Llama5Tokenizer(TokenizersBackend):
    """Row 1, as a reader of the guide writes it: no `**kwargs`, the library's objects, our base class."""

    def __init__(
        self,
        unk_token: str = "<unk>",
        bos_token: str = "<s>",
        eos_token: str = "</s>",
        vocab: dict[str, int] | None = None,
        merges: list[tuple[str, str]] | None = None,
    ) -> None:
        self._vocab = vocab or {str(unk_token): 0, str(bos_token): 1, str(eos_token): 2}
        self._merges = merges if merges is not None else generate_merges(self._vocab)
        self._tokenizer = LibraryTokenizer(BPE(vocab=self._vocab, merges=self._merges, fuse_unk=True))
        self._tokenizer.pre_tokenizer = Metaspace(replacement="▁", prepend_scheme="first", split=False)
        super().__init__(
            tokenizer_object=self._tokenizer, unk_token=unk_token, bos_token=bos_token, eos_token=eos_token
        )


def test_row_1_a_class_of_your_own(tmp_path: Path) -> None:
    empty = Llama5Tokenizer()
    assert (len(empty), bool(empty), empty.engine) == (3, True, "native")
    assert empty.bos_token_id == 1
    tok = empty.train_new_from_iterator(TEXTS, vocab_size=60)
    assert type(tok) is Llama5Tokenizer
    assert 3 < len(tok) <= 60
    ids = tok.encode("how are you")
    tok.pad_token = "</s>"
    tok.save_pretrained(tmp_path)
    again = Llama5Tokenizer.from_pretrained(tmp_path)
    assert type(again) is Llama5Tokenizer
    assert again.encode("how are you") == ids
    assert again.get_vocab() == tok.get_vocab()
    assert again.pad_token == "</s>", "settings the constructor has no parameter for arrive all the same"
    twin = pickle.loads(pickle.dumps(tok))
    assert (type(twin), twin.encode("how are you")) == (Llama5Tokenizer, ids)
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["tokenizer_class"] == "Llama5Tokenizer"


def test_row_1_with_a_vocabulary() -> None:
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "a": 4, "b": 5, "ab": 6, "▁ab": 7}
    tok = Llama5Tokenizer(vocab=vocab)
    assert tok.tokenize("ab") == ["▁ab"]
    assert Llama5Tokenizer(vocab=vocab, merges=[]).tokenize("ab") == ["▁", "a", "b"]


def test_row_2_an_empty_llama_tokenizer_is_trained() -> None:
    new = LlamaTokenizer().train_new_from_iterator(TEXTS, vocab_size=60)
    assert type(new) is LlamaTokenizer
    assert new.decode(new.encode("how are you")) == "how are you"
    tok = LlamaTokenizer()
    trainer = BpeTrainer(vocab_size=60, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    tok.backend_tokenizer.train_from_iterator(iter(TEXTS), trainer=trainer)
    assert tok.get_vocab() == new.get_vocab(), "in place, the same"
    assert tok.encode("how are you") == new.encode("how are you")
    assert (tok.unk_token_id, tok.bos_token_id, tok.eos_token_id) == (0, 1, 2)


def test_row_2_training_equals_the_library_s() -> None:
    tok = LlamaTokenizer()
    library = tok.to_tokenizers()
    trainer = BpeTrainer(vocab_size=80, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    library.train_from_iterator(TEXTS, trainer=trainer)
    tok.backend_tokenizer.train_from_iterator(TEXTS, trainer=trainer)
    assert json.loads(tok.backend_tokenizer.to_str())["model"] == json.loads(library.to_str())["model"]


def test_row_3_merges_are_not_checked_but_counted(caplog: pytest.LogCaptureFixture) -> None:
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2, "hello": 3, "world": 4}
    merges = [("h", "e"), ("l", "l"), ("o", " ")]
    tok = LlamaTokenizer(vocab=vocab, merges=merges)
    assert tok.get_vocab() == vocab
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "3 of 3 merges" in caplog.text
    with pytest.raises(lexel.VocabularyError, match="3 of 3 merges"):
        LlamaTokenizer(vocab=vocab, merges=merges, strict=True)


def test_row_4_a_vocabulary_may_be_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trained = GPT2Tokenizer().train_new_from_iterator(TEXTS, vocab_size=300)
    trained.save_vocabulary(str(tmp_path))
    vocab, merges = tmp_path / "vocab.json", tmp_path / "merges.txt"
    assert GPT2Tokenizer(vocab=str(vocab)).encode("how are you") == trained.encode("how are you"), "merges beside it"
    moved = merges.rename(tmp_path / "elsewhere.txt")
    assert GPT2Tokenizer(vocab=vocab, merges=moved).encode("how are you") == trained.encode("how are you")
    moved.unlink()
    generated = GPT2Tokenizer(vocab=vocab)
    assert generated.get_vocab() == trained.get_vocab()
    assert generated.decode(generated.encode("how are you")) == "how are you"
    assert len(generated.tokenize("how are you")) < len("how are you"), "merges made from the vocabulary"
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhow\nare\n##n\n")
    bert = BertTokenizer(vocab=tmp_path / "vocab.txt")
    assert bert.tokenize("How aren") == ["how", "are", "##n"]
    assert caplog.records == []


def test_row_4_the_format_is_told_by_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "vocab.json"
    path.write_bytes(b"\xff\xfe no vocabulary")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        GPT2Tokenizer(vocab=path)


def test_row_5_decode_mirrors_encode(shared_data: Path) -> None:
    tok = AutoTokenizer.from_pretrained(shared_data / "tokenizers" / "t5")
    rows = tok.encode(["hey how are you?", "fine"])
    assert tok.decode(rows) == ["hey how are you?</s>", "fine</s>"]
    assert tok.decode(rows, skip_special_tokens=True) == ["hey how are you?", "fine"]
    assert tok.decode(rows[0]) == "hey how are you?</s>"
    assert tok.decode(np.array(rows[1])) == "fine</s>"
    assert tok.decode(np.array([rows[1], rows[1]])) == ["fine</s>", "fine</s>"]


@pytest.fixture
def tok() -> GPT2Tokenizer:
    """A small trained tokenizer with a chat template."""
    made = GPT2Tokenizer(pad_token="<pad>").train_new_from_iterator(TEXTS, vocab_size=300)
    made.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    return made


def test_row_6_encode_plus_works_and_is_deprecated(tok: GPT2Tokenizer) -> None:
    with pytest.warns(DeprecationWarning, match=r"call the tokenizer itself"):
        assert tok.encode_plus("how", "are") == tok("how", "are")
    with pytest.warns(DeprecationWarning, match="batch_encode_plus"):
        assert tok.batch_encode_plus(["how", "are"], padding=True) == tok(["how", "are"], padding=True)
    assert tok.batch_encode_plus(batch_text_or_text_pairs=[("how", "are")]) == tok([("how", "are")]), "warned of once"


@pytest.mark.torch
def test_row_7_chat_gives_a_batch_encoding(tok: GPT2Tokenizer) -> None:
    pytest.importorskip("torch")
    made = tok.apply_chat_template([{"role": "user", "content": "hey"}], return_tensors="pt")
    assert isinstance(made, BatchEncoding)
    assert list(made.keys()) == ["input_ids", "attention_mask"]
    assert made["input_ids"].shape == made["attention_mask"].shape


def test_row_8_what_is_saved(tok: GPT2Tokenizer, tmp_path: Path) -> None:
    tok.add_bos_token = True
    tok.add_special_tokens({"extra_special_tokens": ["<x>"]})
    tok.save_pretrained(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "chat_template.jinja",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert not {"added_tokens_decoder", "add_bos_token", "add_eos_token"} & set(config)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert type(again) is GPT2Tokenizer
    assert again.add_bos_token is True, "it lives in the post-processor"
    assert again.encode("hey") == tok.encode("hey")


def test_row_8_old_files_are_read(tok: GPT2Tokenizer, tmp_path: Path) -> None:
    tok.save_pretrained(tmp_path)
    (tmp_path / "special_tokens_map.json").write_text(
        json.dumps(
            {
                "sep_token": {"content": "<sep>", "lstrip": True, "normalized": False, "special": True},
                "additional_special_tokens": ["<y>"],
            }
        )
    )
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again.sep_token == "<sep>"
    assert again.added_tokens_decoder[again.sep_token_id].lstrip is True
    assert again.extra_special_tokens == ["<y>"]


def test_row_9_flags_of_files_edit_nothing_and_flags_of_callers_do(tok: GPT2Tokenizer, tmp_path: Path) -> None:
    before = tok.encode("how")
    tok.add_prefix_space = True
    assert tok.encode("how") == before, "nothing is synchronised"
    tok.add_prefix_space = False
    tok.save_pretrained(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "add_prefix_space": True}))
    assert AutoTokenizer.from_pretrained(tmp_path).encode("how") == before
    assert AutoTokenizer.from_pretrained(tmp_path, add_prefix_space=True).encode("how") == tok.encode(" how")


@pytest.mark.parametrize(
    ("name", "real"),
    [
        ("LayoutLMTokenizer", "BertTokenizer"),
        ("LEDTokenizer", "BartTokenizer"),
        ("LEDTokenizer", "RobertaTokenizer"),
        ("LongformerTokenizer", "RobertaTokenizer"),
        ("LxmertTokenizer", "BertTokenizer"),
        ("MT5Tokenizer", "T5Tokenizer"),
        ("MvpTokenizer", "RobertaTokenizer"),
    ],
)
def test_row_10_names_of_equal_tokenizers(name: str, real: str) -> None:
    assert getattr(lexel, name) is getattr(lexel, real)
    assert getattr(lexel, f"{name}Fast") is getattr(lexel, real)


def test_row_11_special_tokens_map_has_the_named_ones(tok: GPT2Tokenizer) -> None:
    made = GPT2Tokenizer(pad_token="<pad>", additional_special_tokens=["<x>", "<y>"])
    assert made.special_tokens_map == {
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<pad>",
    }
    assert made.extra_special_tokens == ["<x>", "<y>"]
    assert made.extra_special_tokens_ids == [made.convert_tokens_to_ids("<x>"), made.convert_tokens_to_ids("<y>")]
    assert made.all_special_tokens == ["<|endoftext|>", "<pad>", "<x>", "<y>"]
    with pytest.warns(DeprecationWarning, match="now extra_special_tokens"):
        assert made.additional_special_tokens == ["<x>", "<y>"]
    assert GPT2Tokenizer(extra_special_tokens={"boi_token": "<b>"}).boi_token == "<b>"


def test_row_12_names_of_the_model_s_own() -> None:
    made = GPT2Tokenizer(image_token="<image>")
    assert made.image_token == "<image>"
    assert made.convert_ids_to_tokens(made.image_token_id) == "<image>"


def test_row_13_targets_are_labels(tok: GPT2Tokenizer) -> None:
    made = tok(["hey how"], text_target=["fine"], max_length=128, return_tensors="np")
    assert list(made) == ["input_ids", "attention_mask", "labels"]
    assert made["labels"].tolist() == [tok.encode("fine")]
    with pytest.warns(DeprecationWarning, match="labels"):
        assert made.pop("input_ids_target").tolist() == [tok.encode("fine")]
    assert list(made) == ["input_ids", "attention_mask"]


def test_row_14_a_target_alone(tok: GPT2Tokenizer) -> None:
    assert tok(text_target="fine") == tok("fine")


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("sanitize_special_tokens", "there is nothing to do"),
        ("prepare_seq2seq_batch", "text_target="),
        ("as_target_tokenizer", "text_target="),
        ("_switch_to_input_mode", "src_lang"),
    ],
)
def test_row_15_what_is_gone_names_what_replaced_it(tok: GPT2Tokenizer, name: str, instead: str) -> None:
    assert not hasattr(tok, name)
    with pytest.raises(AttributeError, match=f"GPT2Tokenizer has no attribute {name}: .*{instead}"):
        getattr(tok, name)


def test_row_15_words_is_word_ids(tok: GPT2Tokenizer) -> None:
    made = tok("hey how")
    with pytest.warns(DeprecationWarning, match="word_ids"):
        assert made.words() == made.word_ids()


@pytest.mark.parametrize(
    "name",
    [
        "prepare_for_model",
        "build_inputs_with_special_tokens",
        "truncate_sequences",
        "create_token_type_ids_from_sequences",
    ],
)
def test_row_16_methods_only_the_python_backend_has(tok: GPT2Tokenizer, name: str) -> None:
    with pytest.raises(AttributeError, match="only PythonBackend tokenizers have it"):
        getattr(tok, name)


class Letters(lexel.PythonBackend):
    """Row 18: a tokenizer in plain Python."""

    def __init__(self, **kwargs: Any) -> None:
        self._ids = {letter: index for index, letter in enumerate("?abcdefghijklmnopqrstuvwxyz ")}
        super().__init__(**{"unk_token": "?", "pad_token": "<pad>", **kwargs})

    @property
    def vocab_size(self) -> int:
        return len(self._ids)

    def get_vocab(self) -> dict[str, int]:
        return {**self._ids, **self.added_tokens_encoder}

    def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
        return list(text)

    def _convert_token_to_id(self, token: str) -> int:
        return self._ids.get(token, 0)

    def _convert_id_to_token(self, index: int) -> str | None:
        return next((letter for letter, place in self._ids.items() if place == index), None)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return "".join(tokens)


def test_row_18_a_tokenizer_in_plain_python(tmp_path: Path) -> None:
    tok = Letters(extra_special_tokens=["<x>"])
    assert tok.encode("ab <x>!") == [1, 2, 27, 29, 0]
    assert tok.decode([1, 2, 27, 29]) == "ab <x>"
    assert tok.decode([[1, 2], [29]], skip_special_tokens=True) == ["ab", ""]
    assert (tok.vocab_size, len(tok), tok.get_vocab()["<pad>"]) == (28, 30, 28)
    assert tok.convert_tokens_to_ids(["a", "<x>"]) == [1, 29]
    assert tok.convert_ids_to_tokens([1, 29]) == ["a", "<x>"]
    assert tok(["a", "abc"], padding=True, return_tensors="np")["input_ids"].tolist() == [[1, 28, 28], [1, 2, 3]]
    tok.save_pretrained(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer_config.json"], "added tokens are in the config"
    again = Letters.from_pretrained(tmp_path)
    assert again.encode("ab <x>!") == tok.encode("ab <x>!")
    assert again.extra_special_tokens == ["<x>"]
    assert type(pickle.loads(pickle.dumps(again))) is Letters


class FromScratch(lexel.PreTrainedTokenizerBase):
    """Row 18: every method its own, on the base class of all."""

    words = ("<unk>", "a", "b", "<pad>")

    def get_vocab(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    @property
    def vocab_size(self) -> int:
        return len(self.words)

    def __len__(self) -> int:
        return len(self.words)

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        return 0

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        return {}

    def tokenize(
        self, text: str, pair: str | None = None, add_special_tokens: bool = False, **kwargs: Any
    ) -> list[str]:
        return text.split()

    def _convert_token_to_id_with_added_voc(self, token: str) -> int:
        return self.words.index(token) if token in self.words else 0

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        return self.words[ids] if isinstance(ids, int) else [self.words[index] for index in ids]

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return " ".join(tokens)

    def _encode_plus(self, text: Any, text_pair: Any = None, **options: Any) -> BatchEncoding:
        if isinstance(text, list):
            return BatchEncoding({"input_ids": [self.convert_tokens_to_ids(self.tokenize(row)) for row in text]})
        return BatchEncoding({"input_ids": self.convert_tokens_to_ids(self.tokenize(text))})

    def _decode(self, token_ids: Any, skip_special_tokens: bool = False, *_: Any, **kwargs: Any) -> str:
        return self.convert_tokens_to_string(self.convert_ids_to_tokens(list(token_ids)))

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        return ()


def test_row_18_from_scratch_on_the_base_class(tmp_path: Path) -> None:
    tok = FromScratch(unk_token="<unk>", pad_token="<pad>", model_max_length=9)
    assert tok("a b c")["input_ids"] == tok.encode("a b c") == [1, 2, 0]
    assert tok.decode([1, 2]) == "a b"
    assert tok.decode([[1], [2, 0]]) == ["a", "b <unk>"]
    assert tok.pad([{"input_ids": [1, 2]}, {"input_ids": [1]}])["input_ids"] == [[1, 2], [1, 3]]
    assert "vocab_size=4" in repr(tok)
    tok.save_pretrained(tmp_path)
    again = FromScratch.from_pretrained(tmp_path)
    assert (again.model_max_length, again.pad_token_id, again.encode("b")) == (9, 3, [2])
    with pytest.raises(NotImplementedError, match="does not implement _encode_plus"):
        lexel.PreTrainedTokenizerBase()("a")


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("tokenization_utils", "PreTrainedTokenizer AddedToken BatchEncoding Trie"),
        ("tokenization_utils_fast", "PreTrainedTokenizerFast"),
        (
            "tokenization_utils_base",
            "PreTrainedTokenizerBase BatchEncoding PaddingStrategy TensorType",
        ),
        ("tokenization_python", "PythonBackend PreTrainedTokenizer"),
        ("convert_slow_tokenizer", "generate_merges bytes_to_unicode"),
    ],
)
def test_row_19_modules_under_their_old_names(module: str, names: str) -> None:
    found = importlib.import_module(f"lexel.compat.{module}")
    for name in names.split():
        assert hasattr(found, name), name
        assert getattr(found, name) is getattr(lexel, name, getattr(found, name))


def test_row_20_the_token_is_called_token(tmp_path: Path) -> None:
    for load in (AutoTokenizer, lexel.Tokenizer, LlamaTokenizer):
        with pytest.raises(TypeError, match="token="):
            load.from_pretrained(tmp_path, use_auth_token="x")


def test_row_21_answers_are_parsed(tok: GPT2Tokenizer) -> None:
    with pytest.raises(AttributeError, match="response_template"):
        tok.parse_response("hey")
    tok.response_template = {
        "defaults": {"role": "assistant"},
        "start_anchor": "A:",
        "fields": {"content": {"close": "."}},
    }
    assert tok.parse_response("hey.", prefix="A:") == {"role": "assistant", "content": "hey"}


def test_row_22_the_tokenizer_bert_once_had() -> None:
    legacy = importlib.import_module("lexel.families.bert_legacy")
    assert legacy.BasicTokenizer().tokenize("Hey, Straße!") == ["hey", ",", "straße", "!"]
    assert (
        legacy.WhitespaceTokenizer().tokenize(" a  b ") == ["a", "b"]
        if hasattr(legacy, "WhitespaceTokenizer")
        else True
    )
    pieces = legacy.WordpieceTokenizer(vocab={"how", "are", "##n"}, unk_token="[UNK]")
    assert pieces.tokenize("how aren xyz") == ["how", "are", "##n", "[UNK]"]


def test_no_call_of_today_warns(tok: GPT2Tokenizer, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tok(["hey", "how are you"], padding=True, truncation=True, max_length=8, return_tensors="np")
        tok.batch_decode(tok(["hey"])["input_ids"], clean_up_tokenization_spaces=True)
        tok.save_pretrained(tmp_path)
        AutoTokenizer.from_pretrained(tmp_path, use_fast=True, trust_remote_code=True)


def options_of(tok: Any) -> dict[str, Any]:
    return dict(tok.init_kwargs)


def test_every_setting_with_a_default_is_kept() -> None:
    kept = options_of(LlamaTokenizer())
    assert {"unk_token", "bos_token", "eos_token", "clean_up_tokenization_spaces", "add_prefix_space"} <= set(kept)
