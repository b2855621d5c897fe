"""The files of a model, found by name in a folder or a repository of the hub."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lexel.errors import LoadError
from lexel.hub.repository import Repository, is_offline, open_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ModelFiles", "open_files"]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model, found by name.

    Attributes:
        name: the folder or the hub id, as the caller wrote it.
        folder: where the files are on this machine (of a repository: its snapshot, perhaps not all downloaded yet).
        commit: the commit of the repository; None for a folder.
        opened: the names that were found when they were asked for, in that order.
    """

    name: str
    folder: Path
    commit: str | None = None
    opened: list[str] = field(default_factory=list)
    _repository: Repository | None = None
    _contents: dict[str, bytes] = field(default_factory=dict)

    def get(self, filename: str) -> Path | None:
        """Return the local path of a file, downloading it if need be; None if the model has no such file.

        Raises:
            LoadError: of a repository: the name leads out of it, or the hub did not give the file.
        """
        if self._repository is not None:
            path = self._repository.get(filename)
        else:
            place = self.folder / filename
            path = place if place.is_file() else None
        if path is not None and filename not in self.opened:
            self.opened.append(filename)
        return path

    def read(self, filename: str) -> bytes | None:
        """Return the content of a small file that several ask for, read once; None if the model has no such file."""
        if filename not in self._contents:
            path = self.get(filename)
            if path is None:
                return None
            self._contents[filename] = path.read_bytes()
        return self._contents[filename]

    def need(self, filename: str) -> Path:
        """Return the local path of a file that must be there.

        Raises:
            LoadError: it is not; the message lists what is.
        """
        path = self.get(filename)
        if path is None:
            raise LoadError(f"{self.name} does not appear to have a file named {filename}; it has {self._listing()}")
        return path

    def names(self, under: str = "") -> list[str]:
        """Return the sorted names of the files in a sub-folder (not deeper), relative to the model's folder."""
        prefix = f"{under}/" if under else ""
        found = {prefix + path.name for path in self._local(under)}
        if self._repository is not None:
            remote = self._repository.names(under)
            found |= {name for name in remote if "/" not in name[len(prefix) :]}
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
    subfolder: str | None = "",
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
        cache_dir: where downloads are kept; default: the hub client's cache (`HF_HUB_CACHE`, in `HF_HOME`).
        local_files_only: never make a request.
        force_download: fetch again what is cached.

    Raises:
        LoadError: no such folder, repository or revision, or it cannot be reached and is not cached.
    """
    name, subfolder = os.fspath(name_or_path), subfolder or ""
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
    repository = open_repository(
        name,
        subfolder=subfolder.strip("/"),
        revision=revision or "main",
        cache_dir=os.fspath(cache_dir) if cache_dir is not None else None,
        token=token,
        offline=local_files_only or is_offline(),
        force=force_download,
    )
    return ModelFiles(name, repository.folder, repository.commit, [], repository)


def _looks_like_path(name: str) -> bool:
    """Return whether a name can only be a path: hub ids are `name` or `owner/name`."""
    return name == "" or name[0] in "./~\\" or name.endswith("/") or name.count("/") > 1 or "\\" in name
