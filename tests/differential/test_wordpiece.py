"""WordPiece and WordLevel against the original: small odd vocabularies, and real ones on words that are hard to cut."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential.compare import difference, original, ours, report
from tests.differential.strings import random_text
from tokenizers import Tokenizer

from lexel._lexel import Engine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential

ALPHABETS = ["ab", "ab#", "aé#b", "日本a語", "a\u0301e#", "\U0001f600\u200da"]
PREFIXES = ["", "#", "##", "▁", "a", "é", "##a", " "]
SPLITS: list[dict[str, Any] | None] = [
    None,
    {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"String": "#"}, "behavior": "MergedWithNext", "invert": False},
    {"type": "Split", "pattern": {"Regex": "[a-b]+|\\s"}, "behavior": "Isolated", "invert": False},
]


def _word(rng: random.Random, alphabet: str, longest: int) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(1, longest)))


def _model(rng: random.Random, alphabet: str) -> dict[str, Any]:
    """Return a model with an odd vocabulary: holes, an empty token, prefixes alone, perhaps no unknown token."""
    prefix = rng.choice(PREFIXES)
    words = [_word(rng, alphabet, 5) for _ in range(rng.randrange(20))]
    tokens = {rng.choice(("", prefix, prefix)) + word for word in words}
    tokens |= {extra for extra in ("", prefix, "[UNK]") if rng.random() < 0.5}
    ids = rng.sample(range(60), k=len(tokens))
    vocab = dict(zip(sorted(tokens), ids, strict=True))
    model: dict[str, Any] = {"type": "WordLevel", "vocab": vocab, "unk_token": rng.choice(("[UNK]", "[UNK]", "a"))}
    if rng.random() < 0.8:
        model |= {
            "type": "WordPiece",
            "continuing_subword_prefix": prefix,
            "max_input_chars_per_word": rng.choice((0, 1, 3, 9, 100, 1_000_000)),
        }
    return model


def _pipeline(model: dict[str, Any], split: dict[str, Any] | None) -> str:
    parts = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor", "decoder"))
    return json.dumps({"version": "1.0", "added_tokens": [], **parts, "pre_tokenizer": split, "model": model})


def _compare(what: str, seed: str, text: str, inputs: list[str]) -> None:
    engine, reference = Engine.from_json(text), Tokenizer.from_str(text)

    def check(line: str) -> str | None:
        expected = original(reference.encode, line)
        found = difference(ours(lambda: engine.encode_batch([line]).row(0)), expected)
        if found is None:
            ids = expected if "raised" in expected else {"value": expected["ids"]}
            found = difference(ours(engine.encode, line), ids)
        return found

    # Twice: the second time the pieces are in the cache.
    report(what, seed, inputs + inputs, check)


def test_odd_vocabularies(cases: int, seed: str) -> None:
    for number in range(max(20, cases // 10)):
        rng = random.Random(f"{seed}/wordpiece/{number}")
        alphabet = rng.choice(ALPHABETS)
        text = _pipeline(_model(rng, alphabet), rng.choice(SPLITS))
        lines = [" ".join(_word(rng, alphabet + "c", 14) for _ in range(rng.randint(0, 4))) for _ in range(12)]
        _compare(f"pipeline {number}: {text}", seed, text, lines)


@pytest.mark.parametrize("name", ["bert-base-uncased", "bert-base-multilingual-cased", "bert-base-chinese"])
def test_real_vocabularies(name: str, shared_data: Path, cases: int, seed: str) -> None:
    """Words made of tokens glued together, with and without the prefix, and random text between blanks."""
    file = json.loads((shared_data / "tokenizers" / name / "tokenizer.json").read_text(encoding="utf-8"))
    rng = random.Random(f"{seed}/{name}")
    tokens = list(file["model"]["vocab"])

    def glued() -> str:
        parts = rng.choices(tokens, k=rng.randint(1, 6))
        return "".join(part if rng.random() < 0.1 else part.removeprefix("##") for part in parts)

    lines = [" ".join(glued() for _ in range(rng.randint(1, 6))) for _ in range(cases // 2)]
    lines += [random_text(rng) for _ in range(cases // 2)]
    _compare(name, seed, _pipeline(file["model"], SPLITS[1]), lines)


@pytest.mark.parametrize("kind", ["WordPiece", "WordLevel"])
def test_a_missing_unknown_token_is_an_error_when_it_is_needed(kind: str) -> None:
    model: dict[str, Any] = {"type": kind, "vocab": {"a": 0}, "unk_token": "[UNK]"}
    if kind == "WordPiece":
        model |= {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
    engine = Engine.from_json(_pipeline(model, SPLITS[1]))
    assert engine.encode("a a") == [0, 0]
    with pytest.raises(Exception, match=r"unknown token \"\[UNK\]\"") as caught:
        engine.encode("a b")
    assert type(caught.value).__name__ == "VocabularyError"
