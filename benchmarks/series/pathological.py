"""A mebibyte of what tokenizers fear: no structure, one endless word. Every call meets empty caches."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import corpora
import peers
from measure import seconds, where
from settings import DOUBLING, SLOWEST_MIB_S
from table import MEBIBYTE, Bar
from vocabularies import word_level

if TYPE_CHECKING:
    from settings import Settings
    from table import Table
    from vocabularies import Vocabulary

TITLE = "A mebibyte without structure, and twice as much: one call, empty caches, CPU time"
# Every kind of model; of BPE byte-level ones and such as read characters.
VOCABULARIES = (
    *("gpt2", "llama-3", "qwen2.5", "llama-2", "phi-3", "clip-vit", "gemma-4"),
    *("bert-base-uncased", "bert-base-multilingual-cased", "t5", "xlm-roberta", "xlnet-base-cased"),
)


def run(table: Table, settings: Settings) -> None:
    """Time every kind of input at one and at two mebibytes."""
    table.begin("pathological", TITLE)
    for vocabulary in [*settings.few(*VOCABULARIES), word_level()]:
        if refused := peers.refused(vocabulary.json):
            table.refused(vocabulary.name, refused)
            continue
        library = peers.Lexel(vocabulary.json)
        reference = peers.Reference(vocabulary.json)
        for (name, once), (_, twice) in zip(
            corpora.pathological(MEBIBYTE), corpora.pathological(2 * MEBIBYTE), strict=True
        ):
            _input(table, settings, vocabulary, (library, reference), name, (once, twice))


def _input(
    table: Table,
    settings: Settings,
    vocabulary: Vocabulary,
    loaded: tuple[peers.Lexel, peers.Reference],
    name: str,
    texts: tuple[str, str],
) -> None:
    """Time lexel on both sizes in turn; the reference once, for its ids and for scale."""
    library, reference = loaded
    call = reference.ids()
    took, result = seconds(call.run, [texts[0]], "cpu")
    expected = call.read(result)
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(settings.repeats):
        for at in (0, 1) if turn % 2 else (1, 0):
            own = library.cold().ids()
            one, result = seconds(own.run, [texts[at]], "cpu")
            times[at].append(one)
            if at == 0 and turn == 0 and (found := own.read(result)) != expected:
                table.differs((vocabulary.name, name, "ids, 1 MiB"), where(expected, found, [texts[0]]))
                return
    size = len(texts[0].encode())
    rate = size / MEBIBYTE / statistics.median(times[0])
    doubling = statistics.median(two / one for one, two in zip(*times, strict=True))
    slowest = SLOWEST_MIB_S[vocabulary.kind]
    text = f"≥ {slowest:g} MiB/s; 2n ≤ {DOUBLING:g} n: {doubling:.2f}"
    bar = Bar(text, rate >= slowest and doubling <= DOUBLING)
    samples = {peers.LEXEL: times[0], peers.REFERENCE: [took]}
    ratio = took / statistics.median(times[0])
    table.row((vocabulary.name, name, "ids, 1 MiB"), samples, [size] * len(times[0]), ratio=ratio, bar=bar)
    twice = [len(texts[1].encode())] * len(times[1])
    table.row((vocabulary.name, name, "ids, 2 MiB"), {peers.LEXEL: times[1]}, twice, shown=False)
