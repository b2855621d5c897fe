"""Whisper: what stands before a text, times among tokens, and texts made comparable; expected values are measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lexel import AddedToken, AutoTokenizer, WhisperTokenizer
from lexel.families.whisper_languages import CODES
from lexel.families.whisper_normalizer import normalize_english, normalize_text

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{code}|>" for code in CODES),
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small tokenizer with the tokens of the large ones, in their order."""
    path = tmp_path_factory.mktemp("whisper")
    tok = WhisperTokenizer().train_new_from_iterator(["the quick brown fox jumps over the lazy dog"], 290)
    tok.add_special_tokens({"extra_special_tokens": NAMES[1:]})
    tok.add_tokens([AddedToken(f"<|{step * 0.02:.2f}|>") for step in range(1501)])
    tok.set_prefix_tokens()
    tok.english_spelling_normalizer = {"colour": "color"}
    assert [written.rsplit("/", 1)[1] for written in tok.save_pretrained(path)][-1] == "normalizer.json"
    return path


@pytest.fixture
def tok(folder: Path) -> WhisperTokenizer:
    return WhisperTokenizer.from_pretrained(folder)


def tokens(tok: WhisperTokenizer, ids: Any) -> list[str]:
    return list(tok.convert_ids_to_tokens(ids))


def test_a_text_begins_with_the_start(tok: WhisperTokenizer) -> None:
    assert tokens(tok, tok.encode("")) == ["<|startoftranscript|>", "<|notimestamps|>", "<|endoftext|>"]
    assert tok.prefix_tokens == tok.encode("")[:-1]
    assert tok.num_special_tokens_to_add() == 3


@pytest.mark.parametrize("language", ["es", "ES", "spanish", "Spanish", "castilian"])
def test_language_and_task_stand_before_a_text(folder: Path, language: str) -> None:
    loaded = WhisperTokenizer.from_pretrained(folder, language=language, task="translate", predict_timestamps=True)
    expected = ["<|startoftranscript|>", "<|es|>", "<|translate|>"]
    assert tokens(loaded, loaded.prefix_tokens) == expected
    assert tokens(loaded, loaded.encode("")) == [*expected, "<|endoftext|>"]
    later = WhisperTokenizer.from_pretrained(folder)
    later.set_prefix_tokens(language=language, task="translate", predict_timestamps=True)
    assert later("a", "b", return_token_type_ids=True) == loaded("a", "b", return_token_type_ids=True)
    assert later.build_inputs_with_special_tokens([1], [2]) == [*later.prefix_tokens, 1, 2, later.eos_token_id]
    assert later.get_special_tokens_mask([1], [2]) == [1, 1, 1, 0, 0, 1]
    forced = later.get_decoder_prompt_ids(task="transcribe", language="french")
    assert [(place, later.convert_ids_to_tokens(index)) for place, index in forced] == [
        (1, "<|fr|>"),
        (2, "<|transcribe|>"),
        (3, "<|notimestamps|>"),
    ]


def test_the_prefix_is_saved(folder: Path, tmp_path: Path) -> None:
    tok = WhisperTokenizer.from_pretrained(folder, language="german")
    tok.set_prefix_tokens(task="transcribe")
    tok.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert isinstance(again, WhisperTokenizer)
    assert again.encode("fox") == tok.encode("fox")
    assert (again.language, again.task, again.predict_timestamps) == ("german", "transcribe", False)
    assert again.english_spelling_normalizer == {"colour": "color"}
    assert "normalizer_file" not in json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))


@pytest.mark.parametrize("given", [{"language": "xx"}, {"language": "klingon"}, {"task": "sing"}])
def test_what_whisper_has_not_is_refused(tok: WhisperTokenizer, given: dict[str, Any]) -> None:
    before = tok.encode("fox")
    with pytest.raises(ValueError, match=r"Unsupported (language|task)"):
        tok.set_prefix_tokens(**given)
    assert (tok.language, tok.task, tok.encode("fox")) == (None, None, before)


def test_times_are_left_out_or_written(tok: WhisperTokenizer) -> None:
    zero = tok.timestamp_ids()[0]
    assert len(tok.timestamp_ids()) == 1501
    fox, dog = (tok.encode(text, add_special_tokens=False) for text in (" the fox", " the dog"))
    ids = [*tok.prefix_tokens[:1], zero, *fox, zero + 100, zero + 100, *dog, zero + 275, *tok.encode("")[-1:]]
    assert tok.decode(ids, skip_special_tokens=True) == " the fox the dog"
    assert tok.decode(np.array(ids)) == "<|startoftranscript|> the fox the dog<|endoftext|>"
    written = "<|0.00|> the fox<|2.00|><|2.00|> the dog<|5.50|>"
    assert tok.decode(ids, skip_special_tokens=True, decode_with_timestamps=True) == written
    made = tok.decode(ids, skip_special_tokens=True, output_offsets=True)
    assert made["text"] == " the fox the dog"
    assert made["offsets"] == [
        {"text": " the fox", "timestamp": (0.0, 2.0)},
        {"text": " the dog", "timestamp": (2.0, 5.5)},
    ]
    assert tok.batch_decode([ids, fox], skip_special_tokens=True) == [" the fox the dog", " the fox"]
    both = tok.decode([ids, fox], skip_special_tokens=True, output_offsets=True)
    assert both == [made, {"text": " the fox", "offsets": []}]


def test_times_go_on_in_the_next_window(tok: WhisperTokenizer) -> None:
    zero = tok.timestamp_ids()[0]
    fox, dog = (tok.encode(text, add_special_tokens=False) for text in (" fox", " dog"))
    spoken = [zero, *fox, zero + 1400, zero, *dog, zero + 50]
    assert tok.decode(spoken, decode_with_timestamps=True) == "<|0.00|> fox<|28.00|><|30.00|> dog<|31.00|>"
    last = tok.decode(spoken, output_offsets=True)["offsets"]
    assert [entry["timestamp"] for entry in last] == [(0.0, 28.0), (30.0, 31.0)]
    again = [zero, *fox, zero + 100, zero + 100, zero, *dog, zero + 50]
    assert tok.decode(again, decode_with_timestamps=True) == "<|0.00|> fox<|2.00|><|2.00|> dog<|3.00|>"


def test_a_prompt_is_not_part_of_the_text(tok: WhisperTokenizer) -> None:
    prompt = tok.get_prompt_ids("the fox ")
    assert prompt.dtype == np.int64
    assert tokens(tok, prompt)[0] == "<|startofprev|>"
    assert tok.get_prompt_ids("the fox", return_tensors=None) == prompt.tolist()
    ids = [*prompt.tolist(), *tok.encode("lazy dog")]
    assert tok.decode(ids, skip_special_tokens=True) == "lazy dog"
    assert tok.decode([ids, ids], skip_special_tokens=True) == ["lazy dog"] * 2
    assert tok.decode(prompt, skip_special_tokens=True) == ""
    assert "the fox" in tok.decode(ids)
    with pytest.raises(ValueError, match=r"disallowed special token: <\|nospeech\|>"):
        tok.get_prompt_ids("a <|nospeech|> b")


def test_decoded_texts_are_made_comparable(tok: WhisperTokenizer) -> None:
    ids = tok.encode("The COLOUR of one café's fox,")
    assert tok.decode(ids, skip_special_tokens=True, normalize=True) == "the color of one cafe is fox"
    assert tok.decode(ids, skip_special_tokens=True, basic_normalize=True) == "the colour of one café s fox "
    assert "cafe " in tok.decode(ids, skip_special_tokens=True, basic_normalize=True, remove_diacritics=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Park visited mrs. O'Brien's colour shop, didn't he?",
         "mister park visited missus 0 brien is color shop did not he"),
        ("I've got twenty one dollars and five cents", "i have got $21.05"),
        ("two point five million people", "2500000 people"),
        ("one oh one dalmatians", "101 dalmatians"),
        ("nineteen eighty four", "1984"),
        ("the twenty first of may nineteen sixties", "the 21st of may 1960s"),
        ("double oh seven", "007"),
        ("triple five", "555"),
        ("minus twenty percent", "-20%"),
        ("five per cent of 1,000 euros", "5% of €1000"),
        ("two and a half hours", "2.5 hours"),
        ("fox and a half", "fox and a half"),
        ("a hundred and twenty", "a 120"),
        ("one two three", "123"),
        ("twenty twenty", "2020"),
        ("[noise] hello (laughs) <i>there</i>", "hello there"),
        ("um uh hmm well", "well"),
        ("$20 million and ¢7", "$20000000.07"),
        ("£3.50 and 20%", "£3.50 and 20%"),
        ("point hundred", "100"),
        ("negative cat", "negative cat"),
        ("ten thousandths", "10 thousandths"),
        ("sixes and ones", "6s and ones"),
        ("3.14 point one four", "3.14.14"),
        ("thirty second", "32nd"),
        ("it's 7:30 p.m.", "it is 7 30 p m"),
        ("zero point o five", "0.05"),
        ("Straße café œuvre", "strasse cafe oeuvre"),
        ("per person", "per person"),
        ("three hundred thousand two hundred", "300200"),
        ("a 1960s 2nd 3rdrate", "a 1960s 2nd 3 rdrate"),
        ("", ""),
    ],
)  # fmt: skip
def test_english_texts(text: str, expected: str) -> None:
    assert normalize_english(text, {"colour": "color"}) == expected


@pytest.mark.parametrize(
    ("text", "expected", "bare"),
    [
        ("Café [x] Ünï-cödé (y) ½", "café ünï cödé 1 2", "cafe uni code 1 2"),
        ("日本語。テキスト！", "日本語 テキスト ", "日本語 テキスト "),
        ("Hello,   WORLD", "hello world", "hello world"),
    ],
)
def test_texts_of_any_language(text: str, expected: str, bare: str) -> None:
    assert (normalize_text(text), normalize_text(text, remove_diacritics=True)) == (expected, bare)


def test_the_original_s_files(shared_data: Path) -> None:
    tok: Any = AutoTokenizer.from_pretrained(shared_data / "tokenizers" / "whisper-large-v3", language="yue")
    assert type(tok) is WhisperTokenizer
    assert tok.prefix_tokens == [50258, 50358, 50364]
    assert tok.timestamp_ids()[:2] == [50365, 50366]
    assert tok.normalize("the colour") == "the color"
