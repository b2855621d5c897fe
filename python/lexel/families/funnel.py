"""Funnel Transformer.

Source: transformers 5.23, `FunnelTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["FunnelTokenizer"]


class FunnelTokenizer(Family):
    """The tokenizer of Funnel Transformer: BERT's, but for the special tokens; the first has a type id of its own.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `clean_text` (control characters go);
    `tokenize_chinese_chars` (every ideograph is a word); `strip_accents` (None: if lower-cased); `wordpieces_prefix`,
    what decoding takes for the sign of a piece within a word.
    """

    model = "WordPiece"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt"}
    cls_token_type_id = 2
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": True,
        "unk_token": "<unk>",
        "sep_token": "<sep>",
        "pad_token": "<pad>",
        "cls_token": "<cls>",
        "mask_token": "<mask>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "clean_text": True,
        "tokenize_chinese_chars": True,
        "strip_accents": None,
        "wordpieces_prefix": "##",
    }

    first_tokens = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token", "bos_token", "eos_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.wordpiece(vocab, unk_token=str(settings["unk_token"])),
            normalizer=spec.bert_normalizer(
                clean_text=settings["clean_text"],
                lowercase=settings["do_lower_case"],
                strip_accents=settings["strip_accents"],
                handle_chinese_chars=settings["tokenize_chinese_chars"],
            ),
            pre_tokenizer={"type": "BertPreTokenizer"},
            decoder={"type": "WordPiece", "prefix": settings["wordpieces_prefix"], "cleanup": True},
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        single = [(cls, self.cls_token_type_id), ("$A", 0), (sep, 0)]
        return spec.template(single, [*single, ("$B", 1), (sep, 1)], self._ids(cls, sep))
