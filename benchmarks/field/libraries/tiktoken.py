"""tiktoken, which says what a rank file means: ids as arrays."""

from __future__ import annotations

import tiktoken
from libraries import Call, Vocabulary, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    encoding = tiktoken.Encoding(
        vocabulary.name,
        pat_str=str(vocabulary.pattern),
        mergeable_ranks=vocabulary.rank_table(),
        special_tokens=vocabulary.specials,
    )
    one, to_array = encoding.encode_ordinary, encoding.encode_to_numpy
    return {
        "ids": Call(lambda texts: [to_array(text, disallowed_special=()) for text in texts]),
        "lists": Call(lambda texts: [one(text) for text in texts]),
        "each": Call(lambda texts: [one(text) for text in texts]),
        "decode": Call(lambda rows: [encoding.decode(row) for row in rows], take=to_lists),
    }
