"""Every rank file of the shared data gives what tiktoken gave: ids, bytes, offsets and decoded texts."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import data_folder
from tests.golden.golden_files import inputs

from lexel import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

# Encoding → the golden file, the ranks, and whose special tokens they have where that is not the file's.
ENCODINGS: dict[str, tuple[str, str | None]] = {
    "cl100k_base/golden.tiktoken.cl100k_base": ("cl100k_base.tiktoken", None),
    "o200k/golden.tiktoken.o200k_base": ("o200k_base.tiktoken", None),
    "o200k/golden.tiktoken.o200k_harmony": ("o200k_base.tiktoken", "o200k_harmony"),
    "kimi-k2/golden.tiktoken.kimi-k2": ("tiktoken.model", None),
    "llama-3/golden.tiktoken.llama-3": ("tokenizer.model", None),
    "qwen2.5/golden.tiktoken.qwen": ("qwen.tiktoken", None),
}


@lru_cache(maxsize=1)
def tokenizer_of(golden: str) -> Tokenizer:
    name, special = ENCODINGS[golden]
    return Tokenizer.from_file(_folder() / golden.split("/")[0] / name, special_tokens=special)


def _folder() -> Path:
    return data_folder() / "tokenizers"


def described(tokenizer: Any, encoding: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what the tokenizer says about a text, under the names of the golden file."""
    text = case["text"]
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    decoded, offsets = encoding.decode_with_offsets(ids)
    return {
        "ids": ids,
        "ids_special": tokenizer(text, add_special_tokens=False, split_special_tokens=False)["input_ids"],
        "token_bytes": [token.hex() for token in encoding.decode_tokens_bytes(ids)],
        "offsets": offsets,
        "decoded": decoded,
        "decoded_eq_text": tokenizer.decode(ids) == text,
    }


def test_every_golden_file_is_tested(shared_data: Any) -> None:
    found = {f"{path.parent.name}/{path.stem}" for path in shared_data.glob("tokenizers/*/golden.tiktoken.*.jsonl")}
    assert found == set(ENCODINGS)


@pytest.mark.parametrize("golden", ENCODINGS)
def test_ids_bytes_offsets_and_texts_are_the_originals(golden: str, shared_data: Any) -> None:
    path = shared_data / "tokenizers" / f"{golden}.jsonl"
    tokenizer = tokenizer_of(golden)
    assert tokenizer.engine == "native"
    encoding = tokenizer.as_tiktoken()
    wrong = []
    for line in path.read_text(encoding="utf-8").splitlines():
        case = inputs()[json.loads(line)["id"]] | json.loads(line)
        actual = described(tokenizer, encoding, case)
        wrong += [(case["id"], name) for name in case.keys() & actual.keys() if actual[name] != case[name]]
    assert not wrong
    assert encoding.encode("<|", disallowed_special=()) == tokenizer("<|")["input_ids"]
