"""Text while it is made: streamers that `generate` pushes ids into, and the pieces `generate_stream` yields."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from queue import Queue
from typing import TYPE_CHECKING, Any

from lexel.runtime.generation.stopping import detokenizer

if TYPE_CHECKING:
    from types import TracebackType

    from torch import Tensor

    from lexel.runtime.generation.stopping import Detokenizer, StreamDecoding


class BaseStreamer(ABC):
    """What `generate` pushes ids into: the prompt [B, n], then the new ids [B] of each step, then the end."""

    @abstractmethod
    def put(self, value: Tensor) -> None:
        """Take ids."""

    @abstractmethod
    def end(self) -> None:
        """Know that no more come."""


@dataclass(frozen=True, slots=True)
class Delta:
    """One step of one row.

    `ids` are the new ids and `logprobs` their natural log-probabilities (where asked for); `text` is what became
    final. The last delta of a row has a `finish_reason`: "stop" (an ending id, a stop string or a criterion; the
    string is in `matched`), or "length". Text may come with it that was held back.
    """

    row: int
    ids: tuple[int, ...]
    text: str = ""
    logprobs: tuple[float, ...] | None = None
    finish_reason: str | None = None
    matched: str | None = None


class TextStreamer(BaseStreamer):
    """Prints text as it becomes final, never a character that later changes.

    Args:
        tokenizer: anything with `decode_stream(skip_special_tokens=...)`.
        skip_prompt: leave the prompt out.
        skip_special_tokens: leave special tokens out.
        **decode_options: further options of the tokenizer's `decode_stream`.
    """

    def __init__(
        self,
        tokenizer: StreamDecoding,
        skip_prompt: bool = False,
        *,
        skip_special_tokens: bool = False,
        **decode_options: Any,
    ) -> None:
        self.tokenizer, self.skip_prompt = tokenizer, skip_prompt
        self.decode_options = {"skip_special_tokens": skip_special_tokens, **decode_options}
        self._stream: Detokenizer | None = None
        self._is_prompt = True

    def put(self, value: Tensor) -> None:
        """Take the prompt, or the id of a step."""
        if value.dim() > 1 and len(value) > 1:
            raise ValueError(f"a text streamer shows one row, and this batch has {len(value)}; use generate_stream")
        skipped, self._is_prompt = self._is_prompt and self.skip_prompt, False
        if skipped:
            return
        if self._stream is None:
            self._stream = detokenizer(self.tokenizer, **self.decode_options)
        text = "".join([self._stream.feed(token) for token in value.flatten().tolist()])
        if text:
            self.on_finalized_text(text)

    def end(self) -> None:
        """Give what is left, and be ready for another prompt."""
        text = "" if self._stream is None else self._stream.flush()
        self._stream, self._is_prompt = None, True
        self.on_finalized_text(text, stream_end=True)

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Print; override it to do something else with the text."""
        print(text, end="\n" if stream_end else "", flush=True)


class TextIteratorStreamer(TextStreamer):
    """Gives the text to another thread, as an iterator.

    An error of `generate` is raised in the iterating thread too. `close`, or leaving a `with` block, ends the
    generation within one step.

    Args:
        tokenizer: anything with `decode_stream(skip_special_tokens=...)`.
        skip_prompt: leave the prompt out.
        timeout: seconds to wait for the next piece; then `queue.Empty`.
        skip_special_tokens: leave special tokens out.
        **decode_options: further options of the tokenizer's `decode_stream`.
    """

    def __init__(
        self,
        tokenizer: StreamDecoding,
        skip_prompt: bool = False,
        timeout: float | None = None,
        *,
        skip_special_tokens: bool = False,
        **decode_options: Any,
    ) -> None:
        super().__init__(tokenizer, skip_prompt, skip_special_tokens=skip_special_tokens, **decode_options)
        self.timeout = timeout
        self.cancelled = False  # `generate` looks at it after each step
        self._queue: Queue[str | BaseException | None] = Queue()

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Hand the text over."""
        if text:
            self._queue.put(text)
        if stream_end:
            self._queue.put(None)

    def fail(self, error: BaseException) -> None:
        """Raise an error where the text is read."""
        self._queue.put(error)

    def close(self) -> None:
        """Ask the generation to end."""
        self.cancelled = True

    def __enter__(self) -> TextIteratorStreamer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> TextIteratorStreamer:
        return self

    def __next__(self) -> str:
        piece = self._queue.get(timeout=self.timeout)
        if piece is None:
            raise StopIteration
        if isinstance(piece, BaseException):
            raise piece
        return piece
