"""Rank files and tokenizer.json files of the same vocabulary, each made from the other as the hub's files are."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vocabularies import byte_alphabet

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTES = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
# The bytes that the letters of `byte_alphabet` stand for.
OF_LETTERS = (*BYTES, *(byte for byte in range(256) if byte not in set(BYTES)))


def to_json(ranks: Mapping[bytes, int], split: str, specials: Mapping[str, int]) -> str:
    """Return a tokenizer.json: one merge a token, the two parts that the tokens before it leave of its bytes.

    Special tokens that leave a gap behind the vocabulary are left out: not every library reads such a file.
    """
    letter_of = dict(zip(OF_LETTERS, byte_alphabet(), strict=True))

    def spelled(token: bytes) -> str:
        return "".join(letter_of[byte] for byte in token)

    merges = []
    for token, rank in ranks.items():
        if len(token) > 1:
            parts = _parts(token, rank, ranks)
            if len(parts) == 2:
                merges.append([spelled(part) for part in parts])
    added: list[dict[str, Any]] = []
    for content, index in sorted(specials.items(), key=lambda item: item[1]):
        if index == len(ranks) + len(added):
            flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
            added.append({"id": index, "content": content, **flags, "special": True})
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    isolated = {"type": "Split", "pattern": {"Regex": split}, "behavior": "Isolated", "invert": False}
    options = dict.fromkeys(("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"))
    model = {"type": "BPE", **options, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True}
    model |= {"vocab": {spelled(token): rank for token, rank in ranks.items()}, "merges": merges}
    file = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [isolated, byte_level]},
        "post_processor": byte_level | {"trim_offsets": False},
        "decoder": byte_level,
        "model": model,
    }
    return json.dumps(file, ensure_ascii=False)


def _parts(token: bytes, rank: int, ranks: Mapping[bytes, int]) -> list[bytes]:
    """Merge a token's bytes by the ranks below its own."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        joined = [ranks.get(one + other, rank) for one, other in pairwise(parts)]
        least = min(joined)
        if least >= rank:
            break
        at = joined.index(least)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def from_json(file: str) -> str:
    """Return the rank file of a tokenizer.json whose ids are ranks."""
    model = json.loads(file)["model"]
    byte_of = dict(zip(byte_alphabet(), OF_LETTERS, strict=True))
    tokens = {index: token for token, index in model["vocab"].items()}
    lines = []
    for index in range(256 + len(model["merges"])):
        lines.append(f"{base64.b64encode(bytes(byte_of[letter] for letter in tokens[index])).decode()} {index}\n")
    return "".join(lines)
