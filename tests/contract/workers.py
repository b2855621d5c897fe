"""What other processes are asked to do with a tokenizer; here, since they import it by name."""

from __future__ import annotations

from functools import partial
from typing import Any

TEXTS = [f"The quick brown fox jumps over {count} lazy dogs" + ", again" * (count % 5) for count in range(40)]


def encode(tok: Any, text: str) -> list[int]:
    """Return the ids of a text."""
    ids: list[int] = tok(text)["input_ids"]
    return ids


def padded(tok: Any) -> Any:
    """Return a function that makes a padded batch of tensors of texts."""
    return partial(tok, padding=True, truncation=True, max_length=12, return_tensors="pt")


def used(tok: Any) -> Any:
    """Return a tokenizer after a day's work: calls of every kind."""
    tok(TEXTS[:8], padding=True, truncation=True, max_length=7)
    tok(TEXTS[0], TEXTS[1], return_special_tokens_mask=True, add_special_tokens=False)
    tok(TEXTS[:2], truncation=True, max_length=6, stride=1, return_overflowing_tokens=True)
    tok(TEXTS[:3], padding="max_length", max_length=100, padding_side="left", return_tensors="np")
    tok(TEXTS[0], split_special_tokens=True)
    tok.decode(tok.encode(TEXTS[0]), skip_special_tokens=True, clean_up_tokenization_spaces=True)
    tok.convert_ids_to_tokens(tok.encode(TEXTS[1]))
    return tok
