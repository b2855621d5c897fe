"""The same calls give the same here and in the reference, row by row: results, columns, kinds of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.interop.surface_calls import answers, pipeline_calls, python_calls, python_tokenizers, shared_calls

import lexel
from lexel import AddedToken, AutoTokenizer, PreTrainedTokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Peer

CORPUS = [
    "Hello world, how are you? I'm fine: thanks, and you?",
    "naïve café, Straße, 日本語 😀 the quick brown fox jumps over the lazy dog!",
]
FAMILIES = ("BertTokenizer", "RobertaTokenizer", "T5Tokenizer", "AlbertTokenizer")
REAL = "bert-base-cased t5 qwen2.5 clip-vit roberta-base xlm-roberta xlnet-base-cased gemma-4"
# Where the reference's own words are these, ours is another error that says more (docs/compatibility.md).
SAID_BETTER = {"AssertionError", "Exception", "PanicException"}


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return the calls with another result; an error is the same if ours is one of theirs."""
    wrong = {}
    for call, expected in theirs.items():
        found = ours[call]
        if isinstance(expected, dict) and "raises" in expected:
            kind = expected["raises"][0]
            same = isinstance(found, dict) and (kind in found.get("raises", ()) or kind in SAID_BETTER)
        else:
            same = found == expected
        if not same:
            wrong[call] = (found, expected)
    return wrong


def check(peer: Peer, folders: dict[str, Path], home: Path) -> None:
    """Compare the answers of all tokenizers of some folders, and of those written in Python, with the peer's."""
    theirs = peer.do({name: str(folder) for name, folder in folders.items()}, home, "surface_calls.py")
    ours = {
        name: answers(AutoTokenizer.from_pretrained(folder), shared_calls() + pipeline_calls())
        for name, folder in folders.items()
    }
    for name, tok in python_tokenizers(PreTrainedTokenizer, AddedToken).items():
        ours[name] = answers(tok, shared_calls() + python_calls())
    wrong = {name: differs for name in theirs if (differs := difference(ours[name], theirs[name]))}
    assert wrong == {}
    assert set(theirs) == set(ours)


@pytest.fixture
def reference(peer: Peer) -> Peer:
    """The release this surface follows."""
    if not peer.version.startswith("5."):
        pytest.skip(f"the surface of {peer.version} is another one")
    return peer


def test_calls_of_small_tokenizers(reference: Peer, tmp_path: Path) -> None:
    folders = {}
    for name in FAMILIES:
        kind = getattr(lexel, name)
        tok = kind().train_new_from_iterator(CORPUS * 3, 110 if kind.model == "Unigram" else 420)
        tok.save_pretrained(tmp_path / name)
        folders[name] = tmp_path / name
    check(reference, folders, tmp_path)


@pytest.mark.slow
def test_calls_of_real_tokenizers(reference: Peer, shared_data: Path, tmp_path: Path) -> None:
    folders = {}
    for name in REAL.split():
        tok = AutoTokenizer.from_pretrained(shared_data / "tokenizers" / name)
        if tok.pad_token is None:
            tok.pad_token = tok.convert_ids_to_tokens(0)
        tok.save_pretrained(tmp_path / name)
        folders[name] = tmp_path / name
    check(reference, folders, tmp_path)
