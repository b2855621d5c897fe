"""SigLIP 2: the vocabulary of Gemma, lower-cased.

Source: transformers 5.23, `Siglip2Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.families.gemma import GemmaTokenizer

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Spec

__all__ = ["Siglip2Tokenizer"]


class Siglip2Tokenizer(GemmaTokenizer):
    """The tokenizer of SigLIP 2: that of Gemma, after lower-casing."""

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        made = super().spec(vocab, merges, settings)
        made.normalizer = spec.sequence("normalizers", {"type": "Lowercase"}, spec.replace("▁", string=" "))
        return made
