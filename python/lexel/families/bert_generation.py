"""BERT for generation.

Source: transformers 5.23, `BertGenerationTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import SentencePieceBackend

if TYPE_CHECKING:
    import os

__all__ = ["BertGenerationTokenizer"]


class BertGenerationTokenizer(SentencePieceBackend):
    """The tokenizer of BERT for generation: a SentencePiece model; nothing is written around a text.

    Args:
        vocab_file: the SentencePiece model.
        bos_token: the beginning.
        eos_token: the end.
        unk_token: for what the model lacks.
        pad_token: for padding.
        sep_token: between texts.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        sep_token: Any = "<::::>",
        sp_model_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("special_tokens_pattern", "none")
        super().__init__(
            vocab_file=vocab_file,
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            pad_token=pad_token,
            sep_token=sep_token,
            sp_model_kwargs=sp_model_kwargs or {},
            **kwargs,
        )
