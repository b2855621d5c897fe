"""quicktok: vocabularies that it ships; ids as lists."""

from __future__ import annotations

import quicktok
from libraries import Call, Unreadable, Vocabulary, to_lists

BUILT_IN = {"cl100k": "cl100k_base", "o200k": "o200k_base", "llama-3": "llama3", "qwen2.5": "qwen3"}


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    if vocabulary.name not in BUILT_IN:
        raise Unreadable(f"reads {', '.join(BUILT_IN)} alone")
    encoding = quicktok.get_encoding(BUILT_IN[vocabulary.name])
    one = encoding.encode_ordinary
    each = Call(lambda texts: [one(text) for text in texts])
    return {
        "ids": each,
        "lists": each,
        "each": each,
        "count": Call(lambda texts: [encoding.count(text) for text in texts]),
        "decode": Call(lambda rows: [encoding.decode(row) for row in rows], take=to_lists),
    }
