"""Sequences go into rows as a plain search for the first row with room would put them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lexel.chat_templates.packing import first_fit_decreasing, in_order, in_windows

CAPACITY = 20
LENGTHS = st.lists(st.integers(0, CAPACITY), max_size=40)


def searched(lengths: list[int]) -> list[list[int]]:
    rows: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        for row in rows:
            if sum(lengths[other] for other in row) + lengths[index] <= CAPACITY:
                row.append(index)
                break
        else:
            rows.append([index])
    return rows


@settings(deadline=None)
@given(LENGTHS)
def test_first_fit_decreasing_is_the_plain_search(lengths: list[int]) -> None:
    rows = first_fit_decreasing(lengths, CAPACITY)
    assert rows == searched(lengths)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= CAPACITY for row in rows)


@settings(deadline=None)
@given(LENGTHS)
def test_in_order_keeps_the_order_and_opens_no_row_too_many(lengths: list[int]) -> None:
    rows = list(in_order(enumerate(lengths), lambda item: item[1], CAPACITY))
    assert [item for row in rows for item in row] == list(enumerate(lengths))
    sums = [sum(size for _, size in row) for row in rows]
    assert all(filled <= CAPACITY for filled in sums)
    assert all(filled + row[0][1] > CAPACITY for filled, row in zip(sums, rows[1:], strict=False))


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 10))
def test_windows_hold_everything_once(lengths: list[int], window: int) -> None:
    rows = list(in_windows(enumerate(lengths), lambda item: item[1], CAPACITY, window))
    assert sorted(item for row in rows for item in row) == list(enumerate(lengths))
    assert all(sum(size for _, size in row) <= CAPACITY for row in rows)
    assert list(in_windows(enumerate(lengths), lambda item: item[1], CAPACITY)) == [
        [(index, lengths[index]) for index in row] for row in searched(lengths)
    ]


def test_a_window_reads_no_further_than_it_needs() -> None:
    read = []

    def lengths() -> object:
        for index in range(1000):
            read.append(index)
            yield 15

    rows = in_windows(lengths(), int, CAPACITY, 8)  # type: ignore[arg-type]
    next(rows)
    assert len(read) == 8
