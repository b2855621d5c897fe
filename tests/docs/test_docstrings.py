"""The examples of docstrings run, and give what they say."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest
from tests.conftest import ROOT

PACKAGE = ROOT / "python" / "lexel"
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


def test_there_are_examples() -> None:
    assert "lexel.families.llama" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    result = doctest.testmod(import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
