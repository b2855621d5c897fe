"""CLIP: words end with a mark, which is a space in decoded texts."""

from __future__ import annotations

import pytest

from lexel import CLIPTokenizer

TEXTS = ["a small red boat", "don't, don't!", "", "boat  boat", "a red boat 12 " * 30]


@pytest.mark.parametrize("text", TEXTS)
def test_a_stream_decodes_as_the_whole(text: str) -> None:
    tok = CLIPTokenizer().train_new_from_iterator(["a small red boat, a red boat, don't! 12 ç 😀"] * 3, 400)
    ids = tok.encode(text)
    for skip in (False, True):
        stream = tok.decode_stream(skip_special_tokens=skip)
        streamed = "".join([stream.feed(index) for index in ids]) + stream.flush()
        assert streamed == tok.decode(ids, skip_special_tokens=skip)
        assert "</w>" not in streamed
