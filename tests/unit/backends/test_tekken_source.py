from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.property.file_formats import tekken

from lexel import AutoTokenizer, LoadError, Tokenizer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model" / "my-tekken-1.json"
    path.parent.mkdir()
    path.write_bytes(tekken())
    return path


def test_the_file_is_written_again(path: Path, tmp_path: Path) -> None:
    for tok in (Tokenizer.from_file(path), AutoTokenizer.from_pretrained(path.parent)):
        target = tmp_path / "saved" / type(tok).__name__
        assert tok.save_pretrained(target, save_format="mistral") == (str(target / "tekken.json"),)
        assert [one.name for one in target.iterdir()] == ["tekken.json"]
        assert (target / "tekken.json").read_bytes() == path.read_bytes()
        again = Tokenizer.from_file(target / "tekken.json")
        assert again.encode("ab <s>") == tok.encode("ab <s>")
        assert again.save_pretrained(target, save_format="mistral") == (str(target / "tekken.json"),), "in its place"


def test_changes_are_not_dropped(path: Path, tmp_path: Path) -> None:
    tok = Tokenizer.from_file(path)
    tok.add_tokens(["new"])
    with pytest.raises(ValueError, match=r"unexpected added tokens: \['new'\]; it has 278 tokens, and the file 277"):
        tok.save_pretrained(tmp_path / "saved", save_format="mistral")
    assert not (tmp_path / "saved").exists()
    paths = tok.save_pretrained(tmp_path / "saved", save_format="hf")
    assert len(paths) == 2
    with pytest.raises(LoadError, match=r"copies the tekken\.json a tokenizer was read from, and there is none"):
        Tokenizer.from_pretrained(tmp_path / "saved").save_pretrained(tmp_path / "x", save_format="mistral")


def test_the_file_is_gone(path: Path, tmp_path: Path) -> None:
    tok = Tokenizer.from_file(path)
    path.unlink()
    with pytest.raises(LoadError, match="there is none"):
        tok.save_pretrained(tmp_path / "saved", save_format="mistral")
