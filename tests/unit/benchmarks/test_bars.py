"""A promise is judged by the least of its cells, and a library that was wrong is nobody's measure."""

from __future__ import annotations

from typing import Any

import pytest


def row(task: str, peer: str, value: float, unit: str = "MiB/s", **cells: str) -> dict[str, str]:
    own = {"series": "field", "vocabulary": "cl100k", "input": "english", "task": task, "peer": peer}
    return {**own, "value": str(value), "unit": unit, **cells}


def judged(rows: list[dict[str, str]], promise: str) -> Any:
    import bars

    return next(result for result in bars.judge(rows) if promise in result.promise)


def test_the_least_cell_counts() -> None:
    rows = [row("ids, warm", "lexel", 120), row("ids, warm", "one", 100), row("ids, warm", "other", 60)]
    rows += [row("ids, warm", "lexel", 90, input="cjk"), row("ids, warm", "one", 100, input="cjk")]
    result = judged(rows, "known text ≥ 1.2 × the best")
    assert result.cells == (("cl100k, english: one", 1.2), ("cl100k, cjk: one", 0.9))
    assert result.worst == ("cl100k, cjk: one", 0.9)
    assert (result.met, result.verdict) == (1, "missed")


def test_a_wrong_library_has_no_figure() -> None:
    rows = [row("ids, warm", "lexel", 120), row("ids, warm", "one", 100)]
    wrong = {**row("ids, warm", "quick", 0), "value": "", "verdict": "WRONG"}
    assert judged([*rows, wrong], "known text ≥ 1.2").verdict == "met"


def test_what_was_not_measured_is_not_met() -> None:
    result = judged([], "≥ 60 × transformers")
    assert (result.worst, result.verdict) == (None, "not measured")


def test_kinds_of_model_have_bars_of_their_own() -> None:
    rows = [row("ids, warm", peer, value, vocabulary="llama-2") for peer, value in (("lexel", 30), ("gigatoken", 20))]
    assert judged(rows, "known text ≥ 1.2").cells == ()
    assert judged(rows, "known text ≥ 1.5 × gigatoken").cells == (("llama-2, english: gigatoken", 1.5),)


def test_times_are_better_when_they_are_shorter() -> None:
    rows = [row("stream", peer, value, "ns/token") for peer, value in (("lexel", 90.0), ("tokenizers", 800.0))]
    assert judged(rows, "≤ 100 ns").worst == ("cl100k, english", 90.0)
    one = {"series": "batches", "input": "one of 64 bytes"}
    rows = [row("each", "lexel", 2.0, "µs/call", **one), row("tok.encode(text)", "lexel-class", 5.0, "µs/call", **one)]
    result = judged(rows, "≤ 2 µs over")
    assert result.worst == ("cl100k, one of 64 bytes", pytest.approx(3.0))
    assert result.verdict == "missed"


def test_threads_are_compared_with_one() -> None:
    cells = {"series": "batches", "input": "short × 20,000"}
    rows = [row(f"batch, threads: {count}", "lexel", 50.0 * count, **cells) for count in (1, 2)]
    assert judged(rows, "short × 20,000: two").worst == ("cl100k, short × 20,000", 2.0)


def test_the_table_marks_what_is_missed() -> None:
    import bars

    rows = [row("ids, warm", "lexel", 50), row("ids, warm", "one", 100)]
    lines = bars.lines(result for result in bars.judge(rows) if result.cells)
    assert lines[2] == (
        "| byte-level BPE | ids, known text ≥ 1.2 × the best | 0.5 | cl100k, english: one | 0 of 1 | **missed** |"
    )
