"""What the tests of the runtime share: one thread, the models of the shared data, a small model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

try:
    import torch

    from lexel.runtime import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
except ImportError:
    # Without the torch extra there is nothing here to collect; `-m torch` then finds no test, which is a failure.
    collect_ignore_glob = ["test_*.py"]

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.torch)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def stories_folder(shared_data: Path) -> Path:
    return shared_data / "models" / "stories260K"


@pytest.fixture(scope="session")
def stories(stories_folder: Path) -> LlamaForCausalLM:
    """A trained model of 260 thousand parameters; not to be changed."""
    return AutoModelForCausalLM.from_pretrained(stories_folder)


@pytest.fixture(scope="session")
def stories_expected(stories_folder: Path) -> dict[str, Any]:
    return json.loads((stories_folder / "expected.json").read_text())


@pytest.fixture(scope="session")
def tiny_folder(shared_data: Path) -> Path:
    return shared_data / "models" / "tiny-random"


@pytest.fixture
def tiny_config() -> LlamaConfig:
    return LlamaConfig(
        vocab_size=61,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.3,
        eos_token_id=None,
    )


@pytest.fixture
def tiny(tiny_config: LlamaConfig) -> LlamaForCausalLM:
    """A model of random weights, drawn with a fixed seed."""
    torch.manual_seed(3)
    return LlamaForCausalLM(tiny_config).eval()
