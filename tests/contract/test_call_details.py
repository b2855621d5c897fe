"""Details of calls that a drop-in has to get right: flags left open, words that are none, old argument names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel import TokenizersBackend

TEXT = "The quick brown fox"


@pytest.mark.parametrize(
    "flag",
    [
        "return_offsets_mapping",
        "return_special_tokens_mask",
        "return_overflowing_tokens",
        "return_length",
        "return_token_type_ids",
        "return_attention_mask",
    ],
)
def test_a_flag_of_none_is_as_if_not_given(tok: TokenizersBackend, flag: str) -> None:
    assert tok(TEXT, **{flag: None}) == tok(TEXT)
    assert tok([TEXT, "a"], padding=True, **{flag: None}) == tok([TEXT, "a"], padding=True)


@pytest.mark.parametrize("rows", [[["a", "b"], "fox"], [(["a"], ["b"]), "fox"], [("a", "b"), "fox"]])
def test_a_string_is_no_list_of_words(tok: TokenizersBackend, rows: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"(input|row) 1.*found (str|'fox')"):
        tok(rows, is_split_into_words=True)


def test_a_string_is_no_second_list_of_words(tok: TokenizersBackend) -> None:
    with pytest.raises(TypeError, match="found str"):
        tok([["a", "b"]], ["fox"], is_split_into_words=True)


def test_an_array_of_strings_is_no_second_text(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match=r"^text input must be of type `str`"):
        tok("a", text_pair=np.array(["b", "c"]))


@pytest.mark.parametrize("name", ["padding_strategy", "truncation_strategy"])
def test_names_of_the_inside_are_refused(tok: TokenizersBackend, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        tok(TEXT, **{name: "longest_first"})


@pytest.mark.parametrize("text", [TEXT, "a"])
@pytest.mark.parametrize("options", [{}, {"return_overflowing_tokens": True}, {"padding": "max_length"}])
def test_a_stride_above_the_window_is_refused_whatever_the_text(
    tok: TokenizersBackend, text: str, options: dict[str, Any]
) -> None:
    options = {"truncation": True, **options}
    for length, stride in ((4, 3), (2, 1), (4, 5)):
        with pytest.raises(ValueError, match=f"^tokenizer stride set to {stride}, which is greater than"):
            tok(text, max_length=length, stride=stride, **options)
    assert tok(text, stride=9) == tok(text), "nothing is cut"


def test_a_stride_as_long_as_the_window_is_refused_where_windows_are_made(tok: TokenizersBackend) -> None:
    for options in ({}, {"return_overflowing_tokens": True}):
        with pytest.raises(ValueError, match="stride"):
            tok(TEXT, truncation=True, max_length=4, stride=2, **options)
        assert tok("a", truncation=True, max_length=20, stride=17, **options)["attention_mask"]


def test_an_empty_list_is_no_second_text(tok: TokenizersBackend) -> None:
    assert tok("a", text_pair=[]) == tok("a", []) == tok("a")


@pytest.mark.parametrize("padding", [None, 1, "bad"])
def test_padding_that_is_none_of_the_words(tok: TokenizersBackend, padding: Any) -> None:
    with pytest.raises(
        ValueError, match=rf"^{padding} is not a valid PaddingStrategy, please select one of \['longest'"
    ):
        tok(TEXT, padding=padding)


def test_how_messages_begin(make: Callable[..., TokenizersBackend]) -> None:
    tok = make()
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("You need to specify either `text` or `text_target`", lambda: tok()),
        ("text input must be of type `str` (single example)", lambda: tok(5)),
        (
            "bad is not a valid TruncationStrategy, please select one of ['only_first'",
            lambda: tok("a", None, None, None, True, False, "bad"),
        ),
        (
            "tf is not a valid TensorType, please select one of ['pt', 'np', 'mlx']",
            lambda: tok("a", return_tensors="tf"),
        ),
        ("Unable to create tensor", lambda: tok([TEXT, "a"], return_tensors="np")),
        (
            "Truncation and padding are both activated but truncation length (10) is not a multiple of pad_to",
            lambda: tok("a", padding=True, truncation=True, max_length=10, pad_to_multiple_of=4),
        ),
        (
            "You should supply an encoding or a list of encodings to this method that includes input_ids, but you ",
            lambda: tok.pad({"x": [1]}),
        ),
        (
            "Asking to pad but the tokenizer does not have a padding token",
            lambda: make(pad_token=None)([TEXT, "a"], padding=True),
        ),
    ]
    for start, call in calls:
        with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
            call()
        assert str(caught.value).startswith(start)


def test_arrays_are_of_numpy_s_own_integers(tok: TokenizersBackend) -> None:
    made = tok(TEXT, return_tensors="np", return_offsets_mapping=True)
    assert "dtype" not in repr(made["input_ids"])
    assert made["offset_mapping"].dtype.char == np.dtype(np.int64).char


def test_spans_of_no_token_are_pairs_all_the_same(tok: TokenizersBackend) -> None:
    made = tok("", add_special_tokens=False, return_offsets_mapping=True, return_tensors="np")
    assert made["offset_mapping"].shape == (1, 0, 2)


def test_what_is_left_out_is_what_the_pipeline_holds_for_special(tok: TokenizersBackend) -> None:
    tok.add_tokens(["<plain>"])
    tok.add_special_tokens({"extra_special_tokens": ["<a>"]})
    tok.add_special_tokens({"extra_special_tokens": ["<b>"]})
    ids = tok.convert_tokens_to_ids(["<plain>", "<a>", "<b>"])
    assert tok.extra_special_tokens == ["<b>"]
    assert tok.decode(ids, skip_special_tokens=True) == "<plain>", "<a> is special still, though no name has it"
