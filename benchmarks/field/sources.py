"""The vocabularies of the field: what files each has, and a tokenizer.json for those that come as rank files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import corpora
from field import rank_files
from field.environments import CACHE
from field.libraries import Vocabulary
from vocabularies import trained

if TYPE_CHECKING:
    from pathlib import Path

# By kind of model, which bars.py sets the bars by.
BYTE_LEVEL = ("cl100k", "o200k", "llama-3", "qwen2.5", "gpt2")
SENTENCEPIECE = ("llama-2", "phi-3")
WORD_PIECE = ("bert-base-uncased",)
UNIGRAM = ("t5",)
NAMES = (*BYTE_LEVEL, *SENTENCEPIECE, *WORD_PIECE, *UNIGRAM)
# Folders of the test data that are called otherwise; encodings that are one of several in their folder.
FOLDERS = {"cl100k": "cl100k_base"}
ENCODINGS = {"cl100k": "cl100k_base", "o200k": "o200k_base", "llama-3": "llama-3", "qwen2.5": "qwen"}
MODELS = {"llama-2": "tokenizer.model", "t5": "spiece.model"}
# The same split as tiktoken's, in the words of the files on the hub, which is what other libraries recognise.
HUB_SPLITS = {
    "cl100k": r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+"""
}
GPT2_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""


def vocabulary(name: str) -> Vocabulary:
    """Return the files of a vocabulary; one trained on synthetic text where there is no test data."""
    data = corpora.data_folder()
    if data is None:
        made = trained()
        return Vocabulary(made.name, str(kept(made.name, made.json)))
    folder = data / "tokenizers" / FOLDERS.get(name, name)
    ranks = pattern = None
    specials: dict[str, int] = {}
    if name in ENCODINGS:
        encoding = json.loads((folder / f"encoding.{ENCODINGS[name]}.json").read_text("utf-8"))
        ranks, pattern, specials = folder / encoding["file"], encoding["pat_str"], encoding["special_tokens"]
    file = folder / "tokenizer.json"
    if name == "gpt2":
        ranks, pattern = kept("gpt2-ranks", rank_files.from_json(file.read_text("utf-8"))), GPT2_PATTERN
    model = str(folder / MODELS[name]) if name in MODELS else None
    found = Vocabulary(name, str(file), str(ranks) if ranks else None, pattern, specials, model)
    if file.is_file():
        return found
    text = rank_files.to_json(found.rank_table(), HUB_SPLITS.get(name, str(pattern)), specials)
    return replace(found, json=str(kept(name, text)))


def reference(name: str) -> str:
    """Return the library that says what a vocabulary's file means."""
    return "tiktoken" if name in FOLDERS or name == "o200k" else "tokenizers"


def order(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return a vocabulary as a worker is told of it."""
    return asdict(vocabulary)


def kept(name: str, text: str) -> Path:
    """Keep a text as a file named after its content."""
    path = CACHE / "vocabularies" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}" / "tokenizer.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return path
