from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lexel import FormatError
from lexel.converters import FileFormat
from lexel.converters.folder import candidates, source_of
from lexel.hub import open_files

if TYPE_CHECKING:
    from pathlib import Path

MODEL = b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02"
RANKS = b"IQ== 0\nIg== 1\n"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["vocab.txt", "config.json"], ["vocab.txt"]),
        (["vocab.json", "merges.txt", "vocab.txt"], ["vocab.json", "vocab.txt"]),
        (["vocab.json"], []),
        (["encoder.json", "vocab.bpe"], ["encoder.json"]),
        (["tokenizer.model.v3", "tokenizer.model.v7m1", "tokenizer.model"],
         ["tokenizer.model", "tokenizer.model.v7m1", "tokenizer.model.v3"]),
        (["tokenizer.model", "a-tekken.json", "tekken.json"], ["tekken.json", "a-tekken.json", "tokenizer.model"]),
        (["b.tiktoken", "tiktoken.model", "a.tiktoken"], ["tiktoken.model", "a.tiktoken", "b.tiktoken"]),
        (["source.spm", "target.spm", "vocab.json"], ["source.spm", "target.spm"]),
        (["b.model", "spiece.model", "a.spm"], ["spiece.model", "a.spm", "b.model"]),
        (["m-00002-of-00002.gguf", "m-00001-of-00002.gguf", "mmproj-m.gguf"], ["m-00001-of-00002.gguf"]),
        (["README.md", "model.safetensors", "tokenizer_config.json"], []),
    ],
)  # fmt: skip
def test_names_say_which_files_are_worth_looking_at(names: list[str], expected: list[str]) -> None:
    assert [candidate.name for candidate in candidates(names)] == expected
    assert [candidate.name for candidate in candidates(names[::-1])] == expected


def test_marians_pair_belongs_to_its_class(tmp_path: Path) -> None:
    for name in ("source.spm", "target.spm"):
        (tmp_path / name).write_bytes(MODEL)
    (tmp_path / "vocab.json").write_text('{"<unk>": 0}')
    found = source_of(open_files(tmp_path))
    assert found is not None
    assert found.candidate.files == ("source.spm", "target.spm", "vocab.json")
    assert found.candidate.tokenizer_class == "MarianTokenizer"


def test_bytes_say_what_the_file_is(tmp_path: Path) -> None:
    assert source_of(open_files(tmp_path)) is None
    (tmp_path / "tokenizer.model").write_bytes(RANKS)
    found = source_of(open_files(tmp_path))
    assert found is not None
    assert (found.path, found.format) == (tmp_path / "tokenizer.model", FileFormat.TIKTOKEN)
    assert found.reasons == ("there is no tokenizer.json; tokenizer.model (a model file) is a tiktoken rank file",)


def test_weights_of_such_a_name_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.model").write_bytes(b"PK\x03\x04weights")
    with pytest.raises(FormatError, match=r"a\.model is a zip archive"):
        source_of(open_files(tmp_path))
    (tmp_path / "b.model").write_bytes(MODEL)
    (tmp_path / "c.model").write_bytes(MODEL)
    found = source_of(open_files(tmp_path))
    assert found is not None
    assert found.path == tmp_path / "b.model"
    assert found.reasons[0].startswith("a.model is passed over: ")
    assert "c.model would do as well" in found.reasons[-1]
