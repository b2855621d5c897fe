"""How a loaded tokenizer reaches the constructor of its class, whatever parameters that has."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lexel.backends.stored_limits import padding_of, truncation_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel.backends.engine import AnyEngine, Compiled

__all__ = ["Seed", "split_options", "stored_defaults"]


@dataclass(slots=True)
class Seed:
    """What a loaded tokenizer is made of: its pipeline, and the settings its constructor has no parameters for."""

    compiled: Compiled
    options: dict[str, Any] = field(default_factory=dict)


def split_options(constructor: Callable[..., Any], options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings a constructor has parameters for, and the others."""
    parameters = inspect.signature(constructor).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return options, {}
    accepted = {key: value for key, value in options.items() if key in parameters}
    return accepted, {key: value for key, value in options.items() if key not in parameters}


def stored_defaults(engine: AnyEngine, kwargs: dict[str, Any]) -> None:
    """Make settings of the truncation and padding a file states."""
    truncation = truncation_of(engine.component("truncation"))
    if truncation is not None:
        kwargs.setdefault("max_length", truncation["max_length"])
        kwargs.setdefault("truncation_side", truncation["direction"])
        kwargs.setdefault("stride", truncation["stride"])
        kwargs.setdefault("truncation_strategy", truncation["strategy"])
    padding = padding_of(engine.component("padding"))
    if padding is not None:
        kwargs.setdefault("pad_token", padding["pad_token"])
        kwargs.setdefault("pad_token_type_id", padding["pad_type_id"])
        kwargs.setdefault("padding_side", padding["direction"])
        kwargs.setdefault("max_length", padding["length"])
        kwargs.setdefault("pad_to_multiple_of", padding["pad_to_multiple_of"])
