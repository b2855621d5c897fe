"""XLM-RoBERTa and the models that use its vocabulary (multilingual E5, BGE-M3, XMOD).

Source: transformers 5.23, `XLMRobertaTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.families.spm_orders import in_front
from lexel.spec import Json, Spec

__all__ = ["XLMRobertaTokenizer"]


class XLMRobertaTokenizer(Family):
    """The tokenizer of XLM-RoBERTa: `<s> A </s>` and `<s> A </s></s> B </s>`, all type ids 0.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (False: only words after a space get
    the visible one).
    """

    model = "Unigram"
    unk_id = 3
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "add_prefix_space": True,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "_spm_precompiled_charsmap": None,
    }

    first_tokens = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with fairseq's special tokens in front of the pieces, the mask behind."""
        first = ("bos_token", "pad_token", "eos_token", "unk_token")
        settings = {**cls.defaults, **kwargs}
        return {**kwargs, "vocab": in_front(vocab, settings, first, instead_of=3, behind=["mask_token"])}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.id_below(len(vocab), cls.unk_id)),
            normalizer=spec.precompiled(settings["_spm_precompiled_charsmap"]),
            pre_tokenizer=sentencepiece.words(scheme),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.double_sep_template(str(settings["bos_token"]), str(settings["eos_token"]))
