"""gigatoken: byte-level and SentencePiece BPE, ids as one array; bytes are what it decodes to."""

from __future__ import annotations

from typing import Any

import awkward  # noqa: F401 (gigatoken imports it at its first call)
import gigatoken
from libraries import Call, Unreadable, Vocabulary, cut_at

# Rank files it knows by their names.
RANKS = ("cl100k_base.tiktoken", "o200k_base.tiktoken")


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:
    try:
        if vocabulary.ranks is not None and vocabulary.ranks.endswith(RANKS):
            tokenizer = gigatoken.Tokenizer.from_tiktoken(vocabulary.ranks)
        else:
            tokenizer = gigatoken.Tokenizer(vocabulary.json)
    except (ValueError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(str(error)) from None
    batch, lists, one = tokenizer.encode_batch, tokenizer.encode_batch_list, tokenizer.encode

    def rows(result: Any) -> list[Any]:
        return list(cut_at(result.layout.content.data, result.layout.offsets.data[1:]))

    return {
        "ids": (ids := Call(lambda texts: batch(texts, parallel=threads > 1), rows)),
        "batch": ids,
        "lists": Call(lambda texts: lists(texts, parallel=threads > 1)),
        "each": Call(lambda texts: [one(text).tolist() for text in texts]),
        "decode": Call(lambda rows: [tokenizer.decode(row).decode("utf-8", "replace") for row in rows]),
    }
