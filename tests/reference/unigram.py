"""The Unigram model, slowly: of all ways to cut a piece the one with the highest sum of scores."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from tests.reference.pieces import Token, Unknown, byte_name, width

# An unknown character is this much worse than the worst token.
UNKNOWN_PENALTY = 10.0


@dataclass(frozen=True)
class Unigram:
    """Scored tokens; an id is a place in the list."""

    vocab: list[list[object]]
    unk_id: int | None = None
    byte_fallback: bool = False

    def tokenize(self, piece: str) -> list[Token]:
        """Return the tokens of a piece."""
        # Of a token that stands twice the last counts.
        ids = {str(token): id for id, (token, _) in enumerate(self.vocab)}
        tokens, at = [], 0
        for part in self._fused(self._best_cut(piece, ids)):
            end = at + width(part)
            names = [byte_name(byte) for byte in part.encode()]
            if part in ids:
                tokens.append(Token(ids[part], at, end))
            elif self.byte_fallback and all(name in ids for name in names):
                # Every byte stands for the whole of what was unknown.
                tokens += [Token(ids[name], at, end) for name in names]
            else:
                tokens.append(Token(self._unknown(), at, end))
            at = end
        return tokens

    def _best_cut(self, piece: str, ids: dict[str, int]) -> list[tuple[str, int]]:
        """Return the parts of the best cut, each with the id it was scored by.

        Sums are made from the left, in double precision. Of equal sums the one stays that was found first: the one
        whose last token begins first.
        """
        scores = [float(str(score)) for _, score in self.vocab]
        unknown_score = min(scores, default=float("inf")) - UNKNOWN_PENALTY
        # By end: the sum so far, the beginning and the id of the last token.
        best: dict[int, tuple[float, int, int]] = {0: (0.0, 0, -1)}

        def offer(start: int, end: int, id: int | None, score: float) -> None:
            total = score + best[start][0]
            if end not in best or total > best[end][0]:
                best[end] = total, start, self._unknown() if id is None else id

        longest = max(map(len, ids), default=0)
        for start in range(len(piece)):
            for end in range(start + 1, min(len(piece), start + longest) + 1):
                if (id := ids.get(piece[start:end])) is not None:
                    offer(start, end, id, scores[id])
            if piece[start] not in ids:
                offer(start, start + 1, None, unknown_score)
        parts, end = [], len(piece)
        while end > 0:
            _, start, id = best[end]
            parts.append((piece[start:end], id))
            end = start
        return parts[::-1]

    def _unknown(self) -> int:
        if self.unk_id is None:
            raise Unknown
        return self.unk_id

    def _fused(self, parts: list[tuple[str, int]]) -> list[str]:
        """Join neighbours that are unknown."""
        joined = []
        for unknown, group in groupby(parts, key=lambda part: part[1] == self.unk_id):
            texts = [text for text, _ in group]
            joined += ["".join(texts)] if unknown else texts
        return joined
