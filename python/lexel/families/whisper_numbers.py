"""English numbers in words, written in digits: "twenty one dollars and five cents" is "$21.05".

Source: transformers 5.23, `EnglishNumberNormalizer`, measured. Its oddities are kept, since error rates of many papers
were computed with them: "point" before a word of quantity vanishes, "one" stays a word where it stands alone.

A number grows word by word in `_Number.value`: an int as long as the words add up ("twenty" "one"), a str of digits
once they only follow each other ("nineteen" "eighty").
"""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["numbers_in_digits"]

_ZEROS = {"o", "oh", "zero"}
_ONE_TO_NINETEEN = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_TWENTY_TO_NINETY = "twenty thirty forty fifty sixty seventy eighty ninety"
_THOUSANDS = """
thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion
"""
_ONES = {word: value for value, word in enumerate(_ONE_TO_NINETEEN.split(), start=1)}
_TENS = {word: value * 10 for value, word in enumerate(_TWENTY_TO_NINETY.split(), start=2)}
_POWERS = {"hundred": 100} | {word: 1000**power for power, word in enumerate(_THOUSANDS.split(), start=1)}
# Words that end a number: what they add, and the letters written after it.
_ENDING_ONES = (
    {"sixes" if word == "six" else f"{word}s": (value, "s") for word, value in _ONES.items()}
    | {"zeroth": (0, "th"), "first": (1, "st"), "second": (2, "nd"), "third": (3, "rd")}
    | {"fifth": (5, "th"), "twelfth": (12, "th")}
    | {
        word + ("h" if word.endswith("t") else "th"): (value, "th")
        for word, value in _ONES.items()
        if value not in (1, 2, 3, 5, 12)
    }
)
_ENDING_TENS = {word.replace("y", "ies"): (value, "s") for word, value in _TENS.items()} | {
    word.replace("y", "ieth"): (value, "th") for word, value in _TENS.items()
}
_ADDING = _ONES | _TENS
_ENDING = _ENDING_ONES | _ENDING_TENS
_ENDING_POWERS = {f"{word}s": (value, "s") for word, value in _POWERS.items()} | {
    f"{word}th": (value, "th") for word, value in _POWERS.items()
}
_SIGNS = {"minus": "-", "negative": "-", "plus": "+", "positive": "+"}
_MONEY = {
    **dict.fromkeys(("pound", "pounds"), "£"),
    **dict.fromkeys(("euro", "euros"), "€"),
    **dict.fromkeys(("dollar", "dollars"), "$"),
    **dict.fromkeys(("cent", "cents"), "¢"),
}
_JOINING = {"and", "double", "triple", "point"}
_NUMERIC = (
    _ZEROS | _ADDING.keys() | _ENDING.keys() | _POWERS.keys() | _ENDING_POWERS.keys() | _SIGNS.keys() | _MONEY.keys()
) | {"per", "percent", *_JOINING}
_DIGITS = re.compile(r"\d+(\.\d+)?\n?")


def numbers_in_digits(text: str) -> str:
    """Return a lower-case English text with its numbers in digits."""
    number = _Number(_separated(text).split())
    return _joined_money(" ".join(number.read()))


class _Number:
    """The words of a text, and the number that is being read."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.value: int | str | None = None
        self.sign: str | None = None
        self.done: list[str] = []

    def read(self) -> list[str]:
        """Return the words, numbers in digits."""
        skip = False
        for place, word in enumerate(self.words):
            if skip:
                skip = False
                continue
            before = self.words[place - 1] if place else None
            after = self.words[place + 1] if place + 1 < len(self.words) else None
            skip = self._take(word, before, after)
        self._end()
        return self.done

    def _write(self, text: object) -> None:
        self.done.append(f"{self.sign or ''}{text}")
        self.value = self.sign = None

    def _end(self) -> None:
        if self.value is not None:
            self._write(self.value)

    def _take(self, word: str, before: str | None, after: str | None) -> bool:
        """Read one word; return whether the one after it is read too."""
        signed = word[0] in "-+£€$¢"
        if _DIGITS.fullmatch(word[1:] if signed else word):
            self._digits(word, signed)
        elif word not in _NUMERIC:
            self._end()
            self._write(word)
        elif word in _ZEROS:
            self.value = f"{self.value or ''}0"
        elif word in _ADDING:
            self.value = self._with(_ADDING[word], before)
        elif word in _ENDING:
            added, letters = _ENDING[word]
            self._write(f"{self._with(added, before)}{letters}")
        elif word in _POWERS:
            self._multiply(_POWERS[word])
        elif word in _ENDING_POWERS:
            power, letters = _ENDING_POWERS[word]
            self._multiply(power)
            self._write(f"{self.value}{letters}")
        elif word in _SIGNS:
            self._end()
            if _is_numeric(after):
                self.sign = _SIGNS[word]
            else:
                self._write(word)
        else:
            return self._unit(word, before, after)
        return False

    def _digits(self, word: str, signed: bool) -> None:
        if isinstance(self.value, str) and self.value.endswith("."):
            self.value += word
            return
        self._end()
        number = word[1:] if signed else word
        if signed:
            self.sign = word[0]
        self.value = int(Fraction(number)) if Fraction(number).denominator == 1 else number

    def _with(self, added: int, before: str | None) -> int | str:
        """Return the number with one more word: added where there is room for it, else written after it."""
        value = self.value
        if value is None:
            return added
        if isinstance(value, str) or before in _ONES:
            if before in _TENS and added < 10:
                return f"{str(value)[:-1]}{added}"
            return f"{value}{added}"
        return value + added if value % (10 if added < 10 else 100) == 0 else f"{value}{added}"

    def _multiply(self, power: int) -> None:
        value = self.value
        if value is None:
            self.value = power
        elif isinstance(value, str):
            product = None if (factor := _fraction(value)) is None else factor * power
            if product is not None and product.denominator == 1:
                self.value = product.numerator
            else:
                self._write(value)
                self.value = power
        else:
            # "two thousand three hundred": only the last three digits are meant.
            self.value = value // 1000 * 1000 + value % 1000 * power

    def _unit(self, word: str, before: str | None, after: str | None) -> bool:
        """Read a word that means something beside a number only."""
        if word in _MONEY:
            if self.value is None:
                self._write(word)
            else:
                self.sign = _MONEY[word]
                self._end()
        elif word == "percent":
            self._write(word if self.value is None else f"{self.value}%")
        elif word == "per":
            if self.value is not None and after == "cent":
                self._write(f"{self.value}%")
                return True
            self._end()
            self._write(word)
        elif not _is_numeric(after):
            self._end()
            self._write(word)
        elif word == "and":
            if before not in _POWERS:
                self._end()
                self._write(word)
        elif word == "point":
            if after in _ADDING or after in _ZEROS or _DIGITS.fullmatch(after or ""):
                self.value = f"{self.value or ''}."
        elif after in _ONES or after in _ZEROS:
            self.value = f"{self.value or ''}{str(_ONES.get(after or '', 0)) * (2 if word == 'double' else 3)}"
            return True
        else:
            self._end()
            self._write(word)
        return False


def _is_numeric(word: str | None) -> bool:
    return word is not None and (word in _NUMERIC or _DIGITS.fullmatch(word) is not None)


def _fraction(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except ValueError:
        return None


def _separated(text: str) -> str:
    """Return a text with letters and digits apart, and halves in words."""
    *heads, tail = re.split(r"\band\s+a\s+half\b", text)
    parts: list[str] = []
    for head in heads:
        if head.strip():
            last = head.split()[-1]
            parts += [head, "point five" if last in _ADDING or last in _ZEROS or last in _POWERS else "and a half"]
    if tail.strip():
        parts.append(tail)
    text = " ".join(parts)
    text = re.sub(r"([a-z])([0-9])", r"\1 \2", text)
    text = re.sub(r"([0-9])([a-z])", r"\1 \2", text)
    return re.sub(r"([0-9])\s+(st|nd|rd|th|s)\b", r"\1\2", text)


def _joined_money(text: str) -> str:
    """Return a text with dollars and cents as one amount, and "one" in words."""
    text = re.sub(
        r"([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\b",
        lambda found: f"{found[1]}{found[2]}.{int(found[3]):02d}",
        text,
    )
    text = re.sub(r"[€£$]0.([0-9]{1,2})\b", lambda found: f"¢{int(found[1])}", text)
    return re.sub(r"\b1(s?)\b", r"one\1", text)
