"""LayoutXLM: the vocabulary format of XLM-RoBERTa, and boxes.

Source: transformers 5.23, `LayoutXLMTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.boxes import WithBoxes
from lexel.families.marked import taking_space
from lexel.families.spm_orders import in_front
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["LayoutXLMTokenizer"]


class LayoutXLMTokenizer(WithBoxes):
    """The tokenizer of LayoutXLM: `<s> A </s>` and `<s> A </s></s> B </s>`; calls take words and their boxes.

    The unknown token is always the fourth. Beside the arguments of every family: the special tokens; `cls_token_box`,
    `sep_token_box`, `pad_token_box`; `pad_token_label`, the label of what has none; `only_label_first_subword`;
    `add_prefix_space` (False: only words after a space get the visible one).
    """

    model = "Unigram"
    unk_id = 3
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "cls_token_box": [0, 0, 0, 0],
        "sep_token_box": [1000, 1000, 1000, 1000],
        "pad_token_box": [0, 0, 0, 0],
        "pad_token_label": -100,
        "only_label_first_subword": True,
        "add_prefix_space": True,
    }

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with fairseq's special tokens in front of the pieces, the mask behind."""
        first = ("bos_token", "pad_token", "eos_token", "unk_token")
        settings = {**cls.defaults, **kwargs}
        return {**kwargs, "vocab": in_front(vocab, settings, first, instead_of=3, behind=["mask_token"])}

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a mask that takes the space before it."""
        return {**settings, "mask_token": taking_space(settings["mask_token"])}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens as the model has them, and the mask."""
        return [(token, 0.0) for token in ("<s>", "<pad>", "</s>", "<unk>", str(settings["mask_token"]))]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        scheme = "always" if settings["add_prefix_space"] else "never"
        strip = {"type": "Strip", "strip_left": False, "strip_right": True}
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            normalizer=spec.sequence("normalizers", strip, spec.replace("▁", regex=" {2,}")),
            pre_tokenizer=spec.metaspace(scheme),
            decoder=spec.metaspace(scheme),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.double_sep_template(str(settings["cls_token"]), str(settings["sep_token"]))
