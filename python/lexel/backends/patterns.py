"""Special tokens around one sequence or two, by the name of the pattern a tokenizer written in Python states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PATTERNS", "Slot", "slots"]

# The first sequence, the second, or the name of a special token.
Slot: TypeAlias = Literal["A", "B", "cls", "sep", "bos", "eos", "prefix", "suffix"]

# Pattern → what is written around one sequence, around two.
PATTERNS: dict[str, tuple[Sequence[Slot], Sequence[Slot]]] = {
    "none": (("A",), ("A", "B")),
    "cls_sep": (("cls", "A", "sep"), ("cls", "A", "sep", "B", "sep")),
    "sep": (("A", "sep"), ("A", "sep", "B", "sep")),
    "eos": (("A", "eos"), ("A", "eos", "B", "eos")),
    "bos": (("bos", "A"), ("bos", "A", "bos", "B")),
    "bos_eos": (("bos", "A", "eos"), ("bos", "A", "eos", "B", "eos")),
    "cls_double_sep": (("cls", "A", "sep"), ("cls", "A", "sep", "sep", "B", "sep")),
    "prefix_suffix": (("prefix", "A", "suffix"), ("prefix", "A", "B", "suffix")),
}


def slots(pattern: str | None, *, pair: bool) -> Sequence[Slot]:
    """Return what a pattern writes; an unknown one writes nothing but the sequences."""
    return PATTERNS.get(pattern or "none", PATTERNS["none"])[pair]
