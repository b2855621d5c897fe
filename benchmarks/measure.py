"""Interleaved timing of peers that do the same thing, and the check that they do.

The machine's moods hit neighbours in time alike, so peers take turns on every input (A B, then B A), and a ratio is
formed from neighbours. On one thread the clock is the CPU time of this process: what other programs of the
machine take does not count. With several threads it is the clock on the wall.
"""

from __future__ import annotations

import gc
import itertools
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from peers import LEXEL, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peers import Call

Clock = Literal["cpu", "wall"]
CLOCKS: dict[Clock, Callable[[], float]] = {"cpu": time.process_time, "wall": time.perf_counter}


def seconds(run: Callable[[Any], Any], item: Any, clock: Clock) -> tuple[float, Any]:
    """Return what a call takes, and its result; giving the result's memory back is not timed."""
    now = CLOCKS[clock]
    gc.collect()
    gc.disable()
    try:
        start = now()
        result = run(item)
        return now() - start, result
    finally:
        gc.enable()


@dataclass
class Duel:
    """Peers at one task, input by input, each result checked against the reference's before it counts."""

    calls: dict[str, Call]
    clock: Clock = "cpu"
    reference: str = REFERENCE
    samples: dict[str, list[float]] = field(default_factory=dict)
    difference: str | None = None
    rounds: int = 0

    def round(self, item: Any) -> None:
        """Time every peer on one input."""
        order = list(self.calls)
        if self.rounds % 2:
            order.reverse()
        self.rounds += 1
        results = {}
        for name in order:
            took, results[name] = seconds(self.calls[name].run, item, self.clock)
            self.samples.setdefault(name, []).append(took)
        if self.reference not in results or self.difference:
            return
        expected, found = (self.calls[name].read(results[name]) for name in (self.reference, LEXEL))
        if expected != found:
            self.difference = where(expected, found, item)

    def ratio(self) -> float | None:
        """Return how many times quicker than the reference lexel is over all rounds, None without a reference."""
        if self.reference not in self.samples:
            return None
        return sum(self.samples[self.reference]) / sum(self.samples[LEXEL])


def where(expected: Any, found: Any, item: Any) -> str:
    """Say where two unequal results part: row, then position."""
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        for at, (one, other) in enumerate(zip(expected, found, strict=False)):
            if one != other:
                inner = item[at] if isinstance(item, list) and at < len(item) else item
                return f"[{at}] {where(one, other, inner)}"
        return f"has {len(found)} entries, not {len(expected)}"
    if isinstance(expected, str) and isinstance(found, str):
        at = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(expected, found, strict=False)))
        return f"is {found[at : at + 20]!r} at {at}, not {expected[at : at + 20]!r}"
    return f"is {found!r}, not {expected!r}; input: {str(item)[:40]!r}"


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let the reference use several threads, as many as RAYON_NUM_THREADS said when the program began."""
    before = os.environ["TOKENIZERS_PARALLELISM"]
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if count > 1 else "false"
    try:
        yield
    finally:
        os.environ["TOKENIZERS_PARALLELISM"] = before
