"""Merges: recovered from a vocabulary that has none, and checked against the one they belong to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lexel.errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = ["as_pairs", "generate_merges", "usable_merges"]

_LOGGER = logging.getLogger(__name__)


def generate_merges(
    vocab: Mapping[str, int],
    vocab_scores: Mapping[str, float] | None = None,
    skip_tokens: Collection[str] | None = None,
) -> list[tuple[str, str]]:
    """Recover the merges of a vocabulary: every way to put a token together from two others, in order of rank.

    Args:
        vocab: token → id.
        vocab_scores: token → score, high scores merge first; without it, low ids do.
        skip_tokens: tokens that take no part (special ones).

    Example:
        >>> generate_merges({"a": 0, "b": 1, "ab": 2, "aba": 3})
        [('a', 'b'), ('ab', 'a')]

    Source: the order is that of `transformers.tokenization_utils_base.generate_merges` (5.23).
    """
    skip = frozenset(skip_tokens or ())
    by_score = vocab_scores is not None
    # Only prefixes and suffixes as long as some token can be tokens: long texts among the tokens stay cheap.
    lengths = {len(token) for token in vocab}
    found: list[tuple[float, int, int, tuple[str, str]]] = []
    for token, score in (vocab_scores if vocab_scores is not None else vocab).items():
        if token in skip:
            continue
        size = len(token)
        pairs = []
        for cut in range(1, size):
            if cut in lengths and size - cut in lengths:
                left, right = token[:cut], token[cut:]
                if left in vocab and right in vocab and left not in skip and right not in skip:
                    pairs.append((left, right))
        pairs.sort(key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
        found += [(score, len(left), len(right), (left, right)) for left, right in pairs]
    found.sort(key=lambda entry: entry[:3], reverse=by_score)
    return [pair for *_, pair in found]


def as_pairs(merges: Iterable[Any]) -> list[tuple[str, str]]:
    """Return merges as pairs; a string holds the two parts with a space between.

    Raises:
        VocabularyError: something that is no merge; says which.
    """
    pairs = []
    for index, merge in enumerate(merges):
        # The left part may itself begin with a space, so the search starts behind its first character.
        parts = _split(merge) if isinstance(merge, str) else tuple(merge)
        if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            raise VocabularyError(f"merge {index} is not two tokens: {merge!r}")
        pairs.append((parts[0], parts[1]))
    return pairs


def _split(merge: str) -> tuple[str, ...]:
    place = merge.find(" ", 1)
    return (merge[:place], merge[place + 1 :]) if place > 0 else (merge,)


def usable_merges(
    vocab: Mapping[str, int], merges: Sequence[tuple[str, str]], *, strict: bool = False
) -> list[tuple[str, str]]:
    """Return the merges whose parts and result are in the vocabulary; the others can never apply.

    Args:
        vocab: token → id.
        merges: in order of rank.
        strict: raise for the others instead of skipping them with one warning that counts them.

    Raises:
        VocabularyError: with `strict`, a merge of tokens that do not exist; names the first.
    """
    usable = [pair for pair in merges if pair[0] in vocab and pair[1] in vocab and pair[0] + pair[1] in vocab]
    skipped = len(merges) - len(usable)
    if skipped:
        known = set(usable)
        first = next(pair for pair in merges if pair not in known)
        missing = next(token for token in (*first, "".join(first)) if token not in vocab)
        message = f"{skipped} of {len(merges)} merges use tokens out of vocabulary: {first!r} needs {missing!r}"
        if strict:
            raise VocabularyError(message)
        _LOGGER.warning("%s; they are skipped (strict=True raises)", message)
    return usable
