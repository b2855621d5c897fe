"""tokenizers 0.23, which says what a tokenizer.json means: encodings, left unread where ids are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libraries import Call, Vocabulary, to_lists
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

if TYPE_CHECKING:
    from collections.abc import Sequence


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    tokenizer = Tokenizer.from_file(vocabulary.json)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    fast, full = tokenizer.encode_batch_fast, tokenizer.encode_batch

    def stream(ids: Sequence[int]) -> str:
        step = DecodeStream(skip_special_tokens=False).step
        return "".join([step(tokenizer, i) or "" for i in ids])

    def spans(rows: Sequence[Any]) -> list[Any]:
        return [(row.ids, row.offsets) for row in rows]

    return {
        "ids": (
            ids := Call(lambda texts: fast(texts, add_special_tokens=False), lambda rows: [row.ids for row in rows])
        ),
        "batch": ids,
        "lists": Call(lambda texts: [row.ids for row in fast(texts, add_special_tokens=False)]),
        "each": Call(lambda texts: [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]),
        "count": Call(lambda texts: [len(row) for row in fast(texts, add_special_tokens=False)]),
        "offsets": Call(lambda texts: full(texts, add_special_tokens=False), spans),
        "decode": Call(lambda rows: [tokenizer.decode(row, skip_special_tokens=False) for row in rows], take=to_lists),
        "stream": Call(stream, take=lambda row: to_lists([row])[0]),
    }
