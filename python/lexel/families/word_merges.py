"""Byte-pair merges of words in plain Python, as the tools of subword-nmt write them: `un@@ known`.

Source: transformers 5.23, `CTRLTokenizer`, `BlenderbotSmallTokenizer`, `PhobertTokenizer`, measured.
"""

from __future__ import annotations

import re
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lexel.backends import PythonBackend

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MergedWords", "merge"]

_END = "</w>"
_CONTINUED = "@@"


def merge(parts: list[str], ranks: Mapping[tuple[str, ...], int]) -> list[str]:
    """Return the parts of a word after its merges.

    The pair of lowest rank is merged everywhere from the left before the next is looked for. Time is O(n log n).

    Args:
        parts: what the word begins as.
        ranks: pair → rank.
    """
    parts, size = list(parts), len(parts)
    after, before = [*range(1, size), -1], [-1, *range(size - 1)]
    found = ((ranks.get(pair), place) for place, pair in enumerate(pairwise(parts)))
    heap = [(rank, place, parts[place], parts[place + 1]) for rank, place in found if rank is not None]
    heapify(heap)
    while heap:
        rank, new = heap[0][0], []
        while heap and heap[0][0] == rank:
            _, place, left, right = heappop(heap)
            follower = after[place]
            if follower == -1 or parts[place] != left or parts[follower] != right:
                continue
            parts[place], parts[follower] = left + right, ""
            after[place] = after[follower]
            if after[place] != -1:
                before[after[place]] = place
            new += [index for index in (before[place], place) if index != -1]
        for place in new:
            follower = after[place]
            if parts[place] and follower != -1 and (fresh := ranks.get((parts[place], parts[follower]))) is not None:
                heappush(heap, (fresh, place, parts[place], parts[follower]))
    return [part for part in parts if part]


class MergedWords(PythonBackend):
    """A tokenizer of words in pieces, of which all but the last of a word end with `@@`.

    A class sets `encoder` (token → id) and `bpe_ranks` (pair → rank) before it calls this constructor.
    """

    encoder: dict[str, int]
    bpe_ranks: Mapping[tuple[str, ...], int]

    def __init__(self, **kwargs: Any) -> None:
        self.decoder = {index: token for token, index in self.encoder.items()}
        super().__init__(**kwargs)

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary has."""
        return len(self.encoder)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self.encoder | self.get_added_vocab()

    def _pieces(self, word: str) -> list[str]:
        """Return the pieces of a word that is not empty."""
        if len(word) == 1:
            return [word]
        pieces = merge([*word[:-1], word[-1] + _END], self.bpe_ranks)
        # The end is the last of the word's marks, whatever merges made of it.
        return [*(piece + _CONTINUED for piece in pieces[:-1]), pieces[-1][: -len(_END)]]

    def bpe(self, token: str) -> str:
        """Return a word as its pieces with spaces between."""
        return " ".join(self._pieces(token))

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        # A word keeps the line end behind it.
        return [piece for word in _words(text) for piece in self.bpe(word).split(" ")]

    def _convert_token_to_id(self, token: str) -> int | None:
        return self.encoder.get(token, self.encoder.get(str(self.unk_token)))

    def _convert_id_to_token(self, index: int) -> str:
        return self.decoder.get(index, str(self.unk_token))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for."""
        return " ".join(tokens).replace(f"{_CONTINUED} ", "").strip()


def _words(text: str) -> list[str]:
    words: list[str] = re.findall(r"\S+\n?", text)
    return words
