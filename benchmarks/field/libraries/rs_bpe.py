"""rs-bpe: two vocabularies that are built into it; ids as lists."""

from __future__ import annotations

from libraries import Call, Unreadable, Vocabulary, to_lists
from rs_bpe import openai

BUILT_IN = {"cl100k": "cl100k_base", "o200k": "o200k_base"}


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    if vocabulary.name not in BUILT_IN:
        raise Unreadable(f"reads {', '.join(BUILT_IN)} alone")
    encoding = getattr(openai, BUILT_IN[vocabulary.name])()
    each = Call(lambda texts: [encoding.encode(text) for text in texts])
    return {
        "ids": each,
        "lists": each,
        "each": each,
        "count": Call(lambda texts: [encoding.count(text) for text in texts]),
        "decode": Call(lambda rows: [encoding.decode(row) for row in rows], take=to_lists),
    }
