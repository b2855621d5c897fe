"""`import lexel` is quick, because what is heavy is imported where it is used."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

HEAVY = [
    "huggingface_hub",
    "jinja2",
    "regex",
    "mistral_common",
    "numpy",
    "rich",
    "sentencepiece",
    "tokenizers",
    "torch",
    "typer",
]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    return done.stdout.strip()


def test_import_lexel_loads_nothing_heavy() -> None:
    assert run(f"import lexel, sys; print([name for name in {HEAVY} if name in sys.modules])") == "[]"


def test_the_command_line_starts_without_the_heavy_rooms() -> None:
    heavy = [name for name in HEAVY if name not in {"rich", "typer"}]
    assert run(f"import lexel.cli, sys; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_import_lexel_costs_little_time() -> None:
    def median_s(code: str) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            run(code)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    # 40 ms is the budget on an idle machine; a busy one gets the benefit of the doubt.
    assert median_s("import lexel") - median_s("pass") < 0.2
