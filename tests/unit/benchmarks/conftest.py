"""The benchmarks are programs, not a package: their folder is where their modules are found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _modules(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).resolve().parents[3] / "benchmarks"
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
