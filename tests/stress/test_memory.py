"""Long-running processes: memory stays flat however many different texts they see."""

from __future__ import annotations

import random
import resource
import sys

import pytest

from lexel import GPT2Tokenizer

# Bytes of `ru_maxrss`: kilobytes on Linux.
UNIT = 1 if sys.platform == "darwin" else 1024


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


@pytest.mark.skipif(sys.platform == "win32", reason="the peak of a process is read in the way of Unix")
def test_words_never_seen_before_leave_nothing() -> None:
    tok = GPT2Tokenizer().train_new_from_iterator(["the quick brown fox jumps over the lazy dog"] * 20, 300)
    words = random.Random(7)

    def see(texts: int) -> None:
        for _ in range(texts):
            tok.encode(" ".join(f"{words.getrandbits(64):x}" for _ in range(50)))

    see(2_000)
    before = peak()
    see(8_000)  # 400,000 words
    assert peak() - before < 16 * 2**20
