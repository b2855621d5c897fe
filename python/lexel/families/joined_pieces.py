"""What tokenizers share that run a SentencePiece model in front of a vocabulary of their own.

Source: transformers 5.23, `MarianTokenizer`, `M2M100Tokenizer`, `Speech2TextTokenizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

__all__ = ["join_pieces"]


def join_pieces(
    tokens: Sequence[str], special: Collection[str], decode: Callable[[list[str]], str], behind: str
) -> str:
    """Return the text of pieces between special tokens.

    Args:
        tokens: pieces and special tokens.
        special: the texts of the special tokens.
        decode: what makes a text of pieces.
        behind: what is written behind a special token.
    """
    text, pieces = "", []
    for token in tokens:
        if token in special:
            text += decode(pieces) + token + behind
            pieces = []
        else:
            pieces.append(token)
    return text + decode(pieces)
