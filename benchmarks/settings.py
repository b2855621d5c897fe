"""What one run measures, as the command line says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vocabularies import Vocabulary

# The promises that stand in the table's last column: times the reference without and with spans, and on text without
# structure MiB/s by kind of model, and the time of twice the text.
TIMES_REFERENCE, TIMES_REFERENCE_SPANS = 15.0, 10.0
SLOWEST_MIB_S = {"BPE": 30.0, "WordPiece": 30.0, "WordLevel": 30.0, "Unigram": 10.0}
DOUBLING = 2.3


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of a run."""

    vocabularies: list[Vocabulary]
    corpora: tuple[str, ...]
    repeats: int
    threads: int
    # As the command line names them; empty: each series' own choice.
    names: tuple[str, ...] = ()
    # Libraries beside lexel; empty: those that peers.toml says are asked.
    peers: tuple[str, ...] = ()
    # Whether everything is measured whole.
    full: bool = False
    # Vocabularies that are not leading ones are timed on this much of each corpus, spread over it; None: on all of it.
    sample_bytes: int | None = None

    def chosen(self, own: tuple[str, ...]) -> tuple[str, ...]:
        """Return the vocabularies that were asked for among a series' own; all of these if none was."""
        return tuple(name for name in own if name in self.names) or own

    def few(self, *names: str) -> list[Vocabulary]:
        """Return the vocabularies of these names; all that were chosen if none of them was."""
        return [v for v in self.vocabularies if v.name in names] or self.vocabularies
