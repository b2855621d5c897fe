"""Fork after use, and in the middle of it: no error, no warning, no wrong result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.differential import references
from tests.stress.work import jobs, names

ROOT = Path(__file__).resolve().parents[2]
FORKS = 12 if float(os.environ.get("LEXEL_STRESS_SECONDS", "0")) < 10 else 300

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")


@pytest.mark.parametrize("name", names()[:3])
def test_forks(name: str) -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.stress.forking", name, str(FORKS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="a system that does not show its threads")
def test_no_thread_is_left_behind() -> None:
    """What is left running would make Python warn of every later fork."""
    loaded = references.load("trained-byte-level")
    tasks = Path("/proc/self/task")
    before = len(list(tasks.iterdir()))
    for call, expected in jobs(loaded.engine, loaded.special, "left behind"):
        assert call() == expected
    assert len(list(tasks.iterdir())) == before
