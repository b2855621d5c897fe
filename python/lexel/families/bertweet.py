"""BERTweet.

Source: transformers 5.23, `BertweetTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.errors import UnsupportedError
from lexel.families.phobert import PhobertTokenizer

if TYPE_CHECKING:
    import os

__all__ = ["BertweetTokenizer"]


class BertweetTokenizer(PhobertTokenizer):
    """The tokenizer of BERTweet: words in pieces; `<s> A </s>` and `<s> A </s></s> B </s>`, all type ids 0.

    Args:
        vocab_file: the vocabulary, a token and its count a line.
        merges_file: the merges, with their counts.
        normalization: whether texts are raw tweets. These are not read here: replace names with `@USER`, links with
            `HTTPURL` and emoji with their names before.
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
        UnsupportedError: `normalization=True`.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt", "merges_file": "bpe.codes"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        merges_file: str | os.PathLike[str],
        normalization: bool = False,
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        sep_token: Any = "</s>",
        cls_token: Any = "<s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        mask_token: Any = "<mask>",
        **kwargs: Any,
    ) -> None:
        if normalization:
            raise UnsupportedError(
                "BertweetTokenizer reads no raw tweets (normalization=True): the rules are those of other packages; "
                "replace names, links and emoji in the texts, and pass normalization=False"
            )
        self.normalization = normalization
        super().__init__(
            vocab_file,
            merges_file,
            bos_token=bos_token,
            eos_token=eos_token,
            sep_token=sep_token,
            cls_token=cls_token,
            unk_token=unk_token,
            pad_token=pad_token,
            mask_token=mask_token,
            normalization=normalization,
            **kwargs,
        )
