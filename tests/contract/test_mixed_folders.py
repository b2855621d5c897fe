"""A folder holds one tokenizer: what a save replaces, removes and refuses, and what a loader says of a mixed one."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, GPT2Tokenizer, PythonBackend, TokenizersBackend
from lexel.tokenizer import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CORPUS = ["the quick brown fox", "jumps over the lazy dog"]


@pytest.fixture(scope="module")
def trained() -> tuple[GPT2Tokenizer, GPT2Tokenizer]:
    """Two tokenizers of one class."""
    return tuple(GPT2Tokenizer().train_new_from_iterator(CORPUS, size) for size in (262, 270))  # type: ignore[return-value]


@pytest.fixture
def one(trained: tuple[GPT2Tokenizer, GPT2Tokenizer]) -> GPT2Tokenizer:
    return trained[0]


@pytest.fixture
def other(trained: tuple[GPT2Tokenizer, GPT2Tokenizer]) -> GPT2Tokenizer:
    return trained[1]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def told(folder: Path, caplog: pytest.LogCaptureFixture) -> str:
    caplog.clear()
    with caplog.at_level(logging.WARNING, "lexel"):
        AutoTokenizer.from_pretrained(folder)
    return caplog.text


def test_a_file_of_another_save_is_told(
    one: GPT2Tokenizer, other: GPT2Tokenizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one.chat_template = "T"
    for tok, name in ((one, "one"), (other, "other")):
        tok.save_pretrained(tmp_path / name)
        assert told(tmp_path / name, caplog) == ""
    one.chat_template = None
    (tmp_path / "one" / "tokenizer.json").write_bytes((tmp_path / "other" / "tokenizer.json").read_bytes())
    assert "tokenizer.json changed since the tokenizer was saved" in told(tmp_path / "one", caplog)
    assert len(caplog.records) == 1
    assert AutoTokenizer.from_pretrained(tmp_path / "one").get_vocab() == other.get_vocab(), "loaded as it is"
    assert AutoTokenizer.explain(tmp_path / "one").changed_files == ("tokenizer.json",)
    (tmp_path / "one" / "chat_template.jinja").unlink()
    assert "chat_template.jinja, tokenizer.json changed" in told(tmp_path / "one", caplog)
    # Saved again, the folder is of one tokenizer.
    AutoTokenizer.from_pretrained(tmp_path / "one").save_pretrained(tmp_path / "one")
    assert told(tmp_path / "one", caplog) == ""


def test_a_configuration_that_others_wrote_anew_says_nothing(
    one: GPT2Tokenizer, other: GPT2Tokenizer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one.save_pretrained(tmp_path / "one")
    other.save_pretrained(tmp_path / "other")
    path = tmp_path / "one" / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "is_local": True}), "utf-8")
    (tmp_path / "one" / "tokenizer.json").write_bytes((tmp_path / "other" / "tokenizer.json").read_bytes())
    assert told(tmp_path / "one", caplog) == ""


@pytest.mark.parametrize("record", [[], {"tokenizer.json": 1}, {"../../x": "1:2"}, "x", None])
def test_a_broken_record_says_nothing(
    one: GPT2Tokenizer, tmp_path: Path, caplog: pytest.LogCaptureFixture, record: Any
) -> None:
    one.save_pretrained(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "lexel_files": record}), "utf-8")
    assert told(tmp_path, caplog) == ""


def test_files_of_an_earlier_save_are_removed(one: GPT2Tokenizer, other: GPT2Tokenizer, tmp_path: Path) -> None:
    one.chat_template = {"default": "D", "tool_use": "T"}
    one.save_pretrained(tmp_path)
    one.chat_template = None
    assert (tmp_path / "additional_chat_templates" / "tool_use.jinja").is_file()
    (tmp_path / "mine.txt").write_text("mine")
    other.save_pretrained(tmp_path)
    assert sorted(content(tmp_path)) == ["mine.txt", "tokenizer.json", "tokenizer_config.json"]
    assert not (tmp_path / "additional_chat_templates").exists()
    assert AutoTokenizer.from_pretrained(tmp_path).chat_template is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chat_template.jinja", "of another"),
        ("additional_chat_templates/x.jinja", "of another"),
        ("vocab.json", '{"nobody": 0}'),
        ("vocab.txt", "nobody\n"),
        ("merges.txt", "#version: 0.2\nno body\n"),
        ("added_tokens.json", '{"<nobody>": 5}'),
        ("special_tokens_map.json", '{"mask_token": "<nobody>"}'),
        ("vocab.json", "[]"),
    ],
)
def test_files_of_another_tokenizer_are_not_mixed_with(
    one: GPT2Tokenizer, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    before = content(tmp_path)
    with pytest.raises(FileExistsError, match=f"of another tokenizer.*{name}. .*overwrite=True"):
        one.save_pretrained(tmp_path)
    assert content(tmp_path) == before
    one.save_pretrained(tmp_path, overwrite=True)
    assert sorted(content(tmp_path)) == ["tokenizer.json", "tokenizer_config.json"]


def test_files_that_agree_stay(one: GPT2Tokenizer, tmp_path: Path) -> None:
    one.save_vocabulary(str(tmp_path))
    (tmp_path / "special_tokens_map.json").write_text(json.dumps(one.special_tokens_map))
    (tmp_path / "added_tokens.json").write_text(json.dumps(one.get_added_vocab()))
    before = content(tmp_path)
    one.save_pretrained(tmp_path)
    assert {name: text for name, text in content(tmp_path).items() if name in before} == before


def test_a_tokenizer_goes_back_to_its_own_folder(one: GPT2Tokenizer, other: GPT2Tokenizer, tmp_path: Path) -> None:
    one.save_pretrained(tmp_path, compat="v5")
    one.save_vocabulary(str(tmp_path))
    (tmp_path / "chat_template.jinja").write_text("T")
    (tmp_path / "special_tokens_map.json").write_text('{"mask_token": "<m>"}')
    tok = AutoTokenizer.from_pretrained(tmp_path)
    assert tok.mask_token == "<m>"
    tok.add_tokens(["<new>"])
    tok.chat_template = None
    tok.mask_token = None
    tok.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert (again.chat_template, again.mask_token) == (None, None)
    assert again.get_vocab() == tok.get_vocab()
    assert (tmp_path / "vocab.json").is_file(), "what is not read is left alone"


def test_a_class_in_python_does_not_leave_a_pipeline(one: GPT2Tokenizer, tmp_path: Path) -> None:
    class Letters(PythonBackend):
        vocab_size = 3

        def get_vocab(self) -> dict[str, int]:
            return {"a": 0, "b": 1, "c": 2, **self.get_added_vocab()}

        def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
            return ()

    one.save_pretrained(tmp_path, compat="v5")
    with pytest.raises(FileExistsError, match=r"tokenizer\.json"):
        Letters().save_pretrained(tmp_path)
    one.save_pretrained(tmp_path)
    Letters().save_pretrained(tmp_path)
    assert sorted(content(tmp_path)) == ["tokenizer_config.json"]


@pytest.fixture(params=range(4))
def broken_moves(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The disk fails at the n-th file that is put in its place."""
    count = 0
    keep = replacing._keep

    def fail(*args: Any) -> None:
        nonlocal count
        count += 1
        if count > request.param:
            raise OSError("no space left on device")
        keep(*args)

    monkeypatch.setattr(replacing, "_keep", fail)
    return request.param


def test_an_error_in_the_middle_leaves_the_folder_as_it_was(
    one: GPT2Tokenizer, other: GPT2Tokenizer, tmp_path: Path, broken_moves: int
) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "additional_chat_templates"):
        path = tmp_path / name
        if name.startswith("additional"):
            path.mkdir()
            path = path / "x.jinja"
        path.write_text("{}" if name.endswith("json") else "old")
    before = content(tmp_path)
    tok = TokenizersBackend(
        tokenizer_object=other.backend_tokenizer, chat_template={"default": "D", "x": "X", "y": "Y"}
    )
    with pytest.raises(OSError, match="no space left"):
        tok.save_pretrained(tmp_path)
    assert content(tmp_path) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".saving")]


def test_a_prefix_is_a_tokenizer_of_its_own(one: GPT2Tokenizer, other: GPT2Tokenizer, tmp_path: Path) -> None:
    one.chat_template = "T"
    one.save_pretrained(tmp_path)
    one.chat_template = None
    before = content(tmp_path)
    other.save_pretrained(tmp_path, filename_prefix="p")
    after = content(tmp_path)
    assert {name: after[name] for name in before} == before
    assert "lexel_files" not in json.loads(after["p-tokenizer_config.json"])
