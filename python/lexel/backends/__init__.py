"""What tokenizers run on: one class for each kind of engine, all of them `Tokenizer`s."""

from __future__ import annotations

from lexel.backends.mistral_common import MistralCommonBackend
from lexel.backends.python import PythonBackend
from lexel.backends.sentencepiece import SentencePieceBackend
from lexel.backends.tokenizers import TokenizersBackend

__all__ = ["MistralCommonBackend", "PythonBackend", "SentencePieceBackend", "TokenizersBackend"]
