"""The pages of differences name their tests, and they are there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / name for name in ("compatibility.md", "pains.md")]
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def source(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(TEXT))))
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", source(path), flags=re.MULTILINE), f"{path} has no {name}"


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", TEXT))))
def test_a_file_of_tests_that_is_named_exists(path: str) -> None:
    assert "def test_" in source(path)


def test_rows_have_the_columns_of_their_table() -> None:
    """A vertical line inside a cell would break a table."""
    wrong, columns = [], 0
    for line in TEXT.splitlines():
        cells = len(line.strip("|").split("|")) if line.startswith("|") else 0
        columns = columns if columns and cells else cells
        if cells != columns:
            wrong.append(line)
    assert wrong == []
