"""The BPE trainer against the original's: same vocabulary, same ids, same merges, for every option.

Where the original leaves a choice to its hash maps there is no one answer to compare with. Most cases avoid these
choices: limits of the alphabet fall between different counts, and the tokens that prefixes and suffixes make are given
as special tokens, which fixes their ids. The last tests look at the choices themselves.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from lexel._lexel import Engine
from lexel.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.differential

Words = dict[str, int]
Options = dict[str, Any]
# vocabulary by id, merges, continuing_subword_prefix, end_of_word_suffix
Trained = tuple[list[str], list[list[str]], str | None, str | None]

ALPHABETS = ["a", "ab", "abc", "abcdefgh", "aAbB1, ", "né", "日本語の文字", "xyz\U0001f600é\u0301", "\0\x7f\u0100Ġ"]
SPECIAL = ["<s>", "a", "ab", "aa", "aab", "</s>", "b", "Z", "aaaa", "日本", "abab", "x\u0301"]
# An affix is a choice of (prefix, suffix); these do not occur in any word.
AFFIXES = [("##", None), (None, "</w>"), ("##", "</w>"), ("", None), (None, ""), ("", "</w>")]


def result(model: str) -> Trained:
    """Return what training decides about the model of a `tokenizer.json`."""
    parsed = json.loads(model)["model"]
    by_id = sorted(parsed["vocab"].items(), key=lambda item: item[1])
    assert [number for _, number in by_id] == list(range(len(by_id)))
    merges = [list(merge) for merge in parsed["merges"]]
    return [token for token, _ in by_id], merges, parsed["continuing_subword_prefix"], parsed["end_of_word_suffix"]


def original(texts: Iterable[str], options: Options, pre_tokenizer: Any = None) -> Trained:
    tokenizer = Tokenizer(models.BPE())
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(show_progress=False, **options))
    return result(tokenizer.to_str())


def ours(texts: Iterable[str], options: Options, pre_tokenizer: Any = None) -> Trained:
    tokenizer = Tokenizer(models.BPE())
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    special = [(token, False, False, False, False, True) for token in options.get("special_tokens", [])]
    engine = Engine.from_json(tokenizer.to_str())
    return result(engine.train_bpe(texts, **{**options, "special_tokens": special}).to_json())


def texts(words: Words, rng: random.Random) -> list[str]:
    """Every word as often as it occurs, in any order."""
    repeated = [word for word, count in words.items() for _ in range(count)]
    rng.shuffle(repeated)
    return repeated


def corpus(rng: random.Random, alphabet: str) -> Words:
    """Few characters, so that everything repeats: random letters, runs of one letter, repeated groups."""
    shape, longest = rng.randrange(4), rng.choice([1, 2, 4, 8, 16, 60])
    words: Counter[str] = Counter()
    for _ in range(rng.choice([1, 2, 3, 5, 10, 30])):
        match shape:
            case 0:
                word = "".join(rng.choices(alphabet, k=rng.randint(0, longest)))
            case 1:
                word = rng.choice(alphabet) * rng.randint(1, longest)
            case 2:
                word = "".join(rng.choices(alphabet, k=rng.randint(1, 4))) * rng.randint(1, 1 + longest // 4)
            case _:
                word = "".join(rng.choice(alphabet) * rng.randint(1, 6) for _ in range(1 + longest // 4))
        words[word] += rng.choice([1, 1, 1, 2, 3, rng.randint(1, 9)])
    return dict(words)


def options(rng: random.Random) -> Options:
    chosen: Options = {"vocab_size": rng.choice([0, 3, 10, 20, 50, 100, 30000])}
    if rng.random() < 0.4:
        chosen["min_frequency"] = rng.choice([0, 1, 2, 3, 10])
    if rng.random() < 0.4:
        chosen["special_tokens"] = rng.choices(SPECIAL, k=rng.randint(0, 4))
    if rng.random() < 0.3:
        chosen["max_token_length"] = rng.choice([0, 1, 2, 3, 4, 5, 8, 16])
    if rng.random() < 0.3:
        chosen["initial_alphabet"] = rng.choices(["a", "b", "z", "日", "<", "éa"], k=rng.randint(0, 3))
    return chosen


def limit_alphabet(rng: random.Random, words: Words, chosen: Options) -> None:
    """Limit the alphabet where the last character kept is more frequent than the first one left out."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            counts[character] += count
    for character in chosen.get("initial_alphabet", []):
        counts[character[0]] = 1 << 40
    ranked = [0, *sorted(counts.values(), reverse=True), 0]
    limits = [at for at in range(len(ranked) - 1) if ranked[at] != ranked[at + 1] or ranked[at + 1] == 0]
    chosen["limit_alphabet"] = rng.choice([*limits, 0, 1000])


def add_affixes(rng: random.Random, words: Words, chosen: Options, affixes: tuple[str | None, str | None]) -> None:
    """Set prefix and suffix, and fix the ids of what they make."""
    prefix, suffix = affixes
    if prefix is not None:
        chosen["continuing_subword_prefix"] = prefix
    if suffix is not None:
        chosen["end_of_word_suffix"] = suffix
    before, after = prefix or "", suffix or ""
    characters = sorted(set("".join(words)))
    forms = [form for c in characters for form in (before + c, c + after, before + c + after)]
    rng.shuffle(forms)
    chosen["special_tokens"] = chosen.get("special_tokens", []) + forms


def case(seed: int) -> tuple[Words, Options]:
    rng = random.Random(seed)
    words, chosen = corpus(rng, rng.choice(ALPHABETS)), options(rng)
    if rng.random() < 0.3:
        limit_alphabet(rng, words, chosen)
    return words, chosen


def check(seeds: range, *, affixes: bool = False) -> None:
    for seed in seeds:
        rng = random.Random(-1 - seed)
        words, chosen = case(seed)
        if affixes:
            add_affixes(rng, words, chosen, rng.choice(AFFIXES))
        repeated = texts(words, rng)
        assert ours(repeated, chosen) == original(repeated, chosen), f"seed {seed}: {chosen} on {words}"


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_random_corpora_and_options(start: int) -> None:
    check(range(start, start + 100))


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_prefixes_and_suffixes(start: int) -> None:
    check(range(start, start + 100), affixes=True)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 11000, 1000))
def test_many_random_corpora_and_options(start: int) -> None:
    check(range(start, start + 1000))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 6000, 1000))
def test_many_prefixes_and_suffixes(start: int) -> None:
    check(range(start, start + 1000), affixes=True)


@pytest.mark.parametrize("seed", range(40))
def test_order_of_texts_does_not_matter(seed: int) -> None:
    words, chosen = case(seed)
    repeated = texts(words, random.Random(seed))
    assert ours(repeated, chosen) == ours(sorted(repeated), chosen)


@pytest.mark.parametrize("name", ["english", "code", "cjk", "multilingual"])
@pytest.mark.parametrize(
    "chosen",
    [
        {"vocab_size": 3000},
        {"vocab_size": 2000, "min_frequency": 3, "special_tokens": ["<s>", "the", "Ġthe"], "max_token_length": 6},
    ],
    ids=["plain", "options"],
)
def test_real_text(shared_data: Path, name: str, chosen: Options) -> None:
    text = (shared_data / "corpora" / f"{name}.txt").read_text(encoding="utf-8")[:300_000]
    lines = text.splitlines(keepends=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    assert ours(lines, chosen, byte_level) == original(lines, chosen, byte_level)


def test_whole_lines_as_words(shared_data: Path) -> None:
    lines = (shared_data / "corpora" / "code.txt").read_text(encoding="utf-8")[:60_000].splitlines()
    chosen = {"vocab_size": 1500, "min_frequency": 2}
    assert ours(lines, chosen) == original(lines, chosen)


def check_choice(words: Words, chosen: Options, rng: random.Random) -> None:
    """Ours must be one of the results that the original gives when asked again and again."""
    repeated = texts(words, rng)
    found = ours(repeated, chosen)
    assert any(found == original(repeated, chosen) for _ in range(300)), f"{chosen} on {words}: {found}"


@pytest.mark.parametrize("seed", range(60))
def test_ties_at_the_limit_of_the_alphabet(seed: int) -> None:
    rng = random.Random(seed)
    words, chosen = corpus(rng, rng.choice(["ab", "abc", "abcdef"])), options(rng)
    check_choice(words, {**chosen, "limit_alphabet": rng.randint(1, 4)}, rng)


@pytest.mark.parametrize("seed", range(60))
def test_affixes_that_are_also_text(seed: int) -> None:
    """The tokens of affixes come in the order of the words; merges may make them a second time."""
    rng = random.Random(seed)
    words, chosen = corpus(rng, rng.choice(["a#", "</w>ab", "abc"])), options(rng)
    words = dict(rng.sample(sorted(words.items()), min(2, len(words))))
    affix = rng.choice(["continuing_subword_prefix", "end_of_word_suffix"])
    chosen[affix] = rng.choice(["##", "#", "a", "</w>", ">", "b"])
    check_choice(words, chosen, rng)


@pytest.mark.parametrize(
    "model",
    [models.WordPiece({"a": 0}, unk_token="a"), models.WordLevel({"a": 0}, unk_token="a")],
    ids=["WordPiece", "WordLevel"],
)
def test_only_bpe_is_trained(model: Any) -> None:
    tokenizer = Tokenizer(model)
    with pytest.raises(TrainingError, match="the model is no BPE"):
        Engine.from_json(tokenizer.to_str()).train_bpe(["a"])
    with pytest.raises(Exception, match="can only train a BPE"):
        tokenizer.train_from_iterator(["a"], trainers.BpeTrainer(show_progress=False))
