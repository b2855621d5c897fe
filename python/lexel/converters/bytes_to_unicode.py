"""The characters that stand for bytes in byte-level vocabularies."""

from __future__ import annotations

from lexel.spec import byte_alphabet

__all__ = ["bytes_to_unicode"]


def bytes_to_unicode() -> dict[int, str]:
    """Return byte → character: printable Latin-1 stands for itself, the rest follows from U+0100."""
    return dict(enumerate(byte_alphabet()))
