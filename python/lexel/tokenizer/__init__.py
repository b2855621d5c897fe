"""The unified tokenizer class, and the parts it is made of: special tokens, loading, saving, chat."""

from __future__ import annotations

from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["Tokenizer"]
