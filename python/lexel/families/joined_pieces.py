"""What tokenizers share that run a SentencePiece model in front of a vocabulary of their own.

Source: transformers 5.23, `MarianTokenizer`, `M2M100Tokenizer`, `Speech2TextTokenizer`, `SiglipTokenizer`,
`GPTSw3Tokenizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

__all__ = ["join_pieces", "join_spaced"]


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
    text = ""
    pieces: list[str] = []
    for token in tokens:
        if token in special:
            text += decode(pieces) + token + behind
            pieces = []
        else:
            pieces.append(token)
    return text + decode(pieces)


def join_spaced(tokens: Sequence[str], special: Collection[str], decode: Callable[[list[str]], str]) -> str:
    """Return the text of pieces between special tokens; before what leads to a special token stands a space.

    Args:
        tokens: pieces and special tokens.
        special: the texts of the special tokens.
        decode: what makes a text of pieces.
    """
    text, follows = "", False
    pieces: list[str] = []
    for token in tokens:
        if token in special:
            text += ("" if follows else " ") + decode(pieces) + token
            pieces, follows = [], True
        else:
            pieces.append(token)
            follows = False
    return text + decode(pieces)
