"""Spans in bytes: those in code points, counted in the UTF-8 text."""

from __future__ import annotations

import random
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential import references
from tests.differential.strings import random_text
from tests.differential.test_post_processors import both, random_post_processor

if TYPE_CHECKING:
    from lexel._lexel import Padding, Truncation

pytestmark = pytest.mark.differential

PADDING: Padding = (None, 0, 0, "[PAD]", "left", 4)


def in_bytes(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    starts = [0, *accumulate(len(c.encode()) for c in text)]
    return [(starts[start], starts[end]) for start, end in offsets]


@pytest.mark.parametrize("name", sorted(references.MADE))
def test_bytes_are_code_points_counted_in_bytes(name: str, cases: int, seed: str) -> None:
    """Under every post-processor, with windows and padding. Texts and words of a row are the same: one count does."""
    rng = random.Random(f"{seed}/{name}")
    for _ in range(cases // 20):
        engine, _ = both(name, post_processor=random_post_processor(rng))
        for _ in range(6):
            text = random_text(rng, ("<s>", " world", "é ", " 日"))[:30]
            paired, words = rng.random() < 0.5, rng.random() < 0.3
            if paired:
                # Windows of two sequences multiply.
                text = text[:8]
            one: Any = [text] * rng.randint(1, 3) if words else text
            room = engine.num_special_tokens_to_add(paired) + rng.randint(2, 9)
            limit: Truncation | None = (room, "longest_first", 0, "right") if rng.random() < 0.5 else None
            options: Any = {"pairs": paired, "is_split_into_words": words, "truncation": limit, "padding": PADDING}
            rows = [(one, one) if paired else one]
            try:
                chars = engine.encode_batch(rows, **options).row(0)
            except ValueError:
                # A template after a template, or after what makes many encodings of one.
                continue
            found = engine.encode_batch(rows, byte_offsets=True, **options).row(0)
            assert found.ids == chars.ids
            for mine, theirs in zip((found, *found.overflowing), (chars, *chars.overflowing), strict=True):
                assert mine.offsets == in_bytes(text, theirs.offsets), (text, words, limit)
                assert mine.word_ids == theirs.word_ids


@pytest.mark.parametrize("name", sorted(references.MADE))
def test_each_token_is_counted_in_its_own_text(name: str) -> None:
    engine = references.load(f"trained-{name}").engine
    first, second = "é 日本 a", "aé\u0301 \U0001f600b"
    options: Any = {"pairs": True, "add_special_tokens": True}
    chars = engine.encode_batch([(first, second)], **options).row(0)
    found = engine.encode_batch([(first, second)], byte_offsets=True, **options).row(0)
    for sequence, span, expected in zip(chars.sequence_ids, found.offsets, chars.offsets, strict=True):
        if sequence is not None:
            assert [span] == in_bytes((first, second)[sequence], [expected])
    words = [["é", "日本 a"], ["\U0001f600b", "a"]]
    chars = engine.encode_batch(words, is_split_into_words=True).row(0)
    found = engine.encode_batch(words, is_split_into_words=True, byte_offsets=True).row(0)
    for word, span, expected in zip(chars.word_ids, found.offsets, chars.offsets, strict=True):
        if word is not None:
            assert [span] == in_bytes(words[0][word], [expected])
    assert engine.encode_batch([first], offsets=False, byte_offsets=True).row(0).offsets == []
