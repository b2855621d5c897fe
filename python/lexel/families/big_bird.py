"""BigBird.

Source: transformers 5.23, `BigBirdTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.families.marked import taking_space
from lexel.spec import Json, Spec

__all__ = ["BigBirdTokenizer"]


class BigBirdTokenizer(Family):
    """The tokenizer of BigBird: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (False: only words after a space get
    the visible one).
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
        "cls_token": "[CLS]",
        "add_prefix_space": True,
    }

    first_tokens = ("pad_token", "eos_token", "bos_token", "unk_token")

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a mask that takes the space before it."""
        return {**settings, "mask_token": taking_space(settings["mask_token"])}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.index_of(vocab, settings["unk_token"], 100)),
            # A strip of neither side: it is there for what the file says, and does nothing.
            normalizer=spec.sequence(
                "normalizers",
                {"type": "Strip", "strip_left": False, "strip_right": False},
                spec.replace("▁", regex=" {2,}"),
            ),
            pre_tokenizer=spec.metaspace(scheme),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.cls_sep_template(settings)
