"""Warnings about names of former releases: each once in a process, wherever it is used."""

from __future__ import annotations

import warnings

__all__ = ["forget", "warn_once"]

_told: set[str] = set()


def warn_once(name: str, message: str, *, stacklevel: int = 2) -> None:
    """Warn about a name, unless that was done before.

    Args:
        name: what is deprecated.
        message: what to use instead.
        stacklevel: 1 for the caller of this function, 2 for its caller, and so on.
    """
    if name not in _told:
        _told.add(name)
        warnings.warn(message, DeprecationWarning, stacklevel=stacklevel + 1)


def forget() -> None:
    """Begin anew: every name is warned about once more."""
    _told.clear()
