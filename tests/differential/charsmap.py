"""The charsmap of a `Precompiled` normalizer, written from a table of rewritings.

The format is sentencepiece's: the size of a trie in bytes, the trie, then the results, each closed by a NUL. The trie
is a double array over UTF-8: a unit keeps the byte that leads to it, whether a key ends at it, and where its children
are (their byte, exclusive-or this place); the child of byte 0 keeps the place of the result.
"""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDS_HERE = 1 << 8
_IS_VALUE = 1 << 31


def charsmap(rewritings: Mapping[str, str]) -> str:
    """Return the base64 text of the `precompiled_charsmap` that rewrites every key to its value."""
    results, places = b"", {}
    for key, value in rewritings.items():
        places[key.encode()] = len(results)
        results += value.encode() + b"\0"
    units: dict[int, int] = {}
    _place(units, 0, 0, places)
    size = (max(units) | 0xFF) + 1 + 256
    trie = b"".join(struct.pack("<I", units.get(at, 0)) for at in range(size))
    return base64.b64encode(struct.pack("<I", len(trie)) + trie + results).decode()


def _place(units: dict[int, int], at: int, label: int, keys: Mapping[bytes, int]) -> None:
    """Write the unit at a place, and all below it: the ends of these keys."""
    children: dict[int, dict[bytes, int]] = {}
    for key, value in keys.items():
        if key:
            children.setdefault(key[0], {})[key[1:]] = value
    ends = b"" in keys
    wanted = [*children, *([0] if ends else [])]
    offset = 1
    while any(at ^ offset ^ byte in units or at ^ offset ^ byte == at for byte in wanted):
        offset += 1
    units[at] = offset << 10 | (_ENDS_HERE if ends else 0) | label
    if ends:
        units[at ^ offset] = _IS_VALUE | keys[b""]
    # All children have their places before any of them has children.
    for byte in children:
        units[at ^ offset ^ byte] = 0
    for byte, below in children.items():
        _place(units, at ^ offset ^ byte, byte, below)
