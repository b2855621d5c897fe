"""A saved folder to the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.hub.failures import translated

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["upload"]

_CARD = "README.md"
_MAIN = "main"


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

    Files that are there already with the same content are not sent, and without a change there is no commit.

    Args:
        folder: where the files are.
        files: their paths; with them goes what else a save of this folder wrote there.
        repo_id: `owner/name`.
        commit_message: the title of the commit.
        commit_description: its text.
        private: whether a new repository is private.
        token: an access token, or whether to send the stored one.
        revision: the branch, made if it is not there.
        create_pr: propose the commit instead of making it.
        tags: added to those of the model card.
        max_shard_size: accepted for compatibility: the files of a tokenizer are not divided.

    Raises:
        LoadError: the hub refused it, or there is no such name.
        ConnectionError: the hub cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    del max_shard_size
    api, branch = HfApi(token=token), revision or _MAIN
    repo_id = translated(repo_id, branch, lambda: api.create_repo(repo_id, private=private, exist_ok=True).repo_id)
    sent = {Path(path).relative_to(folder).as_posix(): Path(path).read_bytes() for path in files}
    card = _card_of(repo_id, [tags] if isinstance(tags, str) else list(tags or ()), token)
    if card is not None:
        sent[_CARD] = card.encode()

    def send() -> Any:
        if branch != _MAIN and not branch.startswith("refs/pr") and not create_pr:
            api.create_branch(repo_id, branch=branch, exist_ok=True)
        return api.create_commit(
            repo_id,
            [CommitOperationAdd(name, content) for name, content in sent.items()],
            commit_message=commit_message or "Upload tokenizer",
            commit_description=commit_description,
            revision=revision,
            create_pr=create_pr,
        )

    return translated(repo_id, branch, send)


def _card_of(repo_id: str, tags: list[str], token: bool | str | None) -> str | None:
    """Return the model card of a repository with further tags, or a new one; None: it has one that says all this."""
    from huggingface_hub import ModelCard
    from huggingface_hub.errors import EntryNotFoundError

    try:
        card = translated(repo_id, _MAIN, lambda: ModelCard.load(repo_id, token=token))
    except OSError as error:
        if not isinstance(error.__cause__, EntryNotFoundError):
            raise
        card = ModelCard(f"---\nlibrary_name: transformers\ntags: []\n---\n\n# {repo_id}\n")
    else:
        if not set(tags).difference(card.data.tags or ()):
            return None
    card.data.tags = list(dict.fromkeys([*(card.data.tags or ()), *tags]))
    return str(card)
