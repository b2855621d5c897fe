"""Text to ids, every library that reads the vocabulary beside lexel: new text, known text, every form of result.

For each text the libraries load anew, so that its first slice is the first thing they meet. What they meet is
assembled by field/texts.py; how they take turns and are checked is in field/rounds.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from field import sources, texts
from field.board import Board
from field.tour import tour

if TYPE_CHECKING:
    from settings import Settings
    from table import Table

TITLE = "Every library beside lexel, one thread, CPU time; documents of 8 KiB, slices of half a mebibyte"
# The first is measured on all fresh text, 66 MiB of it, the others on a share of it.
VOCABULARIES = ("cl100k", "llama-3", "llama-2", "bert-base-uncased", "t5")
OTHERS_SHARE = 4


def run(table: Table, settings: Settings) -> None:
    """Measure every vocabulary on every text."""
    board = Board(table, "field", TITLE)
    for name in settings.chosen(sources.NAMES) if settings.names else VOCABULARIES:
        for text in settings.corpora:
            whole = settings.full or name == VOCABULARIES[0]
            path = texts.fresh(text, None if whole else texts.FULL[text] // OTHERS_SHARE)
            tour(board, settings, sources.vocabulary(name), sources.reference(name), text, path)
