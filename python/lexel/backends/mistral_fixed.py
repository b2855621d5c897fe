"""What a tokenizer of mistral-common does not have: added tokens, templates, a vocabulary in files of its own."""

from __future__ import annotations

from typing import Any, NoReturn

from lexel.backends.model_inputs import ModelInputs
from lexel.errors import UnsupportedError

__all__ = ["FixedVocabulary"]


class FixedVocabulary(ModelInputs):
    """A tokenizer to which nothing can be added; each method of that raises `UnsupportedError`."""

    def _lacking(self, method: str, instead: str) -> NoReturn:
        raise UnsupportedError(f"{type(self).__name__} has no {method}: {instead}")

    @property
    def added_tokens_decoder(self) -> Any:
        """Not here: tokens cannot be added."""
        self._lacking("added_tokens_decoder", "tokens cannot be added; get_vocab() has all")

    def get_added_vocab(self) -> dict[str, int]:
        """Return the added tokens: none."""
        return {}

    def add_tokens(self, *_tokens: Any, **_options: Any) -> int:
        """Not here: the library's vocabularies are fixed."""
        self._lacking("add_tokens", "the vocabularies of mistral-common are fixed")

    def add_special_tokens(self, *_tokens: Any, **_options: Any) -> int:
        """Not here: the library's vocabularies are fixed."""
        self._lacking("add_special_tokens", "the vocabularies of mistral-common are fixed")

    def convert_added_tokens(self, *_tokens: Any, **_options: Any) -> Any:
        """Not here: tokens cannot be added."""
        self._lacking("convert_added_tokens", "the vocabularies of mistral-common are fixed")

    def get_chat_template(self, *_name: Any, **_options: Any) -> str:
        """Not here: the library encodes conversations without a template."""
        self._lacking("get_chat_template", "the library encodes conversations itself; call apply_chat_template")

    def save_chat_templates(self, *_folder: Any, **_options: Any) -> Any:
        """Not here: the library encodes conversations without a template."""
        self._lacking("save_chat_templates", "the library encodes conversations itself; call save_pretrained")

    def save_vocabulary(self, *_folder: Any, **_options: Any) -> tuple[str, ...]:
        """Not here: the tokenizer is one file."""
        self._lacking("save_vocabulary", "the tokenizer is one file, which save_pretrained copies")
