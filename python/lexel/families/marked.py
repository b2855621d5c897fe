"""Special tokens with flags that a family gives them where only their texts are stated."""

from __future__ import annotations

from typing import Any

from lexel.added_token import AddedToken

__all__ = ["KeepsMask", "taking_space"]


def taking_space(token: Any, *, normalized: bool = False) -> Any:
    """Return a token that takes the space before it, as masks do; one with flags of its own stays as it is."""
    return AddedToken(token, lstrip=True, special=True, normalized=normalized) if isinstance(token, str) else token


class KeepsMask:
    """A tokenizer whose mask takes the space before it whenever it is set as a text."""

    def __setattr__(self, key: str, value: Any) -> None:
        super().__setattr__(key, taking_space(value) if key == "mask_token" else value)
