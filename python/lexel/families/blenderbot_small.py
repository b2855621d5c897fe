"""Blenderbot of 90 million weights.

Source: transformers 5.23, `BlenderbotSmallTokenizer`, measured.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.families.merge_files import merge_ranks
from lexel.families.model_files import read_vocabulary
from lexel.families.word_merges import MergedWords

if TYPE_CHECKING:
    import os

__all__ = ["BlenderbotSmallTokenizer"]


class BlenderbotSmallTokenizer(MergedWords):
    """The tokenizer of the small Blenderbot: lower case, words in pieces; nothing is written around a text.

    Args:
        vocab_file: the vocabulary, token → id.
        merges_file: the merges.
        bos_token: the beginning.
        eos_token: the end.
        unk_token: for pieces the vocabulary lacks.
        pad_token: for padding.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_config_file": "tokenizer_config.json",
    }

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        merges_file: str | os.PathLike[str],
        bos_token: Any = "__start__",
        eos_token: Any = "__end__",
        unk_token: Any = "__unk__",
        pad_token: Any = "__null__",
        **kwargs: Any,
    ) -> None:
        self.encoder = read_vocabulary(vocab_file, "vocab_file")
        self.bpe_ranks = merge_ranks(merges_file, heading=True)
        self.add_bpe_version_header = True
        kwargs.setdefault("special_tokens_pattern", "none")
        super().__init__(unk_token=unk_token, bos_token=bos_token, eos_token=eos_token, pad_token=pad_token, **kwargs)

    def bpe(self, token: str) -> str:
        """Return what stands between two spaces as its pieces, punctuation apart, with spaces between."""
        spaced = re.sub(r"([.,!?()])", r" \1", token)
        spaced = re.sub(r"\s{2,}", " ", re.sub(r"(')", r" \1 ", spaced)).replace("\n", " __newln__")
        return " ".join(piece for word in spaced.split(" ") if word for piece in self._pieces(word.lower()))

    def _convert_token_to_id(self, token: str) -> int | None:
        return super()._convert_token_to_id(token.lower())
