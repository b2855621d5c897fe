"""The golden files of the shared data: what an original said about every input, once and for all."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tests.conftest import data_folder

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

Case = dict[str, Any]


def families(golden: str) -> list[str]:
    """Return the folders that have a `tokenizer.json` and golden files of this name."""
    folder = data_folder() / "tokenizers"
    found = folder.glob(f"*/golden.{golden}.jsonl") if folder.is_dir() else []
    return sorted({path.parent.name for path in found if (path.parent / "tokenizer.json").is_file()})


@cache
def refused() -> dict[str, str]:
    """Return the families whose file the engine does not compile, and why."""
    reasons = {}
    for path in sorted((data_folder() / "tokenizers").glob("*/tokenizer.json")):
        try:
            Engine.from_json(path.read_bytes(), path=str(path))
        except UnsupportedError as error:
            reasons[path.parent.name] = str(error)
    return reasons


def native(golden: str) -> list[str]:
    """Return the families with golden files of this name that the engine compiles."""
    return [family for family in families(golden) if family not in refused()]


def folder_of(family: str) -> Path:
    """Return the folder of a family."""
    return data_folder() / "tokenizers" / family


@lru_cache(maxsize=8)
def read(family: str, golden: str) -> list[Case]:
    """Return the cases of a golden file; texts that only `inputs.jsonl` has are filled in."""
    (path,) = folder_of(family).glob(f"golden.{golden}.jsonl")
    with path.open(encoding="utf-8") as lines:
        return [inputs()[case["id"]] | case for case in map(json.loads, lines)]


@lru_cache(maxsize=1)
def inputs() -> dict[str, Case]:
    """Return the input list by id."""
    with (data_folder() / "inputs.jsonl").open(encoding="utf-8") as lines:
        return {case["id"]: case for case in map(json.loads, lines)}


@lru_cache(maxsize=8)
def added_contents(family: str) -> frozenset[str]:
    """Return the contents of the added tokens of a file."""
    content = json.loads((folder_of(family) / "tokenizer.json").read_bytes())
    return frozenset(token["content"] for token in content["added_tokens"])


def differs(family: str, name: str, actual: Any, expected: Any) -> bool:
    """Return whether a column differs. Tokens are contents here, and there the text an added token was found in."""
    if actual == expected:
        return False
    if name not in ("tokens", "tokens_special") or len(actual) != len(expected):
        return True
    added = added_contents(family)
    return any(
        ours != theirs and not (ours in added and theirs.strip().lower() == ours.lower())
        for ours, theirs in zip(actual, expected, strict=True)
    )
