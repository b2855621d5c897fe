"""Tokenizers of translation models: the language of a text, and that of what the model is to answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import (
    AutoTokenizer,
    M2M100Tokenizer,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartTokenizer,
    NllbTokenizer,
    PLBartTokenizer,
    SeamlessM4TTokenizer,
    VocabularyError,
)

if TYPE_CHECKING:
    from pathlib import Path


def ends(tok: Any, ids: list[int]) -> list[str]:
    """Return the special tokens of a row."""
    special = set(tok.all_special_tokens)
    return [token for token in tok.convert_ids_to_tokens(ids) if token in special]


@pytest.mark.parametrize(
    ("cls", "source", "target", "before"),
    [
        (MBartTokenizer, "ro_RO", "fr_XX", False),
        (MBart50Tokenizer, "ro_RO", "fr_XX", True),
        (NllbTokenizer, "ron_Latn", "fra_Latn", True),
    ],
)
def test_source_and_target(cls: Any, source: str, target: str, before: bool, tmp_path: Path) -> None:
    tok = cls(src_lang=source, tgt_lang=target).train_new_from_iterator(["a b c"] * 9, 300)

    def around(language: str) -> list[str]:
        return [language, "</s>"] if before else ["</s>", language]

    made = tok("a b", text_target="c")
    assert ends(tok, made["input_ids"]) == around(source)
    assert ends(tok, made["labels"]) == around(target)
    assert ends(tok, tok("a")["input_ids"]) == around(source), "the call left nothing behind"
    tok.src_lang = target
    assert ends(tok, tok.encode("a")) == around(target)
    tok.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert (type(again), again.src_lang, again.tgt_lang) == (cls, target, target)
    assert again.encode("a b") == tok.encode("a b")
    inputs = again._build_translation_inputs("a", return_tensors=None, src_lang=source, tgt_lang=target)
    assert inputs["forced_bos_token_id"] == again.convert_tokens_to_ids(target) == again.lang_code_to_id[target]
    assert again.id_to_lang_code[again.lang_code_to_id[source]] == source
    batch = again.prepare_seq2seq_batch(["a", "a b"], source, ["c", "c"], target)
    assert ends(again, batch["labels"][0]) == around(target)
    assert len(batch["input_ids"][0]) == len(batch["input_ids"][1])


def test_an_end_that_was_asked_for_stays() -> None:
    tok = NllbTokenizer()
    tok.add_bos_token = True
    assert sorted(ends(tok, tok("a")["input_ids"])[:2]) == ["<s>", "eng_Latn"]
    tok.src_lang = "fra_Latn"
    assert sorted(ends(tok, tok("a")["input_ids"])[:2]) == ["<s>", "fra_Latn"]


def test_old_order_of_nllb() -> None:
    tok = NllbTokenizer(legacy_behaviour=True)
    assert ends(tok, tok.encode("")) == ["</s>", "eng_Latn"]


def test_seamless_writes_translations_first() -> None:
    tok = SeamlessM4TTokenizer(additional_special_tokens=["__eng__", "__fra__", "__spa__"])
    assert tok.num_special_tokens_to_add() == 3
    assert ends(tok, tok("", src_lang="spa")["input_ids"]) == ["__spa__", "</s>"]
    assert (tok.src_lang, tok.tgt_lang) == ("__spa__", "__fra__")
    assert ends(tok, tok(text_target="", tgt_lang="eng")["input_ids"]) == ["</s>", "__eng__", "</s>"]


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "tokenizers" / "t5" / "spiece.model"


def test_m2m100(model: Path, tmp_path: Path) -> None:
    vocab = write(tmp_path / "vocab.json", {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "▁the": 4})
    tok = M2M100Tokenizer(vocab, model, src_lang="fr", tgt_lang="de")
    assert tok.convert_ids_to_tokens(tok("the")["input_ids"]) == ["__fr__", "▁the", "</s>"]
    assert tok.convert_ids_to_tokens(tok(text_target="the")["input_ids"]) == ["__de__", "▁the", "</s>"]
    assert tok.get_lang_id("fr") == tok("the")["input_ids"][0] == tok.convert_tokens_to_ids("__fr__")
    with pytest.raises(VocabularyError, match="no language of m2m100"):
        tok.src_lang = "xx"
    with pytest.raises(ValueError, match="language_codes should be one of"):
        M2M100Tokenizer(vocab, model, language_codes="klingon")


def test_plbart(model: Path) -> None:
    tok = PLBartTokenizer(model, src_lang="java", tgt_lang="python")
    assert tok.convert_ids_to_tokens(tok("the", text_target="the")["labels"])[-2:] == ["</s>", "__python__"]
    assert tok.convert_ids_to_tokens(tok("the")["input_ids"])[-2:] == ["</s>", "__java__"]
    with pytest.raises(VocabularyError, match="no language of this tokenizer"):
        tok.src_lang = "go"


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_marian_gives_the_reference_s_ids_and_texts(shared_data: Path) -> None:
    folder = shared_data / "tokenizers" / "marian-en-mg"
    tok = MarianTokenizer.from_pretrained(folder)
    inputs = {case["id"]: case for case in lines(shared_data / "inputs.jsonl")}
    for case in lines(folder / "golden.transformers.MarianTokenizer.jsonl"):
        given = inputs[case["id"]]
        texts = (given["text"], given.get("text_pair"))
        assert tok(*texts)["input_ids"] == case["ids"], case["id"]
        if "ids_no_special" in case:
            assert tok(*texts, add_special_tokens=False)["input_ids"] == case["ids_no_special"], case["id"]
        if "decoded" in case:
            assert tok.decode(case["ids"]) == case["decoded"], case["id"]
        if "decoded_skip" in case:
            assert tok.decode(case["ids"], skip_special_tokens=True) == case["decoded_skip"], case["id"]
    assert tok.remove_language_code(">>fr<< hi") == ([">>fr<<"], " hi")
    assert tok.normalize("") == ""
