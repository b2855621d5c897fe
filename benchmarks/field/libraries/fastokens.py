"""fastokens: BPE of a tokenizer.json, ids as one flat buffer or as lists."""

from __future__ import annotations

import fastokens
from libraries import Call, Unreadable, Vocabulary, from_bytes, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    try:
        tokenizer = fastokens.Tokenizer.from_file(vocabulary.json)
    except (ValueError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(str(error)) from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return {
        "ids": (ids := Call(tokenizer.encode_batch_flat, from_bytes)),
        "batch": ids,
        "lists": Call(lambda texts: [row.ids for row in tokenizer.encode_batch(texts)]),
        "each": Call(lambda texts: [tokenizer.encode(text).ids for text in texts]),
        "decode": Call(lambda rows: [tokenizer.decode(row) for row in rows], take=to_lists),
    }
