"""LayoutLM v2: the pipeline of BERT, and boxes.

Source: transformers 5.23, `LayoutLMv2Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel.families.bert import BertTokenizer
from lexel.families.boxes import WithBoxes

__all__ = ["LayoutLMv2Tokenizer"]


class LayoutLMv2Tokenizer(WithBoxes, BertTokenizer):
    """The tokenizer of LayoutLM v2: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`; calls take words and their boxes.

    Beside the arguments of `BertTokenizer`: `cls_token_box`, `sep_token_box`, `pad_token_box`; `pad_token_label`, the
    label of what has none; `only_label_first_subword`; `model_max_length`.
    """

    model_input_names: list[str] = ["input_ids", "attention_mask", "token_type_ids"]  # noqa: RUF012
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": True,
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "cls_token_box": [0, 0, 0, 0],
        "sep_token_box": [1000, 1000, 1000, 1000],
        "pad_token_box": [0, 0, 0, 0],
        "pad_token_label": -100,
        "only_label_first_subword": True,
        "tokenize_chinese_chars": True,
        "strip_accents": None,
        "model_max_length": 512,
    }
