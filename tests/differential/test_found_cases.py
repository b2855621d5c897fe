"""Every difference that the runner has found once, by itself: the smallest pipeline and text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.differential import checks, references

pytestmark = pytest.mark.differential


def token(id: int, content: str, *flags: str) -> dict[str, Any]:
    names = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return {"id": id, "content": content} | {name: name in flags for name in names}


LETTERS = {"type": "BPE", "vocab": {"a": 0, ".": 1}, "merges": []}
# What was found, the parts of the pipeline, the check, its input.
CASES: dict[str, tuple[dict[str, Any], str, Any]] = {
    "a token within the spaces that the one before took: what follows it is text again": (
        {"added_tokens": [token(2, "'", "rstrip"), token(3, " ")], "model": LETTERS},
        "encode",
        "' \n.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_found_before(case: str) -> None:
    parts, check, item = CASES[case]
    sides = references.both(json.dumps({"version": "1.0", "added_tokens": []} | parts))
    assert checks.CHECKS[check](sides, item) is None
