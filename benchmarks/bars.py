"""What the project promises, each promise beside what a recorded run reached.

    python benchmarks/bars.py benchmarks/record/MACHINE/DATE.csv [more records]

A promise holds in every cell it speaks of (a vocabulary, a text, a form), so the least of its cells is what counts.
Peers that were wrong have no figure and are nobody's measure. What a run did not measure is "not measured".
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LEXEL, CLASS, REFERENCE = "lexel", "lexel-class", "tokenizers"
# series, vocabulary, input, task
Key = tuple[str, str, str, str]
# where, what was reached
Cell = tuple[str, float]
# whether a vocabulary and a text are among the cells of a promise
Wanted = Callable[[str, str], bool]
FRESH = {"english": 1.6, "code": 2.0, "cjk": 3.0, "multilingual": 3.0}
# Figures of these units are better when they are higher.
RATES = {"MiB/s"}
# The kinds of model of the vocabularies that are not byte-level.
KINDS = {
    **dict.fromkeys(("llama-2", "phi-3", "mistral-v1", "gemma-4"), "SentencePiece BPE"),
    "bert-base-uncased": "WordPiece",
    "t5": "Unigram",
}
# 128,000 tokens and more.
LARGE = ("llama-3", "o200k", "qwen2.5")


def anything(*_: str) -> bool:
    """Want every cell."""
    return True


@dataclass(frozen=True, slots=True)
class Result:
    """One promise and its cells."""

    area: str
    promise: str
    bar: float
    # whether the bar is the least that is promised, and not the most
    least: bool
    cells: tuple[Cell, ...]

    @property
    def worst(self) -> Cell | None:
        """The cell that counts."""
        if not self.cells:
            return None
        return (min if self.least else max)(self.cells, key=lambda cell: cell[1])

    @property
    def met(self) -> int:
        """In how many cells the promise holds."""
        return sum((reached >= self.bar) if self.least else (reached <= self.bar) for _, reached in self.cells)

    @property
    def verdict(self) -> str:
        """Whether it holds."""
        return "not measured" if not self.cells else "met" if self.met == len(self.cells) else "missed"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run measured: the figure of every library that was right, by task; times are below zero."""

    figures: Mapping[Key, Mapping[str, float]]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str]]) -> Measured:
        """Read recorded rows."""
        found: dict[Key, dict[str, float]] = defaultdict(dict)
        for row in rows:
            if row.get("value"):
                value = float(row["value"])
                key = (row["series"], row["vocabulary"], row["input"], row["task"])
                found[key][row["peer"]] = value if row["unit"] in RATES else -value
        return cls(found)

    def beside(
        self, series: str, task: str, peer: str | None = None, wanted: Wanted = anything, own: str = LEXEL
    ) -> list[Cell]:
        """Return how many times quicker than a peer, or than the best one, in the cells of a task."""
        cells = []
        for (in_series, vocabulary, text, in_task), by_peer in self.figures.items():
            others = {name: v for name, v in by_peer.items() if name != own and peer in {None, name}}
            if (
                (in_series, in_task) != (series, task)
                or own not in by_peer
                or not others
                or not wanted(vocabulary, text)
            ):
                continue
            name = max(others, key=lambda n: others[n])
            mine, best = by_peer[own], others[name]
            cells.append((f"{vocabulary}, {text}: {name}", mine / best if mine > 0 else best / mine))
        return cells

    def own(self, series: str, task: str, wanted: Wanted = anything, peer: str = LEXEL) -> list[Cell]:
        """Return a library's own figures of a task."""
        return [
            (f"{vocabulary}, {text}".strip(", "), abs(by_peer[peer]))
            for (in_series, vocabulary, text, in_task), by_peer in self.figures.items()
            if (in_series, in_task) == (series, task) and peer in by_peer and wanted(vocabulary, text)
        ]


def at_least(area: str, promise: str, bar: float, cells: Iterable[Cell]) -> Result:
    """Promise no less than the bar."""
    return Result(area, promise, bar, least=True, cells=tuple(cells))


def at_most(area: str, promise: str, bar: float, cells: Iterable[Cell]) -> Result:
    """Promise no more than the bar."""
    return Result(area, promise, bar, least=False, cells=tuple(cells))


def of_kinds(kinds: Collection[str], texts: Collection[str] = ()) -> Wanted:
    """Want vocabularies of some kinds, on some texts or on all."""
    return lambda vocabulary, text: KINDS.get(vocabulary, "byte-level BPE") in kinds and (not texts or text in texts)


def byte_level(run: Measured) -> Iterator[Result]:
    """Yield the promises of byte-level BPE."""
    area = "byte-level BPE"
    wanted = of_kinds({area})
    yield at_least(area, "ids, known text ≥ 1.2 × the best", 1.2, run.beside("field", "ids, warm", None, wanted))
    for text, bar in FRESH.items():
        cells = run.beside("field", "ids, fresh", None, of_kinds({area}, {text}))
        yield at_least(area, f"ids, new {text} ≥ {bar:g} × the best", bar, cells)
    yield at_least(area, "ids, first call ≥ 2 × the best", 2.0, run.beside("field", "ids, first", None, wanted))
    area = "splits nobody knows"
    for task in ("ids, fresh", "ids, warm"):
        yield at_least(area, f"{task} ≥ 10 × tokenizers-rc", 10.0, run.beside("splits", task, "tokenizers-rc"))
        yield at_least(area, f"{task} ≥ 100 × tokenizers", 100.0, run.beside("splits", task, REFERENCE))


def other_kinds(run: Measured) -> Iterator[Result]:
    """Yield the promises of the other models."""
    area = "SentencePiece BPE"
    wanted = of_kinds({area})
    known, new = (run.beside("field", f"ids, {state}", "gigatoken", wanted) for state in ("warm", "fresh"))
    yield at_least(area, "ids, known text ≥ 1.5 × gigatoken", 1.5, known)
    yield at_least(area, "ids, new text ≥ 3 × gigatoken", 3.0, new)
    wanted = of_kinds({"WordPiece", "Unigram"})
    for task in ("ids, fresh", "ids, warm"):
        for peer, bar in (("tokenizers-rc", 8.0), ("tokie", 3.0)):
            cells = run.beside("field", task, peer, wanted)
            yield at_least("WordPiece, Unigram", f"{task} ≥ {bar:g} × {peer}", bar, cells)


def offsets(run: Measured) -> Iterator[Result]:
    """Yield the promises of ids with their spans."""
    ids = dict(run.own("field", "ids, warm"))
    share = [(where, found / ids[where]) for where, found in run.own("field", "offsets, warm") if where in ids]
    yield at_least("ids and offsets", "≥ 0.5 × ids alone", 0.5, share)
    cells = run.beside("field", "offsets, warm", REFERENCE)
    yield at_least("ids and offsets", "≥ 100 × tokenizers", 100.0, cells)


def calls(run: Measured) -> Iterator[Result]:
    """Yield the promises of the tokenizer class."""
    area = "the call of the class"
    padded = run.beside("batches", "tok(documents), padded", "transformers", own=CLASS)
    yield at_least(area, "20,000 documents, padded torch ≥ 60 × transformers", 60.0, padded)
    fastokens = dict(run.own("batches", "lists", peer="fastokens"))
    called = run.own("batches", "tok(documents), lists", peer=CLASS)
    lists = [(where, found / fastokens[where]) for where, found in called if where in fastokens]
    yield at_least(area, "20,000 documents, lists ≥ 1.3 × fastokens", 1.3, lists)
    engine = dict(run.own("batches", "each"))
    one = run.own("batches", "tok.encode(text)", peer=CLASS)
    over = [(where, found - engine[where]) for where, found in one if where in engine]
    yield at_most(area, "tok.encode(text) ≤ 2 µs over the engine's", 2.0, over)
    yield at_most(area, "tok(text) ≤ 6 µs", 6.0, run.own("batches", "tok(text)", peer=CLASS))


def the_rest(run: Measured) -> Iterator[Result]:
    """Yield the promises of decoding, endless words, loading and threads."""
    yield at_least("decoding", "texts ≥ 3 × the best", 3.0, run.beside("field", "decode, warm"))
    yield at_most("decoding", "stream ≤ 100 ns a token", 100.0, run.own("field", "stream"))
    yield at_least("without structure", "a mebibyte, met once ≥ 30 MiB/s", 30.0, run.own("extremes", "ids, 1 MiB"))

    def large(vocabulary: str, _: str) -> bool:
        return vocabulary in LARGE

    area = "loading"
    yield at_most(area, "tokenizer.json ≤ 60 ms", 60.0, run.own("start", "load", large))
    yield at_most(area, "compiled ≤ 8 ms", 8.0, run.own("start", "load, cached", large))
    yield at_most(area, "memory ≤ 40 MB", 40e6 / (1 << 20), run.own("start", "memory", large))
    first = run.own("start", "start to first ids", lambda vocabulary, _: vocabulary == "llama-3")
    yield at_most(area, "start to first ids, Llama-3 ≤ 150 ms", 150.0, first)
    for what in ("short × 20,000", "one of 8 MiB"):
        tasks = [f"batch, threads: {count}" for count in (1, 2)]
        rates = [dict(run.own("batches", task, lambda _, text, what=what: text == what)) for task in tasks]
        cells = [(where, rates[1][where] / one) for where, one in rates[0].items() if where in rates[1]]
        yield at_least("threads", f"{what}: two ≥ 1.9 × one", 1.9, cells)


def judge(rows: Iterable[Mapping[str, str]]) -> list[Result]:
    """Return every promise with its cells."""
    run = Measured.of(rows)
    return [result for area in (byte_level, other_kinds, offsets, calls, the_rest) for result in area(run)]


def lines(results: Iterable[Result]) -> list[str]:
    """Return the table of promises as Markdown."""
    head = ["| area | promise | reached | where | cells | |", "| --- | --- | --- | --- | --- | --- |"]
    for result in results:
        where, reached = result.worst or ("", float("nan"))
        shown = f"{reached:.3g}" if result.cells else ""
        verdict = f"**{result.verdict}**" if result.verdict == "missed" else result.verdict
        cells = f"{result.met} of {len(result.cells)}" if result.cells else ""
        head.append(f"| {result.area} | {result.promise} | {shown} | {where} | {cells} | {verdict} |")
    return head


def main() -> None:
    """Print the promises of some records, judged together."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("records", nargs="+", type=Path)
    rows: list[dict[str, str]] = []
    for path in parser.parse_args().records:
        plain = (line for line in path.read_text("utf-8").splitlines() if not line.startswith("# "))
        rows += csv.DictReader(plain)
    print("\n".join(lines(judge(rows))))


if __name__ == "__main__":
    main()
