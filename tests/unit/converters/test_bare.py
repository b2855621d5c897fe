"""What a bare vocabulary means follows from its content: it is the class of that pipeline, or refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import (
    AddedToken,
    BertTokenizer,
    CLIPTokenizer,
    FormatError,
    GPT2Tokenizer,
    LoadError,
    RobertaTokenizer,
    Tokenizer,
    UnsupportedError,
    VocabularyError,
    spec,
)
from lexel.converters.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALPHABET = spec.byte_alphabet()
WORDS = ("Ġthe", "in", "ing", "'s", "12", "!!", "ĠĠ")
MERGES = [("Ġt", "he"), ("Ġ", "t"), ("h", "e"), ("i", "n"), ("in", "g"), ("'", "s"), ("1", "2"), ("!", "!"), ("Ġ", "Ġ")]


def byte_pairs(folder: Path, *specials: str, first: Sequence[str] = (), merges: Any = MERGES) -> Path:
    """Write a byte-level vocabulary and its merges; return the path of the vocabulary."""
    tokens = [*first, *ALPHABET, *dict.fromkeys("".join(pair) for pair in merges), *specials]
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}), "utf-8")
    lines = "".join(f"{left} {right}\n" for left, right in merges)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{lines}", "utf-8")
    return folder / "vocab.json"


def same(made: Any, expected: Any) -> None:
    assert type(made) is type(expected)
    ours, theirs = (json.loads(tok.backend_tokenizer.to_str()) for tok in (made, expected))
    assert ours == theirs
    assert made.special_tokens_map == expected.special_tokens_map


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_byte_pairs_are_gpt2_s_by_either_file(tmp_path: Path, name: str) -> None:
    path = byte_pairs(tmp_path, "<|endoftext|>")
    same(Tokenizer.from_file(path.with_name(name)), GPT2Tokenizer(vocab=path, merges=path.with_name("merges.txt")))
    assert read_spec(path.with_name(name)).config["tokenizer_class"] == "GPT2Tokenizer"


def test_names_of_the_first_release_and_prefixes(tmp_path: Path) -> None:
    path = byte_pairs(tmp_path, "<|endoftext|>")
    expected = Tokenizer.from_file(path).encode("the thing's 12!!")
    other = tmp_path / "other"
    other.mkdir()
    for vocab, merges in (("encoder.json", "vocab.bpe"), ("my-vocab.json", "my-merges.txt")):
        (other / vocab).write_bytes(path.read_bytes())
        (other / merges).write_bytes(path.with_name("merges.txt").read_bytes())
        for name in (vocab, merges):
            assert Tokenizer.from_file(other / name).encode("the thing's 12!!") == expected


def test_special_tokens_are_those_that_no_merge_makes(tmp_path: Path) -> None:
    path = byte_pairs(tmp_path, "<|endoftext|>", "<|im_start|>", merges=[*MERGES, ("<", "!!"), ("<!!", ">")])
    tok = Tokenizer.from_file(path)
    assert tok.encode("<|im_start|>in<!!>") == [len(tok) - 1, *tok.convert_tokens_to_ids(["in", "<!!>"])]
    assert tok.decode(tok.encode("<|im_start|>in<!!>"), skip_special_tokens=True) == "in<!!>"


def test_fairseqs_first_tokens_are_robertas(tmp_path: Path) -> None:
    path = byte_pairs(tmp_path, "<mask>", first=["<s>", "<pad>", "</s>", "<unk>"])
    mask = AddedToken("<mask>", lstrip=True, special=True)
    expected = RobertaTokenizer(vocab=path, merges=path.with_name("merges.txt"), mask_token=mask)
    same(Tokenizer.from_file(path), expected)


def test_both_alphabets_are_clips(tmp_path: Path) -> None:
    ends = [f"{letter}</w>" for letter in ALPHABET]
    path = byte_pairs(tmp_path, "<|startoftext|>", "<|endoftext|>", first=ends, merges=[("i", "n</w>")])
    same(Tokenizer.from_file(path), CLIPTokenizer(vocab=path, merges=path.with_name("merges.txt")))


def test_ends_of_words_in_lower_case_are_gpt1_s(tmp_path: Path) -> None:
    tokens = ["<unk>", *"abh", *(f"{letter}</w>" for letter in "abh"), "ab</w>"]
    (tmp_path / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b</w>\n")
    tok = Tokenizer.from_file(tmp_path / "vocab.json")
    assert tok.encode("AB ah!") == [7, 1, 6, 0]
    assert tok.decode([7, 1, 6]) == "ab ah"
    tokens += ["A</w>"]
    (tmp_path / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    with pytest.raises(UnsupportedError, match="holds 'A</w>', a capital letter"):
        Tokenizer.from_file(tmp_path / "vocab.json")


@pytest.mark.parametrize(("word", "lower"), [("hello", True), ("Hello", False)])
def test_pieces_are_berts_and_capitals_say_which(tmp_path: Path, word: str, lower: bool) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", word, "##s", ""]))
    tok = Tokenizer.from_file(path)
    same(tok, BertTokenizer(vocab=path, do_lower_case=lower))
    assert tok.encode("HELLO") == [2, 5 if lower else 1, 3]
    assert read_spec(path).config["do_lower_case"] is lower


def test_a_split_that_is_not_gpt2_s_is_refused(tmp_path: Path) -> None:
    path = byte_pairs(tmp_path, merges=[*MERGES, (".", "in"), (";", "Ċ")])
    with pytest.raises(
        UnsupportedError, match=r"2 of 11 merges make tokens that GPT-2's split would cut, such as '.in'"
    ):
        Tokenizer.from_file(path)


@pytest.mark.parametrize(
    ("files", "name", "error", "message"),
    [
        ({"vocab.json": '{"a": 0}'}, "vocab.json", LoadError, "the merges.txt that belongs to it is not beside it"),
        ({"merges.txt": "#version\na b\n"}, "merges.txt", LoadError, r"\(vocab.json\) is not beside it"),
        ({"vocab.json": '{"▁a": 0}', "source.spm": "x"}, "vocab.json", UnsupportedError, "MarianTokenizer"),
        ({"vocab.json": '{"a": 5, "b": 6}'}, "vocab.json", FormatError, "is an added_tokens.json: its ids begin at 5"),
        ({"vocab.json": '{"a": 0, "b": 0}'}, "vocab.json", VocabularyError, "belongs to two tokens, 'a' and 'b'"),
        ({"vocab.json": '{"日": 0}', "merges.txt": ""}, "vocab.json", UnsupportedError, "not written in the byte"),
        ({"vocab.txt": "<pad>\nhello\n"}, "vocab.txt", UnsupportedError, "no vocabulary of BERT: it has no .*UNK"),
        ({"vocab.txt": "[UNK]\n##s\n"}, "vocab.txt", UnsupportedError, "no vocabulary of BERT: it has no .*CLS"),
        (
            {"vocab.txt": "[UNK]\n[CLS]\n[SEP]\n"},
            "vocab.txt",
            UnsupportedError,
            "no vocabulary of BERT: it has no '##'",
        ),
    ],
)
def test_what_the_content_does_not_say_is_refused(
    tmp_path: Path, files: dict[str, str], name: str, error: type[Exception], message: str
) -> None:
    for file, text in files.items():
        (tmp_path / file).write_text(text, "utf-8")
    with pytest.raises(error, match=message):
        Tokenizer.from_file(tmp_path / name)
