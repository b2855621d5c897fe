"""Compiled tokenizers on disk: the second load of a file reads tables instead of building them.

A file of the cache is named for the content it was made of (BLAKE3), what was asked, and the build of the core that
wrote it, so nothing is ever out of date. It is believed only as a whole: the core compares a checksum of all of it, and
whatever is wrong with one is as good as none. Writers write beside and rename, so that readers and other writers see a
whole file or none. Whatever the disk refuses switches the cache off without a word but in the debug log.

`LEXEL_CACHE` names the folder (default: `lexel` in the XDG cache folder); empty, `0` or `off` switches the cache off.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel import _lexel
from lexel._lexel import Engine
from lexel.backends.engine import Compiled
from lexel.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIMIT_BYTES", "SMALLEST_BYTES", "cached", "clear", "entries", "find_folder", "readers_version"]

# The least recently used files go when there are more bytes than this.
LIMIT_BYTES = 2 << 30
# Smaller sources are compiled in a few milliseconds, which is not worth a file.
SMALLEST_BYTES = 256 << 10
# Files of writers that died are left alone this long.
_ABANDONED_SECONDS = 3600

_OFF = ("", "0", "off", "false", "no")
_SUFFIX = ".compiled"
_log = logging.getLogger(__name__)

Built = tuple[Compiled, dict[str, Any]]


def cached(source: Path, asked: str, build: Callable[[], Built]) -> Built:
    """Return the tokenizer of a file, from the cache where it is there.

    Args:
        source: the file; the only one that `build` reads.
        asked: what else the result depends on (options, the version of a reader).
        build: makes the tokenizer and the settings its file states, where the cache has neither.

    Raises:
        OSError: the source is not there, or cannot be read.
    """
    if source.stat().st_size < SMALLEST_BYTES:
        return build()
    folder = find_folder()
    if folder is None:
        return build()
    key = _key(source, asked)
    path = folder / f"{key}-{_lexel.__fingerprint__}{_SUFFIX}"
    found = _read(path, key)
    if found is not None:
        return found
    built = build()
    # What was built is what was hashed, unless somebody wrote the source meanwhile.
    if _key(source, asked) == key:
        _write(path, key, *built)
    return built


def find_folder() -> Path | None:
    """Return the folder of the cache, None where it is switched off or has no place. It may not exist yet."""
    named = os.environ.get("LEXEL_CACHE")
    if named is not None and named.strip().lower() in _OFF:
        return None
    try:
        if named is not None:
            return Path(named).expanduser() / "compiled"
        base = os.environ.get("XDG_CACHE_HOME", "")
        # The specification says that relative paths are to be ignored.
        root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        return root / "lexel" / "compiled"
    except RuntimeError as error:
        _log.debug("no compiled cache: %s", error)
        return None


@cache
def readers_version() -> str:
    """Return what tells the readers of formats apart that are written in Python: they change without the core."""
    found = [_lexel.__version__]
    package = Path(__file__).parent.parent
    with suppress(OSError):
        for path in sorted([*(package / "converters").glob("*.py"), package / "spec.py"]):
            status = path.stat()
            found.append(f"{path.name}:{status.st_size}:{status.st_mtime_ns}")
    return " ".join(found)


def entries(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """Return the files of the cache, the least recently used first."""
    found = []
    with suppress(OSError), os.scandir(folder) as listing:
        for entry in listing:
            if entry.name.endswith(_SUFFIX):
                with suppress(OSError):
                    found.append((Path(entry.path), entry.stat(follow_symlinks=False)))
    return sorted(found, key=lambda item: (item[1].st_mtime_ns, item[0]))


def clear(folder: Path) -> int:
    """Remove the files of the cache; return how many bytes they had."""
    freed = 0
    for path, status in entries(folder):
        with suppress(OSError):
            path.unlink()
            freed += status.st_size
    _remove_abandoned(folder, age=0)
    return freed


def _key(source: Path, asked: str) -> str:
    return _lexel.content_hash(f"{_lexel.file_hash(source)} {asked}".encode())


def _read(path: Path, key: str) -> Built | None:
    try:
        if not _is_private(path.parent):
            return None
        engine, note = Engine.from_compiled(path, key)
        settings = json.loads(note)
    except FileNotFoundError:
        return None
    except (OSError, FormatError, ValueError) as error:
        _log.debug("the compiled tokenizer %s is not used: %s", path, error)
        return None
    # This is how the files used last are known.
    with suppress(OSError):
        os.utime(path)
    return Compiled(engine), settings


def _write(path: Path, key: str, compiled: Compiled, settings: dict[str, Any]) -> None:
    """Store a tokenizer, if it and its settings have a form that gives them back."""
    engine = compiled.engine
    if not isinstance(engine, Engine):
        return
    try:
        note = json.dumps(settings)
    except (TypeError, ValueError):
        return
    if json.loads(note) != settings:
        return
    content = engine.to_compiled(key, note.encode())
    if content is None or len(content) > LIMIT_BYTES:
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(path.parent, make=True):
            _make_room(path.parent, len(content))
            _replace(path, content)
    except OSError as error:
        _log.debug("the compiled tokenizer %s is not stored: %s", path, error)


def _is_private(folder: Path, *, make: bool = False) -> bool:
    """Return whether only this user can write there: files of others would be believed."""
    if os.name != "posix":
        return True
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        _log.debug("no compiled cache: %s is not a folder of this user", folder)
        return False
    if status.st_mode & 0o077:
        if not make:
            return False
        folder.chmod(0o700)
        # What lies there may be anybody's.
        clear(folder)
    return True


def _replace(path: Path, content: bytes) -> None:
    """Put a file there as a whole."""
    beside = path.with_name(f".{path.stem}.{os.getpid()}.{os.urandom(8).hex()}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _make_room(folder: Path, needed: int) -> None:
    """Remove the files used least recently until this many bytes more are within the limit."""
    found = entries(folder)
    excess = sum(status.st_size for _, status in found) + needed - LIMIT_BYTES
    for path, status in found:
        if excess <= 0:
            break
        with suppress(OSError):
            path.unlink()
            excess -= status.st_size
    _remove_abandoned(folder, age=_ABANDONED_SECONDS)


def _remove_abandoned(folder: Path, *, age: float) -> None:
    """Remove what writers left that died before they were done."""
    with suppress(OSError), os.scandir(folder) as listing:
        for entry in listing:
            if entry.name.startswith(".") and entry.name.endswith(".tmp"):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime >= age:
                        Path(entry.path).unlink()
