"""One vocabulary, one text, every library: first call, new text, known text in every form, memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from field import texts
from field.board import LEXEL
from field.environments import declared
from field.rounds import Field, Timings
from table import MEBIBYTE, MILLISECONDS, NS_PER_TOKEN, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from field.board import Board
    from field.libraries import Vocabulary
    from settings import Settings

FORMS = ("ids", "lists", "count", "offsets", "decode")
WARM_SLICES = 3
STREAM_BYTES = 64 << 10
MEMORY = Unit("MiB", rate=False, scale=1 / MEBIBYTE)


def peers(settings: Settings) -> tuple[str, ...]:
    """Return the libraries of a run."""
    return settings.peers or tuple(name for name, peer in declared().items() if peer.asked)


def sizes(path: Path) -> dict[int, float]:
    """Return the bytes of each slice of a text."""
    slices = json.loads(path.read_text("utf-8"))
    return {at: float(sum(len(document.encode()) for document in one)) for at, one in enumerate(slices)}


def tour(
    board: Board,
    settings: Settings,
    vocabulary: Vocabulary,
    reference: str,
    text: str,
    path: Path,
    forms: Sequence[str] = FORMS,
) -> None:
    """Load the libraries, let them meet one text, ask for every form on what they then know."""
    size, name = sizes(path), vocabulary.name
    with Field((LEXEL, *peers(settings)), vocabulary, reference) as field:
        board.loaded(name, field)
        field.read(text, path)
        fresh = field.run("ids", text, list(size), sampled=True)
        board.absent(name, field)
        board.add((name, text, "ids, first"), fresh.only(0), size, reference=reference)
        board.add((name, text, "ids, fresh"), fresh, size, reference=reference)
        # spread over the text: what was met long ago is among it
        warm = [len(size) * part // WARM_SLICES for part in range(WARM_SLICES)]
        for form in forms:
            timings = field.run(form, text, warm, repeats=settings.repeats, warm_up=True)
            board.add((name, text, f"{form}, warm"), timings, size, reference=reference)
        if "decode" in forms:
            field.read("stream", _short(path))
            timings = field.run("stream", "stream", [0], repeats=settings.repeats, warm_up=True)
            board.add((name, text, "stream"), timings, timings.amounts, NS_PER_TOKEN, reference=reference)
        # not seconds, but told in the same way
        memory = Timings({who: {0: [float(found)]} for who, found in field.resident().items()})
        board.add((name, text, "resident"), memory, {0: 1.0}, MEMORY, reference=reference)
        loads = Timings({who: {0: [found["cpu"]]} for who, found in field.loaded.items()})
        board.add((name, text, "load"), loads, {0: 1.0}, MILLISECONDS, reference=reference)


def _short(path: Path) -> Path:
    """Return a text of a few documents: a stream is slow."""
    first = json.loads(path.read_text("utf-8"))[0]
    return texts.kept(f"{path.stem}-short", [first[: STREAM_BYTES // texts.DOCUMENT_BYTES]])
