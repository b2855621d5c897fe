"""RemBERT.

Source: transformers 5.23, `RemBertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from lexel import spec
from lexel.backends import TokenizersBackend
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["RemBertTokenizer"]


class RemBertTokenizer(Family):
    """The tokenizer of RemBERT: words that begin with a metaspace.

    A new one writes no special tokens unless they are asked for, a trained one `[CLS] A [SEP]` and
    `[CLS] A [SEP] B [SEP]`: such is the reference. The unknown token is always the third.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `keep_accents`; `add_prefix_space`
    (False: only words after a space get the visible one); `remove_space` (kept for compatibility).
    """

    model = "Unigram"
    unk_id = 2
    keeps_flags = False
    symbols_are_special = True
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.model",
        "tokenizer_file": "tokenizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": False,
        "keep_accents": True,
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "unk_token": "<unk>",
        "sep_token": "[SEP]",
        "pad_token": "<pad>",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "_spm_precompiled_charsmap": None,
        "add_prefix_space": True,
        "remove_space": True,
    }

    first_tokens = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        steps = [spec.replace('"', string="``"), spec.replace('"', string="''"), spec.replace(" ", regex=" {2,}")]
        if not settings["keep_accents"]:
            steps += [{"type": "NFKD"}, {"type": "StripAccents"}]
        if settings["do_lower_case"]:
            steps.append({"type": "Lowercase"})
        charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
        steps += [charsmap] if charsmap is not None else []
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            normalizer=spec.sequence("normalizers", *steps),
            pre_tokenizer=spec.metaspace(scheme),
            post_processor=spec.texts_alone(),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor of trained tokenizers, and of those that readers make of a file."""
        return self.cls_sep_template(settings)

    def _complete_pipeline(self) -> None:
        self.__dict__.pop("_template_of", None)

    def _write_given_ends(self, bos: bool | None, eos: bool | None) -> None:
        TokenizersBackend._write_given_ends(self, bos, eos)

    def train_new_from_iterator(self, *args: Any, **kwargs: Any) -> Self:
        """Return a tokenizer trained on texts, as that of `TokenizersBackend`; it writes its special tokens."""
        made = super().train_new_from_iterator(*args, **kwargs)
        stage = made.template({**made.defaults, **made.special_tokens_map})
        made._core.set_component("post_processor", json.dumps(stage, ensure_ascii=False))
        return made
