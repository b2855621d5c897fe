"""IREE's tokenizer: tokenizer.json; ids as arrays."""

from __future__ import annotations

from typing import Any

from iree.tokenizer import Tokenizer
from libraries import Call, Unreadable, Vocabulary, cut_at, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    try:
        tokenizer = Tokenizer.from_file(vocabulary.json)
    except (ValueError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(str(error)) from None

    def rows(result: Any) -> list[Any]:
        import numpy as np

        return list(cut_at(result[0], np.cumsum(result[1])))

    return {
        "ids": (ids := Call(tokenizer.encode_batch_to_array, rows)),
        "batch": ids,
        "lists": Call(tokenizer.encode_batch),
        "each": Call(lambda texts: [tokenizer.encode(text) for text in texts]),
        "decode": Call(lambda rows: [tokenizer.decode(row) for row in rows], take=to_lists),
    }
