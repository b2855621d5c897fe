"""TIPS v2.

Source: transformers 5.23, `Tipsv2Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["Tipsv2Tokenizer"]


class Tipsv2Tokenizer(Family):
    """The tokenizer of TIPS v2: lower case, words that begin with a metaspace, unknown characters become bytes.

    Beside the arguments of every family: the special tokens; `model_max_length`; `do_lower_case`;
    `token_type_ids_pattern` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "tokenizer.model"}
    kept_post_processor = "any"
    read_by_v4 = False
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "bos_token": None,
        "eos_token": None,
        "model_max_length": 64,
        "do_lower_case": True,
        "token_type_ids_pattern": "all_zeros",
        "_spm_precompiled_charsmap": None,
    }

    first_tokens = ("pad_token", "unk_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
        steps: list[Json] = [{"type": "Lowercase"}] if settings["do_lower_case"] else []
        steps += [charsmap] if charsmap is not None else []
        return Spec(
            model=spec.bpe(vocab, merges, fuse_unk=True, byte_fallback=True),
            normalizer=spec.sequence("normalizers", *steps),
            pre_tokenizer=sentencepiece.words("always"),
            post_processor=spec.texts_alone(),
            decoder=spec.sequence("decoders", spec.metaspace("always"), {"type": "ByteFallback"}, {"type": "Fuse"}),
        )
