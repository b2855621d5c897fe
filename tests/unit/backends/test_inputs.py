from __future__ import annotations

from typing import Any

import pytest

from lexel.backends.inputs import sort_inputs


@pytest.mark.parametrize(
    ("text", "pair", "split", "expected"),
    [
        ("a", None, False, (["a"], False, False)),
        ("a", "", False, (["a"], False, False)),
        ("a", "b", False, ([("a", "b")], True, False)),
        (["a", "b"], None, False, (["a", "b"], False, True)),
        (("a", "b"), None, False, (["a", "b"], False, True)),
        (["a"], ["b"], False, ([("a", "b")], True, True)),
        ([("a", "b")], None, False, ([("a", "b")], True, True)),
        ([["a", "b"]], None, False, ([("a", "b")], True, True)),
        ([], None, False, ([], False, True)),
        (["a", "b"], None, True, ([["a", "b"]], False, False)),
        ([], None, True, ([[]], False, False)),
        ([[]], None, True, ([[]], False, True)),
        ([["a"], ["b"]], None, True, ([["a"], ["b"]], False, True)),
        (["a"], ["b"], True, ([(["a"], ["b"])], True, False)),
        ([["a"]], [["b"]], True, ([(["a"], ["b"])], True, True)),
        ([(["a"], ["b"])], None, True, ([(["a"], ["b"])], True, True)),
    ],
)
def test_rows(text: Any, pair: Any, split: bool, expected: tuple[Any, ...]) -> None:
    assert tuple(sort_inputs(text, pair, split)) == expected


def test_rows_are_owned() -> None:
    batch, words = ["a"], [["a"], ["b"]]
    rows, word_rows = sort_inputs(batch, None, False).rows, sort_inputs(words, None, True).rows
    batch[0], words[0][0] = "changed", "changed"
    assert (rows, word_rows) == (["a"], [["a"], ["b"]])


@pytest.mark.parametrize("text", [5, None, [5], [[5]], {"a": 1}, [None]])
def test_what_can_be_no_text(text: Any) -> None:
    with pytest.raises(ValueError, match="text input must be of type"):
        sort_inputs(text, None, False)
    with pytest.raises(ValueError, match="text input must be of type"):
        sort_inputs("a" if text is None else ["a"], text if text is not None else 5, False)


@pytest.mark.parametrize("text", [b"a", [b"a"], [[bytearray(b"a")]]])
def test_bytes(text: Any) -> None:
    with pytest.raises(TypeError, match="decode it first"):
        sort_inputs(text, None, False)
