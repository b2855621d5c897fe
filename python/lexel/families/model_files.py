"""The files of tokenizers written in Python: vocabularies and models read with named errors, and written back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.errors import FormatError, LoadError
from lexel.tokenizer.loading import read_json

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["read_object", "read_text", "read_vocabulary", "write_files"]


def read_text(path: str | os.PathLike[str], name: str) -> str:
    """Return the content of a file of text.

    Raises:
        LoadError: there is no such file; `name` says which argument gives it.
        FormatError: it is not UTF-8.
    """
    if path is None or not Path(path).is_file():
        raise LoadError(f"{name}={path!r} is not a file")
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}"
        ) from error


def read_object(path: str | os.PathLike[str], name: str) -> dict[str, Any]:
    """Return the object of a JSON file.

    Raises:
        LoadError: there is no such file; `name` says which argument gives it.
        FormatError: it holds something else.
    """
    if path is None or not Path(path).is_file():
        raise LoadError(f"{name}={path!r} is not a file")
    content = read_json(Path(path))
    if not isinstance(content, dict):
        raise FormatError(f"{path} holds no JSON object, but a {type(content).__name__}")
    return content


def read_vocabulary(path: str | os.PathLike[str], name: str) -> dict[str, int]:
    """Return token → id of a JSON file.

    Raises:
        LoadError: there is no such file; `name` says which argument gives it.
        FormatError: it holds something else.
    """
    content = read_object(path, name)
    for token, index in content.items():
        if not isinstance(index, int) or isinstance(index, bool):
            raise FormatError(f"{path} is a vocabulary, token to id, and {token!r} has {index!r:.40}")
    return content


def write_files(
    folder: str | os.PathLike[str], prefix: str | None, files: Mapping[str, bytes | str | Mapping[str, Any]]
) -> tuple[str, ...]:
    """Write files; return their paths.

    Args:
        folder: where.
        prefix: written before every name, with a dash.
        files: name → bytes, text, or an object to be written as JSON.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    home = Path(folder)
    if not home.is_dir():
        raise NotADirectoryError(f"vocabularies are written into a folder, and {str(folder)!r} is none")
    paths = []
    for name, content in files.items():
        path = home / (f"{prefix}-{name}" if prefix else name)
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        paths.append(str(path))
    return tuple(paths)
