"""Truncation and padding against the original: every strategy, side, stride and window."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential import references
from tests.differential.compare import columns, difference, report, shown
from tests.differential.limits import SIDES, random_padding, random_truncation, truncated
from tests.differential.strings import random_text

if TYPE_CHECKING:
    from tests.differential.references import Loaded

pytestmark = pytest.mark.differential

# A few tokenizers with different templates are enough: limits know nothing of models.
WANTED = 6


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "loaded" in metafunc.fixturenames:
        names = references.native()
        several = names[:: max(1, len(names) // WANTED)]
        metafunc.parametrize("loaded", several, indirect=True, scope="module")


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return references.load(request.param)


@pytest.fixture
def rng(request: pytest.FixtureRequest, seed: str) -> random.Random:
    return random.Random(f"{seed}/{request.node.name}")


@pytest.mark.parametrize("paired", [False, True], ids=["single", "pair"])
def test_truncation(loaded: Loaded, paired: bool, cases: int, seed: str, rng: random.Random) -> None:
    inputs = []
    for _ in range(cases // 5):
        limit = random_truncation(rng)
        # Windows of two sequences multiply: where many are small the texts are short.
        longest = 200 if not paired else 12 * (limit[0] - limit[2]) + 20
        first, second = random_text(rng, loaded.special)[:longest], random_text(rng, loaded.special)[:longest]
        inputs.append((first, second if paired else "", *limit, rng.random() < 0.7))

    def check(item: Any) -> str | None:
        first, second, *limit = item
        return truncated(loaded, ((first, second) if paired else (first,), *limit))

    report(
        loaded.name,
        seed,
        inputs,
        check,
        parts=("first", "second", "max_length", "strategy", "stride", "side", "special"),
    )


def test_padding(loaded: Loaded, cases: int, seed: str, rng: random.Random) -> None:
    """Batches of one to six rows, singles or pairs, cut or not."""
    reference = loaded.original
    for _ in range(cases // 20):
        paired = rng.random() < 0.5
        count = rng.randint(1, 6)
        rows: list[Any] = [
            tuple(random_text(rng, loaded.special)[:60] for _ in range(2))
            if paired
            else random_text(rng, loaded.special)
            for _ in range(count)
        ]
        length, pad_id, type_id, token, side, multiple = padding = random_padding(rng)
        cut = rng.random() < 0.5
        limit = (12, "longest_first", 1, rng.choice(SIDES)) if cut else None
        batch = loaded.engine.encode_batch(rows, pairs=paired, padding=padding, truncation=limit)
        try:
            reference.enable_padding(
                direction=side,
                pad_id=pad_id,
                pad_type_id=type_id,
                pad_token=token,
                length=length,
                pad_to_multiple_of=multiple,
            )
            if limit is not None:
                reference.enable_truncation(12, stride=1, direction=limit[3])
            expected = reference.encode_batch(rows)
        finally:
            reference.no_padding()
            reference.no_truncation()
        for row, (text, theirs) in enumerate(zip(rows, expected, strict=True)):
            found = difference(columns(batch.row(row)), columns(theirs))
            assert found is None, (
                f"--differential-seed={seed}: row {row} of {shown(rows)}, {padding=} {limit=}\n{text!r}: {found}"
            )
        check_windows(batch, expected)


def check_windows(batch: Any, expected: list[Any]) -> None:
    """Every overflow window as a row of its own: the ids, and which input each comes from."""
    windows = batch.windows()
    flat = [(source, encoding) for source, whole in enumerate(expected) for encoding in (whole, *whole.overflowing)]
    assert windows.sample_mapping() == [source for source, _ in flat]
    assert windows.lists("ids") == [encoding.ids for _, encoding in flat]
    assert windows.lists("attention_mask") == [encoding.attention_mask for _, encoding in flat]
    assert windows.offset_lists() == [encoding.offsets for _, encoding in flat]
    assert windows.lengths() == [len(encoding.ids) for _, encoding in flat]
    if windows.rectangular():
        assert windows.array("ids").tolist() == windows.lists("ids")
        assert windows.array("type_ids").tolist() == windows.lists("type_ids")


def test_encodings_padded_truncated_and_merged_by_hand(loaded: Loaded, cases: int, rng: random.Random) -> None:
    """The methods of an encoding itself."""
    for _ in range(cases // 40):
        texts = [random_text(rng, loaded.special)[:40] for _ in range(2)]
        mine = [loaded.engine.encode_batch([text]).row(0) for text in texts]
        theirs = [loaded.original.encode(text) for text in texts]
        side, length, stride = rng.choice(SIDES), rng.randrange(2, 20), rng.randrange(2)
        for a, b in zip(mine, theirs, strict=True):
            a.truncate(length, stride=stride, direction=side)
            b.truncate(length, stride=stride, direction=side)
            assert difference(columns(a), columns(b)) is None, (texts, length, stride, side)
            a.pad(length + 3, direction=side, pad_id=1, pad_type_id=2, pad_token="?")
            b.pad(length + 3, direction=side, pad_id=1, pad_type_id=2, pad_token="?")
            assert difference(columns(a), columns(b)) is None, (texts, length, stride, side)
        for growing in (False, True):
            merged = type(mine[0]).merge(mine, growing_offsets=growing)
            expected = type(theirs[0]).merge(theirs, growing_offsets=growing)
            found = difference(columns(merged), columns(expected))
            assert found is None, (texts, length, stride, side, growing, found)
