"""Truncation and padding of one call against the original, which keeps them as its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tests.differential.compare import difference, original, ours, shown

if TYPE_CHECKING:
    import random

    from tests.differential.references import Loaded

    from lexel._lexel import Padding, Truncation

STRATEGIES = ("longest_first", "only_first", "only_second")
SIDES = ("left", "right")


def random_truncation(rng: random.Random) -> Truncation:
    """Return a limit, from none of the room to plenty."""
    max_length = rng.choice((0, 1, 2, 3, 4, 5, 8, 13, 40, 200))
    # Most strides fit into the half of the room that one of two sequences may be left with. (Where one does not fit the
    # original panics, which takes it a hundredth of a second.)
    stride = (
        rng.choice((0, 0, 1, max_length - 2, max_length)) if rng.random() < 0.05 else rng.randrange(max_length // 4 + 1)
    )
    return cast("Truncation", (max_length, rng.choice(STRATEGIES), max(0, stride), rng.choice(SIDES)))


def random_padding(rng: random.Random) -> Padding:
    """Return a padding: to the longest row or to a length, of any token at any side."""
    length = rng.choice((None, 0, 1, 7, 30))
    multiple = rng.choice((None, None, 0, 1, 2, 8))
    token = rng.choice(("[PAD]", "a", "\u00e9<x>"))
    return cast("Padding", (length, rng.randrange(300), rng.randrange(4), token, rng.choice(SIDES), multiple))


def truncated(sides: Loaded, item: Any) -> str | None:
    """Compare one text or pair, cut: (texts, max_length, strategy, stride, side, with special tokens)."""
    texts, max_length, strategy, stride, side, special = item
    engine, reference, paired = sides.engine, sides.original, len(texts) == 2
    limit: Truncation = (max_length, strategy, stride, side)
    options: dict[str, Any] = {"pairs": paired, "add_special_tokens": special}
    row = [texts] if paired else [texts[0]]
    mine = ours(lambda: engine.encode_batch(row, truncation=limit, **options).row(0))
    room = max_length - (reference.num_special_tokens_to_add(is_pair=paired) if special else 0)
    if room < 0:
        # There the room left is computed below zero, and nothing is cut at all; here that is an error.
        return None if "raised" in mine else f"no room for special tokens, but no error: {shown(mine)}"
    try:
        reference.enable_truncation(max_length, stride=stride, strategy=strategy, direction=side)
    except ValueError:
        # There a stride that may turn out too long is refused before any text is seen, for texts and pairs alike, with
        # special tokens or not; here where text must be cut.
        if "raised" in mine or len(mine["ids"]) <= max_length:
            return None
        return f"longer than asked: {shown(mine)}"
    try:
        theirs = original(reference.encode, *texts, add_special_tokens=special)
    finally:
        reference.no_truncation()
    return difference(mine, theirs)
