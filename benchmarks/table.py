"""Rows as they come: printed for people, kept for the record."""

from __future__ import annotations

import csv
import math
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from machine import facts, load_average
from peers import LEXEL, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from measure import Clock, Duel

MEBIBYTE = 1 << 20
COLUMNS = (
    *("series", "vocabulary", "input", "task", "peer", "threads", "clock", "load", "rounds", "amount"),
    *("median_s", "min_s", "max_s", "total_s", "value", "unit", "times_reference", "bar", "verdict", "note"),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """How seconds become the figure that is shown: `amount` of something over seconds, or seconds times `scale`."""

    name: str
    rate: bool = True
    scale: float = 1.0

    def of(self, seconds: float, amount: float) -> float:
        """Return the figure; NaN for what took no measurable time."""
        if not self.rate:
            return seconds * self.scale / (amount or 1)
        return amount / self.scale / seconds if seconds else math.nan


THROUGHPUT = Unit("MiB/s", scale=MEBIBYTE)
MILLISECONDS = Unit("ms", rate=False, scale=1e3)
SECONDS = Unit("s", rate=False)
NS_PER_TOKEN = Unit("ns/token", rate=False, scale=1e9)


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure the project promises."""

    text: str
    met: bool

    @property
    def verdict(self) -> str:
        """What stands in the table."""
        return "pass" if self.met else "miss"


@dataclass
class Table:
    """All rows of a run."""

    rows: list[dict[str, object]] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)
    verdicts: list[Bar] = field(default_factory=list)
    series: str = ""
    reference: str = REFERENCE
    facts: dict[str, str] = field(default_factory=facts)
    path: Path | None = None

    def begin(self, series: str, title: str, reference: str = REFERENCE) -> None:
        """Start a series: a heading, and what its columns are."""
        self.series, self.reference = series, reference
        print(f"\n{title}\n")
        peers = "".join(f"{name + ' (min–max)':>26}" for name in (LEXEL, self.reference))
        print(f"  {'vocabulary':<12} {'input':<16} {'task':<22}{peers}  {'unit':<9} {'×':>6}  bar", flush=True)

    def duel(
        self,
        label: tuple[str, str, str],
        duel: Duel,
        amounts: Sequence[float],
        unit: Unit = THROUGHPUT,
        *,
        threads: int = 1,
        bar: float | None = None,
    ) -> None:
        """Add what a duel has measured; where results differ, say so in place of times.

        Args:
            label: vocabulary, input, task.
            amounts: what each round had to do: bytes, tokens.
            bar: the ratio promised.
        """
        if duel.difference:
            self.differs(label, duel.difference)
            return
        ratio = duel.ratio()
        promise = Bar(f"≥ {bar:g} × {self.reference}", ratio >= bar) if bar is not None and ratio is not None else None
        self.row(label, duel.samples, amounts, unit, clock=duel.clock, threads=threads, ratio=ratio, bar=promise)

    def differs(self, label: tuple[str, str, str], how: str) -> None:
        """Say that lexel's result is not the reference's: no times, and the program will fail."""
        self.unequal.append(f"{' · '.join(label)}: {how}")
        print(f"  {label[0]:<12} {label[1]:<16} {label[2]:<22} UNEQUAL, not timed: {how}", flush=True)
        same = dict(zip(COLUMNS[1:4], label, strict=True))
        self.rows.append({"series": self.series, **same, "peer": LEXEL, "verdict": "UNEQUAL"})

    def refused(self, vocabulary: str, why: str) -> None:
        """Say that a vocabulary does not run on the native engine: nothing of ours to time."""
        print(f"  {vocabulary:<12} not native: {why}", flush=True)
        label = {"vocabulary": vocabulary, "input": "not native"}
        self.rows.append({"series": self.series, **label, "peer": LEXEL, "verdict": "not native"})

    def row(
        self,
        label: tuple[str, str, str],
        samples: Mapping[str, Sequence[float]],
        amounts: Sequence[float],
        unit: Unit = THROUGHPUT,
        *,
        clock: Clock = "cpu",
        threads: int = 1,
        ratio: float | None = None,
        bar: Bar | None = None,
        shown: bool = True,
    ) -> None:
        """Add the seconds of every peer for one task.

        Rounds over different inputs count together, rounds over inputs of one size give their median.
        """
        text = {}
        for peer, seconds in samples.items():
            done = amounts[: len(seconds)]
            each = [unit.of(took, amount) for took, amount in zip(seconds, done, strict=True)]
            value = statistics.median(each) if len(set(done)) == 1 else unit.of(sum(seconds), sum(done))
            text[peer] = f"{value:.{_digits(value)}f} ({min(each):.{_digits(value)}f}–{max(each):.{_digits(value)}f})"
            told = (peer, threads, clock, f"{load_average():.2f}", len(seconds), round(sum(done)))
            spread = (statistics.median(seconds), min(seconds), max(seconds), sum(seconds))
            own = (ratio, bar.text if bar else "", bar.verdict if bar else "") if peer == LEXEL else (None, "", "")
            cells = (self.series, *label, *told, *(f"{s:.6g}" for s in spread), f"{value:.4g}", unit.name)
            times = "" if own[0] is None else f"{own[0]:.3g}"
            self.rows.append(dict(zip(COLUMNS, (*cells, times, *own[1:], ""), strict=True)))
        if not shown:
            return
        peers = "".join(f"{text.get(name, '–'):>26}" for name in (LEXEL, self.reference))
        times = f"{ratio:6.1f}" if ratio is not None else "     –"
        end = ""
        if bar is not None:
            self.verdicts.append(bar)
            end = f"  {bar.verdict}  {bar.text}"
        print(f"  {label[0]:<12} {label[1]:<16} {label[2]:<22}{peers}  {unit.name:<9} {times}{end}", flush=True)

    def close(self) -> int:
        """Print what it all comes to; return the exit status: a missed bar is no failure, an unequal result is."""
        met = sum(bar.met for bar in self.verdicts)
        if self.verdicts:
            print(f"\nbars: {met} of {len(self.verdicts)} met, {len(self.verdicts) - met} missed")
        for line in self.unequal:
            print(f"UNEQUAL: {line}")
        return 1 if self.unequal else 0

    def record(self, folder: Path) -> Path:
        """Write the rows so far to this run's file, named after the day; its facts stand above them as comments."""
        if self.path is None:
            folder.mkdir(parents=True, exist_ok=True)
            day = self.facts["date"].split()[0]
            names = [f"{day}.csv", *(f"{day}-{number}.csv" for number in range(2, 1000))]
            self.path = next(folder / name for name in names if not (folder / name).exists())
        with self.path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"# {name}: {value}\n" for name, value in self.facts.items())
            file.write(f"# load at end: {load_average():.2f}\n")
            lines = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            lines.writeheader()
            lines.writerows(self.rows)
        return self.path


def _digits(value: float) -> int:
    return 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
