"""ALBERT.

Source: transformers 5.23, `AlbertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["AlbertTokenizer"]


class AlbertTokenizer(Family):
    """The tokenizer of ALBERT: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `keep_accents`; `add_prefix_space`
    (False: only words after a space get the visible one); `trim_offsets` (kept for compatibility).
    """

    model = "Unigram"
    unk_id = 1
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
    kept_post_processor = "any"
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": True,
        "keep_accents": False,
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "unk_token": "<unk>",
        "sep_token": "[SEP]",
        "pad_token": "<pad>",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "_spm_precompiled_charsmap": None,
        "add_prefix_space": True,
        "trim_offsets": True,
    }

    first_tokens = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.id_below(len(vocab), cls.unk_id)),
            normalizer=sentencepiece.cleaned(settings),
            pre_tokenizer=sentencepiece.words(scheme),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.cls_sep_template(settings)
