"""HerBERT.

Source: transformers 5.23, `HerbertTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["HerbertTokenizer"]


class HerbertTokenizer(Family):
    """The tokenizer of HerBERT: BERT's words with case and accents, in pieces of which the last ends with `</w>`.

    `<s> A </s>` and `<s> A </s> B </s>`, the ids of the two tokens being 0 and 2 whatever the vocabulary.

    Beside the arguments of every family: the special tokens; `vocab_file`, `merges_file` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json", "merges_file": "merges.txt"}
    defaults: ClassVar[dict[str, Any]] = {
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "sep_token": "</s>",
        "vocab_file": None,
        "merges_file": None,
    }

    first_tokens = ("unk_token",)

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, unk_token=str(settings["unk_token"]), end_of_word_suffix="</w>"),
            normalizer=spec.bert_normalizer(lowercase=False, strip_accents=False),
            pre_tokenizer={"type": "BertPreTokenizer"},
            decoder={"type": "BPEDecoder", "suffix": "</w>"},
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return {
            "type": "BertProcessing",
            "sep": [str(settings["sep_token"]), 2],
            "cls": [str(settings["cls_token"]), 0],
        }

    def _has_fixed_parts(self) -> bool:
        stage = json.loads(self._core.engine.component("post_processor") or "{}")
        return stage.get("type") != "BertProcessing" or (stage["cls"][1], stage["sep"][1]) == (0, 2)
