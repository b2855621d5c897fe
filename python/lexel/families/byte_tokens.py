"""What the tokenizers share whose tokens are the bytes of a text, each written as the character of its number.

Source: transformers 5.23, `ByT5Tokenizer`, `PerceiverTokenizer`, `DiaTokenizer`.
"""

from __future__ import annotations

from typing import Any, Literal

from lexel.backends import PythonBackend
from lexel.backends.surrogates import replace_surrogates

__all__ = ["ByteTokens", "utf8"]

_BYTES = 256


def utf8(text: str) -> bytes:
    """Return the bytes of a text; lone surrogates become U+FFFD."""
    return replace_surrogates(text).encode("utf-8")


class ByteTokens(PythonBackend):
    """A tokenizer whose tokens are bytes; the id of a byte is its number behind the first special tokens."""

    # How many special tokens stand before the bytes.
    offset: int = 0
    # What becomes of bytes that are no text.
    _broken_bytes: Literal["ignore", "replace"] = "ignore"

    @property
    def vocab_size(self) -> int:
        """How many bytes there are."""
        return _BYTES

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        tokens = {self.convert_ids_to_tokens(index): index for index in range(_BYTES + self.offset)}
        return tokens | self.get_added_vocab()

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return list(utf8(text).decode("latin-1"))

    def _convert_token_to_id(self, token: str) -> int | None:
        return ord(token) + self.offset if len(token) == 1 else None

    def _convert_id_to_token(self, index: int) -> str | None:
        number = index - self.offset
        return chr(number) if 0 <= number < 0x110000 else None

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that bytes and added tokens stand for; bytes that are no text go, or become U+FFFD."""
        added = self._added_tokens_encoder
        parts = (token.encode() if token in added else _byte(token) for token in tokens)
        return b"".join(parts).decode("utf-8", self._broken_bytes)

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write nothing: there is no vocabulary but the bytes."""
        del save_directory, filename_prefix
        return ()


def _byte(token: str) -> bytes:
    """Return the byte a token stands for; of an id that models have beyond the bytes, none."""
    return bytes([ord(token)]) if len(token) == 1 and ord(token) < _BYTES else b""
