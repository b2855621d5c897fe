"""Splinter.

Source: transformers 5.23, `SplinterTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.bert import BertTokenizer

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["SplinterTokenizer"]


class SplinterTokenizer(BertTokenizer):
    """The tokenizer of Splinter: BERT's, with `[QUESTION] .` behind the question of a pair.

    The question is the first text, or the second where padding is on the left. Beside the arguments of
    `BertTokenizer`: `question_token`.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt"}
    model_input_names: list[str] = ["input_ids", "attention_mask"]  # noqa: RUF012
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": True,
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "question_token": "[QUESTION]",
        "tokenize_chinese_chars": True,
        "strip_accents": None,
    }

    first_tokens = (*BertTokenizer.first_tokens, "question_token")

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens, and the full stop that ends a question."""
        tokens = super().empty_vocab(settings)
        return {**tokens, ".": len(tokens)}

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep, question = (str(settings[name]) for name in ("cls_token", "sep_token", "question_token"))
        single = [(cls, 0), ("$A", 0), (sep, 0)]
        mark = [(question, 0), (".", 0)]
        if self.padding_side == "right":
            pair = [(cls, 0), ("$A", 0), *mark, (sep, 0), ("$B", 1), (sep, 1)]
        else:
            pair = [*single, ("$B", 1), *mark, (sep, 1)]
        ids = {**self._ids(cls, sep, question), ".": self.convert_tokens_to_ids(".")}
        return spec.template(single, pair, ids)

    def update_post_processor(self) -> None:
        """Write the special tokens and the place of the question of today."""
        named = self.special_tokens_map
        if "cls_token" in named and "sep_token" in named:
            stage = self.template({**self.defaults, **named})
            self._core.set_component("post_processor", json.dumps(stage, ensure_ascii=False))
