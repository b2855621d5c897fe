"""A mebibyte without structure, every library: what a text costs that is one endless new word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpora
from field import sources, texts
from field.board import LEXEL, Board
from field.rounds import Field
from field.tour import peers
from table import MEBIBYTE

if TYPE_CHECKING:
    from settings import Settings
    from table import Table

TITLE = "A mebibyte without structure, met once, one thread, CPU time"
VOCABULARIES = ("cl100k", "llama-2", "bert-base-uncased", "t5")
# A library that has not answered by then is out.
LONGEST_S = 30.0


def run(table: Table, settings: Settings) -> None:
    """Let every library meet every input once."""
    board = Board(table, "extremes", TITLE)
    inputs = dict(corpora.pathological(MEBIBYTE))
    size = {0: 0.0}
    for name in settings.chosen(sources.NAMES) if settings.names else VOCABULARIES:
        reference = sources.reference(name)
        with Field((LEXEL, *peers(settings)), sources.vocabulary(name), reference, longest_s=LONGEST_S) as field:
            board.loaded(name, field)
            for text, content in inputs.items():
                field.read(text, texts.kept(f"extreme-{text.replace(' ', '-')}", [[content]]))
                size[0] = float(len(content.encode()))
                timings = field.run("ids", text, [0])
                board.add((name, text, "ids, 1 MiB"), timings, size, reference=reference)
            board.absent(name, field)
