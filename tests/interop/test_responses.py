"""Answers are read as the reference reads them: messages, events and kinds of errors."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.interop.response_cases import cases
from tests.interop.responses import read_all

from lexel.chat_templates import ResponseParser

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Peer

SEED = "answers"
# Where the reference trips over a default or a value, ours names it.
TRIPS = {"AttributeError", "TypeError"}


def simple(spec: dict[str, Any]) -> bool:
    """Whether no delimiter can be mistaken for the beginning or a part of another, so that steps are certain."""
    literals = [
        literal
        for field in spec["fields"].values()
        for side in ("open", "close")
        for literal in ([field[side]] if isinstance(field.get(side), str) else field.get(side, []))
    ]
    overlapping = any(a != b and a in b for a in literals for b in literals)
    return not overlapping and not any("_pattern" in key for field in spec["fields"].values() for key in field)


def agree(case: dict[str, Any], ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> bool:
    (cut, whole), (their_cut, their_whole) = ours, theirs
    if "raises" in their_whole:
        known = {their_whole["raises"][0]} | ({"ValueError"} if their_whole["raises"][0] in TRIPS else set())
        return bool(known & set(whole.get("raises", ())))
    # However the text was cut, it means what it means whole; the reference commits to some delimiters too early.
    if whole != their_whole or cut.get("events") != whole["events"] or cut.get("message") != whole["message"]:
        return False
    return not simple(case["template"]) or cut["steps"] == their_cut["steps"]


@pytest.mark.parametrize("count", [1500, pytest.param(15_000, marks=pytest.mark.slow)])
def test_random_answers_to_random_templates(peer: Peer, tmp_path: Path, count: int) -> None:
    if not peer.version.startswith("5."):
        pytest.skip(f"transformers {peer.version} has no response templates")
    asked = cases(random.Random(SEED), count)
    theirs = peer.do({"cases": asked}, tmp_path, "responses.py")["results"]
    ours = read_all(ResponseParser, asked)
    read = sum("message" in found[1] for found in theirs)
    assert read > count / 3, "most templates should be good ones"
    wrong = [trio for trio in zip(asked, ours, theirs, strict=True) if not agree(*trio)]
    assert not wrong, (SEED, len(wrong), wrong[:2])
