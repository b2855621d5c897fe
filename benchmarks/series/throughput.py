"""Real text to ids on one thread: new text, known text, and every form of result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpora
import peers
from measure import Duel
from settings import TIMES_REFERENCE, TIMES_REFERENCE_SPANS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Settings
    from table import Table
    from vocabularies import Vocabulary

TITLE = "Encoding, one thread, documents of 8 KiB, CPU time"
DOCUMENT_BYTES = 8 << 10
SLICE_BYTES = 128 << 10
# Every so many slices of a whole corpus, the slice just timed as new text is timed again as known text.
KNOWN_EVERY = 4
# With the bar of each form.
FORMS = {
    "ids": TIMES_REFERENCE,
    "lists": TIMES_REFERENCE,
    "offsets": TIMES_REFERENCE_SPANS,
    "offset_lists": TIMES_REFERENCE_SPANS,
    "count": None,
}
FORMS_OF_THE_OTHERS = ("ids", "offsets", "offset_lists")


def run(table: Table, settings: Settings) -> None:
    """Time every vocabulary on every corpus."""
    table.begin("throughput", TITLE)
    for vocabulary in settings.vocabularies:
        if refused := peers.refused(vocabulary.json):
            table.refused(vocabulary.name, refused)
            continue
        for name in settings.corpora:
            _cell(table, settings, vocabulary, name)


def _cell(table: Table, settings: Settings, vocabulary: Vocabulary, corpus: str) -> None:
    """One pass over a corpus. `fresh`: text the process has not seen; `warm`: what it has just seen."""
    limit = None if vocabulary.leading else settings.sample_bytes
    documents = corpora.documents(corpora.corpus(corpus), DOCUMENT_BYTES)
    slices = corpora.slices(documents, SLICE_BYTES, limit)
    # Loaded anew for every corpus: the first slice meets empty caches.
    loaded = {name: load(vocabulary.json) for name, load in peers.LIBRARIES.items()}
    fresh = _duel("ids", loaded)
    forms = FORMS if vocabulary.leading else FORMS_OF_THE_OTHERS
    warm = {form: _duel(form, loaded) for form in forms}
    every = KNOWN_EVERY if limit is None else 1
    for at, texts in enumerate(slices):
        fresh.round(texts)
        if at % every == 0 and at // every < settings.repeats:
            for duel in warm.values():
                duel.round(texts)
    sizes = [corpora.size_of(texts) for texts in slices]
    table.duel((vocabulary.name, corpus, "ids, fresh"), fresh, sizes, bar=FORMS["ids"])
    for form, duel in warm.items():
        label = (vocabulary.name, corpus, f"{form.replace('_', ' ')}, warm")
        table.duel(label, duel, sizes[::every][: settings.repeats], bar=FORMS[form])


def _duel(form: str, loaded: Mapping[str, peers.Peer]) -> Duel:
    return Duel({name: getattr(peer, form)() for name, peer in loaded.items()})
