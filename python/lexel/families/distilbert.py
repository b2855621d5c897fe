"""DistilBERT: the pipeline of BERT, without token types.

Source: transformers 5.23, `DistilBertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from lexel.families.bert import BertTokenizer

__all__ = ["DistilBertTokenizer"]


class DistilBertTokenizer(BertTokenizer):
    """The tokenizer of DistilBERT; arguments as those of `BertTokenizer`."""

    model_input_names: list[str] = ["input_ids", "attention_mask"]  # noqa: RUF012
