"""Many short documents, ids as Python lists: one call each, and one call for all on one thread and on more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpora
import measure
import peers
from measure import Duel
from table import THROUGHPUT

if TYPE_CHECKING:
    from settings import Settings
    from table import Table
    from vocabularies import Vocabulary

TITLE = "Short documents of about 548 bytes, ids as Python lists; one thread: CPU time, more: the clock on the wall"
VOCABULARIES = ("gpt2", "llama-3")
DOCUMENT_BYTES = 548
COUNT = 20_000
SLICES = 10


def run(table: Table, settings: Settings) -> None:
    """Time English documents one by one, and a mix of all corpora every way."""
    table.begin("short", TITLE)
    english = corpora.short_documents("english", COUNT, DOCUMENT_BYTES)
    mixed = corpora.short_documents("mixed", COUNT, DOCUMENT_BYTES)
    for vocabulary in settings.few(*VOCABULARIES):
        loaded = {name: load(vocabulary.json) for name, load in peers.LIBRARIES.items()}
        _timed(table, vocabulary, "english", english, "one call each", Duel({n: p.each() for n, p in loaded.items()}))
        calls = {peers.LEXEL: tokenizer_call(vocabulary), peers.REFERENCE: loaded[peers.REFERENCE].each()}
        _timed(table, vocabulary, "english", english, "Tokenizer.encode", Duel(calls))
        _timed(table, vocabulary, "mixed", mixed, "one call each", Duel({n: p.each() for n, p in loaded.items()}))
        for threads in (1, settings.threads):
            clock: measure.Clock = "cpu" if threads == 1 else "wall"
            duel = Duel({n: p.batch(threads) for n, p in loaded.items()}, clock)
            task = f"one batch, {threads} thread{'s' * (threads > 1)}"
            with measure.threads(threads):
                _timed(table, vocabulary, "mixed", mixed, task, duel, threads)


def tokenizer_call(vocabulary: Vocabulary) -> peers.Call:
    """Return the public class's way to the ids of each document: what a user of lexel writes."""
    from lexel import TokenizersBackend

    with vocabulary.file() as path:
        encode = TokenizersBackend(tokenizer_file=str(path)).encode
    return peers.Call(lambda texts: [encode(text, add_special_tokens=False) for text in texts])


def _timed(
    table: Table, vocabulary: Vocabulary, name: str, documents: list[str], task: str, duel: Duel, threads: int = 1
) -> None:
    """Time the documents in a few slices; the table shows the throughput, the record also the time of all."""
    slices = [documents[i::SLICES] for i in range(SLICES)]
    for texts in slices:
        duel.round(texts)
    label = (vocabulary.name, f"{name} × {len(documents):,}", task)
    table.duel(label, duel, [corpora.size_of(texts) for texts in slices], THROUGHPUT, threads=threads)
