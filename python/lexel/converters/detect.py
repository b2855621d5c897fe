"""Which format a file has, told from its bytes."""

from __future__ import annotations

import base64
import binascii
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from lexel.errors import FormatError, LoadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileFormat", "detect"]

_HEAD_BYTES = 1 << 16


class FileFormat(StrEnum):
    """The formats that vocabularies come in."""

    TOKENIZER_JSON = "tokenizer.json"
    GGUF = "GGUF"
    SENTENCEPIECE = "sentencepiece model"
    TIKTOKEN = "tiktoken rank file"
    TEKKEN = "tekken.json"
    VOCAB_JSON = "vocab.json"
    MERGES = "merges.txt"
    VOCAB_TXT = "vocab.txt"


def detect(path: Path) -> FileFormat:
    """Return the format of a vocabulary file.

    Raises:
        LoadError: the file cannot be read.
        FormatError: its bytes are of no format known here; says what they look like.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror or error}") from error
    if not head.strip():
        raise FormatError(f"{path} is empty")
    if head.startswith(b"GGUF"):
        return FileFormat.GGUF
    if head.startswith(b"version https://git-lfs"):
        raise FormatError(f"{path} is a pointer of git-lfs, not the file itself; fetch it with `git lfs pull`")
    # A sentencepiece model begins with its first piece: field 1 of a protobuf message, whose first field is a string.
    if head[:1] == b"\n" and head[2:3] == b"\n":
        return FileFormat.SENTENCEPIECE
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _json_format(path)
    return _text_format(path, head)


def _json_format(path: Path) -> FileFormat:
    try:
        content = json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} begins like JSON and is none: {error}") from error
    if isinstance(content.get("model"), dict):
        return FileFormat.TOKENIZER_JSON
    if isinstance(content.get("vocab"), list) and "config" in content:
        return FileFormat.TEKKEN
    if content and all(isinstance(value, int) for value in content.values()):
        return FileFormat.VOCAB_JSON
    raise FormatError(
        f"{path} is JSON, and neither a tokenizer.json (it has no 'model'), nor a tekken.json, nor a vocabulary of "
        f"token to id; its keys are {sorted(content)[:8]}"
    )


def _text_format(path: Path, head: bytes) -> FileFormat:
    try:
        # The head may end inside a character.
        text = head.decode("utf-8", "strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path} is of no vocabulary format: it begins with {head[:8]!r} and is not UTF-8 text ({error.reason})"
        ) from error
    lines = text.splitlines()[:50] if len(head) < _HEAD_BYTES else text.splitlines()[:-1][:50]
    if lines[0].startswith("#version"):
        return FileFormat.MERGES
    if all(_is_rank(line) for line in lines if line):
        return FileFormat.TIKTOKEN
    if all(len(line.split(" ")) == 2 for line in lines if line):
        return FileFormat.MERGES
    return FileFormat.VOCAB_TXT


def _is_rank(line: str) -> bool:
    token, _, rank = line.partition(" ")
    if not rank.isdigit():
        return False
    try:
        base64.b64decode(token, validate=True)
    except binascii.Error:
        return False
    return True
