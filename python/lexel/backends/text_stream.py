"""Text from ids one by one, for tokenizers whose decoding is a Python function of a list of ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TextStream"]

# So many ids are decoded again with every new one; what a token adds to a text depends on far fewer before it.
_CONTEXT = 16
_UNFINISHED = "\ufffd"


class TextStream:
    """Turns ids into text step by step; the texts concatenated equal the full decode of a decoder that appends.

    A decoder that takes back what it wrote (a clean-up of spaces, say) has no such stream: from there on the text is
    held back until the decoder's text continues what was told.

    Args:
        decode: gives the text of a list of ids.
    """

    def __init__(self, decode: Callable[[list[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._told = ""

    def feed(self, id: int | Sequence[int]) -> str:
        """Take the next id (or ids); return the newly final text, "" while a character is incomplete."""
        self._ids += [id] if isinstance(id, int) else [int(index) for index in id]
        text = self._decode(self._ids)
        final = text.rstrip(_UNFINISHED)
        if not final.startswith(self._told):
            return ""
        fresh, self._told = final[len(self._told) :], final
        if final == text and len(self._ids) > 2 * _CONTEXT:
            self._forget(text)
        return fresh

    def _forget(self, text: str) -> None:
        """Leave out the beginning, where the end reads the same without it."""
        recent = self._ids[-_CONTEXT:]
        told = self._decode(recent)
        if text.endswith(told):
            self._ids, self._told = recent, told

    def flush(self) -> str:
        """Return what is left, with replacement characters for a broken tail; the stream starts anew."""
        text = self._decode(self._ids) if self._ids else ""
        rest = text[len(self._told) :] if text.startswith(self._told) else ""
        self._ids, self._told = [], ""
        return rest

    def fork(self) -> TextStream:
        """Return an independent copy of the state."""
        made = TextStream(self._decode)
        made._ids, made._told = list(self._ids), self._told
        return made
