"""Where pieces of bytes stand in the text they make up."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["spans_of"]


def spans_of(pieces: Sequence[bytes], text: str) -> list[tuple[int, int]]:
    """Return the code points of a text each piece stands for; parts of a character have the whole of it.

    Raises:
        UnsupportedError: the pieces make up another text.
    """
    if b"".join(pieces) != text.encode():
        raise UnsupportedError("the tokens of this text do not spell it, so there is no telling where they stand in it")
    starts = [0, *accumulate(len(char.encode()) for char in text)]
    spans, at = [], 0
    for piece in pieces:
        begin, at = at, at + len(piece)
        spans.append((bisect_right(starts, begin) - 1, bisect_right(starts, at - 1)))
    return spans
