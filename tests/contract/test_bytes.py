"""Offsets in bytes, and the bytes of single tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lexel import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel import TokenizersBackend


def spans_in_bytes(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(len(text[:start].encode()), len(text[:end].encode())) for start, end in spans]


def test_offsets_in_bytes_are_those_in_characters(tok: TokenizersBackend, corpus: list[str]) -> None:
    for text in corpus:
        chars = tok(text, add_special_tokens=False, return_offsets_mapping=True)
        asked = tok(text, add_special_tokens=False, offsets="bytes")
        assert asked["input_ids"] == chars["input_ids"]
        assert asked["offset_mapping"] == spans_in_bytes(text, chars["offset_mapping"]), text


@pytest.mark.parametrize("options", [{}, {"padding": True}, {"truncation": True, "max_length": 9}])
def test_pairs_words_and_batches_too(tok: TokenizersBackend, options: dict[str, Any]) -> None:
    first, second = "naïve café", "日本語 😀"
    asked = tok([first], [second], offsets="bytes", **options)["offset_mapping"][0]
    chars = tok([first], [second], return_offsets_mapping=True, **options)
    whose = chars.sequence_ids(0)
    for span, known, sequence in zip(asked, chars["offset_mapping"][0], whose, strict=True):
        text = first if sequence == 0 else second
        assert span == (spans_in_bytes(text, [known])[0] if sequence is not None else (0, 0))
    words = ["naïve", "日本語", "x"]
    asked = tok(words, is_split_into_words=True, offsets="bytes")["offset_mapping"]
    chars = tok(words, is_split_into_words=True, return_offsets_mapping=True)
    for span, known, word in zip(asked, chars["offset_mapping"], chars.word_ids(), strict=True):
        assert span == (spans_in_bytes(words[word], [known])[0] if word is not None else (0, 0))


def test_another_unit_is_refused(tok: TokenizersBackend) -> None:
    with pytest.raises(ValueError, match="'chars' or 'bytes'"):
        tok("a", offsets="words")


def test_bytes_of_tokens_make_the_text(make: Callable[..., TokenizersBackend], corpus: list[str]) -> None:
    tok = make()
    if tok.engine != "native":
        with pytest.raises(UnsupportedError, match="engine_reason"):
            tok.token_bytes(0)
        return
    table = tok.token_bytes_table()
    assert len(table) == tok.max_token_id + 1
    for text in corpus:
        ids = tok.encode(text, add_special_tokens=False)
        joined = b"".join(table[index] for index in ids)
        assert [tok.token_bytes(index) for index in ids] == [table[index] for index in ids]
        decoded = tok.decode(ids, clean_up_tokenization_spaces=False)
        if "wordpiece" not in str(tok.backend_tokenizer.decoder).lower():  # its own clean-up drops spaces
            text_of = joined.decode("utf-8", "replace")
            assert decoded in (text_of, text_of.removeprefix(" "))
    assert tok.token_bytes(10**6) is None
