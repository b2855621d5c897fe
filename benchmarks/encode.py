"""How fast text becomes ids and ids become text, beside the `tokenizers` library: equality first, then speed.

    python benchmarks/encode.py                          all series, about fifteen minutes on an idle machine
    python benchmarks/encode.py --series throughput pathological --vocabularies gpt2 --corpora english

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

SERIES = ("start", "throughput", "pathological", "short", "decoding", "training")
# Only where it is asked for: compares with a library that this project does not install.
EXTRA_SERIES = ("call", "chat")
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
    parser.add_argument("--vocabularies", nargs="+", default=vocabularies, metavar="NAME", help=", ".join(vocabularies))
    told = ", ".join(corpora)
    parser.add_argument("--corpora", nargs="+", choices=corpora, default=corpora, metavar="NAME", help=told)
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="timings of what is timed repeatedly (5)")
    parser.add_argument("--full", action="store_true", help="time every vocabulary on the whole of every corpus")
    parser.add_argument("--record", metavar="MACHINE", default="local", help="folder of benchmarks/record to write to")
    return parser.parse_args()


def main() -> int:
    """Measure what was asked for; return the exit status."""
    import corpora
    import lexel._lexel
    import vocabularies
    from settings import Settings
    from table import Table

    chosen = arguments(vocabularies.NAMES, corpora.CORPORA)
    if lexel._lexel.__profile__ != "release":
        print("note: the native module was built for development; figures mean nothing until `make bench` rebuilds it")
    settings = Settings(
        vocabularies=vocabularies.load(tuple(chosen.vocabularies)),
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
    status = table.close()
    print(f"{time.perf_counter() - start:.0f} s; recorded in {table.record(RECORD / chosen.record)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
