"""Texts as they are compared in word error rates: without marks, and English ones in one spelling.

Source: transformers 5.23, `EnglishTextNormalizer` and `BasicTextNormalizer`, measured.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from lexel.families.whisper_numbers import numbers_in_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["normalize_english", "normalize_text"]

# Letters that are not made of a letter and a mark.
_LETTERS = {
    "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "th", "ł": "l", "Ł": "L",
}  # fmt: skip
_KEPT = frozenset(".%$¢€£")

_BRACKETS = re.compile(r"[<\[][^>\]]*[>\]]")
_PARENTHESES = re.compile(r"\(([^)]+?)\)")
_SPACES = re.compile(r"\s+")
_HESITATION = re.compile(r"\b(hmm|mm|mhm|mmm|uh|um)\b")

_WORDS = {
    "won't": "will not", "can't": "can not", "let's": "let us", "ain't": "aint", "y'all": "you all",
    "wanna": "want to", "gotta": "got to", "gonna": "going to", "i'ma": "i am going to", "imma": "i am going to",
    "woulda": "would have", "coulda": "could have", "shoulda": "should have", "ma'am": "madam",
}  # fmt: skip
_TITLES = {
    "mr": "mister", "mrs": "missus", "st": "saint", "dr": "doctor", "prof": "professor", "capt": "captain",
    "gov": "governor", "ald": "alderman", "gen": "general", "sen": "senator", "rep": "representative",
    "pres": "president", "rev": "reverend", "hon": "honorable", "asst": "assistant", "assoc": "associate",
    "lt": "lieutenant", "col": "colonel", "jr": "junior", "sr": "senior", "esq": "esquire",
}  # fmt: skip
_ENDINGS = {
    "'d been": "had been", "'s been": "has been", "'d gone": "had gone", "'s gone": "has gone",
    "'d done": "had done", "'s got": "has got", "n't": "not", "'re": "are", "'s": "is", "'d": "would", "'ll": "will",
    "'t": "not", "'ve": "have", "'m": "am",
}  # fmt: skip
# Applied one after the other, in this order.
_REPLACED = [
    *((re.compile(rf"\b{word}\b"), full) for word, full in _WORDS.items()),
    *((re.compile(rf"\b{title}\b"), f"{full} ") for title, full in _TITLES.items()),
    *((re.compile(rf"{ending}\b"), f" {full}") for ending, full in _ENDINGS.items()),
]


def normalize_text(text: str, *, remove_diacritics: bool = False) -> str:
    """Return a text of any language in lower case, without what stands in brackets and without marks.

    Args:
        text: the text.
        remove_diacritics: whether accents are left out too (which changes words of many languages).
    """
    text = _PARENTHESES.sub("", _BRACKETS.sub("", text.lower()))
    if remove_diacritics:
        text = _bare(text, frozenset())
    else:
        text = "".join(" " if _is_mark(char) else char for char in unicodedata.normalize("NFKC", text))
    return _SPACES.sub(" ", text.lower())


def normalize_english(text: str, spellings: Mapping[str, str]) -> str:
    """Return an English text in lower case, contractions written out, numbers in digits, words in one spelling.

    Args:
        text: the text.
        spellings: word → the spelling that stands for it.
    """
    text = _PARENTHESES.sub("", _BRACKETS.sub("", text.lower()))
    text = re.sub(r"\s+'", "'", _HESITATION.sub("", text))
    for pattern, full in _REPLACED:
        text = pattern.sub(full, text)
    text = re.sub(r"(\d),(\d)", r"\1\2", text)
    text = re.sub(r"\.([^0-9]|$)", r" \1", text)
    text = numbers_in_digits(_bare(text, _KEPT))
    text = " ".join(spellings.get(word, word) for word in text.split())
    # Signs of money and parts of numbers stay beside numbers only.
    text = re.sub(r"[.$¢€£]([^0-9])", r" \1", text)
    text = re.sub(r"([^0-9])%", r"\1 ", text)
    return _SPACES.sub(" ", text)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] in "MSP"


def _bare(text: str, kept: frozenset[str]) -> str:
    """Return a text without accents, a space in the place of every other mark that is not kept."""
    return "".join(_bare_char(char, kept) for char in unicodedata.normalize("NFKD", text))


def _bare_char(char: str, kept: frozenset[str]) -> str:
    if char in kept:
        return char
    if char in _LETTERS:
        return _LETTERS[char]
    if unicodedata.category(char) == "Mn":
        return ""
    return " " if _is_mark(char) else char
