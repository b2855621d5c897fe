"""Converters to objects of the `tokenizers` library, and what people override in them."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.families.small_models import write

from lexel import LlamaTokenizer, XLMRobertaTokenizer
from lexel.compat import convert_slow_tokenizer as module
from lexel.compat.convert_slow_tokenizer import SLOW_TO_FAST_CONVERTERS, convert_slow_tokenizer
from lexel.converters.sentencepiece_model import ModelKind

if TYPE_CHECKING:
    from pathlib import Path

IDS = {"<s>": 0, "<pad>": 1, "</s>": 2, "[CLS]": 2, "[SEP]": 3}


def standin(name: str, **attributes: Any) -> Any:
    """Return an object of a class of this name, as converters read it."""
    made = type(name, (), {})()
    made.convert_tokens_to_ids = IDS.get
    made.convert_ids_to_tokens = {0: "<unk>", 1: "<s>", 2: "</s>"}.get
    for key, value in attributes.items():
        setattr(made, key, value)
    return made


def test_the_registry_has_the_classes_of_the_reference() -> None:
    assert len(SLOW_TO_FAST_CONVERTERS) == 56
    assert {"BertTokenizer", "LlamaTokenizer", "T5Tokenizer", "XGLMTokenizer"} <= SLOW_TO_FAST_CONVERTERS.keys()
    assert all(issubclass(converter, module.Converter) for converter in SLOW_TO_FAST_CONVERTERS.values())
    assert SLOW_TO_FAST_CONVERTERS["Phi3Tokenizer"] is module.LlamaConverter


def test_vocabularies_without_a_model_file() -> None:
    vocab = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "hi": 4, "##y": 5}
    names = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "cls_token_id": 2, "sep_token_id": 3}
    bert = convert_slow_tokenizer(standin("ElectraTokenizer", vocab=vocab, **names))
    assert bert.encode("hiy", "hi").tokens == ["[CLS]", "hi", "##y", "[SEP]", "hi", "[SEP]"]
    basic = types.SimpleNamespace(do_lower_case=True, strip_accents=None, tokenize_chinese_chars=True)
    lower = convert_slow_tokenizer(standin("BertTokenizer", vocab=vocab, basic_tokenizer=basic, **names))
    assert lower.encode("HI").tokens == ["[CLS]", "hi", "[SEP]"]
    merges = {("h", "i"): 0}
    gpt2 = standin("GPT2Tokenizer", encoder={"h": 0, "i": 1, "hi": 2}, bpe_ranks=merges)
    assert convert_slow_tokenizer(gpt2).encode("hi").ids == [2]
    assert module.GPT2Converter(gpt2).converted({"a": 0, "b": 1, "ab": 2}, [("a", "b")]).encode("ab").ids == [2]


def test_models_and_the_hooks_around_them(tmp_path: Path) -> None:
    path = write(tmp_path / "x.model", ModelKind.UNIGRAM)
    made = convert_slow_tokenizer(standin("XLMRobertaTokenizer", vocab_file=str(path)))
    assert made.encode("hi you").tokens == ["<s>", "▁hi", "▁you", "</s>"]

    class Loud(module.XLMRobertaConverter):
        def vocab(self, proto: Any) -> list[tuple[str, float]]:
            return [(piece.upper() if piece.isalpha() else piece, score) for piece, score in super().vocab(proto)]

        def normalizer(self, proto: Any) -> Any:
            del proto
            from tokenizers import normalizers

            return normalizers.Replace("h", "H")

        def post_processor(self) -> Any:
            return None

    assert Loud(standin("x", vocab_file=path)).converted().encode("h").tokens == ["▁", "H"]


def test_merges_by_score_and_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "x.model", own=("<user>",))
    llama = standin("LlamaTokenizer", vocab_file=path, legacy=False, add_prefix_space=True)
    made = convert_slow_tokenizer(llama)
    assert made.encode("hi é").tokens == ["▁hi", "▁", "<0xC3>", "<0xA9>"]
    assert made.decode(made.encode("hi é").ids) == "hi é"
    vocab, merges = module.SentencePieceExtractor(path).extract([("hi", -1.0), ("▁hi", -2.0)])
    assert merges == [("h", "i"), ("▁h", "i"), ("▁", "hi")]
    assert vocab["<user>"] == 3


def test_tokenizers_of_ours_give_their_pipeline() -> None:
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "h": 4, "i": 5, "hi": 6, "▁hi": 7}
    tok = LlamaTokenizer(vocab=vocab)
    assert convert_slow_tokenizer(tok).encode("hi").ids == tok.encode("hi")


def test_what_nothing_converts_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hi\nyou\n")
    for path in (None, str(tmp_path / "x.txt")):
        with pytest.raises(ValueError, match=r"NoSuchTokenizer has no converter.*Converters: \['AlbertTokenizer'"):
            convert_slow_tokenizer(standin("NoSuchTokenizer", vocab_file=path))


def test_a_converter_in_the_registry_orders_the_pieces_of_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Moved(module.XLMRobertaConverter):
        @classmethod
        def convert_from_spm(cls, vocab: Any = None, **kwargs: Any) -> dict[str, Any]:
            made = super().convert_from_spm(vocab, **kwargs)
            return {**made, "vocab": [*made["vocab"], ("new", 0.0)]}

    write(tmp_path / "sentencepiece.bpe.model", ModelKind.UNIGRAM)
    usual = XLMRobertaTokenizer.from_pretrained(tmp_path)
    monkeypatch.setitem(SLOW_TO_FAST_CONVERTERS, "XLMRobertaTokenizer", Moved)
    own = XLMRobertaTokenizer.from_pretrained(tmp_path)
    assert own.convert_tokens_to_ids("new") == len(usual)
