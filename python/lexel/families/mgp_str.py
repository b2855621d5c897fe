"""MGP-STR, text in scenes.

Source: transformers 5.23, `MgpstrTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import PythonBackend
from lexel.families.model_files import read_vocabulary

if TYPE_CHECKING:
    import os

__all__ = ["MgpstrTokenizer"]


class MgpstrTokenizer(PythonBackend):
    """The tokenizer of MGP-STR: characters; nothing is written around a text.

    Args:
        vocab_file: the vocabulary, token → id.
        unk_token: for characters the vocabulary lacks.
        bos_token: the beginning.
        eos_token: the end.
        pad_token: for padding.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no vocabulary.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        unk_token: Any = "[GO]",
        bos_token: Any = "[GO]",
        eos_token: Any = "[s]",
        pad_token: Any = "[GO]",
        **kwargs: Any,
    ) -> None:
        self.vocab = read_vocabulary(vocab_file, "vocab_file")
        self.decoder = {index: token for token, index in self.vocab.items()}
        kwargs.setdefault("special_tokens_pattern", "none")
        super().__init__(unk_token=unk_token, bos_token=bos_token, eos_token=eos_token, pad_token=pad_token, **kwargs)

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary has."""
        return len(self.vocab)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self.vocab | self.get_added_vocab()

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return list(text)

    def _convert_token_to_id(self, token: str) -> int | None:
        return self.vocab.get(token, self.vocab.get(str(self.unk_token)))

    def _convert_id_to_token(self, index: int) -> str | None:
        return self.decoder.get(index)
