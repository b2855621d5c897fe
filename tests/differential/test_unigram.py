"""Unigram against the original: random vocabularies full of ties, trained ones, real ones; short texts and long pieces.

Normalizer and decoder of the real files are left out: they have tests of their own, and so has each file as a whole.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential.compare import compare_batches, difference, original, ours, report
from tests.differential.references import CORPUS
from tests.differential.strings import random_text, random_texts
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from lexel._lexel import Engine
from lexel.errors import LexelError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.differential

Json = dict[str, Any]
METASPACE: Json = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
PRE_TOKENIZERS: list[Json | None] = [
    None,
    None,
    METASPACE,
    METASPACE | {"split": False},
    METASPACE | {"prepend_scheme": "first"},
    METASPACE | {"prepend_scheme": "never"},
    {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]},
    {"type": "Digits", "individual_digits": True},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True},
    {"type": "Split", "pattern": {"Regex": r"\s+"}, "behavior": "MergedWithNext", "invert": False},
    {"type": "Punctuation", "behavior": "Isolated"},
    {"type": "Whitespace"},
    {"type": "BertPreTokenizer"},
    {"type": "UnicodeScripts"},
    {"type": "CharDelimiterSplit", "delimiter": "a"},
]
NORMALIZERS: list[Json | None] = [
    None,
    None,
    {"type": "NFC"},
    {"type": "NFKC"},
    {"type": "NFD"},
    {"type": "Lowercase"},
    {"type": "Strip", "strip_left": True, "strip_right": True},
    {"type": "StripAccents"},
    {"type": "Prepend", "prepend": "▁"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
    {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    {"type": "Nmt"},
]
TRIMMING: Json = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
ROBERTA: Json = {"type": "RobertaProcessing", "sep": ["b", 1], "cls": ["a", 2]}
ROBERTA |= {"trim_offsets": True, "add_prefix_space": True}
ALPHABETS = ("ab", "abc▁ ", "aé☃▁\u0301", "abc \n\tdé日本語😀▁.1", "a\0b\x7f\u2028")
# Equal sums by many ways, sums that differ by the last bit, zeros, sums that overflow.
SCORES: list[Callable[[random.Random], float]] = [
    lambda rng: 0.0,
    lambda rng: -float(rng.randrange(4)),
    lambda rng: -rng.randrange(40) * 0.1,
    lambda rng: -rng.uniform(1, 15),
    lambda rng: rng.uniform(-5, 5),
    lambda rng: rng.choice((1e308, -1e308, 1.7e308, -1.7e308, 5e-324, 1e17, -1e17, 1.0)),
    lambda rng: -float(f"{rng.uniform(1, 20):.6f}"),
]


def tokenizer_json(model: Json, rng: random.Random | None = None, **parts: Json | None) -> Json:
    content: Json = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": []}
    content |= {"normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None}
    if rng is not None:
        content["normalizer"] = rng.choice(NORMALIZERS)
        content["pre_tokenizer"] = rng.choice(PRE_TOKENIZERS)
        content["post_processor"] = rng.choice((None, None, TRIMMING, ROBERTA))
    return content | parts | {"model": {"type": "Unigram"} | model}


def random_model(rng: random.Random) -> Json:
    letters = rng.choice(ALPHABETS)
    score = rng.choice(SCORES)
    longest = rng.choice((2, 3, 3, 6, 12))
    words = [
        "".join(rng.choices(letters, k=rng.randint(1, longest))) for _ in range(rng.choice((0, 2, 6, 20, 60, 300)))
    ]
    words += [letter for letter in letters if rng.random() < 0.8]
    if rng.random() < 0.3:
        words += ["a" * n for n in range(1, rng.choice((4, 20)))]
    byte_fallback = rng.random() < 0.4
    if byte_fallback or rng.random() < 0.1:
        words += [f"<0x{byte:02X}>" for byte in range(256) if rng.random() < rng.choice((0.5, 0.9, 1.0))]
    if rng.random() < 0.2:
        words.append("")
    if rng.random() < 0.2:
        words += rng.choices(words or ["a"], k=3)
    rng.shuffle(words)
    unk_id = None
    if rng.random() < 0.85:
        unk_id = rng.randrange(len(words) + 1)
        # Nearly always a token of its own, at times any token.
        if rng.random() < 0.85 or unk_id == len(words):
            words.insert(unk_id, "<unk>")
    vocab = [[word, score(rng)] for word in words]
    return {"unk_id": unk_id, "vocab": vocab, "byte_fallback": byte_fallback}


def both(content: Json) -> tuple[Engine, Tokenizer] | None:
    """Compile on both sides; None where a stage is one the engine leaves to the original."""
    text = json.dumps(content)
    try:
        engine = Engine.from_json(text)
    except UnsupportedError:
        return None
    return engine, Tokenizer.from_str(text)


def encodes(engine: Engine, reference: Tokenizer) -> Callable[[str], str | None]:
    def check(text: str) -> str | None:
        mine = ours(lambda: engine.encode_batch([text]).row(0))
        found = difference(mine, original(reference.encode, text))
        if found is not None:
            return found
        ids = ours(engine.encode, text)
        return None if ids.get("value") == mine.get("ids") else f"encode() gives other ids: {ids}, {mine}"

    return check


def texts_for(rng: random.Random, model: Json, count: int) -> list[str]:
    """Random text, and text made of the model's tokens and letters."""
    words = [word for word, _ in model["vocab"]] or ["a"]
    letters = sorted(set("".join(words)) | {" ", "x", "é"})
    texts = []
    for _ in range(count):
        match rng.randrange(4):
            case 0:
                texts.append(random_text(rng, rng.sample(words, k=min(len(words), 3))))
            case 1:
                texts.append("".join(rng.choices(words, k=rng.randint(0, 8))))
            case _:
                texts.append("".join(rng.choices(letters, k=rng.randint(0, rng.choice((4, 12, 60))))))
    return texts


def test_random_models(cases: int, seed: str) -> None:
    compiled = 0
    for number in range(cases // 10):
        rng = random.Random(f"{seed}/unigram/{number}")
        model = random_model(rng)
        content = tokenizer_json(model, rng)
        sides = both(content)
        if sides is None:
            continue
        compiled += 1
        what = f"model {number}, {json.dumps(content, ensure_ascii=False)[:3000]}"
        report(what, seed, texts_for(rng, model, 30), encodes(*sides))
    assert compiled > cases // 40


@pytest.mark.parametrize("number", range(6))
def test_trained_models(number: int, cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/unigram/trained/{number}")
    tokenizer = Tokenizer(models.Unigram())
    if rng.random() < 0.6:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    size = rng.choice((300, 400, 600))
    trainer = trainers.UnigramTrainer(vocab_size=size, unk_token="<unk>", special_tokens=["<unk>"], show_progress=False)
    tokenizer.train_from_iterator(rng.choices(CORPUS, k=20), trainer)
    content = json.loads(tokenizer.to_str())
    sides = both(content)
    assert sides is not None
    inputs = random_texts(rng, cases // 4) + texts_for(rng, content["model"], cases // 4)
    report(f"trained {number}", seed, inputs, encodes(*sides))


@pytest.mark.parametrize("name", ["t5", "xlm-roberta", "xlnet-base-cased"])
def test_real_models(name: str, shared_data: Path, cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/unigram/{name}")
    content = json.loads((shared_data / "tokenizers" / name / "tokenizer.json").read_text(encoding="utf-8"))
    for pre_tokenizer in (content["pre_tokenizer"], METASPACE | {"split": False}, None):
        sides = both(content | {"normalizer": None, "decoder": None, "pre_tokenizer": pre_tokenizer})
        assert sides is not None
        engine, reference = sides
        texts = random_texts(rng, cases // 2, ["▁the", "</s>", "<unk>"]) + texts_for(rng, content["model"], cases // 2)
        batch, expected = engine.encode_batch(texts), reference.encode_batch(texts)
        compare_batches(name, seed, texts, map(batch.row, range(len(texts))), expected, encodes(engine, reference))
        ids = [encoding.ids for encoding in expected]
        assert engine.encode_batch(texts, offsets=False).lists("ids") == ids


@pytest.mark.parametrize("name", ["english", "cjk", "multilingual", "code"])
def test_a_long_piece(name: str, shared_data: Path) -> None:
    """A whole text in one piece: sums grow, roundings differ, and the best path is found all the same."""
    text = (shared_data / "corpora" / f"{name}.txt").read_text(encoding="utf-8")[:60_000]
    path = shared_data / "tokenizers" / "xlm-roberta" / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"normalizer": None, "decoder": None}
    sides = both(content | {"pre_tokenizer": METASPACE | {"split": False}})
    assert sides is not None
    assert encodes(*sides)(text) is None


def test_numbers_are_read_alike(seed: str) -> None:
    """To the last bit: a sum of scores decides between paths."""
    rng = random.Random(f"{seed}/unigram/numbers")
    numbers = [f"-{rng.uniform(0, 30)!r}" for _ in range(3000)]
    numbers += [f"-{rng.randrange(30)}.{rng.randrange(10**25)}" for _ in range(3000)]
    numbers += [f"{rng.randrange(1, 10**9)}e{rng.randint(-320, 290)}" for _ in range(3000)]
    numbers += ["0", "-0", "-0.0", "1", "-7", "18446744073709551616", "1e-400", "123456789012345678901234567890"]
    vocab = ", ".join(f'["w{i}", {number}]' for i, number in enumerate(numbers))
    text = json.dumps(tokenizer_json({"unk_id": 0, "vocab": []})).replace('"vocab": []', f'"vocab": [{vocab}]')
    mine = json.loads(Engine.from_json(text).to_json())["model"]["vocab"]
    theirs = json.loads(Tokenizer.from_str(text).to_str())["model"]["vocab"]
    wrong = [(number, a, b) for number, a, b in zip(numbers, mine, theirs, strict=True) if repr(a) != repr(b)]
    assert wrong == []


@pytest.mark.parametrize(
    "model",
    [
        {"unk_id": 0, "vocab": []},
        {"unk_id": 1, "vocab": [["a", 0.0]]},
        {"unk_id": -1, "vocab": [["a", 0.0]]},
        {"unk_id": 2**63, "vocab": [["a", 0.0]]},
        {"unk_id": 0.5, "vocab": [["a", 0.0]]},
        {"unk_id": "a", "vocab": [["a", 0.0]]},
    ],
    ids=json.dumps,
)
def test_an_unknown_token_outside_the_vocabulary_is_refused(model: Json) -> None:
    text = json.dumps(tokenizer_json(model))
    with pytest.raises(LexelError, match=r"model\.unk_id"):
        Engine.from_json(text)
    assert original(Tokenizer.from_str, text).get("raised")


def test_without_an_unknown_token_known_text_is_encoded_and_other_text_is_an_error() -> None:
    content = tokenizer_json({"unk_id": None, "vocab": [["a", -1.0], ["ab", 2.0], ["bc", -3.0], ["c", 0.0]]})
    sides = both(content)
    assert sides is not None
    report("no unknown token", "", ["a", "ab", "abc", "", "aab", "b", "bc", "abb"], encodes(*sides))
    with pytest.raises(LexelError, match="unk_id"):
        sides[0].encode("b")


def test_an_empty_vocabulary_encodes_no_text() -> None:
    sides = both(tokenizer_json({"unk_id": None, "vocab": []}))
    assert sides is not None
    report("empty", "", ["", "a"], encodes(*sides))


def test_sampling_draws_from_the_distribution_of_the_paths(seed: str) -> None:
    """Frequencies of whole calls against probabilities worked out here, and seeds that give the same again."""
    tokens = {"▁": -3.0, "a": -1.5, "b": -2.0, "ab": -2.5, "▁a": -2.0, "ba": -2.2}
    content = tokenizer_json({"unk_id": 0, "vocab": [["<unk>", 0.0], *([t, s] for t, s in tokens.items())]})
    engine = Engine.from_json(json.dumps(content | {"pre_tokenizer": METASPACE}))
    ids = engine.vocab()

    def paths(text: str) -> list[tuple[list[str], float]]:
        if not text:
            return [([], 0.0)]
        starts = [token for token in tokens if text.startswith(token)]
        return [([t, *rest], tokens[t] + score) for t in starts for rest, score in paths(text[len(t) :])]

    first = random.Random(f"{seed}/unigram/sampling").randrange(2**40)
    for alpha, nbest in ((0.5, None), (1.0, -1), (0.0, None), (2.0, 3), (None, 4)):
        wanted = sorted(paths("▁aba"), key=lambda path: -path[1])
        wanted = wanted[:nbest] if nbest is not None and nbest > 0 else wanted
        weights = [math.exp((1.0 if alpha is None else alpha) * score) for _, score in wanted]
        batch = engine.encode_batch(["aba"] * 20_000, sampling=(None, alpha, nbest, first))
        counts = Counter(map(tuple, batch.lists("ids")))
        assert sum(counts.values()) == 20_000
        for (path, _), weight in zip(wanted, weights, strict=True):
            expected = weight / sum(weights)
            frequency = counts.pop(tuple(ids[token] for token in path), 0) / 20_000
            assert abs(frequency - expected) < 4.5 * math.sqrt(expected / 20_000), (alpha, nbest, path)
        assert not counts
        again = engine.encode_batch(["aba"] * 100, sampling=(None, alpha, nbest, first), num_threads=2)
        assert again.lists("ids") == batch.lists("ids")[:100]
    assert engine.encode("aba aba", sampling=(None, 0.1, 1, 1)) == engine.encode("aba aba")
    with pytest.raises(ValueError, match="Unigram has alpha"):
        engine.encode("a", sampling=(0.1, None, None, 1))
