"""Vocabulary files of every format as an argument of a class, and as all there is in a folder."""

from __future__ import annotations

import base64
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.families.small_models import write

import lexel
from lexel import (
    AddedToken,
    BertTokenizer,
    GPT2Tokenizer,
    LlamaTokenizer,
    T5Tokenizer,
    TokenizersBackend,
    UnsupportedError,
    XLMRobertaTokenizer,
)
from lexel.converters.sentencepiece_model import ModelKind

if TYPE_CHECKING:
    from pathlib import Path

UNIGRAM = ModelKind.UNIGRAM


def folder(path: Path, name: str, kind: ModelKind, config: dict[str, Any], **symbols: tuple[str, ...]) -> Path:
    write(path / name, kind, **symbols)
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    return path


def test_a_model_gives_a_class_its_vocabulary_and_merges(tmp_path: Path) -> None:
    path = write(tmp_path / "tokenizer.model", own=("<user>",), control=("<ctl>",))
    tok = LlamaTokenizer(vocab=path)
    assert tok.tokenize("hi you<ctl>é") == ["▁hi", "▁you", "<ctl>", "<0xC3>", "<0xA9>"]
    ids = tok.encode("hi<user>you<ctl>")
    assert tok.decode(ids, skip_special_tokens=True) == "hi<user>you", "what users defined is text"
    assert tok.extra_special_tokens[-2:] == ["<ctl>", "<user>"]
    assert tok.vocab_size == len(tok)
    again = pickle.loads(pickle.dumps(tok))
    assert again.encode("hi<user>you") == tok.encode("hi<user>you")


@pytest.mark.parametrize(
    ("cls", "name", "kind", "config"),
    [
        (LlamaTokenizer, "tokenizer.model", ModelKind.BPE, {"legacy": True, "pad_token": "<pad>"}),
        (LlamaTokenizer, "tokenizer.model", ModelKind.BPE, {"additional_special_tokens": ["<x>"]}),
        (T5Tokenizer, "spiece.model", UNIGRAM, {"extra_ids": 3}),
        (XLMRobertaTokenizer, "sentencepiece.bpe.model", UNIGRAM, {"mask_token": "<M>"}),
    ],
)
def test_folder_file_and_argument_are_one(
    tmp_path: Path, cls: type[TokenizersBackend], name: str, kind: ModelKind, config: dict[str, Any]
) -> None:
    where = folder(tmp_path / "a", name, kind, {"tokenizer_class": cls.__name__, **config}, own=("<user>",))
    texts = ["hi you", " hi  <user>you", "<x>hi<M><extra_id_0>", "3, é", ""]
    from_folder = cls.from_pretrained(where)
    wanted = from_folder(texts)["input_ids"]
    made = {
        "argument": cls(vocab=str(where / name), **config),
        "vocab_file": cls(vocab_file=where / name, **config),
        "file": cls.from_pretrained(where / name, **config),
        "auto": lexel.AutoTokenizer.from_pretrained(where),
    }
    made["argument"].save_pretrained(tmp_path / "b")
    made["saved"] = cls.from_pretrained(tmp_path / "b")
    for how, tok in made.items():
        assert type(tok) is cls, how
        assert tok(texts)["input_ids"] == wanted, how
        assert tok.added_tokens_decoder == from_folder.added_tokens_decoder, how
    assert "vocab_file" not in (tmp_path / "b" / "tokenizer_config.json").read_text()


def test_families_put_the_pieces_in_order(tmp_path: Path) -> None:
    path = write(tmp_path / "x.model", UNIGRAM)
    t5 = T5Tokenizer(vocab=path, extra_ids=2)
    assert t5.convert_ids_to_tokens([0, 1, 2, len(t5) - 3, len(t5) - 2, len(t5) - 1])[:3] == ["<unk>", "<s>", "</s>"]
    assert t5.convert_tokens_to_ids("<extra_id_0>") == t5.vocab_size - 1
    xlmr = XLMRobertaTokenizer(vocab=path)
    assert xlmr.convert_ids_to_tokens(list(range(5))) == ["<s>", "<pad>", "</s>", "<unk>", "▁"]
    assert xlmr.convert_tokens_to_ids("<mask>") == len(xlmr) - 1
    pegasus = lexel.PegasusTokenizer(vocab=write(tmp_path / "y.model", UNIGRAM), offset=5, unk_token="<unk_2>")
    assert pegasus.convert_ids_to_tokens(list(range(8))) == [
        *("<pad>", "</s>", "<mask_1>", "<mask_2>", "<unk_2>", "<unk_3>", "<unk_4>", "</s>"),
    ]
    nllb = lexel.NllbTokenizer(vocab=write(tmp_path / "z.model"))
    assert nllb.convert_ids_to_tokens(list(range(5))) == ["<s>", "<pad>", "</s>", "<unk>", "<0x00>"]


def test_bare_vocabularies_of_both_kinds(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\nhi\n##y\n")
    assert BertTokenizer(vocab=tmp_path / "vocab.txt").tokenize("hiy") == ["hi", "##y"]
    (tmp_path / "pieces.txt").write_text("<unk>\n<s>\n</s>\n▁\nh\ni\nhi\n▁hi\n")
    assert LlamaTokenizer(vocab=tmp_path / "pieces.txt").tokenize("hi hi") == ["▁hi", "▁hi"], "merges are recovered"
    (tmp_path / "vocab.json").write_text(json.dumps({"<unk>": 0, "▁": 1, "h": 2, "i": 3, "hi": 4, "▁h": 5}))
    assert LlamaTokenizer(vocab=tmp_path / "vocab.json").tokenize("hi") == ["▁", "hi"]
    (tmp_path / "merges.txt").write_text("#version: 0.2\n▁ h\n")
    assert LlamaTokenizer(vocab=tmp_path / "vocab.json").tokenize("hi") == ["▁h", "i"], "those beside it count"
    pairs = [("[UNK]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("hi", 0.0)]
    assert BertTokenizer(vocab=pairs).get_vocab()["hi"] == 3


def test_special_tokens_take_no_part_in_recovered_merges() -> None:
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2, "<": 3, "s": 4, ">": 5, "<s": 6, "▁": 7}
    tok = LlamaTokenizer(vocab=vocab, add_prefix_space=False)
    assert tok.tokenize("<s", split_special_tokens=True) == ["<s"]
    assert ("<s", ">") not in tok.backend_tokenizer.engine.merges()


def test_files_that_state_how_texts_are_cut_bring_it_along(tmp_path: Path) -> None:
    ranks = [bytes([byte]) for byte in range(256)] + [b"hi", b" hi"]
    lines = (b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(ranks))
    (tmp_path / "x.tiktoken").write_bytes(b"".join(lines))
    tok = GPT2Tokenizer(vocab=tmp_path / "x.tiktoken", extra_special_tokens=["<x>"])
    assert tok.tokenize("hi hi<x>") == ["hi", "Ġhi", "<x>"]
    assert tok.convert_tokens_to_ids("<x>") == 258
    tok.save_pretrained(tmp_path / "saved")
    copy = GPT2Tokenizer(vocab=tmp_path / "saved" / "tokenizer.json")
    assert copy.encode("hi hi<x>") == tok.encode("hi hi<x>")
    for path in (tmp_path / "x.tiktoken", tmp_path / "saved" / "tokenizer.json"):
        with pytest.raises(UnsupportedError, match=rf"{path.name} is a .*BertTokenizer has a WordPiece model.*is BPE"):
            BertTokenizer(vocab=path)


def test_what_a_class_cannot_use_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.model")
    with pytest.raises(UnsupportedError, match="is a sentencepiece model, and BertTokenizer has a WordPiece model"):
        BertTokenizer(vocab=path)
    (tmp_path / "vocab.txt").write_text("[UNK]\nhi\n##y\n")
    with pytest.raises(UnsupportedError, match=r"vocab\.txt, and T5Tokenizer has a Unigram model: it has no scores"):
        T5Tokenizer(vocab=tmp_path / "vocab.txt")
    with pytest.raises(lexel.LoadError, match="nowhere"):
        LlamaTokenizer(vocab=tmp_path / "nowhere.model")


def test_without_a_class_pieces_are_renamed_and_spaces_stay(tmp_path: Path) -> None:
    config = {"tokenizer_class": "TokenizersBackend", "added_tokens_decoder": {"3": {"content": "<new>"}}}
    where = folder(tmp_path, "tokenizer.model", ModelKind.BPE, config, own=("<old>",))
    tok = TokenizersBackend.from_pretrained(where)
    assert tok.convert_tokens_to_ids("<new>") == 3
    assert tok.tokenize(" hi<new>hi") == ["▁hi", "<new>", "hi"]
    assert (tok.bos_token, tok.eos_token, tok.unk_token) == ("<s>", "</s>", "<unk>")
    assert AddedToken("<old>", normalized=False) in tok.added_tokens_decoder.values()


def test_a_class_of_ones_own_overrides_the_order(tmp_path: Path) -> None:
    class Backwards(XLMRobertaTokenizer):
        @classmethod
        def convert_from_spm(cls, vocab: Any = None, **kwargs: Any) -> dict[str, Any]:
            made = super().convert_from_spm(vocab, **kwargs)
            return {**made, "vocab": [*made["vocab"][:4], *reversed(made["vocab"][4:])]}

    where = folder(tmp_path, "sentencepiece.bpe.model", UNIGRAM, {})
    usual, own = XLMRobertaTokenizer.from_pretrained(where), Backwards.from_pretrained(where)
    assert own.tokenize("hi you") == usual.tokenize("hi you")
    assert own.convert_tokens_to_ids("▁") == len(own) - 1
    assert usual.convert_tokens_to_ids("▁") == 4


def test_the_pieces_of_xglm_are_in_the_order_of_its_models(tmp_path: Path) -> None:
    where = folder(tmp_path, "sentencepiece.bpe.model", UNIGRAM, {"tokenizer_class": "XGLMTokenizer"})
    tok = lexel.XGLMTokenizer.from_pretrained(where)
    assert tok.convert_ids_to_tokens(list(range(5))) == ["<s>", "<pad>", "</s>", "<unk>", "▁"]
    assert tok.convert_ids_to_tokens([len(tok) - 7, len(tok) - 1]) == ["<madeupword0>", "<madeupword6>"]
    assert tok.encode("hi é") == tok.convert_tokens_to_ids(["</s>", "▁hi", "▁", "<unk>"])
