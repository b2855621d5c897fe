"""The libraries compared, behind the same calls.

A call is what is timed, and how its result is read afterwards, untimed, to be compared with the others'.
Each library is given its quickest way to the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

import tokenizers
from tokenizers.decoders import DecodeStream

import lexel
from lexel._lexel import Engine
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LEXEL = "lexel"
REFERENCE = "tokenizers"
VERSIONS = {
    LEXEL: f"{lexel.__version__} ({Engine.__module__}, {lexel._lexel.__profile__})",
    REFERENCE: version(REFERENCE),
}


def same(result: Any) -> Any:
    """Read a result that is comparable as it is."""
    return result


@dataclass(frozen=True, slots=True)
class Call:
    """What is timed, and how its result becomes comparable."""

    run: Callable[[Any], Any]
    read: Callable[[Any], Any] = same


class Peer(Protocol):
    """A loaded tokenizer of one of the libraries. Texts are documents; no special tokens are added."""

    name: str

    def ids(self) -> Call:
        """Ids in the form the library gives first: buffers, or encodings left unread."""

    def lists(self) -> Call:
        """Ids as Python lists."""

    def offsets(self) -> Call:
        """Ids and spans in the form the library gives first: arrays, or encodings left unread."""

    def offset_lists(self) -> Call:
        """Ids and spans as Python lists."""

    def count(self) -> Call:
        """The number of tokens."""

    def each(self) -> Call:
        """Ids as Python lists, one call a document."""

    def batch(self, threads: int) -> Call:
        """Ids as Python lists, one call for all documents."""

    def decode(self) -> Call:
        """Lists of ids to texts, one call a row."""

    def stream(self) -> Call:
        """A list of ids to text, id by id."""


class Lexel:
    """The native engine."""

    name = LEXEL

    def __init__(self, json: str) -> None:
        self.engine = Engine.from_json(json)

    def cold(self) -> Lexel:
        """Return the same vocabulary with empty caches."""
        cold = Lexel.__new__(Lexel)
        cold.engine, _ = self.engine.with_added_tokens([])
        return cold

    def ids(self) -> Call:
        encode = self.engine.encode_array
        return Call(lambda texts: [encode(text, add_special_tokens=False) for text in texts], _read_buffers)

    def lists(self) -> Call:
        encode = self.engine.encode
        return Call(lambda texts: [encode(text, add_special_tokens=False) for text in texts])

    def offsets(self) -> Call:
        encode = self.engine.encode_batch

        def run(texts: Sequence[str]) -> list[Any]:
            rows = [encode([text], add_special_tokens=False, num_threads=1) for text in texts]
            return [(row.array("ids"), row.offset_array()) for row in rows]

        return Call(run, lambda rows: [(ids.tolist()[0], [tuple(o) for o in spans.tolist()[0]]) for ids, spans in rows])

    def offset_lists(self) -> Call:
        encode = self.engine.encode_batch

        def run(texts: Sequence[str]) -> list[Any]:
            rows = encode(texts, add_special_tokens=False, num_threads=1)
            return list(zip(rows.lists("ids"), rows.offset_lists(), strict=True))

        return Call(run)

    def count(self) -> Call:
        count = self.engine.count
        return Call(lambda texts: [count(text) for text in texts])

    def each(self) -> Call:
        return self.lists()

    def batch(self, threads: int) -> Call:
        encode = self.engine.encode_batch
        options: dict[str, Any] = {"add_special_tokens": False, "offsets": False, "num_threads": threads}
        return Call(lambda texts: encode(texts, **options).lists("ids"))

    def decode(self) -> Call:
        decode = self.engine.decode
        return Call(lambda rows: [decode(row) for row in rows])

    def stream(self) -> Call:
        def run(ids: Sequence[int]) -> list[str]:
            feed = (stream := self.engine.decode_stream()).feed
            return [*[feed(i) for i in ids], stream.flush()]

        return Call(run, "".join)


class Reference:
    """The `tokenizers` library, which defines what a `tokenizer.json` means."""

    name = REFERENCE

    def __init__(self, json: str) -> None:
        self.tokenizer = tokenizers.Tokenizer.from_str(json)
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def ids(self) -> Call:
        encode = self.tokenizer.encode_batch_fast
        return Call(lambda texts: encode(texts, add_special_tokens=False), lambda rows: [row.ids for row in rows])

    def lists(self) -> Call:
        encode = self.tokenizer.encode_batch_fast
        return Call(lambda texts: [row.ids for row in encode(texts, add_special_tokens=False)])

    def offsets(self) -> Call:
        encode = self.tokenizer.encode_batch
        return Call(
            lambda texts: encode(texts, add_special_tokens=False), lambda rows: [(row.ids, row.offsets) for row in rows]
        )

    def offset_lists(self) -> Call:
        encode = self.tokenizer.encode_batch
        return Call(lambda texts: [(row.ids, row.offsets) for row in encode(texts, add_special_tokens=False)])

    def count(self) -> Call:
        encode = self.tokenizer.encode_batch_fast
        return Call(lambda texts: [len(row) for row in encode(texts, add_special_tokens=False)])

    def each(self) -> Call:
        encode = self.tokenizer.encode
        return Call(lambda texts: [encode(text, add_special_tokens=False).ids for text in texts])

    def batch(self, threads: int) -> Call:  # noqa: ARG002
        """As `lists`: this library takes its number of threads from the environment (see `measure.threads`)."""
        return self.lists()

    def decode(self) -> Call:
        decode = self.tokenizer.decode
        return Call(lambda rows: [decode(row, skip_special_tokens=False) for row in rows])

    def stream(self) -> Call:
        def run(ids: Sequence[int]) -> list[str | None]:
            step = DecodeStream(skip_special_tokens=False).step
            return [step(self.tokenizer, i) for i in ids]

        return Call(run, lambda pieces: "".join(piece for piece in pieces if piece))


def refused(json: str) -> str | None:
    """Return why the native engine does not run a file, None if it does."""
    try:
        Engine.from_json(json)
    except UnsupportedError as error:
        return str(error)
    return None


def _read_buffers(buffers: Sequence[Any]) -> list[list[int]]:
    return [buffer.tolist() for buffer in buffers]


LIBRARIES: dict[str, Callable[[str], Peer]] = {LEXEL: Lexel, REFERENCE: Reference}
