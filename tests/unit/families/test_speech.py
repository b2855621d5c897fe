"""Tokenizers of speech models: ids of time steps, numbers in words, canonical texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lexel import GPT2Tokenizer, LasrTokenizer, LoadError, ParakeetTokenizer, SiglipTokenizer, Wav2Vec2CTCTokenizer
from lexel.families.english_numbers import EnglishNumberNormalizer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    path = tmp_path / "vocab.json"
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"HELO"]
    path.write_text(json.dumps({letter: index for index, letter in enumerate(letters)}), "utf-8")
    return path


def test_steps_become_characters_and_words(vocab: Path) -> None:
    tok = Wav2Vec2CTCTokenizer(vocab)
    steps = [5, 5, 6, 0, 7, 7, 0, 7, 8, 4, 4, 5, 6]
    assert tok.decode(steps) == "HELLO HE"
    assert tok.decode(steps, group_tokens=False) == "HHELLLO  HE"
    heard = tok.decode(steps, output_char_offsets=True, output_word_offsets=True)
    assert heard.text == heard["text"] == "HELLO HE"
    assert heard.char_offsets[0] == {"char": "H", "start_offset": 0, "end_offset": 2}
    assert heard.word_offsets == [
        {"word": "HELLO", "start_offset": 0, "end_offset": 9},
        {"word": "HE", "start_offset": 11, "end_offset": 13},
    ]
    both = tok.batch_decode([steps, [5]], output_word_offsets=True)
    assert both.text == ["HELLO HE", "H"]
    assert both.keys() == ["text", "word_offsets"]
    assert tok.batch_decode([steps, []]) == ["HELLO HE", ""]


def test_languages(vocab: Path, tmp_path: Path) -> None:
    letters = json.loads(vocab.read_text("utf-8"))
    several = tmp_path / "several.json"
    several.write_text(json.dumps({"eng": letters, "fra": {**letters, "É": 9}}), "utf-8")
    tok = Wav2Vec2CTCTokenizer(several, target_lang="eng")
    assert tok("É")["input_ids"] == [3]
    tok.set_target_lang("fra")
    assert (tok("É")["input_ids"], tok.init_kwargs["target_lang"]) == ([9], "fra")
    with pytest.raises(ValueError, match=r"xyz does not exist\. Choose one of eng, fra"):
        tok.set_target_lang("xyz")
    with pytest.raises(ValueError, match="one vocabulary"):
        Wav2Vec2CTCTokenizer(vocab).set_target_lang("fra")
    with pytest.raises(LoadError, match="vocab_file="):
        Wav2Vec2CTCTokenizer(tmp_path / "nothing.json")


def test_repeated_ids_count_once(tmp_path: Path) -> None:
    trained = GPT2Tokenizer().train_new_from_iterator(["a b"], 300)
    trained.add_special_tokens({"pad_token": "<pad>"})
    trained.save_pretrained(tmp_path)
    tok = ParakeetTokenizer.from_pretrained(tmp_path)
    (a,), (b,), pad = tok.encode("a"), tok.encode("b"), tok.pad_token_id
    assert tok.decode([a, a, pad, a, b, b]) == "aab"
    assert tok.decode([[a, a], [b, pad, b]]) == ["a", "bb"]
    assert tok.decode([a, a, pad], group_tokens=False) == "aa"
    lasr = LasrTokenizer()
    assert lasr.decode([4, 4, 0, 5]) == "<extra_id_99><extra_id_98>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It costs $12", "It costs twelve dollars"),
        ("-€3.05", "minus three point zero five euros"),
        ("1,234,567", "one thousand two hundred and thirty four,five hundred and sixty seven"),
        ("50% of 1000000", "fifty percent of one million"),
        ("115", "one hundred and fifteen"),
        ("a1 2b", "a1 2b"),
        ("0", ""),
        ("9" * 40, "9" * 40),
    ],
)
def test_numbers_in_words(text: str, words: str) -> None:
    assert EnglishNumberNormalizer()(text) == words


def test_canonical_texts(shared_data: Path) -> None:
    tok = SiglipTokenizer(shared_data / "tokenizers" / "t5" / "spiece.model")
    assert tok.canonicalize_text(" A photo, of\na CAT! ") == "a photo of a cat"
    assert tok.canonicalize_text("A {}, b", keep_punctuation_exact_string="{}") == "a {} b"
    assert tok("A photo!")["input_ids"] == tok("a photo</s>")["input_ids"]
    assert tok.tokenize("</s>") == ["</s>"]
    assert tok.model_max_length == 64
    assert tok.decode(tok("a photo")["input_ids"]) == "a photo</s>"
