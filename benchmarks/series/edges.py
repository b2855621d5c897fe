"""Inputs that libraries are known to get wrong: who is right today. Nothing is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from field import sources, texts
from field.board import LEXEL, Board
from field.edges import CASES
from field.rounds import Field
from field.tour import peers

if TYPE_CHECKING:
    from settings import Settings
    from table import Table

TITLE = "Inputs that are easy to get wrong: the ids of each library beside the reference's"
VOCABULARIES = ("o200k", "llama-3", "llama-2", "bert-base-uncased", "t5")
LONGEST_S = 20.0


def run(table: Table, settings: Settings) -> None:
    """Hold every library to the reference on every input, a slice of its own each."""
    board = Board(table, "edges", TITLE)
    path = texts.kept("edges", [[text] for text in CASES.values()])
    for name in settings.chosen(sources.NAMES) if settings.names else VOCABULARIES:
        reference = sources.reference(name)
        with Field((LEXEL, *peers(settings)), sources.vocabulary(name), reference, longest_s=LONGEST_S) as field:
            board.loaded(name, field)
            field.read("edges", path)
            for at, case in enumerate(CASES):
                board.verdicts((name, case, "ids"), field.run("ids", "edges", [at]))
            board.absent(name, field)
