"""Random small pipelines against the original: what real files do not contain, but may."""

from __future__ import annotations

import pytest
from tests.differential.fuzz import Unit, run_unit

pytestmark = pytest.mark.differential

PIPELINES = 240
# Pipelines a test: one failure in a test says little about the next.
GROUPS = 12
STRINGS = 50


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_pipelines(group: int, seed: str, cases: int) -> None:
    # A long run asks for more pipelines, not for more strings for each.
    count = PIPELINES // GROUPS * max(1, cases // 2000)
    outcomes = [run_unit(Unit(f"pipeline-{group + GROUPS * number}", seed, STRINGS)) for number in range(count)]
    assert [outcome.failure for outcome in outcomes if outcome.failure is not None] == []
