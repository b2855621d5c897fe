"""Reformer.

Source: transformers 5.23, `ReformerTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Spec

__all__ = ["ReformerTokenizer"]


class ReformerTokenizer(Family):
    """The tokenizer of Reformer: words that begin with a metaspace, and no special tokens around a text.

    Beside the arguments of every family: `eos_token`, `unk_token`.
    """

    symbols_are_special = True
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model"}
    kept_post_processor = "any"
    keeps_flags = False
    defaults: ClassVar[dict[str, Any]] = {
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "_spm_precompiled_charsmap": None,
        "additional_special_tokens": None,
    }

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
        spaces = spec.replace(" ", regex=" {2,}")
        return Spec(
            model=spec.bpe(vocab, merges, unk_token=str(settings["unk_token"]), fuse_unk=True),
            normalizer=spec.sequence("normalizers", charsmap, spaces) if charsmap is not None else None,
            pre_tokenizer=spec.metaspace("always"),
            post_processor=spec.texts_alone(),
            decoder=spec.metaspace("always"),
        )
