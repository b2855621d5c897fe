"""DeBERTa v2 and v3.

Source: transformers 5.23, `DebertaV2Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["DebertaV2Tokenizer"]


class DebertaV2Tokenizer(Family):
    """The tokenizer of DeBERTa v2 and v3: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.

    Beside the arguments of every family: the special tokens; `do_lower_case`; `split_by_punct` (punctuation stands
    alone); `add_prefix_space` (False: only words after a space get the visible one); `unk_id`.
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spm.model", "tokenizer_file": "tokenizer.json"}
    model_input_names: list[str] = ["input_ids", "attention_mask", "token_type_ids"]  # noqa: RUF012
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": False,
        "split_by_punct": False,
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "add_prefix_space": True,
        "unk_id": 1,
    }

    # The beginning and the end come twice, under both of their names.
    first_tokens = ("pad_token", "unk_token", "bos_token", "eos_token", "sep_token", "cls_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "first"
        spaces = spec.replace(" ", regex=r"\s{2,}|[\n\r\t]")
        steps: list[Json] = [{"type": "Lowercase"}] if settings["do_lower_case"] else []
        steps += [spaces, {"type": "NFC"}, {"type": "Strip", "strip_left": False, "strip_right": True}]
        splits: list[Json] = [{"type": "Punctuation", "behavior": "Isolated"}] if settings["split_by_punct"] else []
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.id_below(len(vocab), settings["unk_id"])),
            normalizer=spec.sequence("normalizers", *steps),
            pre_tokenizer=spec.sequence("pretokenizers", *splits, spec.metaspace(scheme)),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.cls_sep_template(settings)
