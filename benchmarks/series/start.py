"""What a new process pays: import, load, the first text, and memory. Each figure is of a process of its own."""

from __future__ import annotations

import json
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
    said: dict[str, list[dict[str, Any]]] = {name: [] for name in peers.LIBRARIES}
    for turn in range((settings.repeats + 1) // 2):
        for library in list(peers.LIBRARIES)[:: -1 if turn % 2 else 1]:
            start = time.perf_counter()
            command = [sys.executable, str(CHILD), library, str(path), str(text_file)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            said[library].append({**json.loads(done.stdout), "process": time.perf_counter() - start})
    return {"bytes": corpora.size_of(texts), "said": said}


def _rows(table: Table, vocabulary: Vocabulary, measured: dict[str, Any]) -> None:
    for corpus, found in measured.items():
        said = found["said"]
        label = (vocabulary.name, corpus, "first call, lists")
        digests = {name: {one["digest"] for one in runs} for name, runs in said.items()}
        if digests[peers.LEXEL] != digests[peers.REFERENCE]:
            table.differs(label, "the ids of the first call differ (series throughput says where)")
            continue
        samples = {name: [one["first call"] for one in runs] for name, runs in said.items()}
        table.row(label, samples, [found["bytes"]] * len(samples[peers.LEXEL]), THROUGHPUT, ratio=_ratio(samples))
    for step, unit in (
        ("import", MILLISECONDS),
        ("load", MILLISECONDS),
        ("process", MILLISECONDS),
        ("resident", MEMORY),
    ):
        samples = {
            name: [one[step] for found in measured.values() for one in found["said"][name]] for name in peers.LIBRARIES
        }
        task = {"process": "start to first ids", "resident": "memory"}.get(step, step)
        clock: Clock = "wall" if step == "process" else "cpu"
        amounts = [1.0] * len(samples[peers.LEXEL])
        table.row((vocabulary.name, "", task), samples, amounts, unit, clock=clock, ratio=_ratio(samples))


def _ratio(samples: dict[str, list[float]]) -> float:
    return sum(samples[peers.REFERENCE]) / sum(samples[peers.LEXEL])
