"""ProphetNet.

Source: transformers 5.23, `ProphetNetTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.families.bert_legacy import BertTokenizerLegacy

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

__all__ = ["ProphetNetTokenizer"]


class ProphetNetTokenizer(BertTokenizerLegacy):
    """The tokenizer of ProphetNet: BERT's in plain Python, `A [SEP]` and `A [SEP] B [SEP]`.

    Args:
        vocab_file: the vocabulary, a token a line.
        do_lower_case: whether texts become lower case.
        do_basic_tokenize: whether texts are cut into words and punctuation first.
        never_split: words that stay as they are.
        unk_token: for words that cannot be cut into pieces.
        sep_token: behind every sequence.
        x_sep_token: kept for compatibility: between sentences.
        pad_token: for padding.
        mask_token: for masked words.
        tokenize_chinese_chars: whether every ideograph is a word.
        strip_accents: whether accents go; None: if texts become lower case.
        clean_up_tokenization_spaces: whether decoding removes spaces before punctuation.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "prophetnet.tokenizer"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        do_lower_case: bool = True,
        do_basic_tokenize: bool = True,
        never_split: Collection[str] | None = None,
        unk_token: Any = "[UNK]",
        sep_token: Any = "[SEP]",
        x_sep_token: Any = "[X_SEP]",
        pad_token: Any = "[PAD]",
        mask_token: Any = "[MASK]",
        tokenize_chinese_chars: bool = True,
        strip_accents: bool | None = None,
        clean_up_tokenization_spaces: bool = True,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("special_tokens_pattern", "sep")
        kwargs.setdefault("cls_token", None)
        super().__init__(
            vocab_file,  # type: ignore[arg-type]
            do_lower_case=do_lower_case,
            do_basic_tokenize=do_basic_tokenize,
            never_split=never_split,
            unk_token=unk_token,
            sep_token=sep_token,
            x_sep_token=x_sep_token,
            pad_token=pad_token,
            mask_token=mask_token,
            tokenize_chinese_chars=tokenize_chinese_chars,
            strip_accents=strip_accents,
            clean_up_tokenization_spaces=clean_up_tokenization_spaces,
            **kwargs,
        )
