"""ALBERT.

Source: transformers 5.23, `AlbertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["AlbertTokenizer"]


class AlbertTokenizer(Family):
    """The tokenizer of ALBERT: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `keep_accents`; `add_prefix_space`
    (False: only words after a space get the visible one); `trim_offsets` (kept for compatibility).
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
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

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens."""
        names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
        return [(str(settings[name]), 0.0) for name in names]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        steps = [spec.replace('"', string="``"), spec.replace('"', string="''")]
        if not settings["keep_accents"]:
            steps += [{"type": "NFKD"}, {"type": "StripAccents"}]
        if settings["do_lower_case"]:
            steps.append({"type": "Lowercase"})
        charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
        steps += [charsmap] if charsmap is not None else []
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.index_of(vocab, settings["unk_token"], 1)),
            normalizer=spec.sequence("normalizers", *steps),
            pre_tokenizer=spec.sequence("pretokenizers", {"type": "WhitespaceSplit"}, spec.metaspace(scheme)),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep = str(self.cls_token), str(self.sep_token)
        single = [(cls, 0), ("$A", 0), (sep, 0)]
        return spec.template(single, [*single, ("$B", 1), (sep, 1)], self._ids(cls, sep))
