"""What the field has done, as rows: one line a task for people, a row a library for the record."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from field.environments import declared
from field.process import OWN
from machine import load_average
from table import COLUMNS, THROUGHPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from field.rounds import Field, Timings
    from table import Table, Unit

LEXEL = "lexel"
WRONG, ABSENT = "WRONG", "absent"


class Board:
    """Rows of one series, added to a table."""

    def __init__(self, table: Table, series: str, title: str) -> None:
        self.table, self.series = table, series
        self._told: set[tuple[str, str]] = set()
        print(f"\n{title}\n", flush=True)

    def absent(self, vocabulary: str, field: Field) -> None:
        """Say, once, which libraries do not take part."""
        for name, why in field.absent.items():
            if (vocabulary, name) not in self._told:
                self._told.add((vocabulary, name))
                print(f"  {vocabulary:<18} {name}: {why}", flush=True)
                self._row((vocabulary, "", ""), name, verdict=ABSENT, note=why)

    def loaded(self, vocabulary: str, field: Field) -> None:
        """Keep the versions of the libraries that take part as facts of the run, and say which do not."""
        self.absent(vocabulary, field)
        peers = declared()
        for name in field.processes:
            if name not in OWN and name != "tokenizers":
                self.table.facts[name] = peers[name].version

    def add(
        self,
        label: tuple[str, str, str],
        timings: Timings,
        amounts: Mapping[int, float],
        unit: Unit = THROUGHPUT,
        *,
        threads: int = 1,
        clock: str = "cpu",
        reference: str | None = None,
        own: str = LEXEL,
    ) -> dict[str, float]:
        """Add one task; return the figure of every library that was right.

        A slice timed several times counts by the median; slices count together.
        """
        figures = {}
        spread: dict[str, tuple[list[float], float]] = {}
        for name, slices in timings.right().items():
            seconds = {at: statistics.median(taken) for at, taken in slices.items()}
            done = float(sum(amounts[at] for at in seconds))
            figures[name] = unit.of(sum(seconds.values()), done)
            spread[name] = ([s for taken in slices.values() for s in taken], done)
        base = figures.get(reference or "")
        for name, figure in figures.items():
            times = None if base is None else figure / base if unit.rate else base / figure
            self._figures(label, name, figure, spread[name], unit, times, threads, clock)
        for name, how in timings.wrong.items():
            self._row(label, name, verdict=WRONG, note=how)
            if name == own:
                self.table.unequal.append(f"{' · '.join(label)}: {how}")
        self._print(label, figures, timings.wrong, unit, own)
        return figures

    def verdicts(self, label: tuple[str, str, str], timings: Timings, own: str = LEXEL) -> None:
        """Add who is right and who is wrong, without times."""
        right = list(timings.right())
        for name in right:
            self._row(label, name, verdict="right")
        for name, how in timings.wrong.items():
            self._row(label, name, verdict=WRONG, note=how)
            if name == own:
                self.table.unequal.append(f"{' · '.join(label)}: {how}")
        wrong = " · ".join(f"{name} WRONG" for name in timings.wrong)
        print(f"  {label[0]:<18} {label[1]:<30} {len(right)} right  {wrong}", flush=True)

    def _figures(
        self,
        label: tuple[str, str, str],
        name: str,
        figure: float,
        spread: tuple[list[float], float],
        unit: Unit,
        times: float | None,
        threads: int,
        clock: str,
    ) -> None:
        seconds, amount = spread
        self._row(
            label,
            name,
            threads=threads,
            clock=clock,
            load=f"{load_average():.2f}",
            rounds=len(seconds),
            amount=round(amount),
            median_s=f"{statistics.median(seconds):.6g}",
            min_s=f"{min(seconds):.6g}",
            max_s=f"{max(seconds):.6g}",
            total_s=f"{sum(seconds):.6g}",
            value=f"{figure:.4g}",
            unit=unit.name,
            times_reference="" if times is None else f"{times:.3g}",
        )

    def _row(self, label: tuple[str, str, str], peer: str, **cells: object) -> None:
        vocabulary, text, task = label
        own = {"series": self.series, "vocabulary": vocabulary, "input": text, "task": task, "peer": peer, **cells}
        self.table.rows.append({name: own.get(name, "") for name in COLUMNS})

    @staticmethod
    def _print(
        label: tuple[str, str, str], figures: Mapping[str, float], wrong: Mapping[str, str], unit: Unit, own: str
    ) -> None:
        mine = figures.get(own)
        others = sorted((n for n in figures if n != own), key=lambda n: figures[n], reverse=unit.rate)
        ratio = ""
        if mine is not None and others:
            best = figures[others[0]]
            ratio = f"{mine / best if unit.rate else best / mine:6.2f} ×"
        shown = f"{mine:8.4g}" if mine is not None else "       –"
        rest = " · ".join([*(f"{name} {figures[name]:.4g}" for name in others), *(f"{name} WRONG" for name in wrong)])
        print(f"  {label[0]:<18} {label[1]:<14} {label[2]:<16} {shown} {unit.name:<8} {ratio:>8}  {rest}", flush=True)
        for name, how in wrong.items():
            print(f"{'':>40} {name}: {how}", flush=True)
