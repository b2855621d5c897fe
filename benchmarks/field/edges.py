"""Texts on which a library is known to differ from the reference, by what is tried."""

from __future__ import annotations

CASES = {
    "contraction with long s": "n'ſ'mt",
    "long s, capital": "'ſ x'ſ 'S'ſ",
    "newly assigned character": "a\U0001f6d8b \U0001f6d8",
    "piece of 499 bytes": " " + "x" * 499,
    "piece of 500 bytes": "x" * 500 + " y",
    "piece of 501 bytes": "日" * 167 + " y",
    "rank order is not merge order": " зависимо",
    "newline, space, newline": "\n \n",
    "roman numeral": " Ⅷ",
    "tab, backtick": "\t`t",
    "greedy is not merges": " traying",
    "newline, contraction": "\n'm",
    "not in normal form": "cafe\u0301 o\u0308l \u1e9b\u0323",
    "100 kB of one letter": "a" * 100_000,
    "100 kB of spaces": " " * 100_000,
    "spaces before a word": "   x    y\t\tz\n\n\n  w",
    "space at the end": "x   ",
    "carriage returns": "a\r\nb\r\r\nc \r\n d",
    "digits of other scripts": "١٢٣٤٥ 12345678 ４５６７",
    "joiners and flags": "👩‍👩‍👧‍👦🇪🇺🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "line separators": "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg",
    "other spaces": "a\u00a0b\u3000c\u202fd\u200be\ufefff",
    "null and controls": "a\x00b\x01c\x7fd",
    "Hangul, composed and not": "각 각 한국어",
}
