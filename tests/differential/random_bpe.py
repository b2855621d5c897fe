"""Random BPE models with every option, as `tokenizer.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

__all__ = ["BYTE_LEVEL", "model", "text", "tokenizer"]

ALPHABETS = ["ab", "abc▁", "aé日", "a\U0001f600é\u0301", "ab日本語", "#a<>/w", "xyz0123 ▁"]
PREFIXES = [None, "", "##", "#", "a", "é"]
SUFFIXES = [None, "", "</w>", "b", "日"]
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
SPLITTERS: list[dict[str, Any] | None] = [
    None,
    BYTE_LEVEL,
    {**BYTE_LEVEL, "use_regex": False},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False},
    {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithNext", "invert": False},
]


def letters(characters: str) -> str:
    """Spell a text in byte-level letters."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}
    return "".join(table[byte] for byte in characters.encode())


def model(rng: random.Random, alphabet: str, *, affixes: bool = True, byte_level: bool = False) -> dict[str, Any]:
    """Return a BPE model over some characters: not all of them known, merges in any order, some of them twice."""
    prefix = rng.choice(PREFIXES) if affixes else None
    suffix = rng.choice(SUFFIXES) if affixes else None
    before, after = prefix or "", suffix or ""
    characters = sorted(set(letters(alphabet) if byte_level else alphabet))
    forms = {form for c in characters for form in (c, before + c, c + after, before + c + after)}
    tokens = [form for form in sorted(forms) if rng.random() < rng.choice([0.8, 0.99])] or ["a"]
    byte_fallback = rng.random() < 0.4
    if byte_fallback or rng.random() < 0.1:
        share = rng.choice([1.0, 1.0, 0.9])
        tokens += [f"<0x{byte:02X}>" for byte in range(256) if rng.random() < share]
    unk = rng.choice([None, "<unk>", "a", "missing"])
    if unk == "<unk>":
        tokens.append(unk)
    common = [token for token in tokens if not token.startswith("<0x")]
    common += [f"<0x{byte:02X}>" for byte in "日é".encode() if f"<0x{byte:02X}>" in tokens]
    merges: list[tuple[str, str]] = []
    for _ in range(rng.choice([0, 3, 10, 40, 100])):
        left, right = rng.choice(common), rng.choice(common)
        if len(right) < len(before) or (not right.startswith(before) and rng.random() < 0.9):
            continue
        if len(right.encode()) < len(before.encode()) or len(left) + len(right) > 40:
            continue
        rest = right.encode()[len(before.encode()) :]
        try:
            merged = left + rest.decode()
        except UnicodeDecodeError:
            continue
        if merged not in tokens:
            tokens.append(merged)
            common.append(merged)
        if not merged:
            continue
        merges.append((left, right))
    if rng.random() < 0.5:
        rng.shuffle(merges)
    if merges and rng.random() < 0.3:
        merges += rng.choices(merges, k=3)
    # A buffer of the original holds the longest token: a merge must not be longer.
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": unk,
        "continuing_subword_prefix": prefix,
        "end_of_word_suffix": suffix,
        "fuse_unk": rng.random() < 0.5,
        "byte_fallback": byte_fallback,
        "ignore_merges": rng.random() < 0.3,
        "vocab": {token: number for number, token in enumerate(dict.fromkeys(tokens))},
        "merges": [list(merge) for merge in merges],
    }


def tokenizer(rng: random.Random, alphabet: str, *, affixes: bool = True) -> str:
    """Return the `tokenizer.json` of a random model behind a random pre-tokenizer."""
    splitter = rng.choice(SPLITTERS)
    byte_level = splitter is not None and splitter["type"] == "ByteLevel"
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": splitter,
            "post_processor": None,
            "decoder": None,
            "model": model(rng, alphabet, affixes=affixes, byte_level=byte_level),
        },
        ensure_ascii=False,
    )


def text(rng: random.Random, alphabet: str) -> str:
    """Return a text of these characters and some others: short words, long ones, runs."""
    shape = rng.randrange(4)
    pool = alphabet + rng.choice(["", "", " ", "?", "ñ", "本"])
    if shape == 0:
        return "".join(rng.choices(pool, k=rng.randint(0, 8)))
    if shape == 1:
        return "".join(rng.choices(pool, k=rng.randint(0, rng.choice([20, 60, 700]))))
    if shape == 2:
        return rng.choice(pool) * rng.randint(1, 300)
    words = ["".join(rng.choices(pool, k=rng.randint(1, 5))) for _ in range(4)]
    return rng.choice([" ", "▁", ""]).join(rng.choices(words, k=rng.randint(1, 20)))
