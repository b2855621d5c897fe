"""splintr: tokenizer.json; ids as lists (its flat form adds special tokens)."""

from __future__ import annotations

import splintr
from libraries import Call, Unreadable, Vocabulary, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    try:
        tokenizer = splintr.from_json(vocabulary.json)
    except (ValueError, RuntimeError, NotImplementedError, OSError) as error:
        raise Unreadable(str(error)) from None
    each = Call(lambda texts: [tokenizer.encode_raw(text) for text in texts])
    decode = Call(lambda rows: [tokenizer.decode(row) for row in rows], take=to_lists)
    return {"ids": each, "batch": each, "lists": each, "each": each, "decode": decode}
