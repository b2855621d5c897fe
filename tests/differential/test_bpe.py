"""BPE against the original, option by option: random models, and the vocabularies that have affixes."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential.random_bpe import ALPHABETS, BYTE_LEVEL, text, tokenizer
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import FormatError, VocabularyError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential


def original(library: Tokenizer, string: str) -> Any:
    try:
        encoding = library.encode(string, add_special_tokens=False)
    except Exception:
        return None
    return encoding.ids, encoding.offsets, encoding.tokens


def ours(engine: Engine, string: str) -> Any:
    try:
        encoding = engine.encode_batch([string], add_special_tokens=False).row(0)
        ids = engine.encode(string, add_special_tokens=False)
    except VocabularyError:
        return None
    assert ids == encoding.ids, string
    return encoding.ids, encoding.offsets, encoding.tokens


def check(seed: int, strings: int, *, affixes: bool) -> None:
    rng = random.Random(seed)
    alphabet = rng.choice(ALPHABETS)
    content = tokenizer(rng, alphabet, affixes=affixes)
    library, engine = Tokenizer.from_str(content), Engine.from_json(content)
    for string in [text(rng, alphabet) for _ in range(strings)] * 2:
        assert ours(engine, string) == original(library, string), f"seed {seed}, {string!r}, {content}"


@pytest.mark.parametrize("affixes", [True, False], ids=["affixes", "plain"])
@pytest.mark.parametrize("start", range(0, 400, 100))
def test_random_models(start: int, affixes: bool) -> None:
    for seed in range(start, start + 100):
        check(seed, 40, affixes=affixes)


@pytest.mark.slow
@pytest.mark.parametrize("affixes", [True, False], ids=["affixes", "plain"])
@pytest.mark.parametrize("start", range(1000, 11000, 1000))
def test_many_random_models(start: int, affixes: bool) -> None:
    for seed in range(start, start + 1000):
        check(seed, 60, affixes=affixes)


WORDS = {
    "type": "Split",
    "pattern": {"Regex": r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"},
    "behavior": "Removed",
    "invert": True,
}


@pytest.mark.parametrize("splitter", [WORDS, BYTE_LEVEL, None], ids=["words", "byte level", "whole"])
@pytest.mark.parametrize("name", ["clip-vit", "openai-gpt"])
def test_real_vocabularies_with_a_suffix(shared_data: Path, name: str, splitter: dict[str, Any] | None) -> None:
    """Both vocabularies in every surrounding; their whole files have tests of their own."""
    folder = shared_data / "tokenizers" / name
    if (folder / "tokenizer.json").exists():
        model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    else:
        merges = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
        model = {
            "type": "BPE",
            "unk_token": "<unk>",
            "end_of_word_suffix": "</w>",
            "vocab": json.loads((folder / "vocab.json").read_text(encoding="utf-8")),
            "merges": [line for line in merges if line],
        }
    content = json.dumps({"version": "1.0", "added_tokens": [], "pre_tokenizer": splitter, "model": model})
    library, engine = Tokenizer.from_str(content), Engine.from_json(content)
    for corpus in sorted((shared_data / "corpora").glob("*.txt")):
        for line in corpus.read_text(encoding="utf-8")[:100_000].lower().splitlines(keepends=True)[:300]:
            assert ours(engine, line) == original(library, line), line


VOCAB = {"a": 0, "b": 1, "c": 2, "ab": 3, "a b": 4, "a bc": 5, "bc": 6, "#version:": 7, " ": 8, "abc": 9, "": 10}


def stated(**fields: Any) -> str:
    return json.dumps({"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": VOCAB, **fields}})


@pytest.mark.parametrize(
    "merges",
    [
        ["a b", "b c"],
        ["#version: 0.2", "a b", "#version: a b"],
        [["a b", "c"], ["b", "c"], ["a", "b"]],
        [" "],
        [["", ""], ["a", "b"]],
        ["a b", "b c", "a b"],
        ["b c", "a b", "b c"],
    ],
)
def test_every_form_of_merges(merges: list[Any]) -> None:
    """The last of equal merges counts; lines with a version do not."""
    content = stated(merges=merges)
    library, engine = Tokenizer.from_str(content), Engine.from_json(content)
    for string in ["abc", "a bc", "aab", "#version: x", "zab"]:
        assert ours(engine, string) == original(library, string)
    assert json.loads(engine.to_json())["model"] == json.loads(library.to_str())["model"]


@pytest.mark.parametrize(
    "merges",
    [["a b", "a b c"], ["a  b"], [["a"]], [["a", "b", "c"]], ["a b", ["b", "c"]], [["b", "c"], "a b"], [["b", 1]]],
)
def test_merges_that_are_refused(merges: Any) -> None:
    with pytest.raises(FormatError, match=rf"model\.merges\[{len(merges) - 1}\]: "):
        Engine.from_json(stated(merges=merges))
    with pytest.raises(Exception, match=r"."):
        Tokenizer.from_str(stated(merges=merges))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"merges": ["z b"]}, 'model.merges: merge 0 joins "z" and "b", but "z" is not in the vocabulary'),
        ({"merges": ["b a"]}, 'but their result "ba" is not in the vocabulary'),
        (
            {"merges": ["a b"], "continuing_subword_prefix": "##"},
            '"b" does not start with the continuing_subword_prefix "##"',
        ),
    ],
)
def test_merges_and_vocabulary_that_contradict_each_other(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(VocabularyError, match=re.escape(message)):
        Engine.from_json(stated(**fields))
