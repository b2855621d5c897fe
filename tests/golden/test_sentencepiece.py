"""Every SentencePiece model of the shared data gives what that library gave, column by column."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from tests.conftest import data_folder
from tests.golden.golden_files import inputs

from lexel._lexel import Engine
from lexel.converters import spm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.golden.golden_files import Case

# Where the golden file does not tell which model it is of: the only one of its folder.
GOLDEN = "golden.sentencepiece*.jsonl"


def models() -> list[tuple[str, str]]:
    """Return models and their golden files, as paths in the folder of tokenizers."""
    folder = data_folder() / "tokenizers"
    found = []
    for golden in sorted(folder.glob(f"*/{GOLDEN}")) if folder.is_dir() else []:
        name = golden.name.removeprefix("golden.sentencepiece").removesuffix(".jsonl").lstrip(".")
        files = [path for path in golden.parent.iterdir() if path.suffix in (".model", ".spm")]
        (model,) = [path for path in files if path.stem == name or not name]
        found.append((str(model.relative_to(folder)), str(golden.relative_to(folder))))
    return found


@lru_cache(maxsize=1)
def engine_of(model: str) -> Engine:
    return Engine.from_json(spm.convert(data_folder() / "tokenizers" / model).to_json())


def cases(golden: str) -> list[Case]:
    with (data_folder() / "tokenizers" / golden).open(encoding="utf-8") as lines:
        found = [inputs().get(case["id"], {}) | case for case in map(json.loads, lines)]
    return [case for case in found if "text_pair" not in case]


def described(engine: Engine, case: Case) -> Case:
    """Return what the engine says about an input, under the names of the golden file."""
    plain = {"add_special_tokens": False, "split_special_tokens": True}
    row = engine.encode_batch([case["text"]], byte_offsets=True, **plain).row(0)
    assert engine.encode(case["text"], **plain) == row.ids
    decoded = engine.decode(row.ids)
    stream = engine.decode_stream()
    assert "".join(map(stream.feed, row.ids)) + stream.flush() == decoded
    return {
        "ids": row.ids,
        "tokens": row.tokens,
        "byte_offsets": [list(span) for span in row.offsets],
        "normalized": engine.normalize(case["text"]),
        "decoded": decoded,
        "decoded_eq_text": decoded == case["text"],
    }


def test_the_shared_data_has_models(shared_data: Path) -> None:
    assert shared_data.is_dir()
    assert len(models()) >= 10


@pytest.mark.parametrize(("model", "golden"), models())
def test_columns(model: str, golden: str) -> None:
    engine = engine_of(model)
    # What is written is the same tokenizer.
    assert Engine.from_json(engine.to_json()).to_json() == engine.to_json()
    wrong = []
    for case in cases(golden):
        actual = described(engine, case)
        for name, expected in case.items():
            if name in actual and actual[name] != expected:
                wrong.append(f"{case['id']} {name}: {actual[name]!r:.300}, expected {expected!r:.300}")
    assert wrong == []
