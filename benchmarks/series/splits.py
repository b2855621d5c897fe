"""Splits that no library has a scanner for: what a new model may bring, and one that nobody has."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from field import sources, texts
from field.board import Board
from field.tour import tour

if TYPE_CHECKING:
    from field.libraries import Vocabulary
    from settings import Settings
    from table import Table

TITLE = "Splits that are nobody's own, GPT-2's vocabulary, one thread, CPU time"
TEXT_BYTES = 2 << 20
TEXTS = ("english", "multilingual")


def _split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _bytes(*, use_regex: bool = False) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


SPLITS: dict[str, list[dict[str, Any]]] = {
    # punctuation first, then GPT-2's split, then digits by threes, as Falcon has it
    "falcon-like": [
        {"type": "Punctuation", "behavior": "Contiguous"},
        _bytes(use_regex=True),
        _split("[0-9][0-9][0-9]"),
    ],
    # words with their marks and inner hyphens, numbers by twos, every other sign alone
    "own words": [
        _split(r"(?:\p{L}\p{M}*)+(?:[-'’](?:\p{L}\p{M}*)+)*|\p{N}{1,2}|[^\s\p{L}\p{N}]|\s+(?!\S)|\s+"),
        _bytes(),
    ],
    # the humps of camel case, a space taken along, runs of one kind of sign
    "own humps": [
        _split(
            r" ?\p{Lu}?\p{Ll}+| ?\p{Lu}+(?!\p{Ll})| ?\p{L}{1,4}| ?\p{N}{1,4}| ?[^\s\p{L}\p{N}]{1,3}|\s*\n|\s+(?!\S)|\s"
        ),
        _bytes(),
    ],
}


def run(table: Table, settings: Settings) -> None:
    """Measure every split."""
    board = Board(table, "splits", TITLE)
    for name, stages in SPLITS.items():
        vocabulary = with_split("gpt2", name, stages)
        for text in (text for text in TEXTS if text in settings.corpora):
            tour(board, settings, vocabulary, "tokenizers", text, texts.fresh(text, TEXT_BYTES), ("ids",))


def with_split(base: str, name: str, stages: list[dict[str, Any]]) -> Vocabulary:
    """Return a vocabulary of the field with another split."""
    vocabulary = sources.vocabulary(base)
    file = json.loads(Path(vocabulary.json).read_text("utf-8"))
    file["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": stages}
    path = sources.kept(name.replace(" ", "-"), json.dumps(file, ensure_ascii=False))
    return replace(vocabulary, name=name, json=str(path), ranks=None, pattern=None, model=None)
