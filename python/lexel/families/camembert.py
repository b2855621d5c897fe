"""CamemBERT.

Source: transformers 5.23, `CamembertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.families.marked import taking_space
from lexel.families.spm_orders import in_front
from lexel.spec import Json, Spec

__all__ = ["CamembertTokenizer"]


class CamembertTokenizer(Family):
    """The tokenizer of CamemBERT: `<s> A </s>` and `<s> A </s></s> B </s>`, all type ids 0.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (False: only words after a space get
    the visible one); `vocab_file` (kept for compatibility).
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    vocab_after = "vocab_file"
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "_spm_precompiled_charsmap": None,
        "mask_token": "<mask>",
        "additional_special_tokens": None,
        "add_prefix_space": True,
        "vocab_file": None,
    }

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with the fairseq's special tokens in front, the mask behind."""
        settings = {**cls.defaults, **kwargs}
        first: list[str | tuple[str, float]] = [("<s>NOTUSED", 0.0), "pad_token", ("</s>NOTUSED", 0.0), "unk_token"]
        first.append(("<unk>NOTUSED", -100.0))
        return {**kwargs, "vocab": in_front(vocab, settings, first, instead_of=1, behind=["mask_token"])}

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the names that special tokens have in the vocabulary the model was made of."""
        return ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a mask that takes the space before it, and the tokens that are not used."""
        extra = settings["additional_special_tokens"]
        if extra is None:
            extra = settings.get("extra_special_tokens") or cls.own_tokens(settings)
        mask = taking_space(settings["mask_token"])
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra, "mask_token": mask}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens under the names they have in the model's vocabulary."""
        pad, unk, mask = (str(settings[name]) for name in ("pad_token", "unk_token", "mask_token"))
        named = [("<s>NOTUSED", 0.0), (pad, 0.0), ("</s>NOTUSED", 0.0), (unk, 0.0)]
        return [*named, ("<unk>NOTUSED", -100.0), (mask, 0.0)]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.index_of(vocab, settings["unk_token"], 0)),
            normalizer=spec.precompiled(settings["_spm_precompiled_charsmap"]),
            pre_tokenizer=sentencepiece.words(scheme),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.double_sep_template(str(settings["bos_token"]), str(settings["eos_token"]))
