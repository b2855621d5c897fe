"""What every twin gives: tokens as ids and places, and how places in bytes become places in characters."""

from __future__ import annotations

from typing import NamedTuple


class Token(NamedTuple):
    """One token of a piece: its id, and the bytes of the piece's UTF-8 that it stands for."""

    id: int
    start: int
    end: int


class Unknown(Exception):
    """A piece has something unknown, and the model has no token for that."""


def width(text: str) -> int:
    """Return the length of a text in bytes of UTF-8."""
    return len(text.encode())


def byte_name(byte: int) -> str:
    """Return what vocabularies call a single byte."""
    return f"<0x{byte:02X}>"


def in_characters(text: str, token: Token) -> tuple[int, int]:
    """Return the characters that a token touches.

    The tokens of single bytes of one character each stand for all of it. A token that begins or ends past the text (the
    bytes of a suffix do) has no characters there: then the ends that are unknown are taken as they are.
    """
    character_of = [at for at, character in enumerate(text) for _ in range(width(character))]
    _, start, end = token
    if end <= len(character_of):
        return character_of[start], character_of[end - 1] + 1
    if start >= len(character_of):
        return start, end
    return character_of[start], character_of[start] + 2
