"""sentencepiece, which says what a model file means: ids as lists."""

from __future__ import annotations

import sentencepiece
from libraries import Call, Unreadable, Vocabulary, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    if vocabulary.model is None:
        raise Unreadable("needs a sentencepiece model")
    processor = sentencepiece.SentencePieceProcessor(model_file=vocabulary.model)
    one = processor.encode
    return {
        "ids": Call(lambda texts: [one(text) for text in texts]),
        "lists": Call(lambda texts: [one(text) for text in texts]),
        "each": Call(lambda texts: [one(text) for text in texts]),
        "decode": Call(lambda rows: [processor.decode(row) for row in rows], take=to_lists),
    }
