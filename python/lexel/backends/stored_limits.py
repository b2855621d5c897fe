"""Truncation and padding in three forms: a `tokenizer.json`'s, the `tokenizers` library's, and that of a call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from lexel._lexel import Padding, Side, Strategy, Truncation

__all__ = ["padding_json", "padding_of", "padding_tuple", "truncation_json", "truncation_of", "truncation_tuple"]

_STRATEGIES = {"longest_first": "LongestFirst", "only_first": "OnlyFirst", "only_second": "OnlySecond"}
_SNAKE = {camel: snake for snake, camel in _STRATEGIES.items()}


def truncation_of(stage: str | None) -> dict[str, Any] | None:
    """Return the truncation a file states in the words of the library."""
    if stage is None:
        return None
    stated = json.loads(stage)
    return {
        "max_length": stated["max_length"],
        "stride": stated.get("stride", 0),
        "strategy": _SNAKE.get(stated.get("strategy"), "longest_first"),
        "direction": str(stated.get("direction", "Right")).lower(),
    }


def truncation_json(max_length: int, stride: int, strategy: str, direction: str) -> str:
    """Return the truncation as a file states it.

    Raises:
        ValueError: an unknown strategy or direction.
    """
    if strategy not in _STRATEGIES:
        raise ValueError(f"truncation strategy {strategy!r} is none of {list(_STRATEGIES)}")
    stated = {
        "direction": _direction(direction),
        "max_length": max_length,
        "strategy": _STRATEGIES[strategy],
        "stride": stride,
    }
    return json.dumps(stated)


def truncation_tuple(stage: str | None) -> Truncation | None:
    """Return the truncation a file states as a call takes it."""
    found = truncation_of(stage)
    if found is None:
        return None
    return (
        found["max_length"],
        cast("Strategy", found["strategy"]),
        found["stride"],
        cast("Side", found["direction"]),
    )


def padding_of(stage: str | None) -> dict[str, Any] | None:
    """Return the padding a file states in the words of the library."""
    if stage is None:
        return None
    stated = json.loads(stage)
    strategy = stated.get("strategy", "BatchLongest")
    return {
        "length": strategy["Fixed"] if isinstance(strategy, dict) else None,
        "pad_to_multiple_of": stated.get("pad_to_multiple_of"),
        "pad_id": stated.get("pad_id", 0),
        "pad_token": stated.get("pad_token", "[PAD]"),
        "pad_type_id": stated.get("pad_type_id", 0),
        "direction": str(stated.get("direction", "Right")).lower(),
    }


def padding_json(
    direction: str, pad_id: int, pad_type_id: int, pad_token: str, length: int | None, pad_to_multiple_of: int | None
) -> str:
    """Return the padding as a file states it."""
    stated = {
        "strategy": "BatchLongest" if length is None else {"Fixed": length},
        "direction": _direction(direction),
        "pad_to_multiple_of": pad_to_multiple_of,
        "pad_id": pad_id,
        "pad_type_id": pad_type_id,
        "pad_token": pad_token,
    }
    return json.dumps(stated, ensure_ascii=False)


def padding_tuple(stage: str | None) -> Padding | None:
    """Return the padding a file states as a call takes it."""
    found = padding_of(stage)
    if found is None:
        return None
    return (
        found["length"],
        found["pad_id"],
        found["pad_type_id"],
        found["pad_token"],
        cast("Side", found["direction"]),
        found["pad_to_multiple_of"],
    )


def _direction(direction: str) -> str:
    if direction not in ("left", "right"):
        raise ValueError(f"direction {direction!r} is neither 'left' nor 'right'")
    return direction.capitalize()
