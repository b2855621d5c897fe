"""Reads answers with a response parser: run here and by the interpreter of a peer.

usage: python responses.py JOBS.json RESULTS.json

Imports nothing of this repository.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any


def read(parser_class: Any, case: dict[str, Any], chunks: list[str]) -> dict[str, Any]:
    """Return the events of each step and the message, or what was raised."""
    steps: list[Any] = []
    try:
        parser = parser_class(copy.deepcopy(case["template"]), case["prefix"], tools=case["tools"])
        steps.append(copy.deepcopy(parser.initial_events))
        steps += [copy.deepcopy(parser.feed(chunk)) for chunk in chunks]
        message, events = parser.finalize()
        steps.append(events)
    except Exception as error:
        return {"raises": [kind.__name__ for kind in type(error).__mro__]}
    # As text, which tells 1 from 1.0 and True, and can hold NaN.
    return {"message": repr(message), "steps": [repr(step) for step in steps], "events": repr(joined(steps))}


def joined(steps: list[Any]) -> list[Any]:
    """Return all events, chunks of one region as one."""
    out: list[Any] = []
    for event in [event for step in steps for event in step]:
        if event["type"] == "region_chunk" and out and out[-1]["type"] == "region_chunk":
            out[-1] = {**event, "text": out[-1]["text"] + event["text"]}
        else:
            out.append(event)
    return out


def read_all(parser_class: Any, cases: list[dict[str, Any]]) -> list[Any]:
    """Read each answer as it is cut, and whole."""
    return [
        [read(parser_class, case, case["chunks"]), read(parser_class, case, ["".join(case["chunks"])])]
        for case in cases
    ]


if __name__ == "__main__":
    from transformers.utils.chat_parsing import ResponseParser

    jobs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    Path(sys.argv[2]).write_text(json.dumps({"results": read_all(ResponseParser, jobs["cases"])}), "utf-8")
