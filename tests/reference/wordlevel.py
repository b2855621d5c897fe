"""WordLevel: a piece is a token, or unknown."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.pieces import Token, Unknown, width


@dataclass(frozen=True)
class WordLevel:
    """A vocabulary of whole pieces."""

    vocab: dict[str, int]
    unk_token: str = "<unk>"

    def tokenize(self, piece: str) -> list[Token]:
        """Return the one token of a piece."""
        for name in (piece, self.unk_token):
            if name in self.vocab:
                return [Token(self.vocab[name], 0, width(piece))]
        raise Unknown(self.unk_token)
