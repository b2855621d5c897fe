"""Texts that tokenizer libraries are known to get wrong: here the ids are the reference's, on every kind of model."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from lexel._lexel import Engine

pytestmark = pytest.mark.differential
# The benchmarks ask other libraries the same.
CASES = Path(__file__).resolve().parents[2] / "benchmarks" / "field" / "edges.py"
FOLDERS = (
    *("gpt2", "llama-3", "qwen2.5", "deepseek-v3", "olmo2", "smollm2", "whisper-large-v3", "gpt-neox-20b"),
    *("llama-2", "phi-3", "gemma-4", "clip-vit", "bert-base-uncased", "bert-base-multilingual-cased"),
    *("t5", "xlm-roberta", "xlnet-base-cased"),
)


def cases() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("edges", CASES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, str] = module.CASES
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_ids_and_spans_are_the_references(shared_data: Path, folder: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    path = shared_data / "tokenizers" / folder / "tokenizer.json"
    engine, reference = Engine.from_json(path.read_bytes()), tokenizers.Tokenizer.from_file(str(path))
    reference.no_padding()
    reference.no_truncation()
    for case, text in cases().items():
        expected = reference.encode(text, add_special_tokens=False)
        assert engine.encode(text, add_special_tokens=False) == expected.ids, case
        if len(text) < 10_000:
            row = engine.encode_batch([text], add_special_tokens=False).row(0)
            assert (row.ids, row.offsets) == (expected.ids, expected.offsets), case
