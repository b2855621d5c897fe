"""Libraries side by side with one vocabulary: who is there, whose turn it is, who is right.

They take turns on every slice, A B C, then C B A. Each result is held against the reference's, row by row, as hashes:
one that differs takes the library out of that form for that text, and its first differing row is kept, to be shown in
place of times. What the reference says of a text is kept on disk, so that the slowest library need not say it again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from field import sources
from field.environments import CACHE, declared
from field.process import LONGEST_S, Gone, Process
from measure import where

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from field.libraries import Vocabulary

LEXEL = "lexel"
HASH_DIGITS = 16
# What another form's rows are compared with.
ROWS_OF = {"lists": "ids", "each": "ids", "called": "ids", "batch": "ids"}
# Libraries that keep nothing of what they met are timed on every so many slices of a fresh text: they are slow.
SAMPLED_EVERY = 12


@dataclass
class Timings:
    """One form on one text: seconds of every library by slice, and how wrong ones are wrong."""

    seconds: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)

    def only(self, at: int) -> Timings:
        """Return what one slice says."""
        seconds = {name: {at: taken[at]} for name, taken in self.seconds.items() if at in taken}
        return Timings(seconds, dict(self.wrong), {key: a for key, a in self.amounts.items() if key == at})

    def right(self) -> dict[str, dict[int, list[float]]]:
        """Return the seconds of the libraries that were right throughout."""
        return {name: taken for name, taken in self.seconds.items() if name not in self.wrong}


class Truth:
    """What the reference says of a text, slice by slice, kept on disk."""

    def __init__(self, reference: str, vocabulary: Vocabulary, form: str, text: Path) -> None:
        facts = [reference, *(declared()[reference].install if reference in declared() else ()), form, text.name]
        facts.append(hashlib.sha256(Path(vocabulary.json).read_bytes()).hexdigest())
        key = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:24]
        self._path = CACHE / "truth" / f"{key}.json"
        self.rows: dict[str, str] = json.loads(self._path.read_text()) if self._path.is_file() else {}
        self._known = len(self.rows)

    def keep(self) -> None:
        """Write down what was learnt."""
        if len(self.rows) > self._known:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self.rows))
            self._known = len(self.rows)


class Field:
    """The libraries that read one vocabulary, each in its process."""

    def __init__(
        self,
        libraries: Sequence[str],
        vocabulary: Vocabulary,
        reference: str | None,
        threads: int = 1,
        start: Callable[[str, int], Process] = Process,
        longest_s: float = LONGEST_S,
    ) -> None:
        self.vocabulary = vocabulary
        self.reference = reference
        self.processes: dict[str, Process] = {}
        self.forms: dict[str, list[str]] = {}
        self.loaded: dict[str, dict[str, Any]] = {}
        self.absent: dict[str, str] = {}
        self.texts: dict[str, Path] = {}
        self._longest_s = longest_s
        self._rounds = 0
        self._forgetful = {name for name, peer in declared().items() if not peer.keeps}
        for name in dict.fromkeys([*libraries, *([reference] if reference else [])]):
            try:
                process = start(name, threads)
                answer = process.ask("load", vocabulary=sources.order(vocabulary))
            except Gone as why:
                self.absent[name] = str(why)
                continue
            reason = answer.get("unreadable") or answer.get("failed")
            if reason:
                self.absent[name] = f"cannot read: {reason}"
                process.close()
                continue
            self.processes[name], self.forms[name], self.loaded[name] = process, answer["forms"], answer

    def read(self, name: str, path: Path) -> None:
        """Give every library a text."""
        self.texts[name] = path
        for library in list(self.processes):
            self._ask(library, "read", name=name, path=str(path))

    def run(
        self,
        form: str,
        name: str,
        at: Sequence[int],
        *,
        repeats: int = 1,
        warm_up: bool = False,
        clock: str = "cpu",
        sampled: bool = False,
        only: Sequence[str] | None = None,
    ) -> Timings:
        """Time a form on slices of a text, in turn.

        Args:
            repeats: how often each slice is timed in a row; the last result is checked.
            warm_up: one more is done before, and not timed.
            sampled: libraries that keep nothing of what they met are timed on some of the slices only.
            only: the libraries wanted, all if None.
        """
        timings = Timings()
        truth = self._truth(form, name)
        taking_part = [n for n in self.processes if form in self.forms[n] and (only is None or n in only)]
        for turn, slice_at in enumerate(at):
            expected = self._expected(truth, form, name, slice_at)
            order = taking_part[:: -1 if self._rounds % 2 else 1]
            self._rounds += 1
            for library in order:
                if library in timings.wrong or library not in self.processes:
                    continue
                if sampled and turn % SAMPLED_EVERY and library in self._forgetful:
                    continue
                answer = self._ask(library, "time", form=form, name=name, at=slice_at, repeats=repeats + warm_up)
                if answer is None or "failed" in answer:
                    timings.wrong[library] = f"fails: {answer['failed'] if answer else self.absent[library]}"
                    continue
                timings.seconds.setdefault(library, {})[slice_at] = answer[clock][warm_up:]
                if answer["tokens"]:
                    timings.amounts[slice_at] = answer["tokens"]
                if expected is not None and answer["rows"] != expected:
                    timings.wrong[library] = self._difference(library, form, name, slice_at, answer["rows"], expected)
        if truth is not None:
            truth.keep()
        return timings

    def resident(self) -> dict[str, int]:
        """Return the memory each process occupies."""
        answers = {name: self._ask(name, "resident") for name in list(self.processes)}
        return {name: answer["resident"] for name, answer in answers.items() if answer}

    def _truth(self, form: str, name: str) -> Truth | None:
        if self.reference not in self.processes:
            return None
        form = ROWS_OF.get(form, form)
        return Truth(self.reference, self.vocabulary, form, self.texts[name])

    def _expected(self, truth: Truth | None, form: str, name: str, at: int) -> str | None:
        """Return the reference's rows as hashes; None where it has no such form."""
        if truth is None or self.reference is None:
            return None
        form = ROWS_OF.get(form, form)
        if form not in self.forms[self.reference]:
            # the class calls have lists, and no arrays
            form = "lists" if form == "ids" else form
        if str(at) not in truth.rows and form in self.forms[self.reference]:
            answer = self._ask(self.reference, "time", form=form, name=name, at=at)
            if answer and "rows" in answer:
                truth.rows[str(at)] = answer["rows"]
        return truth.rows.get(str(at))

    def _difference(self, library: str, form: str, name: str, at: int, found: str, expected: str) -> str:
        """Say where a result parts from the reference's."""
        pairs = [(found[i : i + HASH_DIGITS], expected[i : i + HASH_DIGITS]) for i in range(0, len(found), HASH_DIGITS)]
        row = next((i for i, (one, other) in enumerate(pairs) if one != other), len(pairs))
        shown = {}
        asked = {library: form, str(self.reference): ROWS_OF.get(form, form)}
        for who, what in asked.items():
            what = what if what in self.forms[who] else "lists"
            answer = self._ask(who, "show", form=what, name=name, at=at, row=row)
            if answer is None or "row" not in answer:
                return f"differs in row {row}"
            shown[who] = answer
        mine, theirs = shown[library]["row"], shown[str(self.reference)]["row"]
        text = shown[library]["text"]
        return f"slice {at}, document {row}: {where(theirs, mine, text)}"

    def _ask(self, library: str, do: str, **order: Any) -> dict[str, Any] | None:
        """Ask a library; one that is gone is absent from then on."""
        try:
            return self.processes[library].ask(do, self._longest_s, **order)
        except Gone as why:
            self.absent[library] = str(why)
            self.processes.pop(library).close(kill=True)
            return None

    def close(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            process.close()
        self.processes = {}

    def __enter__(self) -> Field:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()
