"""ConvBERT: the pipeline of BERT.

Source: transformers 5.23, `ConvBertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from lexel.families.bert import BertTokenizer

__all__ = ["ConvBertTokenizer"]


class ConvBertTokenizer(BertTokenizer):
    """The tokenizer of ConvBERT; arguments as those of `BertTokenizer`."""
