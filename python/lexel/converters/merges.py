"""Merges: recovered from a vocabulary that has none, and checked against the one they belong to."""

from __future__ import annotations

import logging
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from lexel.errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = ["as_pairs", "generate_merges", "usable_merges"]

_LOGGER = logging.getLogger(__name__)
# Of tokens up to this length every cut is tried.
_SHORT = 64
_rank = itemgetter(0, 1, 2)


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
    parts = {token: index for token, index in vocab.items() if token not in skip} if skip else vocab
    # Only prefixes and suffixes as long as some token can be tokens: long texts among the tokens stay cheap.
    lengths = sorted({len(token) for token in parts})
    ranked = vocab_scores if vocab_scores is not None else vocab
    tokens = [token for token in ranked if len(token) > 1 and token not in skip]
    # The pairs of one token differ in where it is cut, and lie side by side unless another has the same rank.
    if len(set(map(ranked.__getitem__, tokens))) == len(tokens):
        tokens.sort(key=ranked.__getitem__, reverse=by_score)
        return [pair for token in tokens for pair in _cut(token, parts, lengths, backwards=by_score)]
    found = [
        (ranked[token], len(left), len(right), (left, right))
        for token in tokens
        for left, right in _cut(token, parts, lengths)
    ]
    found.sort(key=_rank, reverse=by_score)
    return [entry[3] for entry in found]


def _cut(
    token: str, parts: Mapping[str, int], lengths: Sequence[int], *, backwards: bool = False
) -> list[tuple[str, str]]:
    """Return the ways to cut a token into two others, from its beginning on or from its end."""
    size = len(token)
    cuts: Iterable[int] = range(1, size) if size <= _SHORT else [cut for cut in lengths if cut < size]
    pairs = [(token[:cut], token[cut:]) for cut in cuts if token[:cut] in parts and token[cut:] in parts]
    return pairs[::-1] if backwards else pairs


def as_pairs(merges: Iterable[Any]) -> list[tuple[str, str]]:
    """Return merges as pairs; a string holds the two parts with a space between.

    Raises:
        VocabularyError: something that is no merge; says which.
    """
    pairs = []
    for index, merge in enumerate(merges):
        if isinstance(merge, str):
            # The left part may itself begin with a space, so the search starts behind its first character.
            place = merge.find(" ", 1)
            if place > 0:
                pairs.append((merge[:place], merge[place + 1 :]))
                continue
        elif isinstance(merge, (list, tuple)) and len(merge) == 2 and all(isinstance(part, str) for part in merge):
            pairs.append((merge[0], merge[1]))
            continue
        raise VocabularyError(f"merge {index} is not two tokens: {merge!r:.80}")
    return pairs


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
