"""Texts cut to a budget of tokens: every part fits, and encodes to the ids it had."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lexel import TokenizersBackend


def ids_of(tok: TokenizersBackend, text: str) -> list[int]:
    return list(tok.encode(text, add_special_tokens=False))


def test_a_truncated_text_is_the_longest_that_fits(tok: TokenizersBackend, corpus: list[str]) -> None:
    for text in corpus:
        ids = ids_of(tok, text)
        for budget in {0, 1, 2, 5, len(ids) - 1, len(ids), len(ids) + 3} - {-1}:
            beginning = tok.truncate_text(text, budget)
            assert text.startswith(beginning)
            assert tok.count(beginning) <= budget
            end = tok.truncate_text(text, budget, side="left")
            assert text.endswith(end)
            assert tok.count(end) <= budget
            assert (end == text) == (beginning == text) == (len(ids) <= budget)


def test_cuts_between_words_keep_the_ids(tok: TokenizersBackend) -> None:
    text = "The quick brown fox jumps over the lazy dog, again and again."
    ids = ids_of(tok, text)
    for budget in range(12, len(ids)):
        kept = ids_of(tok, tok.truncate_text(text, budget))
        assert kept
        assert kept == ids[: len(kept)]
        kept = ids_of(tok, tok.truncate_text(text, budget, side="left"))
        assert kept
        assert kept == ids[-len(kept) :]


def test_the_tokenizers_side_counts_unless_told(tok: TokenizersBackend) -> None:
    text = "The quick brown fox jumps over the lazy dog"
    tok.truncation_side = "left"
    assert text.endswith(tok.truncate_text(text, 4))
    assert text.startswith(tok.truncate_text(text, 4, side="right"))


def test_chunks_fit_and_cover_all_tokens(tok: TokenizersBackend, corpus: list[str]) -> None:
    text = " ".join(corpus)
    ids = ids_of(tok, text)
    for budget in (8, 64, 10_000):
        parts = tok.chunk(text, budget)
        if all(part.exact for part in parts):
            assert [index for part in parts for index in part.ids] == ids
        assert all(part.text == text[part.start : part.end] for part in parts)
        assert all(len(part.ids) <= budget and ids_of(tok, part.text) == part.ids for part in parts)
        words = tok.chunk(text.replace("a" * 300, ""), budget)
        assert budget < 64 or all(part.exact for part in words)
        between = [text[a.end : b.start] for a, b in itertools.pairwise(parts)]
        assert all(not gap.strip() for gap in between)


def test_chunks_overlap_by_what_is_asked(tok: TokenizersBackend) -> None:
    text = "The quick brown fox jumps over the lazy dog, again and again. " * 20
    ids = ids_of(tok, text)
    parts = tok.chunk(text, 16, overlap=4)
    at = 0
    for before, part in zip([None, *parts], parts, strict=False):
        if before is not None:
            shared = next(n for n in range(4, -1, -1) if ids[at - n : at - n + len(part.ids)] == part.ids)
            assert before.end > part.start or shared == 0
            at -= shared
        assert ids[at : at + len(part.ids)] == part.ids
        at += len(part.ids)
    assert at == len(ids)
    assert len(parts) >= len(tok.chunk(text, 16))


def test_random_texts(tok: TokenizersBackend) -> None:
    generator = random.Random(11)
    alphabet = "abcde  \n.,é日한😀'1"
    for _ in range(60):
        text = "".join(generator.choices(alphabet, k=generator.randrange(200)))
        budget = generator.randrange(12, 40)
        ids = ids_of(tok, text)
        parts = tok.chunk(text, budget, overlap=generator.choice((0, 0, 3)))
        assert parts == [] if not ids else parts[-1].ids[-1] == ids[-1] or not parts[-1].exact
        assert all(ids_of(tok, part.text) == part.ids and len(part.ids) <= budget for part in parts)


def test_wrong_budgets_are_refused(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match="negative"):
        tok.truncate_text("a", -1)
    with pytest.raises(ValueError, match="side"):
        tok.truncate_text("a", 1, side="middle")
    with pytest.raises(ValueError, match="at least 1"):
        tok.chunk("a", 0)
    with pytest.raises(ValueError, match="overlap"):
        tok.chunk("a", 4, overlap=4)


def test_a_character_above_the_budget_is_told(make) -> None:  # type: ignore[no-untyped-def]
    tok = make()
    if tok.count("\U00012345") < 3:
        pytest.skip("a tokenizer with an unknown token writes one for any character")
    with pytest.raises(ValueError, match="use a larger max_tokens"):
        tok.chunk("ab \U00012345", 2)
