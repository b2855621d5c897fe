"""JSON objects in and out of files, and files that are there whole or not at all."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from lexel.errors import FormatError, LoadError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        LoadError: the file is not there or cannot be read.
        FormatError: it is not JSON, or not an object.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise FormatError(f"{path}: expected a JSON object, found {type(content).__name__}")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object with sorted keys, so that equal contents are equal files."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
    write_atomically(path, lambda target: target.write_text(text + "\n", "utf-8"))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a new file beside `path`, then put it in place: readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write(target)
        target.replace(path)
    finally:
        target.unlink(missing_ok=True)
