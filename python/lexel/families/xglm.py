"""XGLM.

Source: transformers 5.23, `XGLMTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.families.spm_orders import in_front
from lexel.spec import Json, Spec

__all__ = ["XGLMTokenizer"]


class XGLMTokenizer(Family):
    """The tokenizer of XGLM: `</s> A` and `</s> A </s></s> B`, all type ids 0.

    The unknown token is always the fourth. Beside the arguments of every family: the special tokens;
    `add_prefix_space` (False: only words after a space get the visible one).
    """

    model = "Unigram"
    unk_id = 3
    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json"}
    num_madeup_words = 7
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "_spm_precompiled_charsmap": None,
        "add_prefix_space": True,
    }

    first_tokens = ("bos_token", "pad_token", "eos_token", "unk_token")

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with fairseq's special tokens in front of the pieces."""
        settings = {**cls.defaults, **kwargs}
        return {**kwargs, "vocab": in_front(vocab, settings, cls.first_tokens, instead_of=3)}

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the tokens that fill the vocabulary up to the size of the model."""
        return [f"<madeupword{index}>" for index in range(cls.num_madeup_words)]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with these tokens among the extra special ones."""
        given = list(settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or [])
        texts = {str(token) for token in given}
        extra = [*given, *(token for token in cls.own_tokens(settings) if token not in texts)]
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            normalizer=sentencepiece.spaces_joined(settings),
            pre_tokenizer=spec.metaspace(scheme),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        bos, eos = str(settings["bos_token"]), str(settings["eos_token"])
        single = [(eos, 0), ("$A", 0)]
        made = spec.template(single, [*single, (eos, 0), (eos, 0), ("$B", 0)], self._ids(eos))
        # The template names a token it does not write.
        made["special_tokens"][bos] = {"id": bos, "ids": [self._ids(bos)[bos]], "tokens": [bos]}
        return made
