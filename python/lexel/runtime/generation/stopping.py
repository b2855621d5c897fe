"""When a row ends: criteria over ids, and stop strings over text.

Stop strings are matched on the text a detokenizer releases, so nothing is prepared per vocabulary, and a match may
start and end anywhere inside tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

# (ids [B, n], scores [B, V] or None) → bool [B], or one bool for all rows
StoppingCriteria = Callable[["Tensor", "Tensor | None"], "Tensor | bool"]


class Detokenizer(Protocol):
    """Turns ids into text step by step; what it gave is final."""

    def feed(self, id: int) -> str:
        """Take the next id; return the newly final text, "" while a character is incomplete."""

    def flush(self) -> str:
        """Return what is left, with replacement characters for a broken tail."""

    def fork(self) -> Self:
        """Return an independent copy of the state."""


class StreamDecoding(Protocol):
    """What the runtime asks of a tokenizer: a fresh detokenizer."""

    def decode_stream(self, *, skip_special_tokens: bool = False) -> Detokenizer:
        """Return a detokenizer at the start of a text."""


def detokenizer(tokenizer: StreamDecoding, **options: Any) -> Detokenizer:
    """Return a fresh detokenizer, or raise an error that says what a tokenizer must have."""
    if not hasattr(tokenizer, "decode_stream"):
        raise TypeError(f"text needs a tokenizer with decode_stream, and {type(tokenizer).__name__} has none")
    return tokenizer.decode_stream(**options)


class StoppingCriteriaList(list[StoppingCriteria]):
    """Criteria of which any one ends a row."""

    def __call__(self, ids: Tensor, scores: Tensor | None) -> Tensor:
        """Return which rows end, bool [B]."""
        ended = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        for criterion in self:
            verdict = criterion(ids, scores)
            ended = ended | (verdict.to(ids.device) if isinstance(verdict, torch.Tensor) else bool(verdict))
        return ended


def max_time(seconds: float) -> StoppingCriteria:
    """End all rows once `seconds` have passed from now."""
    deadline = time.monotonic() + seconds
    return lambda _ids, _scores: time.monotonic() >= deadline


class Emit(NamedTuple):
    """What one id brought: releasable text, and the stop string it completed."""

    text: str
    matched: str | None = None


class StopStrings:
    """Watches the text of one row for stop strings, and holds back what may be the start of one.

    Args:
        stops: the texts that end the row.
        detokenizer: of the row; fed by this object.
        include: release the stop string itself too.
    """

    def __init__(self, stops: Sequence[str], detokenizer: Detokenizer, *, include: bool = False) -> None:
        self.stops, self.detokenizer, self.include = list(stops), detokenizer, include
        self._starts = {stop[:length] for stop in self.stops for length in range(1, len(stop))}
        self._longest = max(map(len, self._starts), default=0)
        self._held = ""

    def feed(self, token: int) -> Emit:
        """Take the next id of the row."""
        return self._take(self.detokenizer.feed(token))

    def flush(self) -> Emit:
        """Release what is held back; the row is over."""
        emit = self._take(self.detokenizer.flush())
        held, self._held = self._held, ""
        return emit if emit.matched is not None else Emit(emit.text + held)

    def _take(self, text: str) -> Emit:
        if not text:
            return Emit("")
        text = self._held + text
        # The match that ends first wins; of those that end together, the longest.
        found = [(at + len(stop), at, stop) for stop in self.stops if (at := text.find(stop)) >= 0]
        if found:
            end, start, stop = min(found)
            self._held = ""
            return Emit(text[: end if self.include else start], stop)
        for length in range(min(self._longest, len(text)), 0, -1):
            if text[-length:] in self._starts:
                self._held = text[-length:]
                return Emit(text[:-length])
        self._held = ""
        return Emit(text)
