"""lexel's native engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from libraries import Call, Vocabulary

from lexel._lexel import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:
    engine = Engine.from_json(Path(vocabulary.json).read_bytes())
    array, one, batch = engine.encode_array, engine.encode, engine.encode_batch
    bare: dict[str, Any] = {"add_special_tokens": False, "num_threads": threads}

    def spans(texts: Sequence[str]) -> list[Any]:
        rows = [batch([text], **bare) for text in texts]
        return [(row.array("ids"), row.offset_array()) for row in rows]

    def stream(ids: Sequence[int]) -> str:
        feed = (stream := engine.decode_stream()).feed
        return "".join([*[feed(i) for i in ids], stream.flush()])

    return {
        "ids": Call(lambda texts: [array(text, add_special_tokens=False) for text in texts]),
        "batch": Call(lambda texts: batch(texts, offsets=False, **bare), lambda rows: rows.lists("ids")),
        "lists": Call(lambda texts: batch(texts, offsets=False, **bare).lists("ids")),
        "each": Call(lambda texts: [one(text, add_special_tokens=False) for text in texts]),
        "count": Call(lambda texts: [engine.count(text) for text in texts]),
        "offsets": Call(spans, lambda rows: [(ids.tolist()[0], offsets.tolist()[0]) for ids, offsets in rows]),
        "decode": Call(lambda rows: [engine.decode(row) for row in rows]),
        "stream": Call(stream, take=lambda row: row.tolist()),
    }
