"""The files of merges that tokenizers written in Python read.

Source: transformers 5.23, `CTRLTokenizer`, `PhobertTokenizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lexel.errors import FormatError
from lexel.families.model_files import read_text

if TYPE_CHECKING:
    import os

__all__ = ["merge_ranks", "read_counted"]


def merge_ranks(path: str | os.PathLike[str], *, heading: bool) -> dict[tuple[str, ...], int]:
    """Return pair → rank of a file of merges; of a pair that comes twice the later rank counts.

    Args:
        path: the file: a merge a line, its parts divided by spaces.
        heading: whether the first line is none; without it every line has a number behind the parts.
    """
    lines = read_text(path, "merges_file").split("\n")[:-1]
    pairs = [tuple(line.split()) for line in lines[1:]] if heading else [tuple(line.split()[:-1]) for line in lines]
    return {pair: rank for rank, pair in enumerate(pairs)}


def read_counted(path: str | os.PathLike[str], first: tuple[str, ...]) -> dict[str, int]:
    """Return token → id of a dictionary of fairseq: a token and its count a line, ids behind the first tokens.

    Raises:
        FormatError: a line without a count; says which.
    """
    vocab = {token: index for index, token in enumerate(first)}
    for number, line in enumerate(_lines(read_text(path, "vocab_file")), 1):
        token, space, _ = line.strip().rpartition(" ")
        if not space:
            raise FormatError(f"{path}, line {number}: a token and its count are expected, found {line!r:.60}")
        vocab[token] = len(vocab)
    return vocab


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
