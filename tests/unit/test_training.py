from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import tokenizers
from tokenizers import models, trainers

from lexel import AddedToken, GPT2Tokenizer, LlamaTokenizer, TokenizersBackend, TrainingError

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["the quick brown fox jumps", "over the lazy dog", "the fox and the dog"] * 3


def model_of(tok: TokenizersBackend) -> Any:
    return json.loads(tok.backend_tokenizer.to_str())["model"]


def test_texts_and_batches_of_texts_are_one_corpus() -> None:
    tok = GPT2Tokenizer()
    one = tok.train_new_from_iterator(TEXTS, 290)
    assert tok.train_new_from_iterator([TEXTS[:4], TEXTS[4:]], 290).get_vocab() == one.get_vocab()
    assert tok.train_new_from_iterator(iter(TEXTS), 290, length=9).get_vocab() == one.get_vocab()


def test_the_result_is_a_new_tokenizer_of_the_same_kind() -> None:
    tok = LlamaTokenizer(padding_side="right", model_max_length=99, image_token="<image>", something="kept")
    new = tok.train_new_from_iterator(TEXTS, 60)
    assert len(tok) == 4
    assert (type(new), new.padding_side, new.model_max_length) == (LlamaTokenizer, "right", 99)
    assert new.init_kwargs["something"] == "kept"
    assert new.special_tokens_map == tok.special_tokens_map
    assert new.image_token_id is not None
    assert new.decode(new.encode("the fox")) == "the fox"
    stages = [json.loads(t.backend_tokenizer.to_str()) for t in (tok, new)]
    for name in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        assert stages[0][name] == stages[1][name]


def test_byte_level_vocabularies_begin_with_all_bytes() -> None:
    new = GPT2Tokenizer().train_new_from_iterator(TEXTS, 280)
    assert len(new) == 280
    assert new.decode(new.encode("日本 😀")) == "日本 😀"


def test_special_tokens_are_renamed_and_added() -> None:
    tok = LlamaTokenizer(extra_special_tokens=["<x>"])
    tok.add_bos_token = True
    new = tok.train_new_from_iterator(
        TEXTS,
        60,
        new_special_tokens=["<n1>", AddedToken("<n2>", lstrip=True)],
        special_tokens_map={"<s>": "<bos>", "<unk>": "<?>"},
    )
    assert (new.bos_token, new.unk_token, new.eos_token) == ("<bos>", "<?>", "</s>")
    assert new.extra_special_tokens == ["<x>", "<n1>", "<n2>"]
    assert new.added_tokens_decoder[new.convert_tokens_to_ids("<n2>")] == AddedToken("<n2>", lstrip=True, special=True)
    assert new.encode("")[0] == new.bos_token_id, "the post-processor writes the new text"
    assert "<s>" not in new.get_vocab()


def test_a_nested_post_processor_gets_the_new_ids() -> None:
    tok = GPT2Tokenizer(bos_token="<bos>", unk_token="<unk>", eos_token="<eos>")
    library = tok.to_tokenizers()
    template = tokenizers.processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", library.token_to_id("<bos>"))]
    )
    byte_level = tokenizers.processors.ByteLevel(trim_offsets=False)
    tok.backend_tokenizer.post_processor = tokenizers.processors.Sequence([byte_level, template])
    new = tok.train_new_from_iterator(TEXTS, 270, special_tokens_map={"<bos>": "<begin>"})
    assert new.encode("")[0] == new.convert_tokens_to_ids("<begin>")


def test_settings_reach_the_trainer() -> None:
    tok = LlamaTokenizer()
    assert max(map(len, tok.train_new_from_iterator(TEXTS, 300, max_token_length=4).get_vocab())) == 5  # <unk>
    few = tok.train_new_from_iterator(TEXTS, 300, min_frequency=4)
    assert len(few) < len(tok.train_new_from_iterator(TEXTS, 300))
    assert len(tok.train_new_from_iterator(TEXTS, 300, show_progress=False)) > 0
    with pytest.raises(TypeError, match=r"unknown training settings \['colour'\]"):
        tok.train_new_from_iterator(TEXTS, 300, colour="red")


@pytest.mark.parametrize("texts", [[5], [["a", 5]], 5])
def test_what_is_no_text_is_a_type_error(texts: Any) -> None:
    with pytest.raises(TypeError):
        LlamaTokenizer().train_new_from_iterator(texts, 60)


def test_errors_of_the_corpus_pass() -> None:
    def broken() -> Any:
        yield "the"
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        LlamaTokenizer().train_new_from_iterator(broken(), 60)


def other(model: Any) -> TokenizersBackend:
    library = tokenizers.Tokenizer(model)
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    library.add_special_tokens(["[UNK]", "[CLS]"])
    library.post_processor = tokenizers.processors.BertProcessing(("[CLS]", 1), ("[CLS]", 1))
    return TokenizersBackend(tokenizer_object=library, unk_token="[UNK]", cls_token="[CLS]")


@pytest.mark.parametrize(
    "model",
    [
        models.WordPiece({"[UNK]": 0, "[CLS]": 1}, unk_token="[UNK]"),
        models.WordLevel({"[UNK]": 0, "[CLS]": 1}, unk_token="[UNK]"),
        models.Unigram([("[UNK]", 0.0), ("[CLS]", 0.0)], 0, False),
    ],
    ids=["WordPiece", "WordLevel", "Unigram"],
)
def test_other_models_train_in_the_library(model: Any) -> None:
    tok = other(model)
    new = tok.train_new_from_iterator(TEXTS, 60, special_tokens_map={"[CLS]": "[HEAD]"})
    ids = new.encode("the fox")
    assert ids[0] == ids[-1] == new.convert_tokens_to_ids("[HEAD]") == new.cls_token_id
    assert (new.unk_token, new.convert_tokens_to_ids("[UNK]")) == ("[UNK]", new.unk_token_id)
    assert 2 < len(new) <= 60
    with pytest.raises(TypeError):
        tok.train_new_from_iterator(TEXTS, 40, colour="red")


def test_training_in_place_keeps_tokens_that_were_added() -> None:
    tok = LlamaTokenizer(extra_special_tokens=["<x>"])
    tok.backend_tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=50, show_progress=False))
    assert tok.encode("<x>") == [tok.convert_tokens_to_ids("<x>")]
    assert tok.bos_token_id == tok.convert_tokens_to_ids("<s>") >= 50
    assert sorted(tok.get_vocab().values()) == list(range(len(tok)))


def test_training_in_place_on_files(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("".join(f"{text}\n" for text in TEXTS), encoding="utf-8")
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    ours, library = LlamaTokenizer(), LlamaTokenizer().to_tokenizers()
    ours.backend_tokenizer.train([str(path)], trainer)
    library.train([str(path)], trainer)
    assert model_of(ours) == json.loads(library.to_str())["model"]


def test_affixes_are_trained() -> None:
    trainer = trainers.BpeTrainer(
        vocab_size=60, continuing_subword_prefix="##", end_of_word_suffix="</w>", show_progress=False
    )
    ours, library = LlamaTokenizer(), LlamaTokenizer().to_tokenizers()
    ours.backend_tokenizer.train_from_iterator(TEXTS, trainer)
    library.train_from_iterator(TEXTS, trainer)
    model, expected = model_of(ours), json.loads(library.to_str())["model"]
    assert (model["continuing_subword_prefix"], model["end_of_word_suffix"]) == ("##", "</w>")
    # The library gives the single characters their ids in any order.
    first = sum(len(token.replace("##", "").replace("</w>", "")) == 1 for token in expected["vocab"])
    assert set(list(model["vocab"])[:first]) == set(list(expected["vocab"])[:first])
    assert len(model["vocab"]) == len(expected["vocab"]) == 60
    assert ours.engine == "native"


def test_a_trainer_must_fit_the_model() -> None:
    with pytest.raises(TrainingError, match="a WordPieceTrainer cannot train a BPE model; use a BpeTrainer"):
        LlamaTokenizer().backend_tokenizer.train_from_iterator(TEXTS, trainers.WordPieceTrainer())
