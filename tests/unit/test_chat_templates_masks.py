"""The mask marks the tokens that meet a generation span, and no others."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexel.chat_templates import assistant_masks, check_generation, render

Span = tuple[int, int]


def mask(offsets: Any, spans: list[Span]) -> list[int]:
    return assistant_masks([offsets], [spans])[0]


@pytest.mark.parametrize(
    ("offsets", "spans", "expected"),
    [
        ([(0, 2), (2, 4), (4, 6)], [(2, 4)], [0, 1, 0]),
        ([(0, 2), (2, 4), (4, 6)], [(1, 3)], [1, 1, 0]),
        ([(0, 2), (2, 4), (4, 6)], [(0, 1), (5, 6)], [1, 0, 1]),
        ([(0, 2), (2, 4), (4, 6)], [(0, 0), (2, 2)], [0, 0, 0]),
        ([(0, 2), (2, 4), (4, 6)], [], [0, 0, 0]),
        ([(0, 2), (2, 4), (4, 6)], [(9, 12)], [0, 0, 0]),
        # The whitespace the tokenizer strips at the start of a block stops nothing.
        ([(0, 2), (4, 6), (6, 8)], [(2, 6), (6, 8)], [0, 1, 1]),
        # Padding left and right; a span at the very start.
        ([(0, 0), (0, 2), (2, 4), (0, 0)], [(0, 2)], [0, 1, 0, 0]),
        # Several tokens of one character: bytes of an emoji.
        ([(0, 1), (1, 2), (1, 2), (1, 2), (2, 3)], [(1, 2)], [0, 1, 1, 1, 0]),
        # A token without characters counts inside a span, and not at its edges.
        ([(0, 2), (2, 2), (3, 3), (4, 4), (4, 5)], [(2, 4)], [0, 0, 1, 0, 0]),
        # Spans that lie in each other or touch.
        ([(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 3), (1, 2)], [1, 1, 1, 0]),
        ([(0, 1), (1, 2), (2, 3), (3, 4)], [(2, 3), (1, 2)], [0, 1, 1, 0]),
        ([], [(0, 3)], []),
    ],
)
def test_mask(offsets: list[Span], spans: list[Span], expected: list[int]) -> None:
    assert mask(offsets, spans) == expected


def test_rows_and_arrays_agree() -> None:
    offsets = [[(0, 2), (2, 4)], [(0, 1), (1, 5)]]
    spans = [[(2, 3)], [(0, 1)]]
    expected = [[0, 1], [1, 0]]
    assert assistant_masks(offsets, spans) == expected
    assert assistant_masks(np.array(offsets), spans) == expected


def test_padding_is_never_marked() -> None:
    assert assistant_masks([[(0, 2), (1, 2)]], [[(0, 3)]], [[1, 0]]) == [[1, 0]]


def test_unknown_spans_are_no_mask() -> None:
    with pytest.raises(ValueError, match="changes the text of a generation block"):
        assistant_masks([[(0, 2)]], [None])


def test_rows_must_match() -> None:
    with pytest.raises(ValueError, match="1 rows of offsets and 2 rows of spans"):
        assistant_masks([[(0, 1)]], [[], []])


@st.composite
def texts_and_cuts(draw: st.DrawFn) -> tuple[list[tuple[str, bool]], list[int]]:
    """Pieces of a chat, each with whether the assistant wrote it, and where tokens end."""
    pieces = draw(st.lists(st.tuples(st.text("ab <>😀\n", max_size=6), st.booleans()), max_size=8))
    length = sum(len(piece) for piece, _ in pieces)
    return pieces, sorted(draw(st.sets(st.integers(0, length))) | {length})


@settings(deadline=None)
@given(texts_and_cuts())
def test_mask_is_what_a_character_wise_twin_says(case: tuple[list[tuple[str, bool]], list[int]]) -> None:
    pieces, cuts = case
    template = (
        "{% for m in messages %}{% if m.own %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}"
        "{{ m.content }}{% endif %}{% endfor %}"
    )
    rendered = render(template, [{"content": piece, "own": own} for piece, own in pieces])
    owned = [own for piece, own in pieces for _ in piece]
    assert rendered.text == "".join(piece for piece, _ in pieces)
    tokens = list(zip([0, *cuts], cuts, strict=False))
    expected = [int(any(owned[start:end])) for start, end in tokens if start < end]
    assert mask([token for token in tokens if token[0] < token[1]], rendered.generation_spans or []) == expected


PREFIXES = ["", "<|im_start|>assistant\n", "  ", "😀"]
BODIES = [
    "{{ m.content }}",
    "{{ m.content|trim }}<|end|>",
    "{% if m.content %}{{ m.content }}{% endif %}\n",
    "a{{ m.content }}b{{ m.content }}",
]
SHELLS = [
    "{% for m in messages %}BLOCK{% endfor %}",
    "{% macro say(m) %}BLOCK{% endmacro %}{% for m in messages %}({{ say(m) }}){% endfor %}",
    "{% for m in messages %}{% set t %}BLOCK{% endset %}[{{ t }}]{% endfor %}",
    "{% for m in messages %}{% if loop.first %}BLOCK{% else %}BLOCK{% endif %}{% endfor %}",
]


@settings(deadline=None)
@given(
    shell=st.sampled_from(SHELLS),
    prefix=st.sampled_from(PREFIXES),
    body=st.sampled_from(BODIES),
    contents=st.lists(st.text(max_size=8), max_size=4),
)
def test_spans_hold_exactly_what_the_blocks_write(shell: str, prefix: str, body: str, contents: list[str]) -> None:
    # The twin writes private characters around the same text.
    left, right = "\ue000", "\ue001"
    contents = [content.replace(left, "").replace(right, "") for content in contents]
    messages = [{"content": content} for content in contents]
    block = prefix + "{%+ generation %}" + body + "{% endgeneration %}<|sep|>"
    twin = prefix + "{{ l }}" + body + "{{ r }}<|sep|>"
    rendered = render(shell.replace("BLOCK", block), messages)
    marked = render(shell.replace("BLOCK", twin), messages, variables={"l": left, "r": right}).text
    assert rendered.text == marked.replace(left, "").replace(right, "")
    written = [rendered.text[start:end] for start, end in rendered.generation_spans or ()]
    assert written == [piece.split(right)[0] for piece in marked.split(left)[1:]]


# Templates without a block.


def test_missing_block_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    template = "{{ messages }} only here"
    with caplog.at_level(logging.WARNING, logger="lexel"):
        check_generation(template)
        check_generation(template)
    assert len(caplog.records) == 1
    assert "only here" in caplog.text


def test_missing_block_can_be_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match=r"no \{% generation %\} block"):
        check_generation("{{ messages }}", on_missing_generation="raise")
    check_generation("{% generation %}{% endgeneration %}", on_missing_generation="raise")
    check_generation("{%- generation -%}{%- endgeneration -%}")
    assert caplog.records == []


def test_unknown_mode() -> None:
    with pytest.raises(ValueError, match="'ignore'"):
        check_generation("x", on_missing_generation="ignore")  # type: ignore[arg-type]
