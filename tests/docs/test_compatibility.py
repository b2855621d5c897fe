"""Every test that a row of docs/compatibility.md names is there."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT

NAMED = sorted(
    set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", (ROOT / "docs" / "compatibility.md").read_text("utf-8")))
)


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named: str) -> None:
    path, _, function = named.partition("::")
    text = (ROOT / path).read_text("utf-8")
    assert f"def {function or 'test_'}" in text
