"""Paths that hold no tokenizer: every error says which path, and none of them is a bare one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lexel
from lexel.errors import FormatError, LexelError, LoadError

if TYPE_CHECKING:
    from pathlib import Path

LOADERS = {
    "Tokenizer.from_file": lexel.Tokenizer.from_file,
    "TokenizersBackend.from_file": lexel.TokenizersBackend.from_file,
    "Tokenizer.from_pretrained": lexel.Tokenizer.from_pretrained,
    "AutoTokenizer.from_pretrained": lexel.AutoTokenizer.from_pretrained,
    "GPT2Tokenizer.from_pretrained": lexel.GPT2Tokenizer.from_pretrained,
}


@pytest.fixture(params=LOADERS.values(), ids=LOADERS.keys())
def load(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return request.param


def named(error: BaseException, path: Path) -> None:
    assert str(path) in str(error)


def test_a_path_that_is_not_there(load: Any, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "tokenizer.json"
    with pytest.raises(LoadError) as caught:
        load(path)
    named(caught.value, path)


def test_a_folder_without_a_tokenizer(load: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(LoadError) as caught:
        load(tmp_path)
    named(caught.value, tmp_path)


def test_a_folder_in_place_of_the_file(load: Any, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").mkdir()
    with pytest.raises(LexelError) as caught:
        load(tmp_path / "tokenizer.json")
    assert isinstance(caught.value, LoadError)
    named(caught.value, tmp_path)


NO_TOKENIZER = {
    "empty": b"",
    "cut": b"{",
    "text": b"nothing",
    "bytes": b"\xff\xfe\x00",
    "list": b"[]",
    "model": b'{"model": {}}',
}


@pytest.mark.parametrize("content", NO_TOKENIZER.values(), ids=NO_TOKENIZER.keys())
def test_a_file_that_is_no_tokenizer(load: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    for where in (path, tmp_path) if "from_pretrained" in load.__name__ else (path,):
        with pytest.raises((FormatError, lexel.UnsupportedError)) as caught:
            load(where)
        named(caught.value, path)


def test_a_broken_configuration_beside_it(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}')
    path = tmp_path / "tokenizer_config.json"
    for content in ("{", "[]", "\0"):
        path.write_text(content)
        with pytest.raises(FormatError) as caught:
            lexel.AutoTokenizer.from_pretrained(tmp_path)
        named(caught.value, path)


def test_a_name_that_is_no_repository(load: Any) -> None:
    for name in ("", "no such/name/at all", "owner/nothing-of-this-name"):
        with pytest.raises((LoadError, FormatError, ValueError)) as caught:
            load(name)
        assert name in str(caught.value)


@pytest.mark.parametrize("value", [None, 1, b"bytes", ["list"]])
def test_what_is_no_path(load: Any, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        load(value)
