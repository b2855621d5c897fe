from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, GPT2Tokenizer, TokenizersBackend
from lexel.backends import mistral_regex

if TYPE_CHECKING:
    from pathlib import Path

WRONG = r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+"


def splits(tok: Any) -> list[str]:
    """Return the patterns of a pipeline's splits."""
    stage = json.loads(tok.backend_tokenizer.to_str())["pre_tokenizer"]
    return [part["pattern"]["Regex"] for part in stage.get("pretokenizers", ()) if part["type"] == "Split"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a model of Mistral's, with the wrong split; its vocabulary counts as a large one."""
    monkeypatch.setattr(mistral_regex, "_TEKKEN_SIZE", 10)
    content = json.loads(GPT2Tokenizer().train_new_from_iterator(["Fox FOX 123"], 262).backend_tokenizer.to_str())
    split = {"type": "Split", "pattern": {"Regex": WRONG}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, level]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    (tmp_path / "config.json").write_text('{"model_type": "mistral3", "transformers_version": "4.50.0"}')
    return tmp_path


def said(folder: Path, caplog: pytest.LogCaptureFixture, **options: Any) -> tuple[bool, list[str]]:
    caplog.clear()
    with caplog.at_level(logging.WARNING, "lexel"):
        tok = AutoTokenizer.from_pretrained(folder, **options)
    assert type(tok) is TokenizersBackend
    return "fix_mistral_regex=True" in caplog.text, splits(tok)


def test_a_wrong_split_is_told_and_put_right_when_asked(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert said(folder, caplog) == (True, [WRONG])
    assert said(folder, caplog, fix_mistral_regex=False) == (False, [WRONG])
    assert said(folder, caplog, fix_mistral_regex=True) == (False, [mistral_regex._SPLIT])
    tok = AutoTokenizer.from_pretrained(folder, fix_mistral_regex=True)
    assert [tok.decode(index) for index in tok.encode("12")] == ["1", "2"]
    tok.save_pretrained(folder / "mended")
    (folder / "mended" / "config.json").write_text('{"model_type": "mistral3"}')
    assert said(folder / "mended", caplog) == (False, [mistral_regex._SPLIT])


@pytest.mark.parametrize(
    "config",
    [
        '{"model_type": "qwen2", "transformers_version": "4.50.0"}',
        '{"model_type": "mistral3", "transformers_version": "5.1.0"}',
        "{}",
    ],
)
def test_other_models_are_left_alone(folder: Path, caplog: pytest.LogCaptureFixture, config: str) -> None:
    (folder / "config.json").write_text(config)
    tok = TokenizersBackend.from_pretrained(folder)
    assert splits(tok) == [WRONG]
    assert caplog.text == ""


def test_small_vocabularies_are_no_tekken_ones(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mistral_regex, "_TEKKEN_SIZE", 100_000)
    assert said(folder, caplog, fix_mistral_regex=True) == (False, [WRONG])
