"""Delta debugging: the shortest failing input near a failing input."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item", bound="Sequence[object]")


def minimise(item: Item, fails: Callable[[Item], bool], budget: int = 3000) -> Item:
    """Return a part of the item that still fails and fails no more with any one element left out.

    Args:
        item: a string (its characters are left out) or a list.
        fails: whether a shorter item fails too.
        budget: how many shorter items are tried at most.
    """
    size = max(1, len(item) // 2)
    while item:
        at = 0
        shortened = False
        while at < len(item):
            if budget == 0:
                return item
            budget -= 1
            shorter = item[:at] + item[at + size :]  # type: ignore[operator]
            if fails(shorter):
                item, shortened = shorter, True
            else:
                at += size
        if size > 1:
            size = max(1, size // 2)
        elif not shortened:
            break
    return item
