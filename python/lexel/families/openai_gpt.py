"""GPT, the first.

Source: transformers 5.23, `OpenAIGPTTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Spec

__all__ = ["OpenAIGPTTokenizer"]


class OpenAIGPTTokenizer(Family):
    """The tokenizer of GPT: lower case, BERT's words, pieces of which the last of a word ends with `</w>`.

    Beside the arguments of every family: `unk_token`.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {"unk_token": "<unk>"}

    first_tokens = ("unk_token",)

    @property
    def do_lower_case(self) -> bool:
        """Whether texts become lower case: they do."""
        return True

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(
                vocab,
                merges,
                unk_token=str(settings["unk_token"]),
                continuing_subword_prefix="",
                end_of_word_suffix="</w>",
            ),
            normalizer=spec.bert_normalizer(),
            pre_tokenizer={"type": "BertPreTokenizer"},
            post_processor=spec.texts_alone(),
            decoder={"type": "BPEDecoder", "suffix": "</w>"},
        )
