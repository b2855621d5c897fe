"""toktok: a few vocabularies that are built into it; ids as arrays. Its Python face asks for private names."""

from __future__ import annotations

import toktok
from libraries import Call, Unreadable, Vocabulary, cut_at

BUILT_IN = {"cl100k": "cl100k_base", "o200k": "o200k_base"}


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:
    if vocabulary.name not in BUILT_IN:
        raise Unreadable(f"reads {', '.join(BUILT_IN)} alone")
    encoding = toktok._encoding(BUILT_IN[vocabulary.name])
    batch, one = encoding.encode_batch_to_numpy, encoding.encode_ordinary

    def spans(texts: list[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        return [encoding.encode_with_offsets(text, unit="char") for text in texts]

    return {
        "ids": (
            ids := Call(lambda texts: batch(texts, threads=threads), lambda found: list(cut_at(found[0], found[1][1:])))
        ),
        "batch": ids,
        "lists": Call(lambda texts: [one(text) for text in texts]),
        "each": Call(lambda texts: [one(text) for text in texts]),
        "count": Call(lambda texts: encoding.count_batch(texts, threads=threads)),
        "offsets": Call(spans),
        "decode": Call(lambda rows: [encoding.decode(row) for row in rows]),
    }
