"""Folders of 2019 to 2024 are read by us as by the releases people have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.interop.facts import facts
from tests.interop.legacy import folders
from tests.interop.test_folders import STATED, difference, plain

from lexel import AutoTokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interop.conftest import Peer

# Release → folder → facts that are otherwise there: 5.23 takes flags from tokens that other files call special or state
# flags of; 4.57 adds the names of a model after the other special tokens.
OTHERWISE: dict[str, dict[str, set[str]]] = {
    "5": {"gpt2 with added tokens": {"added"}, "own flags": {"added"}},
    "4": {"names of 2024": {"ids", "without special tokens", "pairs", "added"}},
}


def test_they_are_read_alike(peer: Peer, peer_does: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    made = dict(folders(tmp_path))
    found = peer_does({name: {"folder": str(folder)} for name, folder in made.items()})
    otherwise = OTHERWISE[peer.version[0]]
    wrong = {}
    for name, folder in made.items():
        ours = plain(facts(AutoTokenizer.from_pretrained(folder)))
        keys = set(STATED) | ({"columns", "inputs", "padded", "sides"} if peer.version >= "5" else set())
        assert keys <= {*ours}
        if differs := difference(ours, found[name], keys - otherwise.get(name, set())):
            wrong[name] = differs
    assert wrong == {}
    assert all(
        difference(plain(facts(AutoTokenizer.from_pretrained(made[name]))), found[name], keys)
        for name, keys in otherwise.items()
    )


def test_what_we_save_of_them_is_read_back(tmp_path: Path) -> None:
    for name, folder in folders(tmp_path):
        tok = AutoTokenizer.from_pretrained(folder)
        first, second = folder.with_name(folder.name + "-1"), folder.with_name(folder.name + "-2")
        tok.save_pretrained(first)
        again = AutoTokenizer.from_pretrained(first)
        assert plain(facts(again)) == plain(facts(tok)), name
        again.save_pretrained(second)
        assert content(first) == content(second), name


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
