"""Torch's loaders: batches of tensors made by workers, forked and spawned."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest
from tests.contract.subjects import SUBJECTS
from tests.contract.workers import TEXTS, padded

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    # Of a memory that is pinned, on a machine without an accelerator.
    pytest.mark.filterwarnings("ignore:.*pin_memory:UserWarning"),
]


@pytest.fixture(params=["byte-level-core", "byte-level-library", "python-words", "BertTokenizer"])
def tok(request: pytest.FixtureRequest) -> Any:
    return next(subject for subject in SUBJECTS if subject.name == request.param).tok


@pytest.mark.parametrize(
    "start", [name for name in ("fork", "spawn") if name in multiprocessing.get_all_start_methods()]
)
@pytest.mark.parametrize("workers", [0, 2])
def test_workers_make_batches(tok: Any, workers: int, start: str) -> None:
    torch = pytest.importorskip("torch")
    if not workers and start == "spawn":
        pytest.skip("without workers nothing is started")
    options: dict[str, Any] = {"multiprocessing_context": start, "persistent_workers": True} if workers else {}
    collate = padded(tok)
    expected = [collate(TEXTS[place : place + 8]) for place in range(0, len(TEXTS), 8)]
    loader = torch.utils.data.DataLoader(TEXTS, batch_size=8, collate_fn=collate, num_workers=workers, **options)
    for _ in range(2):
        for batch, right in zip(loader, expected, strict=True):
            assert batch.keys() == right.keys()
            for key, value in right.items():
                assert batch[key].dtype == torch.int64
                assert torch.equal(batch[key], value)


def test_a_collator_pads_what_was_encoded(tok: Any) -> None:
    torch = pytest.importorskip("torch")
    rows = [tok(text) for text in TEXTS]
    loader = torch.utils.data.DataLoader(
        rows, batch_size=8, collate_fn=lambda batch: tok.pad(batch, return_tensors="pt")
    )
    for place, batch in enumerate(loader):
        right = tok(TEXTS[place * 8 : place * 8 + 8], padding=True, return_tensors="pt")
        assert torch.equal(batch["input_ids"], right["input_ids"])
        assert batch["attention_mask"].shape == batch["input_ids"].shape
