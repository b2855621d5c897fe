"""lexel's tokenizer class, called as transformers' is."""

from __future__ import annotations

from libraries import Call, Vocabulary, class_calls

from lexel import TokenizersBackend


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    return class_calls(TokenizersBackend(tokenizer_file=vocabulary.json))
