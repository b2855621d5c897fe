"""Small folders the dispatcher is asked about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import GPT2Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a byte-level pipeline and nothing else."""
    home = tmp_path / "folder"
    GPT2Tokenizer().train_new_from_iterator(["the quick brown fox"], 270).save_pretrained(home)
    (home / "tokenizer_config.json").unlink()
    return home


@pytest.fixture
def configure(folder: Path) -> Callable[..., Path]:
    """A function that writes the configuration of the folder, and of the model where `model=` is given."""

    def write(model: dict[str, Any] | None = None, **config: Any) -> Path:
        (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
        if model is not None:
            (folder / "config.json").write_text(json.dumps(model), "utf-8")
        return folder

    return write
