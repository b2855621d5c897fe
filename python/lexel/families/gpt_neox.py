"""GPT-NeoX and the models that use its byte-level pipeline (Pythia, MPT, OLMo, Mamba, RWKV).

Source: transformers 5.23, `GPTNeoXTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Spec

__all__ = ["GPTNeoXTokenizer"]


class GPTNeoXTokenizer(Family):
    """The tokenizer of GPT-NeoX: NFC, byte-level.

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
        "unk_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|padding|>",
        "add_prefix_space": False,
        "trim_offsets": True,
    }

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens."""
        names = dict.fromkeys(str(settings[name]) for name in ("unk_token", "pad_token"))
        return {token: index for index, token in enumerate(names)}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        prefix, trim = bool(settings["add_prefix_space"]), bool(settings["trim_offsets"])
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            normalizer={"type": "NFC"},
            pre_tokenizer=spec.byte_level(add_prefix_space=prefix, trim_offsets=trim),
            post_processor=spec.texts_alone(),
            decoder=spec.byte_level(add_prefix_space=True),
        )
