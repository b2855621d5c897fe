"""What a character is to tokenizers written in Python: whitespace, control, punctuation."""

from __future__ import annotations

import unicodedata

__all__ = ["_is_control", "_is_end_of_word", "_is_punctuation", "_is_start_of_word", "_is_whitespace"]

_SPACES = " \t\n\r"


def _is_whitespace(char: str) -> bool:
    """Return whether a character is a space, a tab or a line end."""
    return char in _SPACES or unicodedata.category(char) == "Zs"


def _is_control(char: str) -> bool:
    """Return whether a character is a control, format, private or unassigned one; tabs and line ends are not."""
    return char not in "\t\n\r" and unicodedata.category(char).startswith("C")


def _is_punctuation(char: str) -> bool:
    """Return whether a character is punctuation; of ASCII all that is neither letter, digit, space nor control."""
    ascii_sign = "!" <= char <= "~" and not char.isalnum()
    return ascii_sign or unicodedata.category(char).startswith("P")


def _is_end_of_word(text: str) -> bool:
    """Return whether a text ends with a character that is no part of a word."""
    return _parts_words(text[-1])


def _is_start_of_word(text: str) -> bool:
    """Return whether a text begins with a character that is no part of a word."""
    return _parts_words(text[0])


def _parts_words(char: str) -> bool:
    return _is_control(char) or _is_punctuation(char) or _is_whitespace(char)
