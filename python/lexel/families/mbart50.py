"""mBART-50, translation among 52 languages.

Source: transformers 5.23, `MBart50Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families import languages, sentencepiece
from lexel.families.marked import taking_space
from lexel.families.mbart import MBartTokenizer
from lexel.families.spm_orders import in_front
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab

__all__ = ["MBart50Tokenizer"]


class MBart50Tokenizer(MBartTokenizer):
    """The tokenizer of mBART-50: `en_XX A </s>`, the language being that of the text; pairs are one text.

    Beside the arguments of every family: the special tokens; `src_lang` (None: en_XX); `tgt_lang`. The unknown token is
    always the fourth. A vocabulary without languages gets them, behind the special tokens at its beginning and its own
    pieces from the fourth on.
    """

    language_codes = languages.MBART50
    defaults: ClassVar[dict[str, Any]] = {
        "_spm_precompiled_charsmap": None,
        "src_lang": None,
        "tgt_lang": None,
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with special tokens in front of the pieces, languages and mask behind."""
        first = ("cls_token", "pad_token", "eos_token", "unk_token")
        behind = [*cls.language_codes, "mask_token"]
        return {**kwargs, "vocab": in_front(vocab, {**cls.defaults, **kwargs}, first, instead_of=3, behind=behind)}

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the languages among the extra special tokens, and a mask that takes a space."""
        given = settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or ()
        extra = [*(token for token in given if str(token) not in cls.language_codes), *cls.language_codes]
        mask = taking_space(settings["mask_token"])
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra, "mask_token": mask}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens, a space, the languages and the mask."""
        return super().empty_vocab({**settings, "bos_token": settings["cls_token"]})

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        if not any(piece in cls.language_codes for piece, _ in vocab):
            new = cls.empty_vocab(settings)
            vocab = [*new[:4], *vocab[3:], *new[5:]]
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            normalizer=sentencepiece.spaces_joined(settings),
            pre_tokenizer=spec.metaspace("always"),
            decoder=spec.metaspace("always"),
        )

    def _around(self, language: str, *, target: bool) -> tuple[list[str], list[str]]:
        del target
        return [language], [str(self.eos_token)]
