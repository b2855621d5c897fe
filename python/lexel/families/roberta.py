"""RoBERTa and the models that use its byte-level pipeline (BART, Longformer, LED, MVP).

Source: transformers 5.23, `RobertaTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["RobertaTokenizer"]


class RobertaTokenizer(Family):
    """The tokenizer of RoBERTa and BART: byte-level, `<s> A </s>` and `<s> A </s></s> B </s>`.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (a text begins as if a space stood
    before it); `trim_offsets` (offsets leave out leading spaces); `errors` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "errors": "replace",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "add_prefix_space": False,
        "trim_offsets": True,
    }

    first_tokens = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        prefix, trim = bool(settings["add_prefix_space"]), bool(settings["trim_offsets"])
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=prefix, trim_offsets=trim),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        ids = self._ids(cls, sep)
        return spec.roberta(
            (cls, ids[cls]),
            (sep, ids[sep]),
            trim_offsets=bool(settings["trim_offsets"]),
            add_prefix_space=bool(settings["add_prefix_space"]),
        )
