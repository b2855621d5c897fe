"""Tokenizers sent to a hub by the real client, and fetched again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.hub.stub import TOKEN

from lexel import AutoTokenizer, GPT2Tokenizer, LoadError, PythonBackend

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.stub import Hub


def test_there_and_back(hub: Hub, tokenizer: GPT2Tokenizer) -> None:
    made = tokenizer.push_to_hub("me/mine", token=TOKEN, commit_message="M", commit_description="D", tags=["t"])
    found = hub.repositories["me/mine"]
    assert made.oid == found.refs["main"]
    assert found.log == [
        {
            "files": ["README.md", "tokenizer.json", "tokenizer_config.json"],
            "ref": "main",
            "summary": "M",
            "description": "D",
        }
    ]
    card = found.commits[made.oid]["README.md"].decode()
    assert "library_name: transformers" in card
    assert "- t" in card
    again = AutoTokenizer.from_pretrained("me/mine")
    assert type(again) is GPT2Tokenizer
    assert again.get_vocab() == tokenizer.get_vocab()


def test_only_what_changed_is_sent(hub: Hub, tokenizer: GPT2Tokenizer) -> None:
    first = tokenizer.push_to_hub("me/mine", token=TOKEN)
    again = tokenizer.push_to_hub("me/mine", token=TOKEN)
    found = hub.repositories["me/mine"]
    assert again.oid == first.oid, "nothing changed: no commit"
    changed = AutoTokenizer.from_pretrained("me/mine", model_max_length=7)
    changed.push_to_hub("me/mine", token=TOKEN, tags="new")
    assert found.log[-1]["files"] == ["README.md", "tokenizer_config.json"]
    assert len(found.log) == 2


def test_branches_and_proposals(hub: Hub, tokenizer: GPT2Tokenizer) -> None:
    tokenizer.push_to_hub("me/mine", token=TOKEN)
    found = hub.repositories["me/mine"]
    main = found.refs["main"]
    limited = AutoTokenizer.from_pretrained("me/mine", model_max_length=7)
    limited.push_to_hub("me/mine", token=TOKEN, revision="dev", max_shard_size="1GB")
    assert found.log[-1]["ref"] == "dev"
    limited.push_to_hub("me/mine", token=TOKEN, revision="dev")
    made = limited.push_to_hub("me/mine", token=TOKEN, create_pr=True)
    assert made.pr_url == f"{hub.url}/me/mine/discussions/1"
    assert found.refs["main"] == main
    assert AutoTokenizer.from_pretrained("me/mine", revision="dev").model_max_length == 7


def test_private_and_from_a_folder(hub: Hub, tokenizer: GPT2Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "secret.txt").write_text("not ours")
    tokenizer.save_pretrained(tmp_path / "mine", push_to_hub=True, token=TOKEN, private=True)
    found = hub.repositories["me/mine"]
    assert found.private
    assert found.log[0]["files"] == ["README.md", "tokenizer.json", "tokenizer_config.json"]
    assert AutoTokenizer.from_pretrained("me/mine", token=TOKEN)


def test_code_of_a_class_goes_along(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_letters.py").write_text(
        "from lexel import PythonBackend\nclass Letters(PythonBackend):\n    vocab_size = 1\n"
        "    def get_vocab(self):\n        return {'a': 0, **self.get_added_vocab()}\n"
        "    def save_vocabulary(self, save_directory, filename_prefix=None):\n        return ()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_letters  # type: ignore[import-not-found]

    own_letters.Letters.register_for_auto_class()
    own_letters.Letters().push_to_hub("me/letters", token=TOKEN)
    assert "own_letters.py" in hub.repositories["me/letters"].log[0]["files"]
    with pytest.raises(ValueError, match="trust_remote_code=True"):
        AutoTokenizer.from_pretrained("me/letters")
    again: Any = AutoTokenizer.from_pretrained("me/letters", trust_remote_code=True)
    assert isinstance(again, PythonBackend)
    assert type(again).__name__ == "Letters"


def test_what_the_hub_refuses(hub: Hub, tokenizer: GPT2Tokenizer) -> None:
    with pytest.raises(LoadError, match="the hub refused 'me/mine'"):
        tokenizer.push_to_hub("me/mine", token="hf_theWrongOne")
    with pytest.raises(LoadError, match="Incorrect path_or_model_id"):
        tokenizer.push_to_hub("me/na me", token=TOKEN)
    with pytest.raises(TypeError, match="positional"):
        tokenizer.push_to_hub("me/mine", "message")  # type: ignore[misc]
    with pytest.raises(TypeError, match="now token="):
        tokenizer.push_to_hub("me/mine", use_auth_token=TOKEN)
    with pytest.raises(TypeError, match="no argument 'safe_serialization'"):
        tokenizer.push_to_hub("me/mine", safe_serialization=True)
