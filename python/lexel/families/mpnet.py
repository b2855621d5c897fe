"""MPNet.

Source: transformers 5.23, `MPNetTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.bert import BertTokenizer
from lexel.families.marked import KeepsMask, taking_space

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["MPNetTokenizer"]


class MPNetTokenizer(KeepsMask, BertTokenizer):
    """The tokenizer of MPNet: BERT's words and pieces, `<s> A </s>` and `<s> A </s></s> B </s>`.

    Beside the arguments of `BertTokenizer`: `bos_token`, `eos_token`.
    """

    model_input_names: list[str] = ["input_ids", "attention_mask"]  # noqa: RUF012
    defaults: ClassVar[dict[str, Any]] = {
        "do_lower_case": True,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "[UNK]",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "tokenize_chinese_chars": True,
        "strip_accents": None,
    }

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return no vocabulary: the special tokens are added behind it."""
        del settings
        return {}

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a mask that takes the space before it."""
        return {**settings, "mask_token": taking_space(settings["mask_token"])}

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        ids = self._ids(cls, sep)
        return spec.roberta((cls, ids[cls]), (sep, ids[sep]), trim_offsets=True, add_prefix_space=False)
