"""Ids to text: whole documents, and id by id as a model makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpora
import peers
from measure import Duel
from table import NS_PER_TOKEN, THROUGHPUT

if TYPE_CHECKING:
    from settings import Settings
    from table import Table

TITLE = "Decoding, one thread, CPU time: documents of 8 KiB, one call each; and streams of ids"
VOCABULARIES = ("gpt2", "llama-3", "qwen2.5", "llama-2")
CORPORA = ("english", "cjk")
SLICE_BYTES = 256 << 10
STREAM_DOCUMENTS = 2


def run(table: Table, settings: Settings) -> None:
    """Time decoding of what encoding gives."""
    table.begin("decoding", TITLE)
    for vocabulary in settings.few(*VOCABULARIES):
        loaded = {name: load(vocabulary.json) for name, load in peers.LIBRARIES.items()}
        encode = loaded[peers.REFERENCE].lists()
        for name in (name for name in CORPORA if name in settings.corpora):
            documents = corpora.documents(corpora.corpus(name), 8 << 10)
            slices = corpora.slices(documents, SLICE_BYTES, settings.repeats * SLICE_BYTES)
            whole = Duel({library: peer.decode() for library, peer in loaded.items()})
            stream = Duel({library: peer.stream() for library, peer in loaded.items()})
            sizes, streamed = [], []
            for texts in slices:
                rows = encode.run(texts)
                whole.round(rows)
                sizes.append(corpora.size_of(texts))
                ids = [i for row in rows[:STREAM_DOCUMENTS] for i in row]
                stream.round(ids)
                streamed.append(len(ids))
            table.duel((vocabulary.name, name, "decode"), whole, sizes, THROUGHPUT)
            table.duel((vocabulary.name, name, "stream, id by id"), stream, streamed, NS_PER_TOKEN)
