"""BARThez.

Source: transformers 5.23, `BarthezTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.families.marked import taking_space
from lexel.spec import Spec

__all__ = ["BarthezTokenizer"]


class BarthezTokenizer(Family):
    """The tokenizer of BARThez: words that begin with a metaspace; no special tokens unless they are asked for.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (False: only words after a space get
    the visible one).
    """

    model = "Unigram"
    unk_id = 3
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    kept_post_processor = "any"
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "add_prefix_space": True,
    }

    first_tokens = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a mask that takes the space before it."""
        return {**settings, "mask_token": taking_space(settings["mask_token"])}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary; the unknown token is always the fourth."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        spaces = spec.replace(" ", regex=r"\s{2,}|[\n\r\t]")
        strip = {"type": "Strip", "strip_left": False, "strip_right": True}
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            normalizer=spec.sequence("normalizers", spaces, {"type": "NFC"}, strip),
            pre_tokenizer=spec.metaspace(scheme),
            post_processor=spec.texts_alone(),
            decoder=spec.metaspace(scheme),
        )
