"""Small tokenizers of every kind of model, trained on a few lines."""

from __future__ import annotations

from functools import cache

import tokenizers

from lexel import GPT2Tokenizer, LlamaTokenizer
from lexel.backends.engine import Compiled
from lexel.backends.fallback import FallbackEngine

__all__ = ["CORPUS", "KINDS", "SPECIAL", "forced", "pipeline"]

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
