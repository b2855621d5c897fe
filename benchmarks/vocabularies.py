"""The tokenizer files: those of the test data, or one trained on synthetic text where there are none."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import corpora

if TYPE_CHECKING:
    from collections.abc import Iterator

# Timed on whole corpora and in every form of result; the others on samples.
LEADING = ("gpt2", "llama-3", "qwen2.5")
BYTE_LEVEL = ("deepseek-v3", "gpt-neox-20b", "olmo2", "phi-2", "roberta-base", "smollm2", "whisper-large-v3")
CHARACTERS = ("clip-vit", "gemma-4", "llama-2", "mistral-v1", "phi-3")
WORD_PIECE = (
    *("all-minilm-l6-v2", "bert-base-cased", "bert-base-chinese", "bert-base-multilingual-cased", "bert-base-uncased"),
)
UNIGRAM = ("t5", "xlm-roberta", "xlnet-base-cased")
NAMES = (*LEADING, *BYTE_LEVEL, *CHARACTERS, *WORD_PIECE, *UNIGRAM)
SYNTHETIC = "synthetic-8k"
WORDS = 30_000


@dataclass(frozen=True)
class Vocabulary:
    """A `tokenizer.json`: its folder's name, its file (None for one just trained), its text."""

    name: str
    path: Path | None
    json: str

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Give a file with the text: the vocabulary's own, or a temporary one."""
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "tokenizer.json")
            path.write_text(self.json, "utf-8")
            yield path

    @property
    def leading(self) -> bool:
        """Whether it is timed on whole corpora and in every form of result."""
        return self.name in LEADING

    @cached_property
    def kind(self) -> str:
        """The kind of the model; old files do not say it."""
        model = json.loads(self.json)["model"]
        kind = "BPE" if "merges" in model else "Unigram" if isinstance(model["vocab"], list) else "WordPiece"
        return str(model.get("type") or kind)


def load(names: tuple[str, ...]) -> list[Vocabulary]:
    """Return the vocabularies asked for that are there; never an empty list."""
    data = corpora.data_folder()
    if data is None:
        return [trained()]
    found = []
    for name in names:
        path = data / "tokenizers" / name / "tokenizer.json"
        if not path.is_file():
            raise SystemExit(f"error: there is no vocabulary {name!r}: {path} is absent")
        found.append(Vocabulary(name, path, path.read_text("utf-8")))
    return found


def empty_byte_level() -> str:
    """Return a `tokenizer.json` with GPT-2's stages and nothing in its vocabulary."""
    byte_level: dict[str, object] = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": True,
    }
    model: dict[str, object] = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None}
    model |= {"end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": {}, "merges": []}
    stages = {"normalizer": None, "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level}
    options: dict[str, object] = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": []}
    return json.dumps({**options, **stages, "model": model})


def byte_alphabet() -> list[str]:
    """Return the 256 letters that byte-level tokenizers write bytes with."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return [chr(byte) for byte in printable] + [chr(0x100 + i) for i in range(256 - len(printable))]


def trained() -> Vocabulary:
    """Train a byte-level vocabulary on the synthetic corpora."""
    from lexel._lexel import Engine

    texts = [text for name in corpora.CORPORA for text in corpora.documents(corpora.synthetic(name, 1 << 19), 8192)]
    engine = Engine.from_json(empty_byte_level())
    engine = engine.train_bpe(texts, vocab_size=8192, initial_alphabet=byte_alphabet())
    return Vocabulary(SYNTHETIC, None, engine.to_json())


def word_level() -> Vocabulary:
    """Make a vocabulary of whole words: the most frequent ones of the English corpus."""
    words = Counter(re.findall(r"\w+|[^\w\s]+", corpora.corpus("english"))).most_common(WORDS)
    vocab = {"[UNK]": 0} | {word: id for id, (word, _) in enumerate(words, 1)}
    stages = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor", "decoder"))
    model = {"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"}
    file = {"version": "1.0", "added_tokens": [], **stages, "pre_tokenizer": {"type": "Whitespace"}, "model": model}
    return Vocabulary("word-level", None, json.dumps(file))
