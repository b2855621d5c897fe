"""Which tokens of a text stay whatever follows it, and which sequences it may go on with.

Source: what counts as stable, and which completions are looked for, is as in tiktoken's `encode_with_unstable` (0.14),
down to what it calls quick and dirty; completions come in no order there, and in the order of discovery here.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["with_completions"]

_SPACES = frozenset(b" \n\t")
# Python calls these spaces, Unicode does not.
_SEPARATORS = "\x1c\x1d\x1e\x1f"


def with_completions(
    ids: list[int],
    last: int,
    ranks: Mapping[bytes, int],
    token_bytes: Mapping[int, bytes],
    encode: Callable[[str], list[int]],
) -> tuple[list[int], list[list[int]]]:
    """Return the stable ids, and what may stand behind them.

    Args:
        ids: of the text.
        last: how many of them come from the last piece of the split.
        ranks: token → id, without special tokens.
        token_bytes: id → token.
        encode: encodes a text without special tokens.
    """
    if last == 0:
        return ids, []

    def all_space(index: int) -> bool:
        token = token_bytes.get(index)
        return token is not None and token in ranks and _SPACES.issuperset(token)

    # Where a run of white space is cut depends on what follows it.
    if all_space(ids[-last]):
        while last < len(ids) and all_space(ids[-last - 1]):
            last += 1
    unstable = b"".join(token_bytes[index] for index in ids[-last:])
    stable = ids[:-last]
    if not unstable:
        return stable, []
    ordered = sorted(ranks)
    found: dict[tuple[int, ...], None] = {(ranks[token],): None for token in _starting(ordered, unstable)}
    for at in range(1, len(unstable)):
        for token in _starting(ordered, unstable[at:]):
            possible = unstable[:at] + token
            found[_covering(_encoded(possible, ranks, encode), token_bytes, len(unstable))] = None
    found |= dict.fromkeys(_cut_before_last_space(unstable, ranks))
    return stable, [list(sequence) for sequence in found]


def _starting(ordered: Sequence[bytes], prefix: bytes) -> Iterator[bytes]:
    for at in range(bisect_left(ordered, prefix), len(ordered)):
        if not ordered[at].startswith(prefix):
            return
        yield ordered[at]


def _encoded(piece: bytes, ranks: Mapping[bytes, int], encode: Callable[[str], list[int]]) -> list[int]:
    try:
        return encode(piece.decode("utf-8"))
    except UnicodeDecodeError:
        return _merged(piece, ranks)


def _covering(ids: list[int], token_bytes: Mapping[int, bytes], length: int) -> tuple[int, ...]:
    """Return as many ids as it takes to cover so many bytes."""
    covered = 0
    for count, index in enumerate(ids, 1):
        covered += len(token_bytes[index])
        if covered >= length:
            return tuple(ids[:count])
    return tuple(ids)


def _merged(piece: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """Return the ids of bytes that are one piece: the lowest rank merges first, of equal ones the leftmost."""
    parts = [piece[at : at + 1] for at in range(len(piece))]
    while len(parts) > 1:
        best = min(
            (
                (ranks[parts[at] + parts[at + 1]], at)
                for at in range(len(parts) - 1)
                if parts[at] + parts[at + 1] in ranks
            ),
            default=None,
        )
        if best is None:
            break
        at = best[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return [ranks[part] for part in parts]


def _cut_before_last_space(unstable: bytes, ranks: Mapping[bytes, int]) -> list[tuple[int, ...]]:
    """Return the sequence with a cut before the last character, if that is white space: a split may appear there."""
    for size in range(1, min(4, len(unstable) - 1) + 1):
        try:
            character = unstable[-size:].decode("utf-8")
        except UnicodeDecodeError:
            continue
        if len(character) == 1 and character.isspace() and character not in _SEPARATORS:
            return [(*_merged(unstable[:-size], ranks), *_merged(unstable[-size:], ranks))]
        return []
    return []
