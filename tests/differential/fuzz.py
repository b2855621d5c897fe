"""Compare the engine with the original on as much random text as you have time for.

    make fuzz-differential N=20000 SEED=monday NAMES="gpt2 pipelines"

Two things are tried: every `tokenizer.json` at hand (``NAMES`` says which), on N strings each; and randomly composed
pipelines (``NAMES=pipelines``, one alone ``NAMES=pipeline-17``), on N/40 strings each. The same seed gives the same
run, whatever the number of processes. A difference is minimised and printed with the lines that show it again. A table
at the end says what was compared, and what the engine refuses natively and why.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import re
import resource
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from tests.differential import checks, references
from tests.differential.compare import original, smallest
from tests.differential.pipelines import random_pipeline
from tests.differential.shrink import shrink
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.differential.references import Loaded
    from tests.differential.stages import Json

# Strings of one unit of work of a family, and of one batch within it.
UNIT = 5000
BATCH = 500
# A unit takes seconds; one that takes this long hangs.
HANGS_AFTER_S = 900
MEMORY_LIMIT_BYTES = 12 << 30
REPORTS_PER_NAME = 2


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work that one process does: some strings on one tokenizer."""

    name: str
    seed: str
    strings: int

    @property
    def is_pipeline(self) -> bool:
        return self.name.startswith("pipeline-")


@dataclass(slots=True)
class Outcome:
    """What became of a unit."""

    unit: Unit
    strings: int = 0
    checks: int = 0
    refused: str | None = None
    failure: str | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Row:
    """One line of the closing table."""

    tokenizers: int = 0
    native: int = 0
    strings: int = 0
    checks: int = 0
    differences: int = 0
    seconds: float = 0.0


def run_unit(unit: Unit) -> Outcome:
    """Compare one tokenizer on some strings; stop at the first difference."""
    outcome = Outcome(unit)
    start = time.monotonic()
    try:
        if unit.is_pipeline:
            _pipeline(unit, outcome)
        else:
            _family(unit, outcome)
    except UnsupportedError as error:
        outcome.refused = str(error)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome.failure = _headline(unit) + "\n" + traceback.format_exc()
    outcome.seconds = time.monotonic() - start
    return outcome


def _family(unit: Unit, outcome: Outcome) -> None:
    sides = references.load(unit.name)
    found = _compared(sides, unit, outcome)
    if found is not None:
        check, item = found
        item = _shortest(sides, check, item)
        load = f"references.load({unit.name!r})"
        outcome.failure = _reproducer(unit, check, load, item, failing(sides, check, item))


def _pipeline(unit: Unit, outcome: Outcome) -> None:
    pipeline = random_pipeline(random.Random(f"{unit.seed}/{unit.name}"))
    text = json.dumps(pipeline)
    try:
        expected = original(Tokenizer.from_str, text)
        Engine.from_json(text)
    except UnsupportedError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        if "raised" not in expected and not isinstance(error, UnsupportedError):
            outcome.failure = _headline(unit) + f"\nit is not loaded: {type(error).__name__}: {error}\n{text}"
        return
    if "raised" in expected:
        outcome.failure = _headline(unit) + f"\nwe load it, the original does not: {expected['error']}\n{text}"
        return
    sides = references.both(text)
    written = Tokenizer.from_str(sides.engine.to_json()).to_str()
    if written != expected["value"].to_str():
        outcome.failure = _headline(unit) + f"\nit is written differently:\n{text}\n{written}"
        return
    found = _compared(sides, unit, outcome)
    if found is not None:
        outcome.failure = _minimised(unit, pipeline, *found)


def _compared(sides: Loaded, unit: Unit, outcome: Outcome) -> tuple[str, Any] | None:
    """Return the first check that fails, with its input."""
    for done in range(0, unit.strings, BATCH):
        count = min(BATCH, unit.strings - done)
        rng = random.Random(f"{unit.seed}/{unit.name}/{done}")
        for check, item in checks.inputs(sides, rng, count):
            outcome.checks += 1
            if failing(sides, check, item) is not None:
                return check, item
        outcome.strings += count
        outcome.checks += count
    return None


def failing(sides: Loaded, check: str, item: Any) -> str | None:
    """Return what differs; an error that no call may raise is a difference too."""
    try:
        return checks.CHECKS[check](sides, item)
    except Exception as error:
        return f"ours raises {type(error).__name__}: {error}"


def _shortest(sides: Loaded, check: str, item: Any) -> Any:
    return smallest(item, lambda shorter: failing(sides, check, shorter) is not None)


def _minimised(unit: Unit, pipeline: Json, check: str, item: Any) -> str:
    """Minimise the input, then the pipeline, then the input again."""

    def found(smaller: Json, item: Any) -> str | None:
        try:
            sides = references.both(json.dumps(smaller))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return None
        return failing(sides, check, item)

    def fails(smaller: Json, item: Any) -> bool:
        return found(smaller, item) is not None

    for _ in range(2):
        item = _shortest(references.both(json.dumps(pipeline)), check, item)
        pipeline = shrink(pipeline, partial(fails, item=item))
    return _reproducer(unit, check, f"references.both({json.dumps(pipeline)!r})", item, found(pipeline, item))


def _headline(unit: Unit) -> str:
    return f"---- {unit.name} differs; run again with SEED={unit.seed.split('/')[0]} NAMES={unit.name}"


def _reproducer(unit: Unit, check: str, load: str, item: Any, found: str | None) -> str:
    """Return the lines that show a difference again, to be pasted into `python` at the root of the repository."""
    return (
        f"{_headline(unit)}\n"
        "from tests.differential import checks, references\n"
        f"sides = {load}\n"
        f"print(checks.CHECKS[{check!r}](sides, {item!a}))\n"
        f"{found}"
    )


def units(names: Sequence[str], seed: str, strings: int, pipelines: int) -> list[Unit]:
    """Return the work; a family's units stand together, so that a process loads it once."""
    known = references.sources()
    wanted = list(names) or ["pipelines", *known]
    unknown = [name for name in wanted if name not in known and not re.fullmatch(r"pipelines|pipeline-\d+", name)]
    if unknown:
        raise SystemExit(f"no such tokenizers: {', '.join(unknown)}; there are pipelines, {', '.join(known)}")
    per_pipeline = max(50, strings // 40)
    result = []
    for name in wanted:
        if name == "pipelines":
            result += [Unit(f"pipeline-{number}", seed, per_pipeline) for number in range(pipelines)]
        elif name not in known:
            result.append(Unit(name, seed, per_pipeline))
        else:
            for done in range(0, strings, UNIT):
                result.append(Unit(name, f"{seed}/{done}" if done else seed, min(UNIT, strings - done)))
    return result


def run(work: Sequence[Unit], jobs: int) -> list[Outcome]:
    """Do the work in as many processes, and print every difference as it is found."""
    # A backtrace of each of the original's panics takes most of the time.
    os.environ["RUST_BACKTRACE"] = "0"
    outcomes: list[Outcome] = []
    reported: Counter[str] = Counter()
    start = last = time.monotonic()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_prepare) as pool:
        for done in as_completed([pool.submit(_watched, unit) for unit in work]):
            outcome = done.result()
            outcomes.append(outcome)
            if outcome.failure is not None:
                reported[outcome.unit.name] += 1
                if reported[outcome.unit.name] <= REPORTS_PER_NAME:
                    print(outcome.failure, end="\n\n", flush=True)
            if time.monotonic() - last > 20:
                last = time.monotonic()
                found = sum(other.failure is not None for other in outcomes)
                print(f"{len(outcomes)}/{len(work)} units, {found} differ, {last - start:.0f} s", flush=True)
    return outcomes


def _prepare() -> None:
    """Set up a process: no threads of its own, no more memory than a run-away loop may take."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["RAYON_NUM_THREADS"] = "1"
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    # The original says every panic on this process's standard error, from where nothing reads it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _watched(unit: Unit) -> Outcome:
    """Run a unit; one that hangs names itself and ends its process."""
    faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True, file=sys.stdout)
    try:
        return run_unit(unit)
    finally:
        faulthandler.cancel_dump_traceback_later()


def table(outcomes: Sequence[Outcome]) -> str:
    """Return what was compared, what differs, and what the engine refuses."""
    rows: dict[str, Row] = {}
    for outcome in outcomes:
        row = rows.setdefault("random pipelines" if outcome.unit.is_pipeline else outcome.unit.name, Row())
        row.tokenizers += 1
        row.native += outcome.refused is None
        row.strings += outcome.strings
        row.checks += outcome.checks
        row.differences += outcome.failure is not None
        row.seconds += outcome.seconds
    lines = [f"{'tokenizer':32} {'units':>6} {'native':>6} {'strings':>9} {'checks':>9} {'differ':>6} {'seconds':>8}"]
    for name, row in sorted(rows.items()):
        lines.append(
            f"{name:32} {row.tokenizers:6} {row.native:6} {row.strings:9} {row.checks:9} "
            f"{row.differences:6} {row.seconds:8.0f}"
        )
    refused = Counter(_reason(outcome) for outcome in outcomes if outcome.refused is not None)
    if refused:
        lines += ["", "refused natively (these run on the fallback engine):"]
        lines += [f"{count:6}  {reason}" for reason, count in refused.most_common()]
    return "\n".join(lines)


def _reason(outcome: Outcome) -> str:
    """Return why a tokenizer is refused, without the place in its file."""
    reason = re.sub(r"^[a-z_]+([.\[][\w\]\[.]*)?: ", "", outcome.refused or "")
    return reason if outcome.unit.is_pipeline else f"{outcome.unit.name}: {outcome.refused}"


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--strings", type=int, default=2000, help="strings a tokenizer (default %(default)s)")
    parser.add_argument("--pipelines", type=int, default=300, help="random pipelines (default %(default)s)")
    parser.add_argument("--seed", default="lexel", help="what everything random is made from (default %(default)s)")
    parser.add_argument("--names", default="", help="tokenizers to compare; `pipelines` for the random ones")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default %(default)s)")
    options = parser.parse_args()
    work = units(options.names.replace(",", " ").split(), options.seed, options.strings, options.pipelines)
    outcomes = run(work, max(1, min(options.jobs, len(work))))
    print(f"\n{table(outcomes)}\n")
    differing = sum(outcome.failure is not None for outcome in outcomes)
    compared = sum(outcome.strings for outcome in outcomes)
    print(f"{compared} strings, {differing} differences (seed {options.seed})")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
