"""XLNet.

Source: transformers 5.23, `XLNetTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.added_token import AddedToken
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["XLNetTokenizer"]


class XLNetTokenizer(Family):
    """The tokenizer of XLNet: `A <sep> <cls>` and `A <sep> B <sep> <cls>`, padded on the left.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `unk_id`; `remove_space` and
    `keep_accents` (kept for compatibility).
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
    padding_side = "left"
    defaults: ClassVar[dict[str, Any]] = {
        "unk_id": 0,
        "do_lower_case": False,
        "remove_space": True,
        "keep_accents": False,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "sep_token": "<sep>",
        "pad_token": "<pad>",
        "cls_token": "<cls>",
        "mask_token": "<mask>",
        "_spm_precompiled_charsmap": None,
        "additional_special_tokens": None,
    }

    @property
    def pad_token_type_id(self) -> int:
        """The type id that padding gets: one of its own."""
        return 3

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the ends of paragraphs and documents."""
        return ["<eop>", "<eod>"]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the two extra tokens, and a mask that takes the space before it."""
        extra = (
            settings["additional_special_tokens"] or settings.get("extra_special_tokens") or cls.own_tokens(settings)
        )
        mask = settings["mask_token"]
        if isinstance(mask, str):
            mask = AddedToken(mask, lstrip=True, special=True, normalized=False)
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra, "mask_token": mask}

    first_tokens = ("unk_token",)

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.id_below(len(vocab), settings["unk_id"])),
            normalizer=sentencepiece.cleaned({**settings, "keep_accents": False}),
            pre_tokenizer=sentencepiece.words("always"),
            decoder=spec.metaspace("always"),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        single = [("$A", 0), (sep, 0)]
        return spec.template([*single, (cls, 2)], [*single, ("$B", 1), (sep, 1), (cls, 2)], self._ids(cls, sep))
