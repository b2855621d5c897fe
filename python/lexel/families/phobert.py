"""PhoBERT.

Source: transformers 5.23, `PhobertTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.families.merge_files import merge_ranks, read_counted
from lexel.families.model_files import read_text, write_files
from lexel.families.word_merges import MergedWords

if TYPE_CHECKING:
    import os

__all__ = ["PhobertTokenizer"]


class PhobertTokenizer(MergedWords):
    """The tokenizer of PhoBERT: words in pieces; `<s> A </s>` and `<s> A </s></s> B </s>`, all type ids 0.

    Args:
        vocab_file: the vocabulary, a token and its count a line.
        merges_file: the merges, with their counts.
        bos_token: the beginning; the first id.
        eos_token: the end; the third id.
        sep_token: behind every sequence.
        cls_token: before the first sequence.
        unk_token: for pieces the vocabulary lacks; the fourth id.
        pad_token: for padding; the second id.
        mask_token: for masked words.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt", "merges_file": "bpe.codes"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        merges_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        sep_token: Any = "</s>",
        cls_token: Any = "<s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        mask_token: Any = "<mask>",
        **kwargs: Any,
    ) -> None:
        first = tuple(map(str, (bos_token, pad_token, eos_token, unk_token)))
        self.encoder = read_counted(vocab_file, first)
        self.bpe_ranks = merge_ranks(merges_file, heading=False)
        # Written as they were read: counts are in no other place.
        self._files = (read_text(vocab_file, "vocab_file"), read_text(merges_file, "merges_file"))
        kwargs.setdefault("special_tokens_pattern", "cls_double_sep")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            sep_token=sep_token,
            cls_token=cls_token,
            pad_token=pad_token,
            mask_token=mask_token,
            **kwargs,
        )

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary and the merges; return their paths."""
        names = self.vocab_files_names
        files = dict(zip((names["vocab_file"], names["merges_file"]), self._files, strict=True))
        return write_files(save_directory, filename_prefix, files)
