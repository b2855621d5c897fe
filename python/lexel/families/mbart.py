"""mBART, translation among 25 languages.

Source: transformers 5.23, `MBartTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families import languages, sentencepiece
from lexel.families.marked import taking_space
from lexel.families.spm_orders import in_front
from lexel.families.translation import Translator
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab

__all__ = ["MBartTokenizer"]


class MBartTokenizer(Translator):
    """The tokenizer of mBART: `A </s> en_XX`, the language being that of the text; pairs are one text.

    Beside the arguments of every family: the special tokens; `src_lang` (None: en_XX); `tgt_lang`. The unknown token is
    always the fourth.
    """

    model = "Unigram"
    unk_id = 3
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    language_codes = languages.MBART
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
        "additional_special_tokens": None,
    }

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with special tokens in front of the pieces, languages and mask behind."""
        first = ("bos_token", "pad_token", "eos_token", "unk_token")
        behind = [*cls.language_codes, "mask_token"]
        return {**kwargs, "vocab": in_front(vocab, {**cls.defaults, **kwargs}, first, instead_of=3, behind=behind)}

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the languages."""
        return list(cls.language_codes)

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the languages among the extra special tokens, and a mask that takes a space."""
        given = settings["additional_special_tokens"] or settings.get("extra_special_tokens") or ()
        extra = [*cls.language_codes, *(token for token in given if str(token) not in cls.language_codes)]
        mask = taking_space(settings["mask_token"])
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra, "mask_token": mask}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens, a space, the languages and the mask."""
        first = [str(settings[name]) for name in ("bos_token", "pad_token", "eos_token", "unk_token")]
        last = [*cls.language_codes, str(settings["mask_token"])]
        return [*((token, 0.0) for token in first), ("▁", -2.0), *((token, 0.0) for token in last)]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            pre_tokenizer=sentencepiece.words("always"),
            decoder=spec.metaspace("always"),
        )

    def _around(self, language: str, *, target: bool) -> tuple[list[str], list[str]]:
        del target
        return [], [str(self.eos_token), language]

    @property
    def fairseq_tokens_to_ids(self) -> dict[str, int]:
        """The ids that are not those of the SentencePiece model."""
        return {
            **super().fairseq_tokens_to_ids,
            **self.lang_code_to_id,
            "<mask>": self._ids(str(self.mask_token))[str(self.mask_token)],
        }
