"""Which format a file has, told from its bytes: never from its name, and never by trying readers in turn.

Only the beginning of a file is looked at, and of JSON the keys at the top. That the rest is sound is for the reader.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import mmap
import re
import stat
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lexel.converters.json_keys import first_key, top_level_keys
from lexel.converters.other_files import all_settings, name_of_binary, name_of_json, name_of_text
from lexel.errors import FormatError, LoadError

if TYPE_CHECKING:
    import os

    from lexel.converters.json_keys import Data

__all__ = ["FileFormat", "detect"]

_HEAD_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
# As many lines, or keys of a vocabulary, tell what the others are.
_LINES, _KEYS = 50, 256
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_LINE_END = re.compile(r"\r\n|\n|\r")
# What `{` may be followed by in JSON; a vocabulary of one token a line may begin with the token `{`.
_OBJECT = re.compile(rb'\{[ \t\r\n]*(?:"|\}[ \t\r\n]*\Z|\Z)')
_LIST = re.compile(rb'\[[ \t\r\n]*(?:[\["{\]]|-?\d|true|false|null)')
_INTEGER = re.compile(rb"-?\d+(?=[ \t\r\n]*[,}])")
_TEKKEN_ENTRY = re.compile(rb'\[[ \t\r\n]*\{[^{}]{0,65536}"token_bytes"')
_STAGES = {"truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"}
_MODEL_FIELDS = {
    *("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback"),
    *("ignore_merges", "vocab", "merges", "unk_id", "max_input_chars_per_word", "lexel"),
}


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


def detect(path: str | os.PathLike[str]) -> FileFormat:
    """Return the format of a vocabulary file.

    Raises:
        LoadError: it is not there, is a folder or cannot be read.
        FormatError: its bytes are of no format known here; says what they look like.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise LoadError(f"{path} is a folder; load it with Tokenizer.from_pretrained({str(path)!r})")
        if not stat.S_ISREG(mode):
            raise LoadError(f"{path} is no file but a pipe, a socket or a device, which is not opened")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if not head.removeprefix(_BOM).strip():
                raise FormatError(f"{path} is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _format_of(path, head, data)
    except LoadError:
        raise
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror or error}") from error


def _format_of(path: Path, head: bytes, data: Data) -> FileFormat:
    if head.startswith(b"GGUF"):
        return FileFormat.GGUF
    name = name_of_binary(head, len(data))
    if name is not None:
        raise FormatError(f"{path} is {name}")
    if _begins_like_a_sentencepiece_model(data):
        return FileFormat.SENTENCEPIECE
    bom = len(_BOM) if head.startswith(_BOM) else 0
    plain = head[bom:].lstrip()
    if _OBJECT.match(plain) and not _looks_like_merges(plain):
        try:
            return _json_format(path, data, bom)
        except FormatError as error:
            if str(error).startswith(str(path)):
                raise
            raise FormatError(f"{path} begins like JSON and is none: {error}") from error
    if _LIST.match(plain):
        raise FormatError(f"{path} is a JSON list; a tokenizer.json, a tekken.json and a vocab.json are JSON objects")
    return _text_format(path, head[bom:], whole=len(data) == len(head))


# --- sentencepiece ----------------------------------------------------------------------------------------------------


def _begins_like_a_sentencepiece_model(data: Data) -> bool:
    """Return whether the bytes are a protobuf message with the fields of a model, as far as its first piece.

    Pieces are field 1; specifications of trainer, normalizer, self-test and denormalizer are fields 2 to 5, and may
    come first. All are length-delimited; extensions are not followed.
    """
    at, size = 0, len(data)
    while at < size:
        tag = data[at]
        if tag not in (0x0A, 0x12, 0x1A, 0x22, 0x2A):
            return False
        length, start = _varint(data, at + 1)
        if length is None:
            return False
        if tag == 0x0A:
            return _is_piece(data, start, start + length)
        at = start + length
    return False


def _is_piece(data: Data, at: int, end: int) -> bool:
    """Return whether a message has a piece's fields: text (1), score (2, 32 bits), type (3, a small number).

    The file may end before the message does: that it is cut short is for the reader to say.
    """
    text, size = False, len(data)
    while at < end:
        if at >= size:
            return text
        tag, at = data[at], at + 1
        if tag == 0x0A:
            length, at = _varint(data, at)
            if length is None or length > end - at:
                return False
            text, at = True, at + length
        elif tag == 0x15:
            at += 4
        elif tag == 0x18:
            value, at = _varint(data, at)
            if value is None or value > 16:
                return False
        else:
            return False
    return text and at == end


def _varint(data: Data, at: int) -> tuple[int | None, int]:
    """Return a number of the wire format and the place behind it; None: there is none."""
    value = 0
    for index, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    return None, at


# --- JSON -------------------------------------------------------------------------------------------------------------


def _json_format(path: Path, data: Data, start: int) -> FileFormat:
    keys: list[str] = []
    numbers = texts = 0
    has_model = has_list = False
    for key, at in top_level_keys(data, start):
        opening = data[at : at + 1]
        if key == "model" and opening == b"{":
            has_model = True
            if first_key(data, at) in _MODEL_FIELDS:
                return FileFormat.TOKENIZER_JSON
        if key == "added_tokens" and opening == b"[" and not _STAGES.isdisjoint(keys):
            return FileFormat.TOKENIZER_JSON
        if key == "vocab" and opening == b"[":
            has_list = True
            if _TEKKEN_ENTRY.match(data, at):
                return FileFormat.TEKKEN
        keys.append(key)
        numbers += _INTEGER.match(data, at) is not None
        texts += opening == b'"'
        if numbers == len(keys) == _KEYS:
            return FileFormat.VOCAB_JSON
    if has_model:
        return FileFormat.TOKENIZER_JSON
    if has_list and "config" in keys:
        return FileFormat.TEKKEN
    if keys and numbers == len(keys) and not all_settings(keys):
        return FileFormat.VOCAB_JSON
    name = name_of_json(keys, texts=texts == len(keys))
    if name is not None:
        raise FormatError(f"{path} is {name}")
    raise FormatError(
        f"{path} is JSON, and neither a tokenizer.json (it has no 'model'), nor a tekken.json, nor a vocabulary of "
        f"token to id; its keys are {sorted(keys)[:8]}"
    )


# --- text -------------------------------------------------------------------------------------------------------------


def _text_format(path: Path, head: bytes, *, whole: bool) -> FileFormat:
    try:
        # The head may end inside a character.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError as error:
        raise _unknown(path, head, f"is not UTF-8 text ({error.reason} at byte {error.start})") from error
    control = _CONTROL.search(text)
    if control is not None:
        raise _unknown(path, head, f"holds the control character {control[0]!r}, as text does not")
    found = _LINE_END.split(text)
    lines = [line for line in (found if whole or len(found) == 1 else found[:-1])[:_LINES] if line]
    if lines and lines[0].startswith("#version"):
        return FileFormat.MERGES
    if all(_is_rank(line) for line in lines):
        return FileFormat.TIKTOKEN
    name = name_of_text(lines)
    if name is not None:
        raise FormatError(f"{path} is {name}")
    if all(len(line.split(" ")) == 2 for line in lines):
        return FileFormat.MERGES
    if 2 * sum(" " in line for line in lines) > len(lines):
        raise _unknown(path, head, "goes on as other text does, not as one token a line")
    return FileFormat.VOCAB_TXT


def _unknown(path: Path, head: bytes, why: str) -> FormatError:
    return FormatError(f"{path} is of no vocabulary format: it begins with {head[:8]!r} and {why}")


def _looks_like_merges(head: bytes) -> bool:
    """Return whether a text that begins with a brace is lines of two tokens: `{` is a token of most vocabularies."""
    lines = [line for line in head[:4096].splitlines()[:-1] if line]
    return len(lines) > 1 and all(line.count(b" ") == 1 and b'":' not in line for line in lines)


def _is_rank(line: str) -> bool:
    parts = line.split()
    if len(parts) != 2 or not (parts[1].isascii() and parts[1].isdigit()):
        return False
    try:
        base64.b64decode(parts[0], validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
