"""The full call of the tokenizer class on many documents, beside `transformers` where that is installed.

Not part of a default run: the library is no dependency of this project, not even of its tests.
"""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import corpora
from measure import Duel
from peers import LEXEL, Call
from table import THROUGHPUT

if TYPE_CHECKING:
    from settings import Settings
    from table import Table
    from vocabularies import Vocabulary

TRANSFORMERS = "transformers"
TITLE = "tok(documents) of the tokenizer class, 548 bytes each, one thread, CPU time"
VOCABULARIES = ("gpt2", "llama-3")
COUNT, SLICES, DOCUMENT_BYTES = 4_000, 4, 548
PADDED: dict[str, Any] = {"padding": True, "truncation": True, "max_length": 128}
TASKS: dict[str, dict[str, Any]] = {
    "lists": {},
    "lists, offsets": {"return_offsets_mapping": True},
    "padded, lists": PADDED,
    "padded, numpy": {**PADDED, "return_tensors": "np"},
}


def run(table: Table, settings: Settings) -> None:
    """Time the call with its usual options."""
    table.begin("call", TITLE, TRANSFORMERS)
    if importlib.util.find_spec(TRANSFORMERS):
        table.facts[TRANSFORMERS] = version(TRANSFORMERS)
        print(f"  {TRANSFORMERS} {version(TRANSFORMERS)}")
    documents = corpora.short_documents("mixed", COUNT, DOCUMENT_BYTES)
    slices = [documents[i::SLICES] for i in range(SLICES)]
    for vocabulary in settings.few(*VOCABULARIES):
        toks = _loaded(vocabulary)
        for task, options in TASKS.items():
            duel = Duel({name: _call(tok, options) for name, tok in toks.items()}, reference=TRANSFORMERS)
            for texts in slices:
                duel.round(texts)
            label = (vocabulary.name, f"mixed × {len(documents):,}", task)
            table.duel(label, duel, [corpora.size_of(texts) for texts in slices], THROUGHPUT)


def _loaded(vocabulary: Vocabulary) -> dict[str, Any]:
    import lexel

    with vocabulary.file() as path:
        toks: dict[str, Any] = {LEXEL: lexel.TokenizersBackend(tokenizer_file=str(path))}
        if importlib.util.find_spec(TRANSFORMERS):
            peer = importlib.import_module(TRANSFORMERS).PreTrainedTokenizerFast
            toks[TRANSFORMERS] = peer(tokenizer_file=str(path))
    for tok in toks.values():
        tok.pad_token = tok.convert_ids_to_tokens(0)
    return toks


def _call(tok: Any, options: dict[str, Any]) -> Call:
    return Call(lambda texts: tok(texts, **options), _columns)


def _columns(batch: Any) -> list[Any]:
    """Return the columns by name; arrays as lists, spans as tuples."""
    columns = {name: column.tolist() if hasattr(column, "tolist") else column for name, column in batch.items()}
    if "offset_mapping" in columns:
        columns["offset_mapping"] = [[tuple(span) for span in row] for row in columns["offset_mapping"]]
    return sorted(columns.items())
