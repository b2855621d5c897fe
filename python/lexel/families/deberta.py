"""DeBERTa, the first.

Source: transformers 5.23, `DebertaTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.families.marked import KeepsMask
from lexel.spec import Json, Spec

__all__ = ["DebertaTokenizer"]


class DebertaTokenizer(KeepsMask, Family):
    """The tokenizer of DeBERTa: byte-level, `[CLS] A [SEP]` and `[CLS] A [SEP][SEP] B [SEP]`, all type ids 0.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (a text begins as if a space stood
    before it); `errors` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    model_input_names: list[str] = ["input_ids", "attention_mask", "token_type_ids"]  # noqa: RUF012
    defaults: ClassVar[dict[str, Any]] = {
        "errors": "replace",
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "sep_token": "[SEP]",
        "cls_token": "[CLS]",
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "mask_token": "[MASK]",
        "add_prefix_space": False,
    }

    first_tokens = ("unk_token", "cls_token", "sep_token", "pad_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"])),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.double_sep_template(str(settings["cls_token"]), str(settings["sep_token"]))
