"""Reads an answer from the ids a model generates, one by one, into deltas of the message."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.response import Deltas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lexel.chat_templates.response import ResponseParser
    from lexel.tokenizer.backend_contract import BackendContract

__all__ = ["ResponseStream"]


class ResponseStream:
    """An answer that is being written; iterate over it, or `push` what the model generates and `finish`.

    Deltas are dicts from field to what is added: text that follows the text before it, a list with further elements
    (tool calls, as soon as they are complete). The first one has the defaults, such as the role. None takes back what
    was sent of a field, where the template lets its last occurrence count alone. `join_deltas` of all is the message.
    """

    def __init__(
        self, pieces: Iterable[Any] | None, parser: ResponseParser, tokenizer: BackendContract, *, events: bool
    ) -> None:
        """Start at the end of the prompt, which the parser has read."""
        self._pieces = pieces
        self._parser = parser
        self._deltas = None if events else Deltas(parser.template)
        self._decoder = tokenizer.decode_stream(skip_special_tokens=False)
        self._message: dict[str, Any] | None = None
        # What the prompt wrote of the answer goes with the first piece.
        self._first = [] if self._deltas is None else self._deltas.defaults()
        self._first += self._told(parser.initial_events)

    @property
    def message(self) -> dict[str, Any]:
        """The whole message, after the end.

        Raises:
            RuntimeError: the answer has not ended.
        """
        if self._message is None:
            raise RuntimeError("the answer has not ended: iterate over it to the end, or call finish()")
        return self._message

    def push(self, piece: Any) -> list[dict[str, Any]]:
        """Take an id, several ids or text; return what it adds.

        Raises:
            RuntimeError: after `finish`.
            ValueError: a field that closed does not hold what the template says.
        """
        out, self._first = self._first, []
        return out + self._told(self._parser.feed(self._text(piece)))

    def finish(self) -> list[dict[str, Any]]:
        """End the answer; return what was still held back.

        Raises:
            RuntimeError: called twice.
            ValueError: as `push`, or a field that is not optional is missing.
        """
        out, self._first = self._first, []
        rest = self._decoder.flush()
        if rest:
            out += self._told(self._parser.feed(rest))
        self._message, events = self._parser.finalize()
        return out + self._told(events)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield what each piece adds, and at the end what was held back."""
        if self._pieces is None:
            raise TypeError("this stream was made without pieces: push them, and call finish()")
        for piece in self._pieces:
            yield from self.push(piece)
        yield from self.finish()

    def _told(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return events if self._deltas is None else self._deltas.of(events)

    def _text(self, piece: Any) -> str:
        if isinstance(piece, str):
            return self._decoder.flush() + piece
        if hasattr(piece, "tolist"):
            piece = piece.tolist()
        if isinstance(piece, (list, tuple)):
            return self._decoder.feed([index(item) for item in piece])
        return self._decoder.feed(index(piece))
