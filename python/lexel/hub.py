"""Where the files of a model are: a folder, or a repository of the hub at one commit.

Local means local: for a folder no request is ever made. For a repository the commit is resolved once, so that all
files come from one state; offline, or when the hub cannot be reached, the cached state of that revision is used.
Every request is logged at debug level.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ModelFiles", "is_offline", "open_files"]

_LOGGER = logging.getLogger(__name__)
_TRUE = {"1", "on", "true", "yes"}


def is_offline() -> bool:
    """Return whether the environment forbids requests (`HF_HUB_OFFLINE`, or the older `TRANSFORMERS_OFFLINE`)."""
    return any(os.environ.get(name, "").lower() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model, found by name.

    Attributes:
        name: the folder or the hub id, as the caller wrote it.
        folder: where the files are on this machine (of a repository: its snapshot, perhaps not all downloaded yet).
        commit: the commit of the repository; None for a folder.
    """

    name: str
    folder: Path
    commit: str | None = None
    _remote: frozenset[str] | None = None
    _fetch: Callable[[str], Path] | None = None
    _refetch: bool = False

    def get(self, filename: str) -> Path | None:
        """Return the local path of a file, downloading it if need be; None if the model has no such file."""
        path = self.folder / filename
        if path.is_file() and not self._refetch:
            return path
        if self._remote is None or self._fetch is None or filename not in self._remote:
            return None
        return self._fetch(filename)

    def need(self, filename: str) -> Path:
        """Return the local path of a file that must be there.

        Raises:
            LoadError: it is not; the message lists what is.
        """
        path = self.get(filename)
        if path is None:
            raise LoadError(
                f"{self.name!r} does not appear to have a file named {filename!r}; it has {self._listing()}"
            )
        return path

    def names(self, under: str = "") -> list[str]:
        """Return the sorted names of the files in a sub-folder (not deeper), relative to the model's folder."""
        prefix = f"{under}/" if under else ""
        found = {prefix + path.name for path in self._local(under)}
        if self._remote is not None:
            found |= {name for name in self._remote if name.startswith(prefix) and "/" not in name[len(prefix) :]}
        return sorted(found)

    def _local(self, under: str) -> Iterator[Path]:
        folder = self.folder / under
        return (path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else iter(())

    def _listing(self) -> str:
        names = self.names()
        shown = ", ".join(repr(name) for name in names[:12]) or "no files"
        return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def open_files(
    name_or_path: str | os.PathLike[str],
    *,
    subfolder: str = "",
    revision: str | None = None,
    token: bool | str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    local_files_only: bool = False,
    force_download: bool = False,
) -> ModelFiles:
    """Find the files of a folder or of a hub repository.

    Args:
        name_or_path: a folder, or `owner/name` on the hub.
        subfolder: a folder inside it.
        revision: a branch, tag or commit (repositories only).
        token: an access token, or whether to send the stored one.
        cache_dir: where downloads are kept; default: the hub client's cache.
        local_files_only: never make a request.
        force_download: fetch again what is cached.

    Raises:
        LoadError: no such folder, repository or revision, or it cannot be reached and is not cached.
    """
    name = os.fspath(name_or_path)
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        inner = folder / subfolder
        if not inner.is_dir():
            raise LoadError(f"the folder {name!r} has no sub-folder {subfolder!r}")
        return ModelFiles(name, inner)
    if name and folder.exists():
        raise LoadError(f"{name!r} is a file; give the folder it is in, or Tokenizer.from_file({name!r})")
    if _looks_like_path(name):
        raise LoadError(f"{name!r} is not a folder on this machine")
    return _open_repository(
        name,
        subfolder=subfolder.strip("/"),
        revision=revision or "main",
        cache_dir=os.fspath(cache_dir) if cache_dir is not None else None,
        token=token,
        offline=local_files_only or is_offline(),
        force_download=force_download,
    )


def _looks_like_path(name: str) -> bool:
    """Return whether a name can only be a path: hub ids are `name` or `owner/name`."""
    return name == "" or name[0] in "./~\\" or name.endswith("/") or name.count("/") > 1 or "\\" in name


def _open_repository(
    repo: str,
    *,
    subfolder: str,
    revision: str,
    cache_dir: str | None,
    token: bool | str | None,
    offline: bool,
    force_download: bool,
) -> ModelFiles:
    from huggingface_hub import hf_hub_download  # imported here: it costs more than the rest of the package

    if offline:
        return _cached(repo, subfolder, revision, cache_dir, why="requests are switched off")
    try:
        commit, names = _ask_hub(repo, revision, token)
    except ConnectionError as error:
        _LOGGER.debug("the hub cannot be reached (%s); looking in the cache", error)
        return _cached(repo, subfolder, revision, cache_dir, why=f"the hub cannot be reached ({error})")

    prefix = f"{subfolder}/" if subfolder else ""
    inner = frozenset(name.removeprefix(prefix) for name in names if name.startswith(prefix))
    if subfolder and not inner:
        raise LoadError(f"the repository {repo!r} has no folder {subfolder!r}")

    def fetch(filename: str) -> Path:
        _LOGGER.debug("fetching %s of %s at %s", prefix + filename, repo, commit)
        path = _translate_errors(
            repo,
            revision,
            lambda: hf_hub_download(
                repo,
                prefix + filename,
                revision=commit,
                cache_dir=cache_dir,
                token=token,
                force_download=force_download,
            ),
        )
        return Path(path)

    snapshot = _repository_cache(repo, cache_dir) / "snapshots" / commit / subfolder
    return ModelFiles(repo, snapshot, commit, inner, fetch, _refetch=force_download)


def _ask_hub(repo: str, revision: str, token: bool | str | None) -> tuple[str, list[str]]:
    """Return the commit a revision means now, and the names of all files there: one request."""
    from huggingface_hub import HfApi

    _LOGGER.debug("asking the hub for %s at %s", repo, revision)
    info = _translate_errors(repo, revision, lambda: HfApi().model_info(repo, revision=revision, token=token))
    return info.sha, [sibling.rfilename for sibling in info.siblings or ()]


def _translate_errors(repo: str, revision: str, call: Callable[[], Any]) -> Any:
    """Run a call of the hub client; its errors become ours, connection failures a plain `ConnectionError`."""
    from huggingface_hub import errors

    try:
        return call()
    except errors.GatedRepoError as error:
        raise LoadError(
            f"you are trying to access a gated repo: {repo!r}. Ask for access on its page, then pass token=… "
            "or log in with `hf auth login`"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise LoadError(
            f"{repo!r} is not a local folder and is not a valid model identifier on the hub. "
            "If it is a private repository, pass token=… or log in with `hf auth login`"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise LoadError(
            f"{revision!r} is not a valid git identifier (branch name, tag name or commit id) of {repo!r}"
        ) from error
    except errors.HFValidationError as error:
        raise LoadError(f"{repo!r} is neither a local folder nor a name the hub allows: {error}") from error
    except errors.HfHubHTTPError as error:
        if error.response is not None and error.response.status_code < 500:
            raise LoadError(f"the hub refused {repo!r} at {revision!r}: {error}") from error
        raise ConnectionError(str(error)) from error
    except PermissionError as error:
        raise LoadError(f"the cache for {repo!r} cannot be written: {error}; pass another cache_dir=…") from error
    except OSError as error:
        raise ConnectionError(str(error)) from error
    except Exception as error:
        # The client's transport raises its own connection errors, whose class depends on its version.
        if type(error).__module__.partition(".")[0] in {"httpx", "httpcore", "httpx2", "httpcore2", "requests"}:
            raise ConnectionError(str(error)) from error
        raise


def _repository_cache(repo: str, cache_dir: str | None) -> Path:
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(cache_dir or HF_HUB_CACHE) / ("models--" + repo.replace("/", "--"))


def _cached(repo: str, subfolder: str, revision: str, cache_dir: str | None, *, why: str) -> ModelFiles:
    """Find the state of a repository that an earlier download left in the cache."""
    cache = _repository_cache(repo, cache_dir)
    reference = cache / "refs" / revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    folder = cache / "snapshots" / commit / subfolder
    if not folder.is_dir():
        raise LoadError(f"{repo!r} at {revision!r} is not in the cache ({cache}), and {why}")
    return ModelFiles(repo, folder, commit)
