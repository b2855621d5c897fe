"""Every tokenizer the common suite is asked of: one list, whatever runs underneath.

A subject is loaded once for all tests and only read; a test that changes something asks for a copy. A new family class
and a new folder of the shared data come under the suite by being there.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tests.conftest import data_folder
from tests.contract.small import CORPUS, KINDS, SPECIAL, forced, pipeline
from tests.unit.backends.python_tokenizers import PlacedWordTokenizer, WordTokenizer

import lexel
from lexel import AutoTokenizer, BertTokenizer, BertTokenizerLegacy, SentencePieceBackend, Tokenizer, TokenizersBackend
from lexel.backends.engine import compile_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["SUBJECTS", "Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One tokenizer of the suite.

    Attributes:
        name: how reports call it.
        load: makes it with settings; slow for folders of the shared data.
        large: a folder of the shared data.
        heavy: one that takes seconds to write.
    """

    name: str
    load: Callable[..., Tokenizer]
    large: bool = False
    heavy: bool = False

    @property
    def tok(self) -> Any:
        """The tokenizer, shared by all tests; not to be changed."""
        return _loaded(self)

    def fresh(self, **settings: Any) -> Any:
        """Return one to be changed, with settings."""
        return self.load(**settings) if settings else copy.deepcopy(self.tok)


@cache
def _loaded(subject: Subject) -> Tokenizer:
    return subject.load()


@cache
def _kept(kind: Any) -> str:
    """Return a folder that is there as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix=f"lexel-{kind}-")
    _FOLDERS.append(folder)
    return folder.name


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def _small(kind: str, engine: str, **settings: Any) -> Tokenizer:
    text = pipeline(kind)
    compiled = compile_json(text) if engine == "core" else forced(text)
    return TokenizersBackend._from_seed(compiled, (), {**SPECIAL, **settings})


@cache
def trained(name: str) -> str:
    """Return a folder with a tokenizer of a family, trained from empty."""
    getattr(lexel, name)().train_new_from_iterator(CORPUS, 500).save_pretrained(_kept(name))
    return _kept(name)


def _family(name: str, **settings: Any) -> Tokenizer:
    loaded: Tokenizer = getattr(lexel, name).from_pretrained(trained(name), **settings)
    return loaded


@cache
def vocabulary() -> str:
    """Return the path of a vocab.txt."""
    (path,) = BertTokenizer().train_new_from_iterator(CORPUS, 400).save_vocabulary(_kept("vocab"))
    return path


def _legacy(**settings: Any) -> Tokenizer:
    return BertTokenizerLegacy(vocabulary(), **settings)


def _models() -> list[Path]:
    """Return a SentencePiece model, where there is one and the library that runs it."""
    path = data_folder() / "tokenizers" / "sentencepiece-test" / "test_model.model"
    return [path] if path.is_file() and find_spec("sentencepiece") is not None else []


def _sentencepiece(path: Path, **settings: Any) -> Tokenizer:
    return SentencePieceBackend(vocab_file=path, **{"unk_token": "<unk>", "pad_token": "<pad>", **settings})


def _folder(path: Path, **settings: Any) -> Tokenizer:
    return AutoTokenizer.from_pretrained(path, **settings)


def _megabytes(folder: Path) -> float:
    return (folder / "tokenizer.json").stat().st_size / 2**20


def _folders() -> list[Path]:
    root = data_folder() / "tokenizers"
    return sorted(path.parent for path in root.glob("*/tokenizer.json"))


# Families with pipelines or methods of their own; that each of all makes the same of texts as its original is tested in
# tests/interop.
FAMILIES = [
    "AlbertTokenizer",
    "BertTokenizer",
    "CLIPTokenizer",
    "CodeLlamaTokenizer",
    "DebertaV2Tokenizer",
    "DistilBertTokenizer",
    "GPT2Tokenizer",
    "GPTNeoXTokenizer",
    "GemmaTokenizer",
    "HerbertTokenizer",
    "LlamaTokenizer",
    "MBart50Tokenizer",
    "NllbTokenizer",
    "OpenAIGPTTokenizer",
    "PegasusTokenizer",
    "Qwen2Tokenizer",
    "RobertaTokenizer",
    "SplinterTokenizer",
    "T5Tokenizer",
    "WhisperTokenizer",
    "XGLMTokenizer",
    "XLMRobertaTokenizer",
    "XLNetTokenizer",
]

SUBJECTS = [
    *(Subject(f"{kind}-{engine}", partial(_small, kind, engine)) for kind in KINDS for engine in ("core", "library")),
    Subject("python-words", WordTokenizer),
    Subject("python-words-with-places", PlacedWordTokenizer),
    Subject("python-bert", _legacy),
    *(Subject("sentencepiece", partial(_sentencepiece, path)) for path in _models()),
    *(Subject(name, partial(_family, name)) for name in FAMILIES),
    *(Subject(path.name, partial(_folder, path), True, _megabytes(path) > 6) for path in _folders()),
]
