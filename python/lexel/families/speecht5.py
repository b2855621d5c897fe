"""SpeechT5.

Source: transformers 5.23, `SpeechT5Tokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import SentencePieceBackend
from lexel.families.ends import OneText
from lexel.families.english_numbers import EnglishNumberNormalizer

if TYPE_CHECKING:
    import os

__all__ = ["SpeechT5Tokenizer"]


class SpeechT5Tokenizer(OneText, SentencePieceBackend):
    """The tokenizer of SpeechT5: a SentencePiece model of characters; `A </s>`, pairs are one text.

    Args:
        vocab_file: the SentencePiece model.
        bos_token: the beginning, which is not written.
        eos_token: the end of a text.
        unk_token: for what the model lacks.
        pad_token: for padding.
        normalize: whether numbers become English words; a call may say otherwise.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spm_char.model"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        normalize: bool = False,
        sp_model_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.normalize = normalize
        self.normalizer = EnglishNumberNormalizer()
        self.prefix_tokens: list[int] = []
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(
            vocab_file=vocab_file,
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            pad_token=pad_token,
            normalize=normalize,
            sp_model_kwargs=sp_model_kwargs or {},
            **kwargs,
        )

    @property
    def suffix_tokens(self) -> list[int]:
        """The ids behind a text."""
        return [self.eos_token_id] if self.eos_token_id is not None else []

    def prepare_for_tokenization(
        self, text: str, is_split_into_words: bool = False, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a text with its numbers in words if it is wanted so, and the arguments that were not used."""
        wanted = kwargs.pop("normalize", self.normalize)
        text = f" {text}" if is_split_into_words else text
        return (self.normalizer(text) if wanted else text), kwargs
