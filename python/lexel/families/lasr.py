"""LASR, speech to text.

Source: transformers 5.23, `LasrTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.families.ctc import DecodesSteps
from lexel.families.t5 import T5Tokenizer

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Spec

__all__ = ["LasrTokenizer"]


class LasrTokenizer(DecodesSteps, T5Tokenizer):
    """The tokenizer of LASR: that of T5; decoding counts repeated ids once, and drops padding.

    The unknown token is always the fourth. Beside the arguments of `T5Tokenizer`: `vocab_file` (kept for
    compatibility).
    """

    read_by_v4 = False
    unk_id = 3
    vocab_after = "additional_special_tokens"
    defaults: ClassVar[dict[str, Any]] = {**T5Tokenizer.defaults, "vocab_file": None}

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments as they are: sentinels the file lacks are added behind."""
        return {**kwargs, "vocab": vocab}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        made = super().spec(vocab, merges, settings)
        made.model["unk_id"] = cls.unk_id
        return made
