"""English numbers in words, as speech models read them.

Source: transformers 5.23, the number normalizer of `SpeechT5Tokenizer`, measured. What it says of a nought (nothing)
and of a fraction of one is kept: models were trained so.
"""

from __future__ import annotations

import re

__all__ = ["EnglishNumberNormalizer"]

_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = (
    "",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
)
_CURRENCIES = {
    "$": "dollars",
    "€": "euros",
    "£": "pounds",
    "¢": "cents",
    "¥": "japanese yen",
    "﷼": "saudi riyal",
    "₹": "indian rupees",
    "₽": "russian rubles",
    "฿": "thai baht",
    "₺": "turkish liras",
    "₴": "ukrainian hryvnia",
    "₣": "swiss francs",
    "₡": "costa rican colon",
    "₱": "philippine peso",
    "₪": "israeli shekels",
    "₮": "mongolian tögrög",
    "₩": "south korean won",
    "₦": "nigerian naira",
    "₫": "vietnamese Đồng",
}
# A sign, at most one of each currency in this order, digits, at most two decimals, a percent sign; no word around it.
_SIGNS = "".join(re.escape(sign) + "?" for sign in "$€£¢¥₹₽฿₺₴₣₡₱₪₮₩₦₫﷼")
_NUMBER = re.compile(rf"(?<!\w)-?{_SIGNS}\d+(?:\.\d{{1,2}})?%?(?!\w)")
_THOUSANDS_COMMA = re.compile(r"\d+,\d+")


class EnglishNumberNormalizer:
    """Writes the numbers of a text in words.

    Example:
        >>> EnglishNumberNormalizer()("It is $1,200.50 or 12%")
        'It is one thousand two hundred point five zero dollars or twelve percent'
    """

    def __call__(self, text: str) -> str:
        """Return a text with its numbers in words, and single spaces."""
        text = _THOUSANDS_COMMA.sub(lambda match: match[0].replace(",", ""), text)
        return re.sub(" +", " ", _NUMBER.sub(lambda match: self.convert(match[0]), text))

    def convert(self, number: str) -> str:
        """Return a number in words; one with more digits than there are names for stays."""
        whole, _, decimals = number.partition(".")
        decimals = decimals or "00"
        sign, whole = ("minus ", whole[1:]) if whole.startswith("-") else ("", whole)
        symbol = next((symbol for symbol in _CURRENCIES if whole.startswith(symbol)), "")
        whole = whole.removeprefix(symbol)
        ending = " percent" if "%" in whole + decimals else ""
        whole, decimals = whole.replace("%", ""), decimals.replace("%", "")
        if not whole.isdecimal() or not decimals.isdecimal() or len(whole) > 3 * len(_GROUPS):
            return number
        words = self.spell_number(int(whole)) if int(whole) else ""
        if decimals != "00":
            words += " point " + " ".join(self.spell_number(int(digit)) for digit in decimals)
        currency = f" {_CURRENCIES[symbol]}" if symbol else ""
        return f"{sign}{words}{ending}{currency}"

    def spell_number(self, num: int) -> str:
        """Return a whole number in words."""
        if num == 0:
            return "zero"
        groups = []
        for name in _GROUPS:
            num, group = divmod(num, 1000)
            if group:
                groups.append(f"{_group(group)} {name}".strip())
        return " ".join(reversed(groups))


def _group(number: int) -> str:
    """Return a number below 1000 in words."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    low = _TEENS[ones] if tens == 1 else " ".join(word for word in (_TENS[tens], _ONES[ones]) if word)
    if not hundreds:
        return low
    return f"{_ONES[hundreds]} hundred and {low}" if rest else f"{_ONES[hundreds]} hundred"
