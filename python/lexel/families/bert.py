"""BERT and the models that use its pipeline (ELECTRA, MobileBERT, SqueezeBERT, LayoutLM, LXMERT, MiniLM).

Source: transformers 5.23, `BertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["BertTokenizer"]


class BertTokenizer(Family):
    """The tokenizer of BERT: words and punctuation, then the longest known pieces; `[CLS] A [SEP] B [SEP]`.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `tokenize_chinese_chars` (every
    ideograph is a word); `strip_accents` (None: if lower-cased).
    """

    model = "WordPiece"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt", "tokenizer_file": "tokenizer.json"}
    model_input_names: list[str] = ["input_ids", "token_type_ids", "attention_mask"]  # noqa: RUF012
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": True,
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "tokenize_chinese_chars": True,
        "strip_accents": None,
    }

    first_tokens: ClassVar[tuple[str, ...]] = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.wordpiece(vocab, unk_token=str(settings["unk_token"])),
            normalizer=spec.bert_normalizer(
                lowercase=settings["do_lower_case"],
                strip_accents=settings["strip_accents"],
                handle_chinese_chars=settings["tokenize_chinese_chars"],
            ),
            pre_tokenizer={"type": "BertPreTokenizer"},
            decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.cls_sep_template(settings)
