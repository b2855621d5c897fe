"""What tiktoken's calls take, checked in its order and refused in its words.

Source: the types and messages of tiktoken 0.14.
"""

from __future__ import annotations

import functools
import operator
import os
import re
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Literal, NoReturn, TypeAlias

from lexel.backends.surrogates import replace_surrogates

__all__ = [
    "Allowed",
    "Disallowed",
    "allowed_and_disallowed",
    "check_disallowed",
    "check_set",
    "check_text",
    "id_of",
    "ids_of",
    "splitter",
]

Allowed: TypeAlias = Literal["all"] | AbstractSet[str]
Disallowed: TypeAlias = Literal["all"] | Collection[str]

_U32, _I64 = 1 << 32, 1 << 63


def allowed_and_disallowed(
    allowed: Allowed, disallowed: Disallowed, special: set[str]
) -> tuple[AbstractSet[str], frozenset[str]]:
    """Return both sets of special tokens with "all" written out; what is not allowed is disallowed by default.

    Raises:
        TypeError: no sets.
    """
    if isinstance(allowed, str) and allowed == "all":
        allowed = special
    if isinstance(disallowed, str) and disallowed == "all":
        disallowed = special - allowed
    return allowed, frozenset(disallowed)


def check_disallowed(text: Any, disallowed: frozenset[str]) -> None:
    """Refuse a text that contains a special token it must not.

    Raises:
        ValueError: it does; names the token and the options.
        TypeError: no text.
    """
    if not disallowed:
        return
    prefix, pattern = _finder(disallowed)
    if not isinstance(text, str):
        if isinstance(text, (bytes, bytearray, memoryview)):
            raise TypeError("cannot use a string pattern on a bytes-like object")
        raise TypeError(f"a bytes-like object is required, not '{type(text).__name__}'")
    if prefix not in text:
        return
    found = pattern.search(text)
    if found is not None:
        _refuse(found[0])


@functools.lru_cache(maxsize=128)
def _finder(tokens: frozenset[str]) -> tuple[str, re.Pattern[str]]:
    """Return what all the tokens begin with, and a pattern of them: of two that begin alike the longer one is found."""
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"'{type(token).__name__}' object is not iterable")
    ordered = sorted(tokens, key=lambda token: (-len(token), token))
    return os.path.commonprefix(ordered), re.compile("|".join(map(re.escape, ordered)))


def splitter(tokens: frozenset[str], text: str) -> Iterator[tuple[str, str | None]]:
    """Cut a text at tokens: what stands before each, and the token; last what stands behind all, and None."""
    start = 0
    if tokens:
        for found in _finder(tokens)[1].finditer(text):
            yield text[start : found.start()], found[0]
            start = found.end()
    yield text[start:], None


def _refuse(token: str) -> NoReturn:
    raise ValueError(
        f"Encountered text corresponding to disallowed special token {token!r}.\n"
        f"If you want this text to be encoded as a special token, pass it to `allowed_special`, "
        f"e.g. `allowed_special={{{token!r}, ...}}`.\n"
        "If you want this text to be encoded as normal text, disable the check for this token by passing "
        f"`disallowed_special=(enc.special_tokens_set - {{{token!r}}})`.\n"
        "To disable this check for all special tokens, pass `disallowed_special=()`.\n"
    )


def check_text(text: Any) -> str:
    """Return a text as it can be encoded: pairs of surrogates become their character, others U+FFFD.

    Raises:
        TypeError: no text.
    """
    _check(text, str, "str")
    return replace_surrogates(str(text))


def check_set(allowed: Any) -> None:
    """Refuse allowed special tokens that are no set of texts.

    Raises:
        TypeError: they are not.
    """
    if not isinstance(allowed, (set, frozenset)):
        _check(allowed, set, "set")
    for token in allowed:
        _check(token, str, "str")


def _check(value: Any, kind: type, name: str) -> None:
    if not isinstance(value, kind):
        found = "'None'" if value is None else f"'{type(value).__name__}' object"
        raise TypeError(f"{found} is not an instance of '{name}'")


def ids_of(tokens: Any) -> list[int]:
    """Return ids given as any sequence of numbers.

    Raises:
        TypeError: no sequence, or of other things.
        OverflowError: a number that is no id.
    """
    if isinstance(tokens, str):
        raise TypeError("Can't extract `str` to `Vec`")
    if not hasattr(type(tokens), "__getitem__") or isinstance(tokens, dict):
        _check(tokens, list, "Sequence")
    return [id_of(token) for token in tokens]


def id_of(token: Any) -> int:
    """Return one id.

    Raises:
        TypeError: no number.
        OverflowError: a number that is no id.
    """
    number = operator.index(token)
    if 0 <= number < _U32:
        return number
    if not -_I64 <= number < _I64:
        raise OverflowError("Python int too large to convert to C long")
    raise OverflowError("out of range integral type conversion attempted")
