"""GPT-2 and the models that use its byte-level pipeline (GPT-Neo, GPT-J, OPT, Phi-1 and 2, SmolLM).

Source: transformers 5.23, `GPT2Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family
from lexel.spec import Spec

__all__ = ["GPT2Tokenizer"]


class GPT2Tokenizer(Family):
    """The tokenizer of GPT-2.

    Beside the arguments of every family: `unk_token`, `bos_token`, `eos_token`, `pad_token`; `add_prefix_space` (a
    text begins as if a space stood before it); `errors` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json", "merges_file": "merges.txt"}
    kept_post_processor = "any"
    defaults: ClassVar[dict[str, Any]] = {
        "errors": "replace",
        "unk_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": None,
        "add_prefix_space": False,
    }

    @classmethod
    def spec(cls, vocab: dict[str, int], merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"])),
            post_processor=spec.texts_alone(),
            decoder=spec.byte_level(add_prefix_space=True),
        )
