"""Puts sequences of different lengths into rows of one length: bin packing, the same for the same lengths.

`first_fit_decreasing` wastes least (never more than 11/9 of the fewest rows there can be, plus one); `in_order` keeps
the order of the sequences, and needs to look at one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["first_fit_decreasing", "in_order", "in_windows"]

T = TypeVar("T")


def first_fit_decreasing(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Return rows of indices: the longest sequence first, each into the first row with room for it.

    Args:
        lengths: of the sequences, none above the capacity. Of two of one length the earlier goes first.
        capacity: of a row.

    Complexity:
        O(n log n): the rows' room is kept in a tree of maxima.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    size = 1
    while size < len(lengths):
        size *= 2
    room = [0] * size + [
        capacity
    ] * size  # node i has children 2i and 2i + 1; rows are leaves, untouched ones are empty
    for node in range(size - 1, 0, -1):
        room[node] = capacity
    rows: list[list[int]] = []
    for index in order:
        length = lengths[index]
        node = 1
        while node < size:
            node = 2 * node if room[2 * node] >= length else 2 * node + 1
        row = node - size
        if row == len(rows):
            rows.append([])
        rows[row].append(index)
        room[node] -= length
        while node > 1:
            node //= 2
            room[node] = max(room[2 * node], room[2 * node + 1])
    return rows


def in_order(items: Iterable[T], length: Callable[[T], int], capacity: int) -> Iterator[list[T]]:
    """Yield rows of consecutive items: the next one begins a row where it does not fit into the last."""
    row: list[T] = []
    filled = 0
    for item in items:
        size = length(item)
        if row and filled + size > capacity:
            yield row
            row, filled = [], 0
        row.append(item)
        filled += size
    if row:
        yield row


def in_windows(
    items: Iterable[T], length: Callable[[T], int], capacity: int, window: int | None = None
) -> Iterator[list[T]]:
    """Yield rows packed by `first_fit_decreasing`, of so many items at a time as are held in memory.

    Args:
        items: the sequences.
        length: of one.
        capacity: of a row.
        window: how many are packed together; None: all. The emptiest row of a window goes into the next.
    """
    held: list[T] = []
    for item in items:
        held.append(item)
        if window is not None and len(held) >= window:
            rows = _packed(held, length, capacity)
            emptiest = min(range(len(rows)), key=lambda at: sum(map(length, rows[at]))) if len(rows) > 1 else None
            held = [] if emptiest is None else rows.pop(emptiest)
            yield from rows
    yield from _packed(held, length, capacity)


def _packed(items: list[T], length: Callable[[T], int], capacity: int) -> list[list[T]]:
    rows = first_fit_decreasing([length(item) for item in items], capacity)
    return [[items[index] for index in row] for row in rows]
