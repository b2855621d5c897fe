"""Vocabularies and merges as users have them: dictionaries, lists, `vocab.json`, `merges.txt`, `vocab.txt`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from lexel.converters.detect import FileFormat, detect
from lexel.converters.merges import as_pairs
from lexel.errors import FormatError, LoadError, UnsupportedError, VocabularyError
from lexel.tokenizer.loading import read_json

__all__ = ["merges_beside", "read_merges", "read_pieces", "read_vocab"]


def read_vocab(vocab: Any) -> dict[str, int]:
    """Return a vocabulary as token → id.

    Args:
        vocab: a dictionary; a list of tokens, or of (token, anything) pairs, in id order; or the path of a `vocab.json`
            or `vocab.txt`.

    Raises:
        VocabularyError: an id that is no number, or used twice.
        UnsupportedError: a file of another format; names it.
        TypeError: something else.
    """
    if isinstance(vocab, (str, os.PathLike)):
        return _read_vocab_file(Path(vocab))
    if isinstance(vocab, dict):
        made = {}
        for token, index in vocab.items():
            if not isinstance(index, int) or isinstance(index, bool) or index < 0:
                raise VocabularyError(f"the id of {token!r} is not a number from 0 on: {index!r}")
            made[str(token)] = int(index)
        return made
    if isinstance(vocab, (list, tuple)):
        return {_token(entry): index for index, entry in enumerate(vocab)}
    raise TypeError(f"a vocabulary is a dict, a list or the path of a file, not {type(vocab).__name__}")


def read_pieces(vocab: Any) -> list[tuple[str, float]]:
    """Return a Unigram vocabulary as (piece, score) pairs in id order.

    Raises:
        VocabularyError: an entry that is no such pair.
        UnsupportedError: a file, whose format it names.
        TypeError: something else: without scores there is no Unigram model.
    """
    if isinstance(vocab, (str, os.PathLike)):
        raise UnsupportedError(
            f"{vocab} is a {detect(Path(vocab))}; a Unigram vocabulary is given as (piece, score) pairs in id order"
        )
    if not isinstance(vocab, (list, tuple)):
        raise TypeError(
            f"a Unigram vocabulary is a list of (piece, score) pairs in id order, not {type(vocab).__name__}: the "
            "scores decide how texts are cut"
        )
    pieces = []
    for entry in vocab:
        if not isinstance(entry, (list, tuple)) or len(entry) != 2 or not isinstance(entry[0], str):
            raise VocabularyError(f"a Unigram vocabulary holds (piece, score) pairs, and this is {entry!r}")
        pieces.append((entry[0], float(entry[1])))
    return pieces


def _token(entry: Any) -> str:
    token = entry[0] if isinstance(entry, (list, tuple)) and entry else entry
    if not isinstance(token, str):
        raise VocabularyError(f"a vocabulary list holds tokens or (token, score) pairs, and this is {entry!r}")
    return token


def _read_vocab_file(path: Path) -> dict[str, int]:
    kind = detect(path)
    if kind is FileFormat.VOCAB_JSON:
        return read_vocab(read_json(path))
    if kind in (FileFormat.VOCAB_TXT, FileFormat.MERGES):
        # One token a line, its number the id; a short file of two-word lines may look like merges.
        lines = _lines(path)
        return {line: index for index, line in enumerate(lines) if line or index + 1 < len(lines)}
    raise UnsupportedError(
        f"{path} is a {kind}; as a vocabulary, vocab.json and vocab.txt are read. "
        "Load a whole tokenizer from it with Tokenizer.from_file(...), where that format is supported"
    )


def _lines(path: Path) -> list[str]:
    """Return the lines of a text, whatever ends them; characters that only Unicode calls line ends end none.

    Raises:
        LoadError: it cannot be read.
        FormatError: it is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    return re.split("\r\n|\n|\r", text)


def merges_beside(vocab: Any) -> Path | None:
    """Return the `merges.txt` in the folder of a vocabulary file, None where there is none."""
    if not isinstance(vocab, (str, os.PathLike)):
        return None
    path = Path(vocab).with_name("merges.txt")
    return path if path.is_file() else None


def read_merges(merges: Any) -> list[tuple[str, str]]:
    """Return merges as pairs in order of rank.

    Args:
        merges: pairs, strings with a space between the parts, or the path of a `merges.txt`.

    Raises:
        VocabularyError: something that is no merge.
        FormatError: a line of the file holds no two parts; says which.
    """
    if not isinstance(merges, (str, os.PathLike)):
        return as_pairs(merges)
    path = Path(merges)
    pairs = []
    for number, line in enumerate(_lines(path), 1):
        if not line or line.startswith("#version"):
            continue
        parts = line.split(" ")
        if len(parts) != 2:
            raise FormatError(f"{path}, line {number}: a merge is two tokens with a space between, found {line!r:.60}")
        pairs.append((parts[0], parts[1]))
    return pairs
