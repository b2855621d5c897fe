"""Turn a recorded run into the tables of docs/performance.md, so that no figure there is typed by hand.

    python benchmarks/report.py benchmarks/record/MACHINE/DATE.csv [more records] [--page docs/performance.md]

Prints Markdown; with a page, replaces what stands between its two `figures` marks.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import bars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
LIBRARY = "lexel"
Row = dict[str, str]


def read(path: Path) -> tuple[dict[str, str], list[Row]]:
    """Return the facts of a run and its rows."""
    lines = path.read_text("utf-8").splitlines()
    facts = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    return facts, list(csv.DictReader(line for line in lines if not line.startswith("# ")))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]


def key(row: Row) -> tuple[str, str, str]:
    return row["vocabulary"], row["input"], row["task"]


def throughput(rows: list[Row]) -> list[str]:
    """One line a vocabulary and corpus: lexel's MiB/s and how many times the reference's that is."""
    tasks = list(dict.fromkeys(row["task"] for row in rows if row["task"]))
    own = {key(row): row for row in rows if row["peer"] == LIBRARY}

    def cell(row: Row | None) -> str:
        if row is None:
            return ""
        if not row["value"]:
            return row["verdict"]
        times = f"{float(row['times_reference']):.1f} ×"
        return f"{float(row['value']):.0f} · " + (f"**{times}**" if row["verdict"] == "miss" else times)

    lines = dict.fromkeys((row["vocabulary"], row["input"]) for row in rows)
    return table(
        ["vocabulary", "corpus", *tasks], ([*line, *(cell(own.get((*line, t))) for t in tasks)] for line in lines)
    )


def pathological(rows: list[Row]) -> list[str]:
    """One line an input, one column a vocabulary: MiB/s, and the time of twice the text over the time of the text."""
    vocabularies = list(dict.fromkeys(row["vocabulary"] for row in rows))
    own = {key(row): row for row in rows if row["peer"] == LIBRARY}

    def cell(vocabulary: str, name: str) -> str:
        row = own.get((vocabulary, name, "ids, 1 MiB"))
        if row is None or not row["value"]:
            return row["verdict"] if row else ""
        doubling = row["bar"].rsplit(": ", 1)[-1]
        text = f"{float(row['value']):.0f} · {doubling}"
        return f"**{text}**" if row["verdict"] == "miss" else text

    names = dict.fromkeys(row["input"] for row in rows if row["task"])
    return table(["input", *vocabularies], ([name, *(cell(v, name) for v in vocabularies)] for name in names))


def plain(rows: list[Row]) -> list[str]:
    """One line a task, both libraries side by side."""
    peers = list(dict.fromkeys(row["peer"] for row in rows))
    by_key: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        by_key.setdefault(key(row), {})[row["peer"]] = row
    lines = []
    for label, found in by_key.items():
        own = found[LIBRARY]
        values = [found[peer]["value"] if peer in found else "" for peer in peers]
        times = f"{float(own['times_reference']):.1f}" if own["times_reference"] else own["verdict"]
        lines.append([*label, *values, own["unit"], times])
    return table(["vocabulary", "input", "task", *peers, "unit", "×"], lines)


def field(rows: list[Row]) -> list[str]:
    """One line a task: lexel's figure, the best other library that was right, times that, all the others."""
    own_names = {LIBRARY, f"{LIBRARY}-class"}
    by_key: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row["task"]:
            by_key.setdefault(key(row), []).append(row)
    lines = []
    for label, found in by_key.items():
        timed = [row for row in found if row["value"]]
        rate = any(row["unit"].endswith("/s") for row in timed)
        others = sorted((r for r in timed if r["peer"] not in own_names), key=lambda r: float(r["value"]), reverse=rate)
        mine = next((row for row in timed if row["peer"] in own_names), None)
        times = ""
        if mine and others:
            one, other = float(mine["value"]), float(others[0]["value"])
            times = f"{one / other if rate else other / one:.2f}"
        rest = [*(f"{row['peer']} {float(row['value']):.4g}" for row in others)]
        rest += [f"{row['peer']} wrong" for row in found if row["verdict"] == "WRONG"]
        rest += [f"{row['peer']} right" for row in found if row["verdict"] == "right" and row["peer"] not in own_names]
        own = f"{float(mine['value']):.4g} {mine['unit']}" if mine else ""
        lines.append([*label, own, times, ", ".join(rest)])
    return table(["vocabulary", "input", "task", LIBRARY, "× the best", "others"], lines)


def absent(rows: list[Row]) -> list[str]:
    """One line a library: which vocabularies it cannot read, or why it is not there."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] == "absent":
            reasons.setdefault(row["peer"], []).append(f"{row['vocabulary']} ({row.get('note', '')[:80]})")
    return [f"- {peer}: {'; '.join(dict.fromkeys(why))}" for peer, why in reasons.items()]


SERIES = {
    "field": ("Every library", field),
    "splits": ("Splits that nobody knows", field),
    "extremes": ("A mebibyte without structure", field),
    "batches": ("Batches and calls", field),
    "edges": ("Inputs that are easy to get wrong", field),
    "throughput": ("Encoding", throughput),
    "pathological": ("Without structure", pathological),
    "start": ("A new process", plain),
    "short": ("Short documents", plain),
    "decoding": ("Decoding", plain),
    "training": ("Training", plain),
    "call": ("The call of the class", plain),
    "chat": ("Conversations", plain),
}


def report(path: Path) -> str:
    """Return the Markdown of a recorded run."""
    facts, rows = read(path)
    judged = [row for row in rows if row["verdict"] in {"pass", "miss"}]
    met = sum(row["verdict"] == "pass" for row in judged)
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    if judged:
        lines.append(f"- bars: {met} of {len(judged)} met; what missed its bar is **bold**")
    promised = [result for result in bars.judge(rows) if result.cells]
    if any(row["series"] in {"field", "batches", "splits"} for row in rows):
        lines += ["", "### The bars", "", *bars.lines(promised)]
    for name, (title, make) in SERIES.items():
        own = [row for row in rows if row["series"] == name]
        if own:
            lines += ["", f"### {title}", "", *make(own)]
    if missing := absent(rows):
        lines += ["", "### Who cannot take part", "", *missing]
    return "\n".join(lines)


def main() -> None:
    """Print the report of some records, or put it into a page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("records", nargs="+", type=Path)
    parser.add_argument("--page", type=Path)
    chosen = parser.parse_args()
    text = "\n\n".join(report(record) for record in chosen.records)
    if chosen.page is None:
        print(text)
        return
    before, _, rest = chosen.page.read_text("utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"error: {chosen.page} has no {BEGIN} … {END} to write between")
    chosen.page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
