"""A folder we write is read alike by the releases people have; a folder they write is read alike by us."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.interop.facts import change, facts

import lexel
from lexel import AddedToken, AutoTokenizer
from lexel.families import MODULES
from lexel.families.boxes import WithBoxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.interop.conftest import Peer

    from lexel import TokenizersBackend

CORPUS = [
    "The quick brown fox jumps over the lazy dog, again and again.",
    "Don't panic! It's only 1234567 small steps, isn't it?",
    "naïve café, Straße, Русский, 日本語のテキスト 한국어 😀",
    "def f(x):\n    return x * 2  # twice\n",
]
# What a writer of another release can be asked for, in words of all of them.
CHANGES = {
    "add_tokens": ["q1q", "u1u"],
    "add_special_tokens": {"additional_special_tokens": ["<x1>", "<x2>"], "pad_token": "<pad>"},
    "model_max_length": 77,
    "chat_template": "{{ messages }}",
}
# Readers take the columns and sides from a class where a folder does not state them, and older writers do not.
STATED = ("ids", "without special tokens", "pairs", "named", "image", "size", "limit", "template", "added")


def variants(tok: TokenizersBackend) -> Iterator[tuple[str, TokenizersBackend]]:
    """Yield a tokenizer as it is, with added tokens and other settings, and with other ends."""
    yield "plain", tok
    changed = copy.deepcopy(tok)
    changed.add_tokens(
        ["q1q", AddedToken("u1u", lstrip=True, rstrip=True), AddedToken("sw", single_word=True, normalized=False)]
    )
    changed.add_special_tokens({"extra_special_tokens": ["<x1>", AddedToken("<x2>", rstrip=True)]})
    change(changed, {"padding_side": "left", "truncation_side": "left", "model_max_length": 77, "chat_template": "T"})
    yield "added", changed
    ended = copy.deepcopy(tok)
    missing = {name: f"<{name}>" for name in ("bos_token", "eos_token") if getattr(tok, name) is None}
    ended.add_special_tokens(missing)
    change(ended, {"add_bos_token": True, "add_eos_token": True})
    assert (ended.add_bos_token, ended.add_eos_token) == (True, True)
    yield "ends", ended


def plain(value: Any) -> Any:
    """Return facts as they come from another process."""
    return json.loads(json.dumps(value))


def difference(ours: dict[str, Any], theirs: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the facts that differ."""
    if "error" in theirs:
        return theirs
    return {key: (ours[key], theirs[key]) for key in keys if ours[key] != theirs[key]}


@pytest.fixture(scope="session")
def families() -> dict[str, TokenizersBackend]:
    """A trained tokenizer of every family."""
    made = {}
    for name in MODULES:
        if name == "LasrTokenizer":
            # Its unknown token is a space whatever the vocabulary, so trained ones have that piece twice.
            continue
        kind = getattr(lexel, name)
        if issubclass(kind, WithBoxes):
            # Their calls take words with boxes: what they make of texts is not to be asked.
            continue
        made[name] = kind().train_new_from_iterator(CORPUS * 3, 120 if kind.model == "Unigram" else 420)
    return made


@pytest.fixture(scope="session")
def saved(
    families: dict[str, TokenizersBackend], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[TokenizersBackend, Path]]:
    """Every variant of every family, and the folder it is in."""
    home = tmp_path_factory.mktemp("saved")
    made = {}
    for name, tok in families.items():
        for variant, changed in variants(tok):
            folder = home / name / variant
            changed.save_pretrained(folder)
            made[f"{name} {variant}"] = changed, folder
    return made


def check_reading(saved: dict[str, tuple[TokenizersBackend, Path]], peer_does: Callable[..., Any]) -> None:
    """Check that a peer reads each folder as what was saved, and that we do."""
    found = peer_does({name: {"folder": str(folder)} for name, (_, folder) in saved.items()})
    wrong = {}
    for name, (tok, folder) in saved.items():
        ours = plain(facts(tok))
        again = AutoTokenizer.from_pretrained(folder)
        assert type(again) is type(tok)
        assert plain(facts(again)) == ours, name
        if differs := difference(ours, found[name], ours):
            wrong[name] = differs
    assert wrong == {}


def check_writing(folders: dict[str, Path], peer_does: Callable[..., Any], home: Path) -> None:
    """Check that we read what a peer writes."""
    jobs = {
        name: {"folder": str(folder), "changes": CHANGES, "save": str(home / str(index))}
        for index, (name, folder) in enumerate(folders.items())
    }
    found = peer_does(jobs)
    wrong = {}
    for name, job in jobs.items():
        theirs = found[name]
        ours = theirs if "error" in theirs else plain(facts(AutoTokenizer.from_pretrained(job["save"])))
        if differs := difference(ours, theirs, STATED):
            wrong[name] = differs
    assert wrong == {}


def test_what_we_write_is_read_alike(
    saved: dict[str, tuple[TokenizersBackend, Path]], peer_does: Callable[..., Any]
) -> None:
    check_reading(saved, peer_does)


def test_what_we_write_in_today_s_form_is_read_alike(
    saved: dict[str, tuple[TokenizersBackend, Path]], peer: Peer, peer_does: Callable[..., Any], tmp_path: Path
) -> None:
    if peer.version < "5":
        pytest.skip("older releases do not read this form")
    written = {}
    for name, (tok, _) in saved.items():
        tok.save_pretrained(tmp_path / name, compat="v5")
        written[name] = tok, tmp_path / name
    # It takes the flags from extra special tokens that are not its own, in the folders it writes as well.
    del written["MLukeTokenizer added"]
    check_reading(written, peer_does)


def test_what_is_written_elsewhere_is_read_alike(
    saved: dict[str, tuple[TokenizersBackend, Path]], peer_does: Callable[..., Any], tmp_path: Path
) -> None:
    folders = {name: folder for name, (_, folder) in saved.items() if name.endswith("plain")}
    check_writing(folders, peer_does, tmp_path)


def real(shared_data: Path) -> dict[str, Path]:
    """Return the folders with a pipeline that every release has a class for."""
    home = shared_data / "tokenizers"
    return {path.parent.name: path.parent for path in sorted(home.glob("*/tokenizer.json"))}


@pytest.mark.slow
def test_real_folders_we_write_are_read_alike(shared_data: Path, peer_does: Callable[..., Any], tmp_path: Path) -> None:
    saved = {}
    for name, folder in real(shared_data).items():
        for variant, tok in variants(AutoTokenizer.from_pretrained(folder)):
            tok.save_pretrained(tmp_path / name / variant)
            saved[f"{name} {variant}"] = tok, tmp_path / name / variant
    check_reading(saved, peer_does)


@pytest.mark.slow
def test_real_folders_written_elsewhere_are_read_alike(
    shared_data: Path, peer_does: Callable[..., Any], tmp_path: Path
) -> None:
    folders = {}
    for name, folder in real(shared_data).items():
        # Through us once: not every release finds the class of every folder here.
        AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path / "ours" / name)
        folders[name] = tmp_path / "ours" / name
    check_writing(folders, peer_does, tmp_path)
