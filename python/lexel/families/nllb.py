"""NLLB, translation among 202 languages.

Source: transformers 5.23, `NllbTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families import languages, sentencepiece
from lexel.families.marked import taking_space
from lexel.families.spm_orders import in_front_of_ids
from lexel.families.translation import Translator
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab

__all__ = ["NllbTokenizer"]


class NllbTokenizer(Translator):
    """The tokenizer of NLLB: `eng_Latn A </s>`, the language being that of the text; pairs are one text.

    Beside the arguments of every family: the special tokens; `src_lang` (None: eng_Latn); `tgt_lang`;
    `legacy_behaviour` (True: `A </s> eng_Latn`).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    first_language = "eng_Latn"
    usual_languages = ("eng_Latn", "fra_Latn")
    language_codes = languages.NLLB
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "src_lang": None,
        "tgt_lang": None,
        "_spm_precompiled_charsmap": None,
        "additional_special_tokens": None,
        "extra_special_tokens": None,
        "legacy_behaviour": False,
    }

    first_tokens = ("bos_token", "pad_token", "eos_token", "unk_token")

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with fairseq's special tokens in front of the pieces."""
        first = ("bos_token", "pad_token", "eos_token", "unk_token")
        return {**kwargs, "vocab": in_front_of_ids(vocab, {**cls.defaults, **kwargs}, first)}

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the languages."""
        return list(cls.language_codes)

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the languages as extra special tokens unless others are given, and a mask."""
        extra = settings.get("extra_special_tokens")
        if extra is None:
            extra = settings["additional_special_tokens"]
        if extra is None:
            extra = cls.own_tokens(settings)
        mask = taking_space(settings["mask_token"], normalized=True)
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra, "mask_token": mask}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        mapped = settings["_spm_precompiled_charsmap"] is not None
        return Spec(
            model=spec.bpe(vocab, merges, unk_token=str(settings["unk_token"]), fuse_unk=True),
            normalizer=sentencepiece.spaces_joined(settings) if mapped else None,
            pre_tokenizer=spec.metaspace("always"),
            decoder=spec.metaspace("always"),
        )

    def _around(self, language: str, *, target: bool) -> tuple[list[str], list[str]]:
        del target
        eos = str(self.eos_token)
        return ([], [eos, language]) if self.init_kwargs.get("legacy_behaviour") else ([language], [eos])
