"""A repository of the hub at one commit, in the cache of the hub's client.

The commit is resolved once. What the cache has is not asked for again, what the commit is known not to have neither
(markers, shared with other users of the cache); offline, or when the hub cannot be reached, the cached state is used.
Every request is logged at debug level.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from lexel.errors import LoadError
from lexel.hub.failures import Unreachable, translated

__all__ = ["Repository", "is_offline", "open_repository"]

_LOGGER = logging.getLogger(__name__)
_TRUE = {"1", "on", "true", "yes"}
_COMMIT = re.compile(r"[0-9a-f]{40}")


def is_offline() -> bool:
    """Return whether the environment forbids requests (`HF_HUB_OFFLINE`, or the older `TRANSFORMERS_OFFLINE`)."""
    return any(os.environ.get(name, "").lower() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


@dataclass(slots=True)
class Repository:
    """A repository at one commit.

    Attributes:
        repo: `owner/name`.
        revision: what the caller asked for.
        commit: what that is.
        subfolder: the folder inside it that names are relative to; "" for the whole.
        cache: its place in the cache.
        cache_dir: the cache, if not the client's own.
        token: an access token, or whether to send the stored one.
        force: fetch again what is cached.
        offline: make no request.
        listed: the names of its files, all of them; None: not asked for yet.
    """

    repo: str
    revision: str
    commit: str
    subfolder: str
    cache: Path
    cache_dir: str | None
    token: bool | str | None
    force: bool = False
    offline: bool = False
    listed: frozenset[str] | None = None

    @property
    def folder(self) -> Path:
        """Where its files are on this machine, those that were fetched."""
        return self.cache / "snapshots" / self.commit / self.subfolder

    @property
    def prefix(self) -> str:
        """What names begin with in the whole repository."""
        return f"{self.subfolder}/" if self.subfolder else ""

    def get(self, filename: str) -> Path | None:
        """Return the local path of a file, fetched if need be; None if there is none.

        Raises:
            LoadError: the name leads out of the repository, or the hub did not give the file.
        """
        refuse_paths_that_lead_out([filename], self.repo)
        path = self.folder / filename
        if path.is_file() and not self.force:
            return path
        if self.offline:
            return None
        if not self.force and self._marker(filename).exists():
            return None
        if filename not in self.names():
            self._mark_missing(filename)
            return None
        return self._fetch(filename)

    def names(self, under: str = "") -> frozenset[str]:
        """Return the names of its files, or of those in a folder, relative to the sub-folder; one request, if any."""
        nothing = f"{under}/.none"
        if self.offline or (under and not self.force and self._marker(nothing).exists()):
            return frozenset()
        if self.listed is None:
            try:
                _, self.listed = _ask_hub(self.repo, self.commit, self.token)
            except Unreachable as error:
                _LOGGER.debug("the hub cannot be reached (%s); taking what is cached", error)
                self.offline = True
                return frozenset()
        inner = f"{self.prefix}{under}/" if under else self.prefix
        found = frozenset(name.removeprefix(self.prefix) for name in self.listed if name.startswith(inner))
        if under and not found:
            self._mark_missing(nothing)
        return found

    def _fetch(self, filename: str) -> Path:
        from huggingface_hub import hf_hub_download  # imported here: it costs more than the rest of the package

        _LOGGER.debug("fetching %s of %s at %s", self.prefix + filename, self.repo, self.commit)
        try:
            return Path(
                translated(
                    self.repo,
                    self.revision,
                    lambda: hf_hub_download(
                        self.repo,
                        self.prefix + filename,
                        revision=self.commit,
                        cache_dir=self.cache_dir,
                        token=self.token,
                        force_download=self.force,
                    ),
                )
            )
        except Unreachable as error:
            path = self.folder / filename
            if path.is_file():
                return path
            raise LoadError(
                f"We couldn't connect to the hub to load {filename} of {self.repo!r} ({error}), and couldn't find it "
                "in the cached files"
            ) from error

    def _marker(self, filename: str) -> Path:
        return self.cache / ".no_exist" / self.commit / (self.prefix + filename)

    def _mark_missing(self, filename: str) -> None:
        """Note in the cache that this commit has no such file."""
        with contextlib.suppress(OSError):
            self._marker(filename).parent.mkdir(parents=True, exist_ok=True)
            self._marker(filename).touch()


def open_repository(
    repo: str,
    *,
    subfolder: str,
    revision: str,
    cache_dir: str | None,
    token: bool | str | None,
    offline: bool,
    force: bool,
) -> Repository:
    """Find a repository, at the commit its revision means now.

    Raises:
        LoadError: there is no such repository, revision or sub-folder, or it cannot be reached and is not cached.
    """
    from huggingface_hub.constants import HF_HUB_CACHE

    if ".." in PurePosixPath(revision).parts or revision.startswith("/"):
        raise LoadError(f"{revision!r} is not a valid git identifier (branch name, tag name or commit id)")
    refuse_paths_that_lead_out([subfolder] if subfolder else [], repo)
    cache = Path(cache_dir or HF_HUB_CACHE) / ("models--" + repo.replace("/", "--"))
    made = Repository(repo, revision, revision, subfolder, cache, cache_dir, token, force, offline)
    if offline:
        return _cached(made, "requests are switched off (local_files_only=True, or HF_HUB_OFFLINE)")
    if _COMMIT.fullmatch(revision) and made.folder.is_dir() and not force:
        # What a commit has never changes: what is cached is what is there.
        return made
    try:
        made.commit, made.listed = _ask_hub(repo, revision, token)
    except Unreachable as error:
        _LOGGER.debug("the hub cannot be reached (%s); looking in the cache", error)
        return _cached(made, f"the hub cannot be reached: {error}")
    if subfolder and not made.names():
        raise LoadError(f"the repository {repo!r} has no folder {subfolder!r}")
    _note_revision(made)
    return made


def _ask_hub(repo: str, revision: str, token: bool | str | None) -> tuple[str, frozenset[str]]:
    """Return the commit a revision means now, and the names of all files there: one request."""
    from huggingface_hub import HfApi

    _LOGGER.debug("asking the hub for %s at %s", repo, revision)
    info = translated(repo, revision, lambda: HfApi().model_info(repo, revision=revision, token=token))
    names = frozenset(sibling.rfilename for sibling in info.siblings or ())
    refuse_paths_that_lead_out(names, repo)
    return info.sha, names


def _note_revision(made: Repository) -> None:
    """Note in the cache which commit a branch or tag is, as the client does, for times without a connection."""
    if made.commit == made.revision:
        return
    reference = made.cache / "refs" / made.revision
    with contextlib.suppress(OSError):
        if not reference.is_file() or reference.read_text("utf-8") != made.commit:
            reference.parent.mkdir(parents=True, exist_ok=True)
            draft = reference.with_name(f"{reference.name}.{os.getpid()}")
            draft.write_text(made.commit, "utf-8")
            draft.replace(reference)


def _cached(made: Repository, why: str) -> Repository:
    """Find the state that an earlier download left in the cache."""
    reference = made.cache / "refs" / made.revision
    if reference.is_file():
        made.commit = reference.read_text(encoding="utf-8").strip()
    made.offline = True
    if not made.folder.is_dir():
        raise LoadError(
            f"We couldn't connect to the hub to load {made.repo!r} at {made.revision!r}, and couldn't find them in the "
            f"cached files ({made.cache}): {why}"
        )
    return made


def refuse_paths_that_lead_out(names: frozenset[str] | list[str], repo: str) -> None:
    """Refuse names of files that are no plain paths inside a folder.

    Raises:
        LoadError: one is not; names it.
    """
    for name in names:
        parts = PurePosixPath(name).parts
        if not name or name.startswith("/") or ".." in parts or "\\" in name or PureWindowsPath(name).drive:
            raise LoadError(f"the repository {repo!r} names a file {name!r}, which leads out of its folder: refused")
