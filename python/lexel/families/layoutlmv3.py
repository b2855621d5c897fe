"""LayoutLM v3: the byte-level pipeline of RoBERTa, and boxes.

Source: transformers 5.23, `LayoutLMv3Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.boxes import WithBoxes, first_of_words
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.batch_encoding import BatchEncoding
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["LayoutLMv3Tokenizer"]


class LayoutLMv3Tokenizer(WithBoxes):
    """The tokenizer of LayoutLM v3: `<s> A </s>` and `<s> A </s></s> B </s>`; calls take words and their boxes.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (a word begins as if a space stood
    before it); `cls_token_box`, `sep_token_box`, `pad_token_box`; `pad_token_label`, the label of what has none;
    `only_label_first_subword`; `errors` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    model_input_names: list[str] = ["input_ids", "attention_mask", "bbox"]  # noqa: RUF012
    vocab_after = "only_label_first_subword"
    defaults: ClassVar[dict[str, Any]] = {
        "errors": "replace",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "add_prefix_space": True,
        "cls_token_box": [0, 0, 0, 0],
        "sep_token_box": [0, 0, 0, 0],
        "pad_token_box": [0, 0, 0, 0],
        "pad_token_label": -100,
        "only_label_first_subword": True,
    }

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
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        ids = self._ids(cls, sep)
        prefix = bool(settings["add_prefix_space"])
        return spec.roberta((cls, ids[cls]), (sep, ids[sep]), trim_offsets=True, add_prefix_space=prefix)

    def _first_pieces(self, made: BatchEncoding, row: int) -> list[bool]:
        # A word may begin with a piece that is its space alone: places in the word say nothing.
        return first_of_words(made.word_ids(row))
