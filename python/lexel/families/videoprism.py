"""VideoPrism: the vocabulary format of T5, and no special tokens around a text.

Source: transformers 5.23, `VideoPrismTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.families.t5 import T5Tokenizer

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Json, Spec

__all__ = ["VideoPrismTokenizer"]


class VideoPrismTokenizer(T5Tokenizer):
    """The tokenizer of VideoPrism; arguments as those of `T5Tokenizer`. The unknown token is always the third."""

    kept_post_processor = "any"
    read_by_v4 = False
    unk_id = 2

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        made = super().spec(vocab, merges, settings)
        made.model["unk_id"] = cls.unk_id
        made.post_processor = spec.texts_alone()
        return made

    def template(self, settings: dict[str, Any]) -> Json | None:  # type: ignore[override]
        """Return nothing: what a text begins and ends with is for the arguments of every tokenizer to say."""
        del settings
        return None
