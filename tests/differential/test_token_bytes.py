"""The bytes of single tokens: joined they are the decoded text, for every tokenizer there is."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential import references
from tests.differential.strings import random_text

from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel._lexel import Engine

pytestmark = pytest.mark.differential


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", references.native())


def decoders(engine: Engine) -> list[dict[str, Any]]:
    stage = json.loads(engine.component("decoder") or "{}")
    return list(stage["decoders"]) if stage.get("type") == "Sequence" else [stage]


def at_the_edges(text: str, kinds: Sequence[str], row: Sequence[str]) -> list[str]:
    """Return what a decoded text may be, of the text that its bytes give: what goes at its start has gone, or not."""
    texts = [text, text[1:]] if text.startswith(" ") else [text]
    if "Metaspace" in kinds and row:
        # All visible spaces of the first token go, wherever in it they stand.
        first = row[0].replace("▁", " ")
        texts.append(row[0].replace("▁", "") + text[len(first) :])
    if "WordPiece" in kinds and row and row[0].startswith("##"):
        # The first token is taken as it is.
        texts.append("##" + text)
    return texts


def test_joined_they_are_the_text(name: str, cases: int, seed: str) -> None:
    engine = references.load(name).engine
    kinds = [stage.get("type", "") for stage in decoders(engine)]
    table, offsets = engine.token_bytes_table()
    starts = offsets.tolist()
    assert (starts[0], starts[-1]) == (0, len(table))
    special = {id_ for id_, _ in engine.added_tokens()}
    ids = [id_ for id_ in engine.vocab().values() if id_ not in special]
    rng = random.Random(f"{seed}/{name}")
    for _ in range(cases // 4):
        if rng.random() < 0.5:
            row = [id_ for id_ in engine.encode(random_text(rng), add_special_tokens=False) if id_ not in special]
        else:
            row = rng.choices(ids, k=rng.randint(1, 12))
        tokens = [str(engine.id_to_token(id_)) for id_ in row]
        pieces = [table[starts[id_] : starts[id_ + 1]] for id_ in row]
        if "ByteFallback" in kinds:
            pieces = spoiled_runs(tokens, pieces)
        joined = b"".join(pieces).decode("utf-8", "replace")
        assert engine.decode(row) in at_the_edges(joined, kinds, tokens), (row, tokens, joined)


def spoiled_runs(tokens: Sequence[str], pieces: Sequence[bytes]) -> list[bytes]:
    """In a run of bytes that is no text as a whole, every byte is a replacement character."""
    runs: list[list[bytes]] = []
    single = [len(token) == 6 and token.startswith("<0x") for token in tokens]
    for at, piece in enumerate(pieces):
        if at and single[at] and single[at - 1]:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    result = []
    for run in runs:
        try:
            b"".join(run).decode()
            result += run
        except UnicodeDecodeError:
            result += ["\ufffd".encode()] * len(run)
    return result


def test_the_table_says_what_each_id_says(name: str) -> None:
    engine = references.load(name).engine
    table, offsets = engine.token_bytes_table()
    starts = offsets.tolist()
    ids = range(len(starts) - 1)
    for id_ in [*ids[:400], *ids[-400:]]:
        assert table[starts[id_] : starts[id_ + 1]] == (engine.token_bytes(id_) or b"")
    assert engine.token_bytes(len(starts) - 1) is None
    for id_, flags in engine.added_tokens():
        if flags[5]:
            assert engine.token_bytes(id_) == flags[0].encode()


def test_a_decoder_that_looks_at_neighbours_says_so() -> None:
    ctc = {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}
    engine = references.load("trained-metaspace").engine.with_component("decoder", json.dumps(ctc))
    with pytest.raises(UnsupportedError, match=r"decoder.*CTC"):
        engine.token_bytes(0)
    with pytest.raises(UnsupportedError, match="CTC"):
        engine.token_bytes_table()


def test_a_table_of_gaps_is_refused() -> None:
    far = (4_000_000_000, ("<far>", False, False, False, False, False))
    engine = references.load("trained-byte-level").engine.with_added_token_ids([far])
    assert engine.token_bytes(4_000_000_000) == b"<far>"
    with pytest.raises(UnsupportedError, match="4000000001"):
        engine.token_bytes_table()
