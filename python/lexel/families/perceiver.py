"""Perceiver IO: the bytes of a text.

Source: transformers 5.23, `PerceiverTokenizer`, measured.
"""

from __future__ import annotations

from typing import Any

from lexel.added_token import AddedToken
from lexel.families.byte_tokens import ByteTokens

__all__ = ["PerceiverTokenizer"]


class PerceiverTokenizer(ByteTokens):
    """The tokenizer of Perceiver IO: bytes, `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.

    Args:
        pad_token: for padding.
        bos_token: the beginning, which is not written.
        eos_token: the end, which is not written.
        mask_token: for masked bytes.
        cls_token: before the first sequence.
        sep_token: behind every sequence.
        model_max_length: how many ids the model takes.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.
    """

    offset = 6
    _broken_bytes = "replace"

    def __init__(
        self,
        pad_token: Any = "[PAD]",
        bos_token: Any = "[BOS]",
        eos_token: Any = "[EOS]",
        mask_token: Any = "[MASK]",
        cls_token: Any = "[CLS]",
        sep_token: Any = "[SEP]",
        model_max_length: int = 2048,
        **kwargs: Any,
    ) -> None:
        named = {
            "pad_token": pad_token,
            "bos_token": bos_token,
            "eos_token": eos_token,
            "mask_token": mask_token,
            "cls_token": cls_token,
            "sep_token": sep_token,
        }
        tokens = {name: AddedToken(token) if isinstance(token, str) else token for name, token in named.items()}
        self._added_tokens_decoder = dict(enumerate(tokens.values()))
        kwargs.setdefault("special_tokens_pattern", "cls_sep")
        super().__init__(**tokens, model_max_length=model_max_length, **kwargs)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return {chr(byte): byte + self.offset for byte in range(self.vocab_size)} | self.get_added_vocab()

    def _convert_token_to_id(self, token: str) -> int | None:
        return ord(token) + self.offset if len(token) == 1 else self.unk_token_id
