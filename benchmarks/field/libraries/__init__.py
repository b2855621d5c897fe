"""One file a library: what it can read, and its quickest way to each form of result.

A file runs in its library's own environment and imports nothing of the others. It has a function
`load(vocabulary, threads) -> dict[str, Call]` that gives the calls the library has, by the names in `FORMS`, or raises
`Unreadable`. No call adds special tokens.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# The forms of result, and what becomes comparable of them: rows of ids unless it says otherwise.
FORMS = {
    "ids": "documents to ids, in whatever the library gives quickest: buffers, arrays, lists",
    "batch": "as ids, all documents in one call, by all threads",
    "lists": "documents to Python lists of ids",
    "each": "documents to Python lists of ids, one call a document",
    "count": "documents to numbers of tokens",
    "offsets": "documents to ids and spans of code points, in whatever is quickest",
    "decode": "rows of ids to texts",
    "stream": "a row of ids to text, id by id",
    "called": "as each, by the call of the class",
    "padded": "documents to a torch matrix of ids and its mask, cut at 128",
}


class Unreadable(Exception):
    """The library has no way to read this vocabulary."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The files of one vocabulary; a library takes the one it likes best."""

    name: str
    # a tokenizer.json
    json: str
    # a tiktoken rank file, its split and its special tokens
    ranks: str | None = None
    pattern: str | None = None
    specials: dict[str, int] = field(default_factory=dict)
    # a sentencepiece model
    model: str | None = None

    def rank_table(self) -> dict[bytes, int]:
        """Return the rank file's tokens."""
        if self.ranks is None or self.pattern is None:
            raise Unreadable("needs a rank file")
        lines = Path(self.ranks).read_bytes().splitlines()
        return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}

    def kind(self) -> str:
        """Return the kind of the model, as a tokenizer.json says it."""
        model = json.loads(Path(self.json).read_text("utf-8"))["model"]
        found = "BPE" if "merges" in model else "Unigram" if isinstance(model["vocab"], list) else "WordPiece"
        return str(model.get("type") or found)


def same(result: Any) -> Any:
    """Read a result that is comparable as it is."""
    return result


@dataclass(frozen=True, slots=True)
class Call:
    """What is timed; how its input is made ready before, and its result read afterwards, both untimed."""

    run: Callable[[Any], Any]
    read: Callable[[Any], Any] = same
    take: Callable[[Any], Any] = same


def cut_at(flat: Any, ends: Sequence[int]) -> Iterator[Any]:
    """Cut a flat array of ids into rows that end at `ends`."""
    start = 0
    for end in map(int, ends):
        yield flat[start:end]
        start = end


def from_bytes(result: tuple[bytes, bytes]) -> list[Any]:
    """Read `(ids, offsets)`: little-endian uint32 ids, and uint64 offsets, one more than rows."""
    import numpy as np

    return list(cut_at(np.frombuffer(result[0], np.uint32), np.frombuffer(result[1], np.uint64)[1:]))


def to_lists(rows: Sequence[Any]) -> list[list[int]]:
    """Make Python lists of rows of any kind."""
    return [row.tolist() if hasattr(row, "tolist") else list(row) for row in rows]


PADDED: dict[str, Any] = {"padding": True, "truncation": True, "max_length": 128, "return_tensors": "pt"}


def class_calls(tok: Any) -> dict[str, Call]:
    """Return the calls of a tokenizer class with transformers' surface."""
    tok.pad_token = tok.convert_ids_to_tokens(0)
    bare = {"add_special_tokens": False}

    def matrices(batch: Any) -> list[Any]:
        return [*batch["input_ids"].numpy(), *batch["attention_mask"].numpy()]

    return {
        "lists": Call(lambda texts: tok(texts, **bare)["input_ids"]),
        "each": Call(lambda texts: [tok.encode(text, **bare) for text in texts]),
        "called": Call(lambda texts: [tok(text, **bare)["input_ids"] for text in texts]),
        "padded": Call(lambda texts: tok(texts, **bare, **PADDED), matrices),
    }
