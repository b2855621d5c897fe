"""In which order the pieces of a SentencePiece model become the vocabulary of a class.

Several models were trained with other ids than their files have: the special tokens stand in another order, in front,
and there are tokens behind the pieces that the file does not know. `convert_from_spm` of a family is where that is
said; these functions say it for those that are alike.

Source: transformers 5.23, `convert_from_spm` of the converters in `convert_slow_tokenizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["family_order", "in_front", "in_front_of_ids"]


def in_front(
    vocab: Iterable[tuple[str, float]] | None,
    settings: Mapping[str, Any],
    tokens: Sequence[str | tuple[str, float]],
    *,
    instead_of: int,
    behind: Iterable[str] = (),
) -> list[tuple[str, float]]:
    """Return (piece, score) pairs with special tokens in front of those of the file, and others behind.

    Args:
        vocab: the file's pairs.
        settings: the constructor arguments.
        tokens: those in front: names of settings, or pairs as they are.
        instead_of: how many pieces of the file they stand for.
        behind: texts, or names of settings; their score is 0.
    """
    front = [(str(settings[token]), 0.0) if isinstance(token, str) else token for token in tokens]
    last = [(str(settings.get(token, token)), 0.0) for token in behind]
    return [*front, *list(vocab or ())[instead_of:], *last]


def in_front_of_ids(
    vocab: Mapping[str, int] | Iterable[tuple[str, float]] | None, settings: Mapping[str, Any], tokens: Sequence[str]
) -> dict[str, int]:
    """Return piece → id with special tokens first, and each piece of the file that is none of them behind.

    Args:
        vocab: piece → id, or (piece, score) pairs.
        settings: the constructor arguments.
        tokens: names of settings.
    """
    made = {str(settings[name]): index for index, name in enumerate(tokens)}
    for entry in vocab or ():
        made.setdefault(entry if isinstance(entry, str) else entry[0], len(made))
    return made


def family_order(name: str) -> Any:
    """Return a `convert_from_spm` for a converter: that of the family of a name."""

    def convert_from_spm(cls: Any, /, vocab: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments of a class made from a `.model` alone, the pieces in its order."""
        del cls
        from lexel.families import find

        family: Any = find(name)
        made: dict[str, Any] = family.convert_from_spm(vocab, **kwargs)
        return made

    return classmethod(convert_from_spm)
