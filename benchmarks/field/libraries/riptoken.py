"""riptoken: rank files; ids as lists."""

from __future__ import annotations

import riptoken
from libraries import Call, Vocabulary, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    core = riptoken.CoreBPE(vocabulary.rank_table(), vocabulary.specials, vocabulary.pattern)
    each = Call(lambda texts: [core.encode_ordinary(text) for text in texts])
    decode = Call(lambda rows: [core.decode_bytes(row).decode("utf-8", "replace") for row in rows], take=to_lists)
    return {"ids": each, "lists": each, "each": each, "decode": decode}
