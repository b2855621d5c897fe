"""Qwen 2, 2.5 and 3.

Source: transformers 5.23, `Qwen2Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family
from lexel.spec import Spec

__all__ = ["Qwen2Tokenizer"]


class Qwen2Tokenizer(Family):
    """The tokenizer of Qwen 2, 2.5 and 3.

    Beside the arguments of every family: `unk_token`, `bos_token`, `eos_token`, `pad_token`; `add_prefix_space` (a
    text begins as if a space stood before it).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    # What texts are split by before the model.
    split: ClassVar[str] = spec.QWEN2_SPLIT
    kept_post_processor = "any"
    keeps_flags = False
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<|endoftext|>",
        "bos_token": None,
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "add_prefix_space": None,
    }

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> dict[str, int]:
        """Return the one token a new vocabulary has."""
        del settings
        return {"<|endoftext|>": 0}

    @classmethod
    def spec(cls, vocab: dict[str, int], merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            normalizer={"type": "NFC"},
            pre_tokenizer=spec.sequence(
                "pretokenizers",
                spec.regex_split(cls.split),
                spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"]), use_regex=False),
            ),
            post_processor=spec.texts_alone(),
            decoder=spec.byte_level(add_prefix_space=True),
        )
