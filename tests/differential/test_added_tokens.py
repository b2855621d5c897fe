"""Added tokens with every combination of flags, against the original: random sets of them, random texts."""

from __future__ import annotations

import json
import random
import time
from functools import partial
from typing import Any

import pytest
from tests.differential.compare import difference, original, ours, report
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

pytestmark = pytest.mark.differential

FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
# What the contents and the texts are made of: letters with case, white space, what normalizers drop or change.
ATOMS = [
    "a",
    "b",
    "A",
    "B",
    "ab",
    " ",
    "  ",
    "\n",
    "\t",
    "\u3000",
    "<",
    ">",
    "▁",
    "é",
    "e\u0301",
    "İ",
    "_",
    "1",
    "\xad",
    "日",
]
NORMALIZERS: list[Any] = [
    None,
    {"type": "Lowercase"},
    {"type": "NFC"},
    {"type": "StripAccents"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    {"type": "Replace", "pattern": {"String": "ab"}, "content": ""},
    {"type": "Strip", "strip_left": True, "strip_right": True},
    {"type": "Prepend", "prepend": "▁"},
    {"type": "ByteLevel"},
    {
        "type": "Sequence",
        "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ],
    },
    {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
]
PRE_TOKENIZERS: list[Any] = [
    None,
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
    {"type": "WhitespaceSplit"},
]
POST_PROCESSORS: list[Any] = [
    None,
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
]
DECODERS: list[Any] = [
    None,
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
]


def content(rng: random.Random) -> str:
    return "".join(rng.choices(ATOMS, k=rng.choice([1, 1, 2, 2, 3])))


def tokenizer(rng: random.Random) -> str:
    """Return a small file: letters for a vocabulary, and some added tokens over the same letters."""
    letters = sorted({c for atom in ATOMS for c in atom} | set("Ġĉąĺ") | {"?"})
    rng.shuffle(letters)
    vocab = {letter: id for id, letter in enumerate(letters[: rng.randrange(4, len(letters))])}
    contents = dict.fromkeys(content(rng) for _ in range(rng.randrange(1, 7)))
    if rng.random() < 0.1:
        contents[""] = None
    added = []
    for text in contents:
        added.append({"id": rng.randrange(60), "content": text} | {flag: rng.random() < 0.4 for flag in FLAGS})
    if added and rng.random() < 0.2:
        # The same content again, with other flags.
        added.append(dict(rng.choice(added)) | {flag: rng.random() < 0.4 for flag in FLAGS})
    return json.dumps(
        {
            "added_tokens": added,
            "normalizer": rng.choice(NORMALIZERS),
            "pre_tokenizer": rng.choice(PRE_TOKENIZERS),
            "post_processor": rng.choice(POST_PROCESSORS),
            "decoder": rng.choice(DECODERS),
            "model": {"type": "BPE", "unk_token": rng.choice([None, "?"]), "vocab": vocab, "merges": []},
        }
    )


def texts(rng: random.Random, file: str, count: int) -> list[str]:
    """Return texts in which the added tokens are frequent."""
    contents = [token["content"] for token in json.loads(file)["added_tokens"]]
    parts = ATOMS + 3 * contents + [c.swapcase() for c in contents]
    return ["".join(rng.choices(parts, k=rng.randrange(1, 9))) for _ in range(count)]


def ambiguous(file: str, reference: Tokenizer) -> bool:
    """Whether two tokens are the same text once normalized: which of them is found is chance in the original."""
    normalized = [token["content"] for token in json.loads(file)["added_tokens"] if token["normalized"]]
    if reference.normalizer is not None:
        normalized = [reference.normalizer.normalize_str(content) for content in dict.fromkeys(normalized)]
    return len(set(normalized)) < len(normalized)


def check(engine: Engine, reference: Tokenizer, text: str) -> str | None:
    encoded = original(reference.encode, text)
    found = difference(ours(lambda: engine.encode_batch([text]).row(0)), encoded)
    if found is not None or "ids" not in encoded:
        return found
    for skip in (False, True):
        actual = ours(engine.decode, encoded["ids"], skip_special_tokens=skip)
        found = difference(actual, original(reference.decode, encoded["ids"], skip_special_tokens=skip))
        if found is not None:
            return f"decoded with skip_special_tokens={skip}: {found}"
    return None


def test_random_added_tokens(seed: str) -> None:
    rng = random.Random(f"{seed}/added tokens")
    count, refused = 0, 0
    for _ in range(1500):
        file = tokenizer(rng)
        reference = Tokenizer.from_str(file)
        if ambiguous(file, reference):
            continue
        count += 1
        try:
            engine = Engine.from_json(file)
        except UnsupportedError:
            refused += 1
            continue
        listed = {id: token.content for id, token in reference.get_added_tokens_decoder().items()}
        assert {id: flags[0] for id, flags in engine.added_tokens()} == listed, file
        assert engine.vocab() == reference.get_vocab(), file
        assert engine.vocab_size() == reference.get_vocab_size(), file
        what = f"added tokens of {file}"
        report(what, seed, texts(rng, file, 25), partial(check, engine, reference))
    assert count > 1000
    assert refused < count // 5


def test_many_added_tokens_take_linear_time() -> None:
    """10,000 of them: built in a moment, found in the time of a few."""
    flags = dict.fromkeys(FLAGS, False) | {"lstrip": True, "rstrip": True}
    seconds = []
    for count in (1_000, 10_000):
        added = [{"id": n, "content": f"<{n}>"} | flags | {"normalized": n % 2 == 0} for n in range(count)]
        file = json.dumps({"added_tokens": added, "model": {"type": "BPE", "vocab": {"x": 0, " ": 1}, "merges": []}})
        text = "x <7> x\t<8>   " * 20_000
        start = time.process_time()
        engine = Engine.from_json(file)
        assert engine.encode_batch([text]).row(0).ids == [0, 9, 0, 10] * 20_000
        seconds.append(time.process_time() - start)
    assert seconds[1] < 10 * seconds[0] + 1


def test_white_space_tokens_that_strip_take_linear_time() -> None:
    """Each could look through all the white space around it; none may."""
    flags = dict.fromkeys(FLAGS, False)
    for strip in ("lstrip", "rstrip"):
        added = [{"id": 0, "content": "\n"} | flags | {strip: True}]
        engine = Engine.from_json(
            json.dumps({"added_tokens": added, "model": {"type": "BPE", "vocab": {}, "merges": []}})
        )
        start = time.process_time()
        engine.encode_batch(["\n" * 500_000])
        assert time.process_time() - start < 5
