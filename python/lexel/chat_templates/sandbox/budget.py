"""How much a template may do: a count of steps, not a clock.

A template comes with a model, from anyone. Counting makes the answer the same on every machine: what renders here
renders there, and what runs away stops at the same place. One unit is about ten nanoseconds: a small step of the
interpreter, sixteen characters searched, or twice as many copied. A chat of three messages needs some thousands.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

__all__ = [
    "DEFAULT_BUDGET",
    "Budget",
    "BudgetExceeded",
    "DepthExceeded",
    "Meter",
    "current_budget",
    "use_budget",
    "weight",
]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one render.

    With the defaults every published template renders ten thousand messages, and a runaway one ends within about a
    second. What a template may do grows with its input: with its `weight`, and with the square of the number of
    messages, because many templates look from each message at all others. An error names the field that was too small;
    `use_budget` gives a larger one to everything inside a ``with`` block.
    """

    work: int = 3_000_000
    """Units any render may spend."""
    work_per_input: int = 1000
    """Further units for each unit of `weight` of the messages, tools, documents and variables."""
    work_per_pair: int = 50
    """Further units for each pair of messages."""
    iterations: int = 1_000_000
    """Passes through loops: the lengths of all that is looped over. Grows by a hundredth of what `work` grows by."""
    chars: int = 4_000_000
    """Characters of the longest string, or items of the longest list, that an operation (``+``, ``~``, ``*``, a call, a
    filter) may make."""
    chars_per_input: int = 256
    """Further characters for each unit of `weight` of the input, that is 16 for each of its characters; they count for
    `output_chars` too."""
    output_chars: int = 4_000_000
    """Characters the template may write."""
    format_width: int = 100_000
    """Characters a value may be padded to, or digits it may have: ``'%9d'``, ``center(9)``, ``indent(9)``."""
    depth: int = 128
    """Calls (macros, recursive loops, blocks) that may be open at once."""
    int_bits: int = 256
    """Bits of the largest integer that ``+``, ``-``, ``*``, ``**`` or a filter may compute."""
    template_chars: int = 131_072
    """Length of the longest template that is compiled."""
    template_nodes: int = 20_000
    """Nodes of the largest syntax tree that is compiled."""


DEFAULT_BUDGET = Budget()
_current: ContextVar[Budget] = ContextVar("lexel_template_budget", default=DEFAULT_BUDGET)


@contextmanager
def use_budget(budget: Budget) -> Iterator[None]:
    """Render with other limits inside a ``with`` block, in this thread or task.

    Args:
        budget: takes the place of the default wherever a call names none, that is in every method of a tokenizer.

    Example:
        >>> from lexel.chat_templates import render
        >>> with use_budget(Budget(iterations=10)):
        ...     render("{% for m in messages %}{{ m.content }}{% endfor %}", [{"role": "user", "content": "Hi"}]).text
        'Hi'
    """
    token = _current.set(budget)
    try:
        yield
    finally:
        _current.reset(token)


def current_budget() -> Budget:
    """Return the budget of calls that name none."""
    return _current.get()


class BudgetExceeded(Exception):
    """The template asked for more than its budget; turned into a `TemplateError` before it leaves the room."""

    def __init__(self, what: str, field: str, limit: int) -> None:
        super().__init__(f"{what}: more than the {limit:,} of Budget.{field} that this conversation has. {_REMEDY}")


_REMEDY = (
    "If the template is trusted and needs this much, give it a larger `budget`: "
    "with lexel.chat_templates.use_budget(Budget(…))"
)


class DepthExceeded(BudgetExceeded):
    """Calls are nested too deeply; also a `RecursionError` when it leaves the room."""


class Meter:
    """What one render has left. Belongs to that render alone."""

    __slots__ = (
        "_inputs",
        "_more_chars",
        "_most",
        "_passes",
        "budget",
        "chunks",
        "depth",
        "marks",
        "remaining",
        "spans",
    )

    def __init__(self, budget: Budget, inputs: Mapping[str, Any]) -> None:
        self.budget = budget
        self.remaining = budget.work
        self.depth = 0
        self._passes = budget.iterations
        self._most = budget.chars
        self._more_chars = 0
        self._inputs: Mapping[str, Any] | None = inputs
        # What the template has written.
        self.chunks: list[str] = []
        # Generation blocks (see `generation`): places in the list of chunks, and marks around them.
        self.spans: list[tuple[int, int]] = []
        self.marks: tuple[str, str] | None = None

    def spend(self, units: int) -> None:
        """Take units off; raise when there are none left."""
        self.remaining -= units
        if self.remaining < 0:
            self.extend()

    def touch(self, size: int) -> None:
        """Pay for copying or searching this many characters that exist already."""
        self.remaining -= 2 + (size >> 4)
        if self.remaining < 0:
            self.extend()

    def make(self, size: int) -> None:
        """Pay for a string of this many characters, or a list of this many items, before it is made."""
        self.remaining -= 2 + (size >> 5)
        if self.remaining < 0 or size > self._most:
            self.extend(size)

    def touch_whole(self, value: Any) -> None:
        """Pay for a value that is about to be printed, compared or hashed with all that is in it."""
        kind = type(value)
        if kind is str:
            self.touch(len(value))
        elif kind not in _SCALARS:
            units = weight(value, self.remaining)
            if units > self.remaining and self._inputs is not None:
                # Counting stopped early: take the rest of the budget in, then count again.
                self.extend()
                units = weight(value, self.remaining)
            self.spend(units)

    def loop(self, passes: int) -> None:
        """Pay for a loop about to begin."""
        self.remaining -= 2 * passes
        self._passes -= passes
        if self.remaining < 0 or self._passes < 0:
            self.extend()

    def pad(self, width: int) -> None:
        """Pay for a value that is padded to a width."""
        if width > self.budget.format_width:
            raise BudgetExceeded(
                f"the template formats a value {width:,} characters wide", "format_width", self.budget.format_width
            )
        self.make(width)

    def enter(self) -> None:
        """Count one more open call."""
        self.depth += 1
        if self.depth > self.budget.depth:
            raise DepthExceeded(
                "a macro, a block or a loop of the template calls itself without end", "depth", self.budget.depth
            )

    def open(self, chunks: list[str]) -> None:
        """Note where a generation block begins."""
        if self.marks is not None:
            chunks.append(self.marks[0])
        else:
            self.spans.append((len(chunks), -1))

    def close(self, chunks: list[str]) -> None:
        """Note where the innermost open generation block ends."""
        if self.marks is not None:
            chunks.append(self.marks[1])
            return
        for index in range(len(self.spans) - 1, -1, -1):
            start, end = self.spans[index]
            if end < 0:
                self.spans[index] = (start, len(chunks))
                break

    def concat(self, chunks: Sequence[str]) -> str:
        """Join what a macro, a block or a ``{% set %}`` block wrote."""
        self.make(_length(chunks))
        return "".join(chunks)

    def output(self, chunks: Sequence[str]) -> str:
        """Join what the template wrote."""
        size = _length(chunks)
        limit = self.budget.output_chars
        if size > limit:
            self._take_inputs()
            limit += self._more_chars
            if size > limit:
                raise BudgetExceeded(f"the template writes {size:,} characters", "output_chars", limit)
        return "".join(chunks)

    def extend(self, size: int = 0) -> None:
        """Add what the inputs allow beyond the fixed part; raise where that is not enough either."""
        self._take_inputs()
        if size > self._most:
            raise BudgetExceeded(f"the template makes a value of {size:,} characters or items", "chars", self._most)
        if self._passes < 0:
            raise BudgetExceeded("the template loops too often", "iterations", self.budget.iterations)
        if self.remaining < 0:
            raise BudgetExceeded(
                "the template does more work than this conversation needs, something in it repeats or grows without "
                "bound",
                "work",
                self.budget.work,
            )

    def _take_inputs(self) -> None:
        # The inputs are weighed only when the fixed part is used up: nearly never.
        if self._inputs is None:
            return
        inputs, messages = weight(self._inputs), self._inputs.get("messages") or ()
        self._inputs = None
        more = self.budget.work_per_input * inputs + self.budget.work_per_pair * len(messages) ** 2
        self.remaining += more
        self._passes += more // 100
        self._more_chars = self.budget.chars_per_input * inputs
        self._most += self._more_chars


def _length(chunks: Sequence[str]) -> int:
    try:
        return sum(map(len, chunks))
    except TypeError:
        # A filter block may write what is no text; joining says so.
        return 0


_SCALARS = frozenset({int, float, bool, type(None)})
# What one item of a list or dict costs, beside what it is.
_ITEM = 8
_OBJECT = 50


def weight(value: Any, limit: int | None = None) -> int:
    """Return what printing a value costs, in units: everything in it, as often as it is reached.

    A list that holds the same list twice counts it twice: its text does too, and forty such steps are a text no
    machine can hold.

    Args:
        value: anything a template can hold.
        limit: where counting may stop, because the answer is too much already.
    """
    total = 0
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is str:
            total += 2 + (len(item) >> 4)
        elif kind in _SCALARS:
            total += 4
        elif kind is list or kind is tuple:
            total += _ITEM * (1 + len(item))
            stack.extend(item)
        elif kind is dict:
            total += _ITEM * (1 + len(item))
            stack.extend(item)
            stack.extend(item.values())
        else:
            total += _OBJECT + _weigh_object(item, stack)
        if limit is not None and total > limit:
            break
    return total


def _weigh_object(item: Any, stack: list[Any]) -> int:
    if isinstance(item, (str, bytes)):
        return len(item) >> 4
    try:
        # A namespace. Past the object's own attribute lookup, because an undefined value raises on any.
        stack.append(object.__getattribute__(item, "_Namespace__attrs"))
    except AttributeError:
        if isinstance(item, (KeysView, ValuesView, ItemsView)):
            stack.append(list(item))
        elif isinstance(item, Mapping):
            stack.append(dict(item))
    # Whatever else reaches a template (macros, loops, ranges) prints as a short name.
    return 0
