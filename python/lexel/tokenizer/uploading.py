"""A saved folder to the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["upload"]

_CARD = "README.md"


def upload(
    folder: Path,
    files: Iterable[str],
    *,
    repo_id: str,
    commit_message: str | None = None,
    commit_description: str | None = None,
    private: bool | None = None,
    token: bool | str | None = None,
    revision: str | None = None,
    create_pr: bool = False,
    tags: Iterable[str] | str | None = None,
    max_shard_size: Any = None,
) -> Any:
    """Upload saved files to a repository of the hub, made if it is not there; return the commit.

    Args:
        folder: where the files are.
        files: their paths.
        repo_id: `owner/name`.
        commit_message: the title of the commit.
        commit_description: its text.
        private: whether a new repository is private.
        token: an access token, or whether to send the stored one.
        revision: the branch.
        create_pr: propose the commit instead of making it.
        tags: added to those of the model card.
        max_shard_size: accepted for compatibility: the files of a tokenizer are not divided.
    """
    from huggingface_hub import HfApi

    del max_shard_size
    api = HfApi(token=token)
    repo_id = api.create_repo(repo_id, private=private, exist_ok=True).repo_id
    patterns = [Path(path).relative_to(folder).as_posix() for path in files]
    if tags:
        _write_card(folder / _CARD, repo_id, [tags] if isinstance(tags, str) else list(tags), token)
        patterns.append(_CARD)
    return api.upload_folder(
        repo_id=repo_id,
        folder_path=folder,
        allow_patterns=patterns,
        commit_message=commit_message or "Upload tokenizer",
        commit_description=commit_description,
        revision=revision,
        create_pr=create_pr,
    )


def _write_card(path: Path, repo_id: str, tags: list[str], token: bool | str | None) -> None:
    """Write the model card of a repository with further tags, or a new one."""
    from huggingface_hub import ModelCard
    from huggingface_hub.errors import EntryNotFoundError

    try:
        card = ModelCard.load(repo_id, token=token)
    except EntryNotFoundError:
        card = ModelCard("---\ntags: []\n---\n")
    card.data.tags = list(dict.fromkeys([*(card.data.tags or ()), *tags]))
    card.save(path)
