"""20,000 short documents in one call, on one thread and on more; one text alone; the call of the tokenizer class."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import corpora
from field import sources, texts
from field.board import LEXEL, Board
from field.environments import declared
from field.rounds import Field
from field.tour import peers, sizes
from table import THROUGHPUT, Unit

if TYPE_CHECKING:
    from pathlib import Path

    from settings import Settings
    from table import Table

TITLE = "20,000 documents of 548 bytes in slices of 2,000; one thread: CPU time, more: the clock on the wall"
VOCABULARIES = ("llama-3",)
COUNT, SLICE, DOCUMENT_BYTES = 20_000, 2_000, 548
# One text a call: as long as a question.
ONE_BYTES, ONES = 64, 2_000
LONG_BYTES = 8 << 20
CLASS = "lexel-class"
US_PER_CALL = Unit("µs/call", rate=False, scale=1e6)


def run(table: Table, settings: Settings) -> None:
    """Measure the engines, then the classes."""
    board = Board(table, "batches", TITLE)
    documents = corpora.short_documents("mixed", COUNT, DOCUMENT_BYTES)
    many = texts.kept("short", [documents[at : at + SLICE] for at in range(0, len(documents), SLICE)])
    ones = texts.kept("ones", [corpora.short_documents("english", ONES, ONE_BYTES)])
    for name in settings.chosen(sources.NAMES) if settings.names else VOCABULARIES:
        _engines(board, settings, name, many, ones)
        _threads(board, settings, name, many)
        _classes(board, settings, name, many, ones)


def _engines(board: Board, settings: Settings, name: str, many: Path, ones: Path) -> None:
    size = sizes(many)
    reference = sources.reference(name)
    with Field((LEXEL, *peers(settings)), sources.vocabulary(name), reference) as field:
        board.loaded(name, field)
        field.read("short", many)
        field.read("ones", ones)
        for form in ("batch", "lists", "each"):
            timings = field.run(form, "short", list(size), warm_up=True, sampled=True)
            board.add((name, "short × 20,000", form), timings, size, reference=reference)
        for form in ("batch", "each"):
            timings = field.run(form, "ones", [0], repeats=settings.repeats, warm_up=True)
            board.add((name, "one of 64 bytes", form), timings, {0: ONES}, US_PER_CALL, reference=reference)


def _threads(board: Board, settings: Settings, name: str, many: Path) -> None:
    """One thread and more by the same clock, a batch and one long text."""
    fresh = json.loads(texts.fresh("english").read_text("utf-8"))
    long = texts.kept("long", [["".join(document for slice_ in fresh for document in slice_)[:LONG_BYTES]]])
    counts = (1, settings.threads)
    # Nothing to learn from libraries that take seconds for the long text.
    quick = [peer for peer in peers(settings) if declared()[peer].keeps]
    fields = [Field((LEXEL, *quick), sources.vocabulary(name), None, count) for count in counts]
    for text, path in (("short", many), ("long", long)):
        size = sizes(path)
        at = list(size)[:4]
        found = []
        for field in fields:
            field.read(text, path)
            found.append(field.run("batch", text, at, repeats=settings.repeats, warm_up=True, clock="wall"))
        for count, timings in zip(counts, found, strict=True):
            label = (name, "short × 20,000" if text == "short" else "one of 8 MiB", f"batch, threads: {count}")
            board.add(label, timings, size, threads=count, clock="wall")
    for field in fields:
        field.close()


def _classes(board: Board, settings: Settings, name: str, many: Path, ones: Path) -> None:
    """lexel's class beside transformers'."""
    size = sizes(many)
    libraries = (CLASS, *(peer for peer in ("transformers",) if not settings.peers or peer in settings.peers))
    with Field(libraries, sources.vocabulary(name), "transformers") as field:
        board.loaded(name, field)
        board.absent(name, field)
        field.read("short", many)
        field.read("ones", ones)
        for form in ("lists", "padded"):
            timings = field.run(form, "short", list(size), warm_up=True, sampled=True)
            label = (name, "short × 20,000", f"tok(documents), {form}")
            board.add(label, timings, size, THROUGHPUT, reference="transformers", own=CLASS)
        for form in ("each", "called"):
            timings = field.run(form, "ones", [0], repeats=settings.repeats, warm_up=True)
            label = (name, "one of 64 bytes", "tok.encode(text)" if form == "each" else "tok(text)")
            board.add(label, timings, {0: ONES}, US_PER_CALL, reference="transformers", own=CLASS)
