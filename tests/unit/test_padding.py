from __future__ import annotations

import logging
from typing import Any

import pytest

from lexel.padding import PaddingStrategy, PadValues, TruncationStrategy, merge_rows, pad_rows, resolve

NO_PAD, LONGEST, MAX = PaddingStrategy.DO_NOT_PAD, PaddingStrategy.LONGEST, PaddingStrategy.MAX_LENGTH
NO_CUT, FIRST = TruncationStrategy.DO_NOT_TRUNCATE, TruncationStrategy.LONGEST_FIRST
UNLIMITED = int(1e30)


def resolved(padding: Any, truncation: Any, max_length: int | None, limit: int = 512, **options: Any) -> Any:
    multiple = options.pop("pad_to_multiple_of", None)
    options = {"model_max_length": limit, "pad_token_id": lambda: 0, "told": {}, **options}
    return resolve(padding, truncation, max_length, multiple, **options)


@pytest.mark.parametrize(
    ("padding", "truncation", "max_length", "expected"),
    [
        (False, None, None, (NO_PAD, NO_CUT, None)),
        (False, None, 8, (NO_PAD, FIRST, 8)),
        (False, False, 8, (NO_PAD, NO_CUT, 8)),
        (True, None, None, (LONGEST, NO_CUT, None)),
        ("longest", True, None, (LONGEST, FIRST, 512)),
        ("max_length", None, None, (MAX, NO_CUT, 512)),
        ("max_length", None, 8, (MAX, NO_CUT, 8)),
        (MAX, "only_first", 8, (MAX, TruncationStrategy.ONLY_FIRST, 8)),
        (False, TruncationStrategy.ONLY_SECOND, 8, (NO_PAD, TruncationStrategy.ONLY_SECOND, 8)),
    ],
)
def test_what_arguments_mean_together(padding: Any, truncation: Any, max_length: int | None, expected: Any) -> None:
    assert resolved(padding, truncation, max_length) == expected


@pytest.mark.parametrize(("padding", "truncation"), [("max_length", None), (False, True), ("max_length", True)])
def test_without_a_limit_nothing_is_cut_or_filled(padding: Any, truncation: Any) -> None:
    assert resolved(padding, truncation, None, limit=UNLIMITED) == (NO_PAD, NO_CUT, None)


@pytest.mark.parametrize(("padding", "truncation"), [("longst", None), (False, "first"), (None, None)])
def test_an_unknown_word_lists_the_known_ones(padding: Any, truncation: Any) -> None:
    with pytest.raises(ValueError, match=r"please select one of .*longest"):
        resolved(padding, truncation, None)


@pytest.mark.parametrize("index", [None, -1])
def test_padding_needs_a_token(index: int | None) -> None:
    with pytest.raises(ValueError, match="does not have a padding token"):
        resolve(True, None, None, None, model_max_length=9, pad_token_id=lambda: index, told={})


def test_the_length_must_be_a_multiple() -> None:
    with pytest.raises(ValueError, match="not a multiple of pad_to_multiple_of"):
        resolved(True, True, 10, pad_to_multiple_of=8)
    assert resolved(True, True, 16, pad_to_multiple_of=8) == (LONGEST, FIRST, 16)
    assert resolved(True, None, 10, pad_to_multiple_of=8)[0] == LONGEST


def test_an_ignored_max_length_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told: dict[str, bool] = {}
        resolved(True, None, 10, verbose=False, told=told)
        resolved(True, None, 10, told=told)
        resolved(True, None, 10, told=told)
    assert [record.message.split()[0] for record in caplog.records] == ["`max_length`"]


VALUES = PadValues("input_ids", 9, 3, "right")


def pad(
    columns: Any, strategy: Any = LONGEST, length: int | None = None, multiple: int | None = None, **options: Any
) -> Any:
    mask = options.pop("mask", True)
    values = PadValues("input_ids", 9, 3, options.pop("side", "right"))
    return pad_rows(columns, values, strategy, length, multiple, return_attention_mask=mask)


def test_rows_grow_to_the_longest() -> None:
    made = pad({"input_ids": [[1, 2], [1]], "token_type_ids": [[0, 0], [1]], "special_tokens_mask": [[0, 1], [1]]})
    assert made == {
        "input_ids": [[1, 2], [1, 9]],
        "token_type_ids": [[0, 0], [1, 3]],
        "special_tokens_mask": [[0, 1], [1, 1]],
        "attention_mask": [[1, 1], [1, 0]],
    }


def test_left_side_and_multiples() -> None:
    made = pad({"input_ids": [[1, 2], [1]]}, multiple=4, side="left")
    assert made == {"input_ids": [[9, 9, 1, 2], [9, 9, 9, 1]], "attention_mask": [[0, 0, 1, 1], [0, 0, 0, 1]]}


def test_one_row_stays_one_row() -> None:
    assert pad({"input_ids": [1, 2]}, MAX, 4) == {"input_ids": [1, 2, 9, 9], "attention_mask": [1, 1, 0, 0]}


def test_a_longer_row_is_left_as_it_is() -> None:
    assert pad({"input_ids": [[1, 2, 3], [1]]}, MAX, 2, mask=False) == {"input_ids": [[1, 2, 3], [1, 9]]}


def test_other_columns_pass_through_and_inputs_stay() -> None:
    given = {"input_ids": [[1], [1, 2]], "labels": [[1], [2, 3]], "attention_mask": [[1], [0, 1]]}
    made = pad(given)
    assert made["labels"] == [[1], [2, 3]]
    assert made["attention_mask"] == [[1, 0], [0, 1]]
    assert given["input_ids"] == [[1], [1, 2]]


def test_columns_must_have_as_many_rows() -> None:
    with pytest.raises(ValueError, match="'input_ids' has 2, 'x' has 1"):
        pad({"input_ids": [[1], [2]], "x": [1]})


def test_a_list_of_rows_becomes_columns_by_the_first_row() -> None:
    assert merge_rows([{"a": 1, "b": 2}, {"a": 3, "b": 4, "c": 5}]) == {"a": [1, 3], "b": [2, 4]}
    assert merge_rows({"a": [1]}) == {"a": [1]}
