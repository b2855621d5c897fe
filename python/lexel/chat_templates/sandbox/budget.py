"""How much a template may do: a count of steps, not a clock.

A template comes with a model, from anyone. Counting makes the answer the same on every machine: what renders here
renders there, and what runs away stops at the same place. One unit is about ten nanoseconds: a small step of the
interpreter, sixteen characters searched, or twice as many copied. A chat of three messages needs some thousands.
"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from dataclasses import dataclass
from typing import Any

__all__ = ["DEFAULT_BUDGET", "Budget", "BudgetExceeded", "DepthExceeded", "Meter", "weight"]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one render.

    With the defaults every published template renders thousands of messages, and a runaway one ends within about a
    second. What a template may do grows with its input: with its size, and with the square of the number of messages,
    because many templates look from each message at all others.
    """

    work: int = 5_000_000
    """Units any render may spend."""
    work_per_input: int = 1000
    """Further units for each unit of `weight` of the messages, tools, documents and variables."""
    work_per_pair: int = 20
    """Further units for each pair of messages."""
    chars: int = 4_000_000
    """Characters of the longest string, or items of the longest list, that may be made."""
    chars_per_input: int = 256
    """Further characters for each unit of `weight` of the input, that is 16 for each of its characters."""
    depth: int = 128
    """Calls (macros, recursive loops, blocks) that may be open at once."""
    int_bits: int = 256
    """Bits of the largest integer that may be computed."""
    template_chars: int = 131_072
    """Length of the longest template that is compiled."""
    template_nodes: int = 20_000
    """Nodes of the largest syntax tree that is compiled."""


DEFAULT_BUDGET = Budget()


class BudgetExceeded(Exception):
    """The template asked for more than its budget; turned into a `TemplateError` before it leaves the room."""


class DepthExceeded(BudgetExceeded):
    """Calls are nested too deeply; also a `RecursionError` when it leaves the room."""


class Meter:
    """What one render has left. Belongs to that render alone."""

    __slots__ = ("_inputs", "_most", "budget", "depth", "emitted", "marks", "remaining", "spans")

    def __init__(self, budget: Budget, inputs: Mapping[str, Any]) -> None:
        self.budget = budget
        self.remaining = budget.work
        self.depth = 0
        self._most = budget.chars
        self._inputs: Mapping[str, Any] | None = inputs
        # Generation blocks (see `instrument`): characters emitted so far, open and closed blocks, marks around them.
        self.emitted = 0
        self.spans: list[tuple[int, int]] = []
        self.marks: tuple[str, str] | None = None

    def spend(self, units: int) -> None:
        """Take units off; raise when there are none left."""
        self.remaining -= units
        if self.remaining < 0:
            self._extend()

    def touch(self, size: int) -> None:
        """Pay for copying or searching this many characters that exist already."""
        self.remaining -= 2 + (size >> 4)
        if self.remaining < 0:
            self._extend()

    def make(self, size: int) -> None:
        """Pay for a string of this many characters, or a list of this many items, before it is made."""
        self.remaining -= 2 + (size >> 5)
        if self.remaining < 0 or size > self._most:
            self._extend(size)

    def touch_whole(self, value: Any) -> None:
        """Pay for a value that is about to be printed, compared or hashed with all that is in it."""
        kind = type(value)
        if kind is str:
            self.touch(len(value))
        elif kind not in _SCALARS:
            units = weight(value, self.remaining)
            if units > self.remaining and self._inputs is not None:
                # Counting stopped early: take the rest of the budget in, then count again.
                self._extend()
                units = weight(value, self.remaining)
            self.spend(units)

    def enter(self) -> None:
        """Count one more open call."""
        self.depth += 1
        if self.depth > self.budget.depth:
            raise DepthExceeded(
                f"calls are nested more than {self.budget.depth} deep: a macro or a block calls itself without end"
            )

    def _extend(self, size: int = 0) -> None:
        # The inputs are weighed only when the fixed part is used up: nearly never.
        if self._inputs is not None:
            inputs, messages = weight(self._inputs), self._inputs.get("messages") or ()
            self._inputs = None
            self.remaining += self.budget.work_per_input * inputs + self.budget.work_per_pair * len(messages) ** 2
            self._most += self.budget.chars_per_input * inputs
        if size > self._most:
            raise BudgetExceeded(
                f"the template makes a value of {size:,} characters or items, more than {self._most:,} for this "
                f"conversation. {_REMEDY}"
            )
        if self.remaining < 0:
            raise BudgetExceeded(
                "the template does more work than this conversation needs: something in it repeats or grows without "
                f"bound. {_REMEDY}"
            )


_REMEDY = "If the template is trusted and the conversation really is this large, render with a larger `budget`"
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
