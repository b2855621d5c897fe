"""What a saved configuration says of the files beside it: their sizes and hashes.

So that a folder in which files of two tokenizers got mixed is recognised, and that a save knows which files an earlier
one wrote. The record also has a hash of the configuration itself: where another program wrote the configuration anew
and kept the record, that says nothing any more.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lexel.hub import ModelFiles

__all__ = ["RECORD_KEY", "changed_files", "make_record", "unchanged_files"]

# The key of the configuration; other readers keep it among the settings they do not know.
RECORD_KEY = "lexel_files"
_CONFIG_FILE = "tokenizer_config.json"
# Larger files are compared by their size alone while a tokenizer is loaded: a hash of them takes longer than loading.
_HASHED_BYTES = 1 << 18


def make_record(config: Mapping[str, Any], folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the record of files of a folder, and of the configuration that will have it."""
    return {**{name: _entry((folder / name).read_bytes()) for name in names}, _CONFIG_FILE: _own_entry(config)}


def changed_files(files: ModelFiles, config: Mapping[str, Any], *, wholly: bool = True) -> list[str]:
    """Return the files that are not what they were when the configuration was written, sorted.

    Args:
        files: the folder or repository; of a repository nothing is fetched for this.
        config: the content of its `tokenizer_config.json`.
        wholly: False: large files are compared by their size alone.
    """
    found = []
    for name, entry in _record_in(config).items():
        path = files.folder / name
        if path.is_file():
            if not _is_same(path, entry, wholly=wholly):
                found.append(name)
        elif files.commit is None:
            found.append(name)
    return sorted(found)


def unchanged_files(folder: Path, config: Mapping[str, Any]) -> set[str]:
    """Return the files of a folder that are what they were when its configuration was written: an earlier save's."""
    record = _record_in(config)
    return {name for name, entry in record.items() if (folder / name).is_file() and _is_same(folder / name, entry)}


def _record_in(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the record of a configuration without its own entry; empty if it has none, or was written anew."""
    record = config.get(RECORD_KEY)
    if not isinstance(record, dict) or record.get(_CONFIG_FILE) != _own_entry(config):
        return {}
    return {
        name: entry
        for name, entry in record.items()
        if name != _CONFIG_FILE and isinstance(entry, str) and not _leads_out(name)
    }


def _leads_out(name: str) -> bool:
    return Path(name).is_absolute() or ".." in Path(name).parts


def _is_same(path: Path, entry: str, *, wholly: bool = True) -> bool:
    size = path.stat().st_size
    if entry.partition(":")[0] != str(size):
        return False
    return (not wholly and size > _HASHED_BYTES) or _entry(path.read_bytes()) == entry


def _entry(content: bytes) -> str:
    return f"{len(content)}:{hashlib.sha256(content).hexdigest()}"


def _own_entry(config: Mapping[str, Any]) -> str:
    # What is null is not stated, and readers may have left it out.
    rest = {key: value for key, value in config.items() if key != RECORD_KEY and value is not None}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
