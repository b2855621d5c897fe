"""The release candidate of tokenizers 1.0: ids as arrays, no spans, no training."""

from __future__ import annotations

from libraries import Call, Vocabulary
from tokenizers import Tokenizer


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    tokenizer = Tokenizer.from_file(vocabulary.json)
    options = {"add_special_tokens": False, "padding": None, "truncation": None}
    batch, one = tokenizer.encode_batch, tokenizer.encode
    return {
        "ids": (ids := Call(lambda texts: [row.ids_array for row in batch(texts, **options)])),
        "batch": ids,
        "lists": Call(lambda texts: [row.ids for row in batch(texts, **options)]),
        "each": Call(lambda texts: [one(text, **options).ids for text in texts]),
        "count": Call(lambda texts: [len(row) for row in batch(texts, **options)]),
        "decode": Call(lambda rows: [tokenizer.decode(row, skip_special_tokens=False) for row in rows]),
    }
