"""A broken file of any format is refused by name or works; nothing else happens, whatever is broken."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.file_formats import BESIDE, FORMATS, broken, broken_json
from tests.property.hostile import PROPERTY

from lexel import Tokenizer
from lexel.converters import detect
from lexel.errors import FormatError, LexelError, LoadError, UnsupportedError, VocabularyError

REFUSALS = (FormatError, LoadError, UnsupportedError, VocabularyError)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "ranks.tiktoken": {"pattern": r"\p{L}+|\s+|.", "special_tokens": {"<end>": 300}}
}


def opened(name: str, content: bytes) -> Tokenizer | str:
    """Open a file, with what belongs beside it; return why not if it is refused."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        for other, make in BESIDE.get(name, {}).items():
            path.with_name(other).write_bytes(make())
        path.write_bytes(content)
        try:
            # Ranks are the one format that does not say how it splits; what is broken may be another one now.
            return Tokenizer.from_file(path, **_arguments(path, name))
        except REFUSALS as error:
            return str(error)


def _arguments(path: Path, name: str) -> dict[str, Any]:
    arguments = ARGUMENTS.get(name, {})
    return arguments if arguments and detect(path) == "tiktoken rank file" else {}


def used(name: str, content: bytes) -> bool:
    """Open a file and use it; return whether it was opened."""
    tok = opened(name, content)
    if isinstance(tok, str):
        assert 0 < len(tok) < 3000
        return False
    for text in ("", "the ab <s> é日\n", " ab" * 5):
        try:
            found = tok.encode(text)
            tok.decode(found)
            tok.decode(found, skip_special_tokens=True)
        except LexelError:
            continue
    assert len(tok.get_vocab()) <= len(tok) or len(tok) > 0
    return True


@pytest.mark.parametrize("name", FORMATS)
def test_the_sound_file_opens(name: str) -> None:
    assert used(name, FORMATS[name]())


@pytest.mark.parametrize("name", FORMATS)
@PROPERTY
@given(seed=st.integers(0, 2**32))
def test_broken_bytes_are_refused_or_work(name: str, seed: int) -> None:
    used(name, broken(FORMATS[name](), seed))


@pytest.mark.parametrize("name", [name for name in FORMATS if name.endswith(".json")])
@PROPERTY
@given(data=st.data())
def test_values_of_other_kinds_are_refused_or_work(name: str, data: st.DataObject) -> None:
    used(name, data.draw(broken_json(FORMATS[name]())))


@pytest.mark.parametrize("name", FORMATS)
def test_every_length_of_a_file_cut_short(name: str) -> None:
    content = FORMATS[name]()
    step = max(1, len(content) // 60)
    for size in range(0, len(content), step):
        used(name, content[:size])


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer.model", "x"])
def test_the_name_says_nothing(name: str) -> None:
    for kind, make in FORMATS.items():
        if kind not in BESIDE and kind not in ARGUMENTS:  # those have names of other files beside them, or arguments
            assert isinstance(opened(name, make()), Tokenizer), kind


@PROPERTY
@given(
    content=st.one_of(st.binary(max_size=80), st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_bytes_are_refused_or_work(content: bytes) -> None:
    used("some.file", content)


def test_deep_json_is_refused() -> None:
    for text in (
        '{"a": ' * 100_000,
        '{"vocab": ' + "[" * 100_000,
        json.dumps({"model": {}})[:-1] + ', "x": ' + "[" * 99_999,
    ):
        assert isinstance(opened("tokenizer.json", text.encode()), str)
