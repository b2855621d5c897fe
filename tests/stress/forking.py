"""Fork in the middle of things: run as a script, which says nothing and returns zero if all is well."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
import warnings

from tests.differential import references
from tests.stress.work import jobs

NAME = sys.argv[1] if len(sys.argv) > 1 else "trained-byte-level"
FORKS = int(sys.argv[2]) if len(sys.argv) > 2 else 12
# A child does its work in a fraction of a second; one that waits for a lock waits for ever.
DEADLINE_S = 60
LOADED = references.load(NAME)
WORK = jobs(LOADED.engine, LOADED.special, "forks")


# A call so short that the threads which repeat it are often at the engine's working memory when the process forks.
SHORT = "the ab"
SHORT_IDS = [LOADED.engine.encode(SHORT)]


def all_right(seed: object = None) -> bool:
    """Do some of the work, in threads of the engine too; all of it without a seed."""
    some = WORK if seed is None else random.Random(str(seed)).choices(WORK, k=8)
    return short_is_right() and all(call() == expected for call, expected in some)


def short_is_right() -> bool:
    """Do the shortest call."""
    return LOADED.engine.encode_batch([SHORT], offsets=False).lists("ids") == SHORT_IDS


def fork_and_wait(number: int) -> None:
    """Fork; the child does some work."""
    child = os.fork()
    if child == 0:
        os._exit(0 if (short_is_right() if number % 4 else all_right(number)) else 3)
    end = time.monotonic() + DEADLINE_S
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise SystemExit("a forked child hangs")
        time.sleep(0.002)
    if status != 0:
        raise SystemExit(f"a forked child failed: status {status}")


def main() -> None:
    """Fork after use; fork while threads encode; use a pool of forked processes."""
    assert all_right()
    for number in range(FORKS):
        fork_and_wait(number)

    stop = threading.Event()
    wrong = []

    def encode(number: int) -> None:
        while not stop.is_set():
            if not (short_is_right() if number else all_right(time.monotonic())):
                wrong.append(number)

    # Python itself warns of any fork beside running threads, from 3.12 on; that is the point here.
    warnings.filterwarnings("ignore", message=".*multi-threaded.*", category=DeprecationWarning)
    threads = [threading.Thread(target=encode, args=(number,)) for number in range(4)]
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    for number in range(FORKS * 4):
        fork_and_wait(number)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert all(pool.map(all_right, range(8)))
    assert all_right()


if __name__ == "__main__":
    main()
