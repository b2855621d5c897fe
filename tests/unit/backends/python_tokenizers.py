"""Tokenizers written in plain Python, as users write them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from lexel import PythonBackend

WORDS = ["<unk>", "<pad>", "<cls>", "<sep>", "a", "b", "c", "hello", "world", ".", ",", "X"]


class WordTokenizer(PythonBackend):
    """Words between spaces, of a small vocabulary."""

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "words.json"}
    model_input_names: list[str] = ["input_ids", "token_type_ids", "attention_mask"]  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        self.encoder = {word: index for index, word in enumerate(WORDS)}
        kwargs.pop("vocab_file", None)
        names = {f"{name}_token": f"<{name}>" for name in ("unk", "pad", "cls", "sep")}
        super().__init__(**{**names, **kwargs})

    @property
    def vocab_size(self) -> int:
        return len(self.encoder)

    def get_vocab(self) -> dict[str, int]:
        return {**self.encoder, **self.get_added_vocab()}

    def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
        return text.split()

    def _convert_token_to_id(self, token: str) -> int:
        return self.encoder.get(token, 0)

    def _convert_id_to_token(self, index: int) -> str | None:
        return WORDS[index] if index < len(WORDS) else None


class PlacedWordTokenizer(WordTokenizer):
    """The same, which knows where its words stand."""

    def _tokenize_with_offsets(self, text: str) -> list[tuple[str, tuple[int, int]]]:
        return [(match[0], match.span()) for match in re.finditer(r"\S+", text)]
