"""Small tokenizers of every kind, each on our core (where it can run it) and on the second engine."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import tokenizers

from lexel import GPT2Tokenizer, LlamaTokenizer, TokenizersBackend
from lexel.backends.engine import Compiled, compile_json
from lexel.backends.fallback import FallbackEngine

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = [
    "The quick brown fox jumps over the lazy dog, again and again and again.",
    "Don't panic! It's only 1234567 small steps to the sea, isn't it?",
    "naïve café, Straße, Ελληνικά, Русский, 日本語のテキスト, 한국어, 😀 👨‍👩‍👧 é",
    "def f(x):\n    return x * 2  # twice\n\n\n",
]
KINDS = ("byte-level", "metaspace", "wordpiece")
SPECIAL = {"pad_token": "<pad>", "cls_token": "<cls>", "sep_token": "<sep>", "unk_token": "<unk>"}


def _wordpiece() -> str:
    library = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="<unk>"))
    library.normalizer = tokenizers.normalizers.BertNormalizer()
    library.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    library.decoder = tokenizers.decoders.WordPiece()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=300, special_tokens=["<unk>", *list(SPECIAL.values())[:3]], show_progress=False
    )
    library.train_from_iterator(CORPUS, trainer=trainer)
    return str(library.to_str())


@cache
def pipeline(kind: str) -> str:
    """Return the tokenizer.json of a small tokenizer that writes `<cls> A <sep>` and `<cls> A <sep> B <sep>`."""
    if kind == "wordpiece":
        text = _wordpiece()
    else:
        empty = GPT2Tokenizer(**SPECIAL) if kind == "byte-level" else LlamaTokenizer(**SPECIAL)
        text = empty.train_new_from_iterator(CORPUS, 420).backend_tokenizer.to_str()
    library = tokenizers.Tokenizer.from_str(text)
    ids = [(token, library.token_to_id(token)) for token in ("<cls>", "<sep>")]
    library.post_processor = tokenizers.processors.TemplateProcessing(
        single="<cls> $A <sep>", pair="<cls> $A <sep> $B:1 <sep>:1", special_tokens=ids
    )
    return str(library.to_str())


def forced(text: str) -> Compiled:
    """Return a pipeline on the second engine, though the core may be able to run it."""
    return Compiled(FallbackEngine.from_json(text), "asked for by a test")


Make = "Callable[..., TokenizersBackend]"


@pytest.fixture(params=[(kind, engine) for kind in KINDS for engine in ("core", "library")], ids="-".join)
def make(request: pytest.FixtureRequest) -> Callable[..., TokenizersBackend]:
    """A function that builds the tokenizer with settings."""
    kind, engine = request.param

    def build(**settings: Any) -> TokenizersBackend:
        text = pipeline(kind)
        compiled = compile_json(text) if engine == "core" else forced(text)
        return TokenizersBackend._from_seed(compiled, (), {**SPECIAL, **settings})

    return build


@pytest.fixture
def tok(make: Callable[..., TokenizersBackend]) -> TokenizersBackend:
    return make()


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest) -> tuple[TokenizersBackend, TokenizersBackend]:
    """The same tokenizer twice: as it loads, and on the second engine."""
    text = pipeline(request.param)
    built = [TokenizersBackend._from_seed(way, (), dict(SPECIAL)) for way in (compile_json(text), forced(text))]
    return built[0], built[1]


@pytest.fixture(scope="session")
def corpus() -> list[str]:
    return [*CORPUS, "", " ", "  two  spaces  ", "\t\n", "a" * 300, json.dumps({"k": [1, 2]}), "�", "x <pad> y<sep>"]
