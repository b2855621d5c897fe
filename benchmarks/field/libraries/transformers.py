"""transformers: the tokenizer class that people call."""

from __future__ import annotations

from libraries import Call, Vocabulary, class_calls
from transformers import PreTrainedTokenizerFast


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    return class_calls(PreTrainedTokenizerFast(tokenizer_file=vocabulary.json))
