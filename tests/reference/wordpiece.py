"""WordPiece, slowly: from the left, always the longest token."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.pieces import Token, Unknown, width


@dataclass(frozen=True)
class WordPiece:
    """A vocabulary, in which tokens that go on have a prefix."""

    vocab: dict[str, int]
    unk_token: str = "[UNK]"
    continuing_subword_prefix: str = "##"
    max_input_chars_per_word: int = 100

    def tokenize(self, piece: str) -> list[Token]:
        """Return the tokens of a piece: one unknown token if any part of it is unknown, or if it is too long."""
        if len(piece) > self.max_input_chars_per_word:
            return self._unknown(piece)
        tokens, start, at = [], 0, 0
        while start < len(piece):
            prefix = self.continuing_subword_prefix if start > 0 else ""
            ends = (end for end in range(len(piece), start, -1) if prefix + piece[start:end] in self.vocab)
            end = next(ends, None)
            if end is None:
                return self._unknown(piece)
            tokens.append(Token(self.vocab[prefix + piece[start:end]], at, at + width(piece[start:end])))
            start, at = end, tokens[-1].end
        return tokens

    def _unknown(self, piece: str) -> list[Token]:
        if self.unk_token not in self.vocab:
            raise Unknown(self.unk_token)
        return [Token(self.vocab[self.unk_token], 0, width(piece))]
