"""Byte-pair encoding, slowly: letters, then merges in the order of their ranks.

Every option of a `tokenizer.json` is here. What is odd in it is what the original does, and files rely on it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.reference.pieces import Token, Unknown, byte_name, width

if TYPE_CHECKING:
    import random


@dataclass(frozen=True)
class Bpe:
    """A vocabulary, ranked merges, and the options."""

    vocab: dict[str, int]
    merges: list[list[str]]
    unk_token: str | None = None
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    fuse_unk: bool = False
    byte_fallback: bool = False
    ignore_merges: bool = False
    dropout: float | None = None
    # Pair of ids to rank and result; of a pair that stands twice the last counts.
    rules: dict[tuple[int, int], tuple[int, int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        cut = len(self.continuing_subword_prefix or "")
        for rank, (left, right) in enumerate(self.merges):
            self.rules[self.vocab[left], self.vocab[right]] = rank, self.vocab[left + right[cut:]]

    @classmethod
    def from_model(cls, model: dict[str, Any]) -> Bpe:
        return cls(**{key: value for key, value in model.items() if key != "type"})

    def tokenize(self, piece: str, rng: random.Random | None = None) -> list[Token]:
        """Return the tokens of a piece; `rng` says which merges are left out under dropout."""
        if self.ignore_merges and piece in self.vocab:
            return [Token(self.vocab[piece], 0, width(piece))]
        symbols = self._merged(self._symbols(piece), rng)
        tokens, at = [], 0
        for id, length in symbols:
            tokens.append(Token(id, at, at + length))
            at += length
        return tokens

    def _symbols(self, piece: str) -> list[tuple[int, int]]:
        """Return the symbols before any merge: ids and widths in bytes."""
        symbols: list[tuple[int, int]] = []
        unknown = 0  # bytes that wait to become an unknown token
        for at, character in enumerate(piece):
            name = character
            if at > 0:
                name = (self.continuing_subword_prefix or "") + name
            if at == len(piece) - 1:
                name += self.end_of_word_suffix or ""
            names = [byte_name(byte) for byte in name.encode()]
            if name in self.vocab:
                if unknown:
                    symbols.append((self._unknown_id(), unknown))
                    unknown = 0
                symbols.append((self.vocab[name], width(character)))
            elif self.byte_fallback and all(name in self.vocab for name in names):
                # What waits goes on waiting: its token comes after these bytes.
                symbols += [(self.vocab[name], 1) for name in names]
            elif self.unk_token is not None:
                if unknown and not self.fuse_unk:
                    symbols.append((self._unknown_id(), unknown))
                    unknown = 0
                self._unknown_id()
                unknown += width(character)
            # Without an unknown token what is unknown is dropped, and takes no place.
        if unknown:
            symbols.append((self._unknown_id(), unknown))
        return symbols

    def _unknown_id(self) -> int:
        if self.unk_token not in self.vocab:
            raise Unknown(self.unk_token)
        return self.vocab[self.unk_token]

    def _merged(self, symbols: list[tuple[int, int]], rng: random.Random | None) -> list[tuple[int, int]]:
        """Merge neighbours: the lowest rank first, the leftmost first.

        The agenda keeps what could be merged when it was written. By the time its turn comes a symbol may be another;
        the merge is still done if it gives what was written, be it by another rule.
        """
        alive: list[tuple[int, int] | None] = list(symbols)

        def after(at: int) -> int | None:
            return next((other for other in range(at + 1, len(alive)) if alive[other] is not None), None)

        def before(at: int) -> int | None:
            return next((other for other in range(at - 1, -1, -1) if alive[other] is not None), None)

        def rule(at: int | None) -> tuple[int, int] | None:
            """Return the rank and the result of merging the symbol at a place with the next one."""
            following = None if at is None else after(at)
            if at is None or following is None:
                return None
            return self.rules.get((alive[at][0], alive[following][0]))  # type: ignore[index]

        agenda = [(*found, at) for at in range(len(alive)) if (found := rule(at))]
        left_out: list[tuple[int, int, int]] = []
        while agenda:
            entry = min(agenda, key=lambda entry: (entry[0], entry[2]))
            agenda.remove(entry)
            if self.dropout is not None and (rng.random() if rng else 0.5) < self.dropout:
                left_out.append(entry)
                continue
            agenda, left_out = agenda + left_out, []
            _, result, at = entry
            current = rule(at) if alive[at] is not None else None
            if current is None or current[1] != result:
                continue
            following = after(at)
            alive[at] = result, alive[at][1] + alive[following][1]  # type: ignore[index]
            alive[following] = None  # type: ignore[index]
            agenda += [(*found, place) for place in (before(at), at) if place is not None and (found := rule(place))]
        return [symbol for symbol in alive if symbol is not None]


def merged_simply(bpe: Bpe, ids: list[int]) -> list[int]:
    """Merge as the textbook does: the pair of the lowest rank, leftmost, until there is none.

    The same as the agenda's result wherever no token is built by two merges.
    """
    while True:
        ranked = [(bpe.rules[pair][0], at) for at, pair in enumerate(itertools.pairwise(ids)) if pair in bpe.rules]
        if not ranked:
            return ids
        _, at = min(ranked)
        ids = [*ids[:at], bpe.rules[ids[at], ids[at + 1]][1], *ids[at + 2 :]]
