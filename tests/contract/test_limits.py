"""Padding, truncation, overflow windows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel import TokenizersBackend

LONG = "The quick brown fox jumps over the lazy dog"


def lengths(encoded: Any) -> list[int]:
    return [len(row) for row in encoded["input_ids"]]


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_fills_every_column(tok: TokenizersBackend, side: str) -> None:
    plain = tok(["fox", LONG], return_token_type_ids=True, return_special_tokens_mask=True, return_offsets_mapping=True)
    padded = tok(
        ["fox", LONG],
        padding=True,
        padding_side=side,
        return_token_type_ids=True,
        return_special_tokens_mask=True,
        return_offsets_mapping=True,
    )
    gap = lengths(plain)[1] - lengths(plain)[0]
    fill: dict[str, Any] = {
        "input_ids": tok.pad_token_id,
        "token_type_ids": 0,
        "attention_mask": 0,
        "special_tokens_mask": 1,
        "offset_mapping": (0, 0),
    }
    for key, value in fill.items():
        row = plain[key][0]
        assert padded[key][0] == ([value] * gap + row if side == "left" else row + [value] * gap)
        assert padded[key][1] == plain[key][1]


def test_padding_lengths(tok: TokenizersBackend) -> None:
    assert lengths(tok(["fox", LONG], padding="max_length", max_length=40)) == [40, 40]
    assert lengths(tok(["fox"], padding="max_length", max_length=2)) == [len(tok.encode("fox"))], "nothing is cut"
    assert lengths(tok(["fox", LONG], padding=True, pad_to_multiple_of=8))[0] % 8 == 0
    assert len(tok("fox", padding=True, pad_to_multiple_of=32)["input_ids"]) == 32
    assert tok("fox", pad_to_multiple_of=32) == tok("fox"), "without padding it means nothing"
    assert tok("fox", padding="max_length") == tok("fox"), "the model has no limit"
    tok.model_max_length = 20
    assert len(tok("fox", padding="max_length")["input_ids"]) == 20


def test_a_wrong_side_is_refused(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match="'left' or 'right'"):
        tok(["a", LONG], padding=True, padding_side="up")


@pytest.mark.parametrize("side", ["left", "right"])
def test_truncation_keeps_one_end(make: Callable[..., TokenizersBackend], side: str) -> None:
    tok = make(truncation_side=side)
    ids = tok.encode(LONG, add_special_tokens=False)
    kept = ids[:4] if side == "right" else ids[-4:]
    assert tok.encode(LONG, max_length=6) == [tok.cls_token_id, *kept, tok.sep_token_id]
    assert tok.encode(LONG, max_length=4, truncation=True, add_special_tokens=False) == kept
    assert tok.encode(LONG, max_length=6, truncation=False) == tok.encode(LONG)
    assert tok.encode(LONG, truncation=True) == tok.encode(LONG), "the model has no limit"


@pytest.mark.parametrize(
    ("first", "second", "limit", "expected"),
    [
        (5, 3, 10, (4, 3)),
        (5, 3, 9, (3, 3)),
        (5, 3, 8, (3, 2)),
        (5, 3, 7, (2, 2)),
        (5, 5, 10, (3, 4)),
        (5, 5, 8, (2, 3)),
        (8, 1, 5, (1, 1)),
        (8, 1, 4, (1, 0)),
    ],
)
def test_the_longer_text_gives_way(
    tok: TokenizersBackend, first: int, second: int, limit: int, expected: tuple[int, int]
) -> None:
    # One token a word, so that lengths are what they are called.
    words = [["fox"] * first, ["dog"] * second]
    if len(tok.encode(words[0], is_split_into_words=True, add_special_tokens=False)) != first:
        words = [["a"] * first, ["a"] * second]
    made = tok(words[0], words[1], is_split_into_words=True, truncation=True, max_length=limit)
    ids = made.sequence_ids()
    assert (ids.count(0), ids.count(1)) == expected


def test_one_text_alone_is_cut(tok: TokenizersBackend) -> None:
    whole = tok(LONG, "lazy dog")
    first, second = whole.sequence_ids().count(0), whole.sequence_ids().count(1)
    cut = tok(LONG, "lazy dog", truncation="only_first", max_length=len(whole["input_ids"]) - 2)
    assert (cut.sequence_ids().count(0), cut.sequence_ids().count(1)) == (first - 2, second)
    cut = tok(LONG, LONG, truncation="only_second", max_length=first + 5)
    assert (cut.sequence_ids().count(0), cut.sequence_ids().count(1)) == (first, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"truncation": "only_second", "max_length": 4},
        {"truncation": True, "max_length": 1},
        {"truncation": True, "max_length": 6, "stride": 4, "return_overflowing_tokens": True},
    ],
    ids=["no second text", "less than the special tokens", "stride as long as the window"],
)
def test_a_truncation_that_cannot_be_done(tok: TokenizersBackend, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"max_length|second|stride"):
        tok(LONG, **options)


def test_windows_cover_the_text(tok: TokenizersBackend) -> None:
    ids = tok.encode(LONG, add_special_tokens=False)
    made = tok(
        [LONG, "fox"], max_length=6, truncation=True, stride=1, return_overflowing_tokens=True, return_length=True
    )
    rows = [row[1:-1] for row in made["input_ids"]]
    windows = rows[:-1] if made["overflow_to_sample_mapping"][-1] == 1 else rows
    assert made["overflow_to_sample_mapping"] == [0] * len(windows) + [1] * (len(rows) - len(windows))
    rebuilt = list(windows[0])
    for window in windows[1:]:
        assert rebuilt[-1] == window[0], "one token is shared"
        rebuilt += window[1:]
    assert rebuilt == ids
    assert made["length"] == lengths(made)
    assert [encoding.ids for encoding in made.encodings] == made["input_ids"]


def test_windows_of_one_text_are_rows(tok: TokenizersBackend) -> None:
    made = tok(LONG, max_length=6, truncation=True, return_overflowing_tokens=True)
    assert isinstance(made["input_ids"][0], list)
    assert tok("fox", return_overflowing_tokens=True)["overflow_to_sample_mapping"] == [0]
    arrays = tok(
        [LONG, "a"], max_length=6, truncation=True, return_overflowing_tokens=True, padding=True, return_tensors="np"
    )
    assert arrays["input_ids"].shape[1] == 6
    assert arrays["overflow_to_sample_mapping"].tolist()[-1] == 1


def test_a_row_too_long_for_the_model_is_told_once(
    make: Callable[..., TokenizersBackend], caplog: pytest.LogCaptureFixture
) -> None:
    tok = make(model_max_length=4)
    with caplog.at_level(logging.WARNING):
        tok(LONG)
        tok.encode(LONG)
        tok([LONG])
    assert [r.message.startswith("Token indices sequence length is longer than") for r in caplog.records] == [True]
    caplog.clear()
    tok.deprecation_warnings.clear()
    tok(LONG, verbose=False)
    tok(LONG, truncation=True)
    assert caplog.records == []


def test_pad_pads_what_is_encoded(tok: TokenizersBackend) -> None:
    rows = [tok("fox"), tok(LONG)]
    padded = tok.pad(rows)
    assert padded == tok(["fox", LONG], padding=True)
    assert tok.pad(rows, return_tensors="np")["input_ids"].tolist() == padded["input_ids"]
    assert tok.pad({"input_ids": []}, return_attention_mask=True) == {"input_ids": [], "attention_mask": []}
    with pytest.raises(ValueError, match=r"input_ids, but you provided \['x'\]"):
        tok.pad({"x": [1]})
    with pytest.raises(ValueError, match="unknown: str"):
        tok.pad({"input_ids": ["a"]})


def test_pad_returns_what_it_was_given(tok: TokenizersBackend) -> None:
    import numpy as np

    made = tok.pad([{"input_ids": np.array([1, 2])}, {"input_ids": np.array([1])}])
    assert isinstance(made["input_ids"], np.ndarray)
    assert made["input_ids"].tolist() == [[1, 2], [1, tok.pad_token_id]]
    masks = [np.ones((2, 2)), np.zeros((2, 2))]
    assert tok.pad({"input_ids": [[1], [2]], "attention_mask": masks})["attention_mask"].shape == (2, 2, 2)


def test_windows_nobody_asked_for_are_not_made(tok: TokenizersBackend) -> None:
    if tok.engine != "native":
        pytest.skip("the tokenizers library makes them in any case")
    # Those of two texts multiply: here to many millions.
    made = tok(
        "a b " * 20_000, "c d " * 20_000, truncation="longest_first", max_length=tok.num_special_tokens_to_add(True) + 8
    )
    assert len(made["input_ids"]) <= tok.num_special_tokens_to_add(True) + 8


def test_pad_takes_masks_that_are_arrays_beside_lists_of_ids(tok: TokenizersBackend) -> None:
    import numpy as np

    mask = np.array([[1, 1], [1, 1]])
    made = tok.pad({"input_ids": [[1, 2], [3, 4]], "attention_mask": mask}, padding="max_length", max_length=3)
    assert made["attention_mask"] == [[1, 1, 0], [1, 1, 0]]
    made = tok.pad({"input_ids": [[1, 2], [3, 4]], "attention_mask": mask}, return_tensors="np")
    assert made["attention_mask"].tolist() == [[1, 1], [1, 1]]


def test_pad_fills_other_columns_on_request(tok: TokenizersBackend) -> None:
    rows = [{"input_ids": [1, 2, 3], "labels": [4, 5, 6]}, {"input_ids": [1], "labels": [4]}]
    assert tok.pad(rows)["labels"] == [[4, 5, 6], [4]], "as the reference: collators fill them"
    assert tok.pad(rows, pad_values={"labels": -100})["labels"] == [[4, 5, 6], [4, -100, -100]]
    made = tok.pad(rows, pad_values={"labels": -100}, padding_side="left", pad_to_multiple_of=4, return_tensors="np")
    assert made["labels"].tolist() == [[-100, 4, 5, 6], [-100, -100, -100, 4]]
    targets = [{"input_ids": [1, 2, 3], "labels": [4]}, {"input_ids": [1], "labels": [4, 5]}]
    assert tok.pad(targets, pad_values={"labels": -100})["labels"] == [[4, -100], [4, 5]]
    assert tok.pad(
        {"input_ids": [1, 2], "labels": [3, 4]}, padding="max_length", max_length=3, pad_values={"labels": 0}
    ) == {
        "input_ids": [1, 2, tok.pad_token_id],
        "labels": [3, 4, 0],
        "attention_mask": [1, 1, 0],
    }


def test_windows_hold_no_windows(tok: TokenizersBackend) -> None:
    if tok.engine != "native":
        pytest.skip("those of the tokenizers library hold some")
    room = tok.num_special_tokens_to_add(True) + 6
    made = tok(LONG, LONG, truncation="longest_first", max_length=room, return_overflowing_tokens=True)
    assert len(made.encodings) > 2
    for encoding in made.encodings:
        assert all(not window.overflowing for window in encoding.overflowing)
