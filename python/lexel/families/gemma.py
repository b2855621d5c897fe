"""Gemma 1 to 4, and the models that took over its vocabulary.

Source: transformers 5.23, `GemmaTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Spec

__all__ = ["GemmaTokenizer"]


class GemmaTokenizer(Family):
    """The tokenizer of Gemma: spaces become `▁`, unknown characters become bytes."""

    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json"}
    padding_side = "left"
    kept_post_processor = "bos"
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<unk>",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }

    first_tokens = ("pad_token", "eos_token", "bos_token", "unk_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, unk_token=str(settings["unk_token"]), fuse_unk=True, byte_fallback=True),
            normalizer=spec.replace("▁", string=" "),
            pre_tokenizer={
                "type": "Split",
                "pattern": {"String": " "},
                "behavior": "MergedWithPrevious",
                "invert": False,
            },
            post_processor=spec.texts_alone(),
            decoder=spec.sequence(
                "decoders", spec.replace(" ", string="▁"), {"type": "ByteFallback"}, {"type": "Fuse"}
            ),
        )
