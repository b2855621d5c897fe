"""What a new process pays: import, load, the first text, and memory. Each figure is of a process of its own.

lexel loads in two ways: a file it has never seen (*load*), and one that is in the compiled cache (*load, cached*: hash
the file, read and check the tables). The reference has one way, which both are compared with.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import corpora
import peers
from table import MILLISECONDS, THROUGHPUT, Unit
from vocabularies import LEADING

if TYPE_CHECKING:
    from measure import Clock
    from settings import Settings
    from table import Table
    from vocabularies import Vocabulary

TITLE = "A new process: import, load, first text (128 KiB in documents of 8 KiB), memory of the loaded vocabulary"
CHILD = Path(__file__).resolve().parent.parent / "child.py"
FIRST_TEXT_BYTES = 128 << 10
# lexel by its compiled cache; see child.py.
CACHED = "lexel-cached"
MEMORY = Unit("MiB", rate=False, scale=1 / (1 << 20))


def run(table: Table, settings: Settings) -> None:
    """Start processes for the leading vocabularies, each library in turn."""
    table.begin("start", TITLE)
    for vocabulary in settings.few(*LEADING):
        with vocabulary.file() as path, tempfile.TemporaryDirectory() as folder:
            measured = {name: _corpus(settings, path, Path(folder), name) for name in settings.corpora}
        _rows(table, vocabulary, measured)


def _corpus(settings: Settings, path: Path, folder: Path, corpus: str) -> dict[str, Any]:
    """Return the text's size, and per library what its processes said."""
    documents = corpora.documents(corpora.corpus(corpus), 8 << 10)
    texts = corpora.slices(documents, FIRST_TEXT_BYTES)[1]
    text_file = folder / f"{corpus}.json"
    text_file.write_text(json.dumps(texts), "utf-8")
    libraries = [*peers.LIBRARIES, CACHED]
    said: dict[str, list[dict[str, Any]]] = {name: [] for name in libraries}
    environment = {**os.environ, "LEXEL_CACHE": str(folder)}

    def one_process(library: str) -> dict[str, Any]:
        start = time.perf_counter()
        command = [sys.executable, str(CHILD), library, str(path), str(text_file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return {**json.loads(done.stdout), "process": time.perf_counter() - start}

    # The first of these writes the cache.
    one_process(CACHED)
    for turn in range((settings.repeats + 1) // 2):
        for library in libraries[:: -1 if turn % 2 else 1]:
            said[library].append(one_process(library))
    return {"bytes": corpora.size_of(texts), "said": said}


def _rows(table: Table, vocabulary: Vocabulary, measured: dict[str, Any]) -> None:
    for corpus, found in measured.items():
        said = found["said"]
        label = (vocabulary.name, corpus, "first call, lists")
        digests = {name: {one["digest"] for one in runs} for name, runs in said.items()}
        if not digests[peers.LEXEL] == digests[CACHED] == digests[peers.REFERENCE]:
            table.differs(label, "the ids of the first call differ (series throughput says where)")
            continue
        samples = {name: [one["first call"] for one in said[name]] for name in peers.LIBRARIES}
        table.row(label, samples, [found["bytes"]] * len(samples[peers.LEXEL]), THROUGHPUT, ratio=_ratio(samples))
    for step, unit in (
        ("import", MILLISECONDS),
        ("load", MILLISECONDS),
        ("process", MILLISECONDS),
        ("resident", MEMORY),
    ):
        task = {"process": "start to first ids", "resident": "memory"}.get(step, step)
        cached = "import, to load files" if step == "import" else f"{task}, cached"
        clock: Clock = "wall" if step == "process" else "cpu"
        for ours, label in ((peers.LEXEL, task), (CACHED, cached)):
            of = {peers.LEXEL: ours, peers.REFERENCE: peers.REFERENCE}
            samples = {
                name: [one[step] for found in measured.values() for one in found["said"][source]]
                for name, source in of.items()
            }
            amounts = [1.0] * len(samples[peers.LEXEL])
            table.row((vocabulary.name, "", label), samples, amounts, unit, clock=clock, ratio=_ratio(samples))


def _ratio(samples: dict[str, list[float]]) -> float:
    return sum(samples[peers.REFERENCE]) / sum(samples[peers.LEXEL])
