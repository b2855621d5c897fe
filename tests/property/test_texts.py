"""Any text: every way to encode gives the same ids; spans lie in the text; what loses nothing comes back."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.hostile import PROPERTY, engines, ids, no_ids, small_ids, texts

from lexel.errors import LexelError

numbers = st.integers(0, 39)


def replaced(text: str) -> str:
    """Return the text with lone surrogates as replacement characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@PROPERTY
@given(numbers, texts, st.booleans())
def test_every_way_to_encode_gives_the_same_ids(number: int, text: str, special: bool) -> None:
    engine = engines()[number]
    try:
        found = engine.encode(text, add_special_tokens=special)
    except LexelError:
        with pytest.raises(LexelError):
            engine.encode_batch([text], add_special_tokens=special)
        with pytest.raises(LexelError):
            engine.count(text, add_special_tokens=special)
        return
    row = engine.encode_batch([text], add_special_tokens=special).row(0)
    assert row.ids == found
    assert engine.encode_array(text, add_special_tokens=special).tolist() == found
    assert engine.count(text, add_special_tokens=special) == len(found)
    assert engine.encode_batch(["x", text], add_special_tokens=special, offsets=False).lists("ids")[1] == found
    assert engine.encode(replaced(text), add_special_tokens=special) == found
    assert None not in engine.ids_to_tokens(engine.encode(text, add_special_tokens=False))
    length = len(replaced(text))
    columns = (row.type_ids, row.attention_mask, row.special_tokens_mask, row.word_ids, row.sequence_ids, row.tokens)
    assert [len(column) for column in (row.offsets, *columns)] == [len(found)] * 7
    # A suffix that was written as bytes ends past the text, as in the original.
    suffix = '"end_of_word_suffix":null' not in engine.model_info() and '"BPE"' in engine.model_info()
    assert suffix or all(0 <= start <= end <= length for start, end in row.offsets)


@PROPERTY
@given(texts, st.booleans())
def test_bytes_lose_nothing(text: str, streamed: bool) -> None:
    engine = engines()[0]
    found = engine.encode(text)
    if streamed:
        stream = engine.decode_stream()
        assert "".join(map(stream.feed, found)) + stream.flush() == replaced(text)
    assert engine.decode(found) == replaced(text)


@PROPERTY
@given(texts)
def test_byte_fallback_loses_nothing(text: str) -> None:
    """But the difference between a space and a visible space, and the spaces around special tokens."""
    engine = engines()[1]
    plain = replaced(text).replace("<s>", "").replace("</s>", "").replace("<unk>", "")
    assert engine.decode(engine.encode(plain)) == plain.replace("▁", " ")


@PROPERTY
@given(numbers, st.lists(texts, max_size=4), st.integers(1, 3))
def test_a_batch_is_its_rows(number: int, batch: list[str], threads: int) -> None:
    engine = engines()[number]
    try:
        rows = engine.encode_batch(batch, num_threads=threads)
    except LexelError:
        return
    assert rows.lists("ids") == [engine.encode(text) for text in batch]
    assert len(rows) == len(batch)


@PROPERTY
@given(
    numbers,
    texts,
    st.one_of(st.none(), texts),
    st.integers(0, 12),
    st.integers(0, 12),
    st.sampled_from(["longest_first", "only_first", "only_second"]),
    st.sampled_from(["left", "right"]),
)
def test_windows_are_no_longer_than_asked(
    number: int, text: str, pair: str | None, length: int, stride: int, strategy: Any, side: Any
) -> None:
    engine = engines()[number]
    inputs: list[Any] = [text if pair is None else (text, pair)]
    limit = (length, strategy, stride, side)
    try:
        batch = engine.encode_batch(inputs, pairs=pair is not None, truncation=limit)
    except (LexelError, ValueError):
        return
    # Where special tokens leave no room for text, the original keeps the whole text as the overflow.
    if strategy == "longest_first":
        assert batch.lengths()[0] <= length
    padded = engine.encode_batch(inputs, pairs=pair is not None, truncation=limit, padding=(None, 0, 0, "<s>", side, 8))
    assert all(size % 8 == 0 for size in padded.lengths())


@PROPERTY
@given(numbers, ids, st.booleans(), st.data())
def test_a_stream_gives_the_decoded_text(number: int, row: list[int], skip: bool, data: st.DataObject) -> None:
    engine = engines()[number]
    whole = engine.decode(row, skip_special_tokens=skip)
    assert engine.decode_batch([row, row], skip_special_tokens=skip) == [whole, whole]
    stream = engine.decode_stream(skip_special_tokens=skip)
    text, at = "", 0
    while at < len(row):
        step = data.draw(st.integers(1, len(row) - at))
        part = row[at : at + step]
        fork = stream.fork()
        text += stream.feed(part[0] if step == 1 else part)
        # What is fed to a copy is nothing to the stream.
        fork.feed(row)
        fork.flush()
        at += step
    assert text + stream.flush() == whole
    # It starts anew.
    assert stream.feed(row) + stream.flush() == whole


@PROPERTY
@given(numbers, ids, no_ids, st.integers(0, 12))
def test_what_is_no_id_is_refused(number: int, row: list[int], wrong: int, at: int) -> None:
    engine = engines()[number]
    bad = [*row[:at], wrong, *row[at:]]
    for call in (engine.decode, engine.decode_stream().feed, engine.ids_to_tokens):
        with pytest.raises(OverflowError):
            call(bad)
    with pytest.raises(OverflowError):
        engine.decode_batch([row, bad])


@PROPERTY
@given(numbers, texts, st.lists(small_ids, max_size=6))
def test_an_engine_is_pickled_whole(number: int, text: str, row: list[int]) -> None:
    engine = engines()[number]
    before = pickle.dumps(engine)
    twin = pickle.loads(before)
    try:
        assert twin.encode(text) == engine.encode(text)
    except LexelError:
        with pytest.raises(LexelError):
            twin.encode(text)
    assert twin.decode(row) == engine.decode(row)
    assert pickle.dumps(engine) == before


@PROPERTY
@given(numbers, texts, texts)
def test_stages_take_any_text(number: int, text: str, other: str) -> None:
    engine = engines()[number]
    engine.normalize(text)
    pieces = engine.pre_tokenize(text)
    length = len(replaced(text))
    assert all(0 <= start <= end <= length for _, (start, end) in pieces)
    engine.decode_tokens([text, other])
    assert engine.tokens_to_ids([text, other]) == [engine.token_to_id(text), engine.token_to_id(other)]
