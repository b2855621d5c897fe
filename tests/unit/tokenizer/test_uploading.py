"""What is sent to the hub, and with which arguments; nothing is sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import huggingface_hub
import pytest
from huggingface_hub.errors import EntryNotFoundError

from lexel import GPT2Tokenizer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the client was asked for."""
    calls: list[dict[str, Any]] = []

    class Api:
        def __init__(self, **options: Any) -> None:
            calls.append({"client": options})

        def create_repo(self, repo_id: str, **options: Any) -> Any:
            calls.append({"create": repo_id, **options})
            return SimpleNamespace(repo_id=f"me/{repo_id}")

        def upload_folder(self, *, folder_path: Path, **options: Any) -> str:
            files = {name: (folder_path / name).read_text("utf-8") for name in options["allow_patterns"]}
            calls.append({**options, "files": files})
            return "commit"

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    return calls


def test_a_temporary_folder_is_uploaded(sent: list[dict[str, Any]]) -> None:
    tok = GPT2Tokenizer(chat_template="T")
    options = {"commit_message": "M", "commit_description": "D", "revision": "R", "create_pr": True}
    assert tok.push_to_hub("x", private=True, token="t", max_shard_size="1GB", **options) == "commit"
    client, made, uploaded = sent
    assert client == {"client": {"token": "t"}}
    assert made == {"create": "x", "private": True, "exist_ok": True}
    assert uploaded["repo_id"] == "me/x"
    assert {key: uploaded[key] for key in options} == options
    assert list(uploaded["files"]) == ["tokenizer_config.json", "chat_template.jinja", "tokenizer.json"]
    with pytest.raises(TypeError, match="no_such_option"):
        tok.push_to_hub("x", no_such_option=1)


def test_a_saved_folder_is_uploaded(sent: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "my-tokenizer").mkdir()
    (tmp_path / "my-tokenizer" / "other.txt").write_text("not ours")
    GPT2Tokenizer().save_pretrained(tmp_path / "my-tokenizer", push_to_hub=True)
    assert sent[1]["create"] == "my-tokenizer"
    assert list(sent[2]["files"]) == ["tokenizer_config.json", "tokenizer.json"]
    assert sent[2]["commit_message"] == "Upload tokenizer"


def test_tags_are_added_to_the_card(sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def load(repo_id: str, **options: Any) -> Any:
        return huggingface_hub.ModelCard("---\ntags:\n- old\n---\nText.\n")

    monkeypatch.setattr(huggingface_hub.ModelCard, "load", load)
    GPT2Tokenizer().push_to_hub("x", tags=["new", "old"])
    card = huggingface_hub.ModelCard(sent[2]["files"]["README.md"])
    assert card.data.tags == ["old", "new"]
    assert "Text." in card.content

    def missing(repo_id: str, **options: Any) -> Any:
        raise EntryNotFoundError("no card")

    monkeypatch.setattr(huggingface_hub.ModelCard, "load", missing)
    GPT2Tokenizer().push_to_hub("x", tags="one")
    assert huggingface_hub.ModelCard(sent[-1]["files"]["README.md"]).data.tags == ["one"]
