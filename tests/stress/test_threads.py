"""Many threads share one tokenizer; each gets what it would get alone.

Half a second a tokenizer; LEXEL_STRESS_SECONDS=60 makes the minute that a release takes.
"""

from __future__ import annotations

import os
import pickle
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.differential import references
from tests.stress.work import jobs, names

THREADS = 64
SECONDS = float(os.environ.get("LEXEL_STRESS_SECONDS", "0.5"))


@pytest.mark.parametrize("name", names())
def test_sixty_four_threads_share_an_engine(name: str) -> None:
    sides = references.load(name)
    work = jobs(sides.engine, sides.special, "threads")
    state = pickle.dumps(sides.engine)
    barrier = threading.Barrier(THREADS)
    end = time.monotonic() + SECONDS

    def run(number: int) -> int:
        rng, done = random.Random(number), 0
        barrier.wait()
        while done < 20 or time.monotonic() < end:
            call, expected = rng.choice(work)
            assert call() == expected
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        counts = list(pool.map(run, range(THREADS)))
    assert min(counts) >= 20
    # And nothing of it is left behind.
    assert pickle.dumps(sides.engine) == state
