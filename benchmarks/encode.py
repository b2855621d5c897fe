"""How fast text becomes ids and ids become text, beside the other libraries: equality first, then speed.

    python benchmarks/encode.py                          what tells most, about twenty minutes on an idle machine
    python benchmarks/encode.py --series field --vocabularies gpt2 --corpora english --peers gigatoken toktok
    python benchmarks/encode.py --series throughput pathological --vocabularies gpt2

Nothing is timed that is not equal: every result that was timed is compared with the reference's, and a row whose
results differ shows where in place of figures, and the program fails. A missed bar (last column) is no failure.
Figures move with the machine; the ratio is the point. docs/performance.md says what each series means.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

# Both libraries read these; they must stand before either is imported. One thread is the rule, and the series that
# use more switch them on (measure.threads).
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "2"

SERIES = ("edges", "field", "splits", "extremes", "batches", "start")
EXTRA_SERIES = ("throughput", "pathological", "short", "decoding", "training", "call", "chat")
RECORD = Path(__file__).resolve().parent / "record"


def arguments(vocabularies: tuple[str, ...], corpora: tuple[str, ...]) -> argparse.Namespace:
    """Read the command line."""
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    series = (*SERIES, *EXTRA_SERIES)
    told = f"{', '.join(SERIES)} (default); {', '.join(EXTRA_SERIES)}"
    parser.add_argument("--series", nargs="+", choices=series, default=SERIES, metavar="NAME", help=told)
    told = f"{', '.join(vocabularies)} (each series has its own choice)"
    parser.add_argument("--vocabularies", nargs="+", default=(), choices=vocabularies, metavar="NAME", help=told)
    parser.add_argument("--peers", nargs="+", default=(), metavar="NAME", help="libraries of field/peers.toml")
    told = ", ".join(corpora)
    parser.add_argument("--corpora", nargs="+", choices=corpora, default=corpora, metavar="NAME", help=told)
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="timings of what is timed repeatedly (5)")
    parser.add_argument("--full", action="store_true", help="time every vocabulary on the whole of every corpus")
    parser.add_argument("--record", metavar="MACHINE", default="local", help="folder of benchmarks/record to write to")
    return parser.parse_args()


def main() -> int:
    """Measure what was asked for; return the exit status."""
    import bars
    import corpora
    import lexel._lexel
    import vocabularies
    from field import sources
    from settings import Settings
    from table import Table

    chosen = arguments((*dict.fromkeys([*sources.NAMES, *vocabularies.NAMES]),), corpora.CORPORA)
    if lexel._lexel.__profile__ != "release":
        print("note: the native module was built for development; figures mean nothing until `make bench` rebuilds it")
    settings = Settings(
        vocabularies=vocabularies.load(
            tuple(n for n in vocabularies.NAMES if n in chosen.vocabularies) or vocabularies.NAMES
        ),
        names=tuple(chosen.vocabularies),
        peers=tuple(chosen.peers),
        full=chosen.full,
        corpora=tuple(chosen.corpora),
        repeats=chosen.repeats,
        threads=int(os.environ["RAYON_NUM_THREADS"]),
        sample_bytes=None if chosen.full else 512 << 10,
    )
    table = Table()
    for name, value in table.facts.items():
        print(f"{name:>14}: {value}")
    start = time.perf_counter()
    for name in chosen.series:
        importlib.import_module(f"series.{name}").run(table, settings)
        # What was measured stays, whatever becomes of the rest.
        table.record(RECORD / chosen.record)
    status = table.close()
    results = bars.judge([{name: str(cell) for name, cell in row.items()} for row in table.rows])
    print("\n" + "\n".join(bars.lines(result for result in results if result.cells)) + "\n")
    print(f"{time.perf_counter() - start:.0f} s; recorded in {table.record(RECORD / chosen.record)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
