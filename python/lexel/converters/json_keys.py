"""The top-level keys of a JSON file, found without reading it whole: vocabularies have a hundred megabytes.

A small scanner over the bytes. It skips values by counting brackets outside of strings, so depth costs nothing and no
value is made. What it yields before the first fault is right for a valid file; that the rest is valid is for the
reader to find out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from lexel.errors import FormatError

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

__all__ = ["Data", "first_key", "top_level_keys"]

Data: TypeAlias = "bytes | mmap.mmap"

# Possessive throughout: nothing is tried twice, and nothing is remembered for trying twice.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY = re.compile(rb"[ \t\r\n]*+(" + _STRING + rb")[ \t\r\n]*+:[ \t\r\n]*+", re.DOTALL)
_NO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+", re.DOTALL)
_SCALAR = re.compile(rb"(?:" + _STRING + rb"|[-+.0-9A-Za-z]++)", re.DOTALL)
_NEXT = re.compile(rb"[ \t\r\n]*+([,}])")
_OPEN = re.compile(rb"[ \t\r\n]*+\{[ \t\r\n]*+(\}?)")


def top_level_keys(data: Data, start: int = 0) -> Iterator[tuple[str, int]]:
    """Yield the keys of the object that begins at `start`, each with the place where its value begins.

    Raises:
        FormatError: what is there is no JSON object; says at which byte.
    """
    opened = _OPEN.match(data, start)
    if opened is None:
        raise FormatError(f"expected a JSON object at byte {start}")
    at = opened.end()
    while not opened[1]:
        key = _KEY.match(data, at)
        if key is None:
            raise FormatError(f"expected a key and a colon at byte {at}")
        yield _text(key[1], at), key.end()
        at = _behind(data, key.end())
        following = _NEXT.match(data, at)
        if following is None:
            raise FormatError(f"expected a comma or a closing brace at byte {at}")
        at = following.end()
        if following[1] == b"}":
            return


def first_key(data: Data, start: int) -> str | None:
    """Return the first key of the object that begins at a place; None: it is empty, or there is none."""
    opened = _OPEN.match(data, start)
    key = _KEY.match(data, opened.end()) if opened is not None else None
    return _text(key[1], start) if key is not None else None


def _text(quoted: bytes, at: int) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError as error:  # an invalid escape, or no UTF-8
        raise FormatError(f"expected a key at byte {at}: {error}") from error


def _behind(data: Data, start: int) -> int:
    """Return the place behind the value that begins at a place."""
    if data[start : start + 1] not in (b"{", b"["):
        scalar = _SCALAR.match(data, start)
        if scalar is None:
            raise FormatError(f"expected a value at byte {start}")
        return scalar.end()
    depth, at, size = 0, start, len(data)
    while at < size:
        bracket = data[at : at + 1]
        if bracket in (b"{", b"["):
            depth += 1
        elif bracket in (b"}", b"]"):
            depth -= 1
            if not depth:
                return at + 1
        else:
            raise FormatError(f"a string that begins at byte {at} does not end")
        skipped = _NO_BRACKET.match(data, at + 1)
        at = skipped.end() if skipped is not None else at + 1
    raise FormatError(f"the value that begins at byte {start} does not end")
