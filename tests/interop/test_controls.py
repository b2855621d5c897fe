"""Control tokens that users type become the same ids here and in the reference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.interop.control_calls import answers

from lexel import TokenizersBackend

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Peer

# Bytes, visible spaces with and without byte fallback, charsmaps, accents stripped.
NAMES = ("llama-2", "mistral-v1", "gpt2", "qwen2.5", "bert-base-uncased", "t5", "xlm-roberta", "roberta-base", "phi-3")


def check(peer: Peer, shared_data: Path, home: Path, count: int) -> None:
    if not peer.version.startswith("5."):
        pytest.skip(f"{peer.version} does not sanitize")
    files = {name: shared_data / "tokenizers" / name / "tokenizer.json" for name in NAMES}
    paths = {name: str(path) for name, path in files.items() if path.is_file()}
    theirs = peer.do({"tokenizers": paths, "count": count}, home, "control_calls.py")
    wrong = {}
    for name, path in paths.items():
        ours = json.loads(json.dumps(answers(TokenizersBackend(tokenizer_file=path), name, count)))
        for number, (found, expected) in enumerate(zip(ours, theirs[name], strict=True)):
            if found != expected:
                wrong[f"{name} {number}"] = (found, expected)
    assert wrong == {}
    assert len(paths) > len(NAMES) / 2


def test_typed_control_tokens_have_the_reference_s_ids(peer: Peer, shared_data: Path, tmp_path: Path) -> None:
    check(peer, shared_data, tmp_path, 40)


@pytest.mark.slow
def test_many_attacks(peer: Peer, shared_data: Path, tmp_path: Path) -> None:
    check(peer, shared_data, tmp_path, 600)
