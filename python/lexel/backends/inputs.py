"""What a call may be given as text, sorted into rows the engine takes: one, many, pairs, words."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Rows", "sort_inputs"]

_EXPECTED = (
    "text input must be of type `str` (single example), `list[str]` (batch or single pretokenized example) or "
    "`list[list[str]]` (batch of pretokenized examples), or a list of pairs of these"
)


class Rows(NamedTuple):
    """Inputs of a call.

    Attributes:
        rows: one input a row; owned, so that the caller's lists may change afterwards.
        pairs: every row is a pair.
        batched: the caller gave a batch, if only of one.
    """

    rows: list[Any]
    pairs: bool
    batched: bool


def sort_inputs(text: Any, text_pair: Any, is_split_into_words: bool) -> Rows:
    """Sort the texts of a call into rows.

    Args:
        text: the first text, or the batch.
        text_pair: the second text, or the second texts; an empty one counts as none.
        is_split_into_words: texts are lists of words.

    Raises:
        ValueError: no text at all, or batches of unequal length.
        TypeError: bytes, or one text paired with a batch.
    """
    _check(text)
    if text_pair is not None:
        _check(text_pair)
    if isinstance(text, str) and not is_split_into_words:
        if text_pair is not None and not isinstance(text_pair, str) and len(text_pair) > 0:
            raise TypeError(f"text is one str, so text_pair must be one too, not {type(text_pair).__name__}")
        return Rows([(text, text_pair)], True, False) if text_pair else Rows([text], False, False)
    if isinstance(text, str):
        raise TypeError("with is_split_into_words=True a text is a list of words, and this is one str; split it first")
    if is_split_into_words and not (text and isinstance(text[0], (list, tuple))):
        words = list(text)
        return Rows([(words, list(text_pair))], True, False) if text_pair else Rows([words], False, False)
    if text_pair is not None:
        if isinstance(text_pair, str):
            raise TypeError("text is a batch, so text_pair must be a list of the same length, not one str")
        if len(text) != len(text_pair):
            raise ValueError(f"text has {len(text)} entries and text_pair {len(text_pair)}; they must be equally many")
        return Rows(_owned(zip(text, text_pair, strict=True), is_split_into_words), True, True)
    first = text[0] if text else ""
    if not is_split_into_words:
        # A sequence in the place of a text can only be a pair; the engine says which row is none.
        pairs = isinstance(first, (list, tuple))
        return Rows(_owned(text, False) if pairs else list(text), pairs, True)
    pairs = bool(first) and isinstance(first[0], (list, tuple))
    return Rows(_owned(text, True) if pairs else [_words(words) for words in text], pairs, True)


def _owned(pairs: Any, split: bool) -> list[Any]:
    """Return pairs as tuples of our own; what is no pair is passed on, to be refused by name."""
    return [
        tuple(map(_words, pair) if split else pair) if isinstance(pair, (list, tuple)) and len(pair) == 2 else pair
        for pair in pairs
    ]


def _words(text: Any) -> Any:
    """Return a list of words as a list of our own; a string is none, and the engine refuses it by name."""
    return list(text) if isinstance(text, (list, tuple)) else text


def _check(text: Any) -> None:
    """Refuse what can be no text: only the first entry is looked at, the engine sees the others."""
    found = text
    for _ in range(3):
        if isinstance(found, str):
            return
        if not isinstance(found, (list, tuple)):
            break
        if not found:
            return
        found = found[0]
    if isinstance(found, str):
        return
    if isinstance(found, (bytes, bytearray)):
        raise TypeError(f"{_EXPECTED}; this is {type(found).__name__}: decode it first, text.decode('utf-8')")
    raise ValueError(f"{_EXPECTED}; found {type(found).__name__}: {found!r:.80}")
