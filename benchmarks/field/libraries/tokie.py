"""tokie: every kind of model of a tokenizer.json; ids as one array."""

from __future__ import annotations

from typing import Any

import tokie
from libraries import Call, Unreadable, Vocabulary, cut_at, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    try:
        tokenizer = tokie.Tokenizer.from_json(vocabulary.json)
    except (ValueError, tokie.TokieError) as error:
        raise Unreadable(str(error)) from None
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def rows(result: Any) -> list[Any]:
        import numpy as np

        return list(cut_at(result[0], np.cumsum(result[1])))

    return {
        "ids": (ids := Call(lambda texts: tokenizer.encode_batch_flat(texts, False), rows)),
        "batch": ids,
        "lists": Call(lambda texts: [row.ids for row in tokenizer.encode_batch(texts, False)]),
        "each": Call(lambda texts: [tokenizer.encode(text, False).ids for text in texts]),
        "count": Call(tokenizer.count_tokens_batch),
        "decode": Call(lambda rows: [tokenizer.decode(row) for row in rows], take=to_lists),
    }
