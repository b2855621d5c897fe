"""What a tokenizer written in Python may be given: texts, tokens, ids, words, pairs, and batches of these."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

__all__ = ["Rows", "Text", "sort_texts"]

# One text; its words or tokens; its ids.
Text: TypeAlias = "str | list[str] | list[int]"

_EXPECTED = "a text is a str, a list of tokens or words, or a list of ids"


class Rows(NamedTuple):
    """Inputs of a call: (first, second or None) for every row, and whether the caller gave a batch."""

    rows: list[tuple[Text, Text | None]]
    batched: bool


def sort_texts(text: Any, text_pair: Any, is_split_into_words: bool) -> Rows:
    """Sort the texts of a call into rows.

    Args:
        text: the first text, or the batch.
        text_pair: the second text, or the second texts.
        is_split_into_words: texts are lists of words; in a batch only tuples are pairs then.

    Raises:
        ValueError: something that is no text, batches of unequal length, or an entry of a batch that is no pair.
    """
    if not _is_batch(text, is_split_into_words):
        second = None if text_pair is None else _checked(text_pair)
        return Rows([(_checked(text), second)], False)
    if text_pair is not None:
        if not isinstance(text_pair, (list, tuple)) or len(text_pair) != len(text):
            raise ValueError("if text is a batch, text_pair must be a batch of the same length")
        return Rows([(_checked(a), _checked(b)) for a, b in zip(text, text_pair, strict=True)], True)
    return Rows([_entry(row, is_split_into_words) for row in text], True)


def _is_batch(text: Any, split: bool) -> bool:
    if not isinstance(text, (list, tuple)):
        return False
    if not text:
        return not split
    return isinstance(text[0], (list, tuple)) if split else isinstance(text[0], (str, list, tuple))


def _entry(row: Any, split: bool) -> tuple[Text, Text | None]:
    """Return one entry of a batch: a text, or two of them as a pair."""
    if not isinstance(row, (list, tuple)) or not row or isinstance(row[0], int):
        return _checked(row), None
    texts = all(isinstance(part, (str, list, tuple)) for part in row)
    if len(row) == 2 and texts and (isinstance(row, tuple) or not split):
        return _checked(row[0]), _checked(row[1])
    if len(row) == 1:
        return _checked(row[0]), None
    if not split:
        raise ValueError(f"Expected a pair of sequences, got {len(row)} sequences.")
    return _checked(row), None


def _checked(text: Any) -> Text:
    if isinstance(text, str):
        return text
    if isinstance(text, (list, tuple)) and (not text or isinstance(text[0], (str, int))):
        return list(text)
    raise ValueError(f"{_EXPECTED}; found {type(text).__name__}: {text!r:.80}")
