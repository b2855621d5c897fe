"""Dia, dialogue to speech: the bytes of a text.

Source: transformers 5.23, `DiaTokenizer`, measured.
"""

from __future__ import annotations

from typing import Any

from lexel.added_token import AddedToken
from lexel.families.byte_tokens import ByteTokens

__all__ = ["DiaTokenizer"]


class DiaTokenizer(ByteTokens):
    """The tokenizer of Dia: bytes, `[S1]` and `[S2]` for the speakers; nothing is written around a text.

    Args:
        pad_token: for padding.
        unk_token: for what is no byte.
        max_length: kept for compatibility.
        offset: how far ids are from the numbers of the bytes.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.
    """

    def __init__(
        self,
        pad_token: Any = "<pad>",
        unk_token: Any = "<pad>",
        max_length: int | None = 1024,
        offset: int = 0,
        **kwargs: Any,
    ) -> None:
        pad, unk = (AddedToken(token) if isinstance(token, str) else token for token in (pad_token, unk_token))
        self._added_tokens_decoder = {0: pad, 1: AddedToken("[S1]"), 2: AddedToken("[S2]")}
        self.offset = offset
        kwargs.setdefault("special_tokens_pattern", "none")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(unk_token=unk, pad_token=pad, max_length=max_length, offset=offset, **kwargs)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the tokens one behind the other: bytes stay the characters that stand for them."""
        return "".join(tokens)
