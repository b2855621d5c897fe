"""Truncation of ids, by the rules of tokenizers written in Python."""

from __future__ import annotations

import logging
from typing import TypeVar

from lexel.padding import TruncationStrategy

__all__ = ["truncate"]

_T = TypeVar("_T")

_LOGGER = logging.getLogger(__name__)


def truncate(
    first: list[_T], second: list[_T] | None, remove: int, strategy: TruncationStrategy, stride: int, side: str
) -> tuple[list[_T], list[_T] | None, list[_T]]:
    """Remove ids (or what belongs to them) from one sequence or from two.

    Args:
        first: the ids of the first sequence.
        second: those of the second, if there is one.
        remove: how many ids go.
        strategy: from which sequence; "longest_first" of a pair takes from both and returns nothing of it.
        stride: how many of the kept ids are returned together with the removed ones.
        side: the side ids are taken from.

    Returns:
        Both sequences, and what was removed.
    """
    if remove <= 0 or strategy is TruncationStrategy.DO_NOT_TRUNCATE:
        return first, second, []
    if strategy is TruncationStrategy.LONGEST_FIRST and second is not None:
        _LOGGER.warning(
            "Be aware, overflowing tokens are not returned for the setting you have chosen, i.e. sequence pairs with "
            "the 'longest_first' truncation strategy: what is removed comes from both sequences"
        )
        from_first, from_second = _shares(len(first), len(second), remove)
        return _cut(first, from_first, side), _cut(second, from_second, side), []
    if strategy is TruncationStrategy.ONLY_SECOND:
        if not second:
            return first, second, []
        return first, _cut(second, remove, side), _window(second, remove + stride, side)
    return _cut(first, remove, side), second, _window(first, remove + stride, side)


def _shares(first: int, second: int, remove: int) -> tuple[int, int]:
    """Return how many ids each gives: the longer one until they are equal, then both, the second an odd one more."""
    difference = min(abs(second - first), remove)
    half, rest = (remove - difference) // 2, remove - difference - (remove - difference) // 2
    return (difference + half, rest) if first > second else (half, difference + rest)


def _cut(ids: list[_T], count: int, side: str) -> list[_T]:
    if side == "left":
        return ids[count:]
    return ids[: max(len(ids) - count, 0)]


def _window(ids: list[_T], count: int, side: str) -> list[_T]:
    count = min(count, len(ids))
    return ids[:count] if side == "left" else ids[len(ids) - count :]
