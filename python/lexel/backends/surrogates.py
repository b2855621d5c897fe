"""Lone surrogates, which a Python string may hold and UTF-8 has no form for."""

from __future__ import annotations

__all__ = ["replace_surrogates"]


def replace_surrogates(text: str) -> str:
    """Return a text as it can be encoded: pairs of surrogates become their character, others U+FFFD, as in the core."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
