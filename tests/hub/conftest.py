"""The hub of these tests, and the real client that talks to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.hub.stub import Hub

from lexel import GPT2Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A running hub that the client of this process asks, with an empty cache."""
    from huggingface_hub import constants

    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with Hub().running() as made:
        monkeypatch.setattr(constants, "ENDPOINT", made.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", made.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        # Read from the environment once, when some test first imported the client.
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield made


@pytest.fixture(scope="session")
def tokenizer() -> GPT2Tokenizer:
    """A small trained tokenizer."""
    return GPT2Tokenizer().train_new_from_iterator(["the quick brown fox"], 270)


@pytest.fixture(scope="session")
def files(tokenizer: GPT2Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Its folder, and weights beside it."""
    folder = tmp_path_factory.mktemp("saved")
    tokenizer.chat_template = {"default": "D", "tool_use": "T"}
    tokenizer.save_pretrained(folder)
    tokenizer.chat_template = None
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {**found, "config.json": b'{"model_type": "gpt2"}', "model.safetensors": b"0" * 1000, "README.md": b"# x\n"}
