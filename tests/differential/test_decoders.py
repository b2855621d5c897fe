"""Decoders against the original: every kind, in random chains, on random rows of tokens; whole and step by step."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from tests.differential.compare import difference, original, ours, report
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import FormatError, UnsupportedError

pytestmark = pytest.mark.differential

Json = dict[str, Any]
ROWS = 10
WORDS = ["▁", " ", "ab", "aab", "</w>", "", "##", "é", "<0x41>", "abab", ".", "Ġ", "a", "\u0301", "日"]
TOKENS = [
    *WORDS,
    *[
        "b",
        "aa",
        "▁a",
        "##a",
        "#",
        " .",
        " ?",
        " ' ",
        " n't",
        "n't",
        " do not",
        " do",
        " not",
        "'",
        "'s",
        " 've",
        "a</w>",
    ],
    *[
        "</",
        "w>b",
        "</w></w>",
        "Ġa",
        "Ã",
        "©",
        "ÃĤ",
        "<0xC3>",
        "<0xA9>",
        "<0xFF>",
        "<0xE2>",
        "<0x+5>",
        "<0xé>",
        "<0x",
        "|",
    ],
    *["日 ", "<pad>", "<pad><pad>", "\n", "  ", "▁▁", "aaaa", "a.b", "I ' m", " ,", "\x00", "\U0001f600"],
]


def random_decoder(rng: random.Random, depth: int = 0) -> Json:
    kinds = ["ByteLevel", "WordPiece", "Metaspace", "BPEDecoder", "ByteFallback", "Fuse", "Strip", "Replace", "Regex"]
    kind = rng.choice([*kinds, "CTC", *(["Sequence"] * 8 if depth < 2 else [])])
    flag = rng.random() < 0.5
    match kind:
        case "ByteLevel":
            return {"type": kind, "add_prefix_space": flag, "trim_offsets": flag}
        case "WordPiece":
            return {"type": kind, "prefix": rng.choice(("##", "##", "", "a", "é")), "cleanup": flag}
        case "Metaspace":
            schemes = ("always", "first", "never")
            more = {"split": flag} if flag else {}
            return {"type": kind, "replacement": rng.choice("▁▁a _"), "prepend_scheme": rng.choice(schemes), **more}
        case "BPEDecoder":
            return {"type": kind, "suffix": rng.choice(("</w>", "</w>", "a", "", "aa"))}
        case "Strip":
            return {"type": kind, "content": rng.choice(" a▁é"), "start": rng.randrange(3), "stop": rng.randrange(3)}
        case "Replace":
            return {"type": kind, "pattern": {"String": rng.choice(WORDS)}, "content": rng.choice(WORDS)}
        case "Regex":
            regex = rng.choice(("a+", r"\s", "[ab]{2}", "b|ab", r"\p{L}+", r"[^a]", r"(?<!x)▁"))
            return {"type": "Replace", "pattern": {"Regex": regex}, "content": rng.choice(WORDS)}
        case "CTC":
            return {
                "type": kind,
                "pad_token": rng.choice(("<pad>", "a", "", " ")),
                "word_delimiter_token": rng.choice(("|", "", "a", "b")),
                "cleanup": flag,
            }
        case "Sequence":
            parts = [random_decoder(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 2, 3, 4)))]
            return {"type": kind, "decoders": parts}
    return {"type": kind}


def content(decoder: Any) -> str:
    vocab = {token: id_ for id_, token in enumerate(dict.fromkeys(TOKENS))}
    model = {"type": "BPE", "vocab": vocab, "merges": []}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": len(vocab), "content": "<s>", "special": True, **flags},
        {"id": len(vocab) + 1, "content": "▁ new</w>", "special": False, **flags},
    ]
    file = {"version": "1.0", "added_tokens": added, "decoder": decoder, "model": model}
    absent = ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor")
    return json.dumps(file | dict.fromkeys(absent))


def check_tokens(engine: Engine, reference: Tokenizer, tokens: list[str]) -> str | None:
    assert reference.decoder is not None
    return difference(ours(engine.decode_tokens, tokens), original(reference.decoder.decode, tokens))


def check_ids(engine: Engine, reference: Tokenizer, ids: list[int], skip: bool) -> str | None:
    found = difference(
        ours(engine.decode, ids, skip_special_tokens=skip),
        original(reference.decode, ids, skip_special_tokens=skip),
    )
    if found is not None:
        return found
    stream = engine.decode_stream(skip_special_tokens=skip)
    given = ""
    for at in range(len(ids) + 1):
        expected = engine.decode(ids[:at], skip_special_tokens=skip)
        if (actual := given + stream.fork().flush()) != expected:
            return f"stream of {ids[:at]}: {actual!r}, the whole: {expected!r}"
        if at < len(ids):
            given += stream.feed(ids[at])
    again = stream.fork()
    stream.flush()
    several = stream.feed(ids) + stream.flush()
    return None if several == given + again.flush() else f"fed at once: {several!r}"


@pytest.mark.parametrize("part", range(4))
def test_random_chains(part: int, cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/{part}")
    for _ in range(cases // 4):
        decoder = random_decoder(rng)
        try:
            engine = Engine.from_json(content(decoder))
        except UnsupportedError:
            # A regex that the engine leaves to the library, and nothing else.
            assert "Regex" in json.dumps(decoder), decoder
            continue
        reference = Tokenizer.from_str(content(decoder))
        check_chain(decoder, engine, reference, rng, seed)


def check_chain(decoder: Json, engine: Engine, reference: Tokenizer, rng: random.Random, seed: str) -> None:
    rows = [[rng.choice(TOKENS) for _ in range(rng.choice((0, 1, 2, 3, 6)))] for _ in range(ROWS)]
    report(str(decoder), seed, rows, lambda row: check_tokens(engine, reference, row))
    size = reference.get_vocab_size()
    for skip in (False, True):
        ids = [[rng.randrange(size + 1) for _ in range(rng.choice((0, 1, 4, 8)))] for _ in range(ROWS // 2)]
        found = [check_ids(engine, reference, row, skip) for row in ids]
        wrong = [(row, text) for row, text in zip(ids, found, strict=True) if text is not None]
        assert not wrong, (decoder, skip, [engine.id_to_token(id_) for id_ in wrong[0][0]], wrong[0])


FORMS: list[Any] = [
    {"suffix": "x"},
    {"type": "Foo", "suffix": "x"},
    {"type": "Foo", "prefix": "x", "cleanup": True},
    {"prefix": "x", "cleanup": True},
    {"pad_token": "a", "word_delimiter_token": "b", "cleanup": True},
    {"pattern": {"String": "a"}, "content": "b"},
    {"content": "b", "start": 1, "stop": 0},
    {"decoders": []},
    {"type": "Sequence", "decoders": []},
    {"type": "Sequence", "decoders": [None]},
    {"type": "Sequence", "decoders": [{"suffix": "a"}, {"type": "Fuse", "x": 1}]},
    {"type": "Sequence"},
    {"replacement": "x"},
    {"type": "Metaspace", "replacement": "a"},
    {"type": "Metaspace", "replacement": "xy"},
    {"type": "Metaspace", "replacement": ""},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": False},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": False, "prepend_scheme": "never"},
    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "never"},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": None},
    {"type": "Metaspace", "replacement": "▁", "split": None, "str_rep": None, "add_prefix_space": None},
    {"type": "Metaspace", "replacement": "▁", "split": 1},
    {"type": "Metaspace", "replacement": "▁", "str_rep": 1},
    {"type": "BPEDecoder"},
    {"type": "BPEDecoder", "suffix": None},
    {"type": "WordPiece", "prefix": "##"},
    {"type": "WordPiece", "prefix": "##", "cleanup": None},
    {"type": "WordPiece", "prefix": "a", "cleanup": True, "suffix": "b"},
    {"prefix": "a", "cleanup": True, "suffix": "b"},
    {"suffix": 1, "prefix": "a", "cleanup": False},
    {"type": "CTC", "pad_token": "a", "word_delimiter_token": "b"},
    {"type": "Fuse"},
    {"type": "ByteFallback", "x": 1},
    {"type": "Strip", "content": "a", "start": 1},
    {"type": "Strip", "content": "ab", "start": 1, "stop": 0},
    {"type": "Strip", "content": "a", "start": 1.0, "stop": 0},
    {"type": "Strip", "content": "a", "start": -1, "stop": 0},
    {"type": "Replace", "pattern": "x", "content": "a"},
    {"type": "Replace", "pattern": {"String": "x", "Regex": "y"}, "content": "a"},
    {"type": "Replace", "suffix": "x"},
    {"type": "ByteLevel"},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": None},
    {},
    {"type": None},
    "Fuse",
    3,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: json.dumps(form)[:60])
def test_forms_that_the_original_reads(form: Any) -> None:
    try:
        reference = Tokenizer.from_str(content(form))
    except Exception:
        with pytest.raises(FormatError, match="decoder"):
            Engine.from_json(content(form))
        return
    engine = Engine.from_json(content(form))
    rng = random.Random(str(form))
    for _ in range(40):
        tokens = [rng.choice(TOKENS) for _ in range(rng.choice((0, 1, 2, 3, 6)))]
        assert check_tokens(engine, reference, tokens) is None, tokens
