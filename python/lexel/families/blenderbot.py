"""Blenderbot.

Source: transformers 5.23, `BlenderbotTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.families.marked import taking_space
from lexel.spec import Spec

__all__ = ["BlenderbotTokenizer"]


class BlenderbotTokenizer(Family):
    """The tokenizer of Blenderbot: byte-level, a text begins as if a space stood before it.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (False: without that space).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_config_file": "tokenizer_config.json",
    }
    kept_post_processor = "any"
    vocab_after = "add_prefix_space"
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

    first_tokens = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a mask that takes the space before it."""
        return {**settings, "mask_token": taking_space(settings["mask_token"])}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"])),
            post_processor=spec.texts_alone(),
            decoder=spec.byte_level(add_prefix_space=True),
        )
