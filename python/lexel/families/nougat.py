"""Nougat, documents to markup.

Source: transformers 5.23, `NougatTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["NougatTokenizer"]

# Texts, not regular expressions, though the second looks like one: what models were made with is what counts.
_MARK = "SPL1T-TH1S-Pl3A5E"
_PUNCTUATION = r"[\(\)\[\]\{\}]|([!\"#\$%\&'\*\+,\-\./:;<=>\?\\\^_`\|\~])\1*"
# What a new pipeline states as its limits; calls do as their arguments say.
_LONGEST = 4096


class NougatTokenizer(Family):
    """The tokenizer of Nougat: NFKC, every digit and every line end alone, byte-level; `<s> A </s>`.

    Beside the arguments of every family: the special tokens; `errors` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    vocab_after = "pad_token"
    defaults: ClassVar[dict[str, Any]] = {
        "errors": "replace",
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
    }

    first_tokens = ("bos_token", "pad_token", "eos_token", "unk_token")

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens, and the one before a reference."""
        tokens = super().empty_vocab(settings)
        return {**tokens, "[START_REF]": len(tokens)}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            normalizer={"type": "NFKC"},
            pre_tokenizer=spec.sequence(
                "pretokenizers",
                _split(_MARK, "Removed"),
                {"type": "Digits", "individual_digits": True},
                _split(_PUNCTUATION, "Isolated"),
                _split("\n", "Isolated"),
                spec.byte_level(),
            ),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        bos, eos = str(settings["bos_token"]), str(settings["eos_token"])
        return spec.template([(bos, 0), ("$A", 0), (eos, 0)], [("$A", 0), ("$B", 1)], self._ids(bos, eos))

    def _complete_pipeline(self) -> None:
        new = "_template_of" in self.__dict__
        super()._complete_pipeline()
        if new:
            self._core.enable_truncation(_LONGEST)
            self._core.enable_padding("right", self.pad_token_id or 0, 0, str(self.pad_token), _LONGEST)


def _split(text: str, behavior: str) -> Json:
    return {"type": "Split", "pattern": {"String": text}, "behavior": behavior, "invert": False}
