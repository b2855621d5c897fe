"""ESM C: proteins, one letter a residue.

Source: transformers 5.23, `EsmcTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["EsmcTokenizer"]

_RESIDUES = "LAGVSERTIDPKQNFYMHWCXBUZO.-|"


class EsmcTokenizer(Family):
    """The tokenizer of ESM C: a fixed vocabulary of residues, `<cls> A <eos>`; of two texts neither is marked.

    The arguments are the special tokens; `bos_token` None: the same as `cls_token`.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json"}
    fixed_vocab = True
    read_by_v4 = False
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<unk>",
        "cls_token": "<cls>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "eos_token": "<eos>",
        "bos_token": None,
        "chain_break_token": "|",
        "extra_special_tokens": None,
    }

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the beginning token there is."""
        return settings if settings["bos_token"] is not None else {**settings, "bos_token": settings["cls_token"]}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the vocabulary of the model."""
        del settings
        return {token: index for index, token in enumerate(["<cls>", "<pad>", "<eos>", "<unk>", *_RESIDUES, "<mask>"])}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(model=spec.bpe(vocab, merges, unk_token=str(settings["unk_token"])))

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, eos = str(settings["cls_token"]), str(settings["eos_token"])
        return spec.template([(cls, 0), ("$A", 0), (eos, 0)], [("$A", 0), ("$B", 1)], self._ids(cls, eos))

    def _has_fixed_parts(self) -> bool:
        return bool(self._core.engine.vocab(False) == self.empty_vocab({}))
