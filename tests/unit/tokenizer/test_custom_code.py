"""The code of marked classes is saved with their tokenizers."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, GPT2Tokenizer, TokenizersBackend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A package of a user, with a tokenizer class that needs a file beside its own."""
    home = tmp_path / "theirs"
    home.mkdir()
    (home / "__init__.py").write_text("")
    (home / "words.py").write_text("from . import digits, letters\nWORDS = letters.LETTERS + digits.NONE\n")
    (home / "digits.py").write_text("def late():\n    from .inner.deep import NOTHING\n    return NOTHING\nNONE = ''\n")
    (home / "inner").mkdir()
    (home / "inner" / "__init__.py").write_text("")
    (home / "inner" / "deep.py").write_text("NOTHING = None\n")
    (home / "letters.py").write_text("LETTERS = 'abc'\n")
    (home / "unused.py").write_text("")
    (home / "mine.py").write_text(
        "from lexel import GPT2Tokenizer, PythonBackend\nfrom .words import WORDS\n\n"
        "class MineTokenizer(GPT2Tokenizer):\n    pass\n\n"
        "class MinePythonTokenizer(PythonBackend):\n"
        "    vocab_size = 3\n"
        "    def get_vocab(self):\n        return {**{c: i for i, c in enumerate(WORDS)}, **self.get_added_vocab()}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("theirs.mine")
    for name in [name for name in sys.modules if name.split(".")[0] == "theirs"]:
        del sys.modules[name]


def saved(tok: Any, folder: Path, **options: Any) -> tuple[set[str], Any]:
    tok.save_pretrained(folder, **options)
    config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    return {str(path.relative_to(folder)) for path in folder.rglob("*.py")}, config.get("auto_map")


def test_marked_classes_take_their_code_along(package: Any, tmp_path: Path) -> None:
    kinds = (package.MineTokenizer, package.MinePythonTokenizer)
    assert saved(kinds[0](), tmp_path / "plain") == (set(), None)
    for kind, places in zip(kinds, ([None, "mine.MineTokenizer"], ["mine.MinePythonTokenizer", None]), strict=True):
        kind.register_for_auto_class()
        assert saved(kind(), tmp_path / kind.__name__) == (
            {"mine.py", "words.py", "letters.py", "digits.py", "inner/deep.py"},
            {"AutoTokenizer": places},
        )
        assert saved(kind(), tmp_path / kind.__name__, compat="v5")[1] == {"AutoTokenizer": f"mine.{kind.__name__}"}
    assert saved(GPT2Tokenizer(), tmp_path / "ours") == (set(), None)


def test_code_of_a_folder_is_not_run_unasked(package: Any, tmp_path: Path) -> None:
    package.MineTokenizer.register_for_auto_class()
    package.MineTokenizer().save_pretrained(tmp_path / "saved")
    (tmp_path / "saved" / "mine.py").write_text("raise SystemExit('this was run')")
    for asked in ({}, {"trust_remote_code": False}):
        again = AutoTokenizer.from_pretrained(tmp_path / "saved", **asked)
        assert type(again) is TokenizersBackend
        assert any("that code was not run" in step for step in AutoTokenizer.explain(tmp_path / "saved").steps)


def test_a_class_without_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kind = type("Made", (GPT2Tokenizer,), {"__module__": "__main__"})
    kind.register_for_auto_class()  # type: ignore[attr-defined]
    with caplog.at_level(logging.WARNING):
        assert saved(kind(), tmp_path) == (set(), None)
    assert "its code is not saved" in caplog.text
