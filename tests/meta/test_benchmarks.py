"""The benchmarks run on any machine, and never print a time for results that differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def run(code: str) -> str:
    """Run code as the program would: its modules importable, its environment set."""
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "2"}
    environment["LEXEL_TEST_DATA"] = str(BENCHMARKS / "no such folder")
    done = subprocess.run([sys.executable, "-c", code], cwd=BENCHMARKS, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_series_runs_on_synthetic_text_and_its_results_are_equal() -> None:
    pytest.importorskip("tokenizers")
    printed = run(
        "from series import decoding; from settings import Settings; from table import Table; import vocabularies\n"
        "table = Table()\n"
        "decoding.run(table, Settings(vocabularies.load(('gpt2',)), ('english',), 1, 2))\n"
        "print(table.close(), len(table.rows))"
    )
    assert printed.splitlines()[-1] == "0 4"
    assert "UNEQUAL" not in printed


def test_unequal_results_are_marked_and_not_timed() -> None:
    pytest.importorskip("tokenizers")
    printed = run(
        "from measure import Duel; from peers import Call; from table import Table\n"
        "table = Table()\n"
        "table.begin('test', 'a test')\n"
        "duel = Duel({'lexel': Call(lambda texts: [[1, 2]]), 'tokenizers': Call(lambda texts: [[1, 3]])})\n"
        "duel.round(['text'])\n"
        "table.duel(('v', 'i', 't'), duel, [4])\n"
        "print(table.close())"
    )
    assert "v            i                t                      UNEQUAL, not timed: [0] [1] is 2, not 3" in printed
    assert printed.splitlines()[-1] == "1"


def test_the_same_seed_gives_the_same_inputs() -> None:
    code = (
        "import corpora, hashlib\n"
        "texts = [corpora.synthetic(name, 20_000) for name in corpora.CORPORA]\n"
        "texts += [text for _, text in corpora.pathological(3000)]\n"
        "assert all(2000 < len(text.encode()) for text in texts)\n"
        "print(hashlib.sha256('\\0'.join(texts).encode()).hexdigest())"
    )
    assert run(code) == run(code)
