"""Which file of a folder states its tokenizer, where there is no `tokenizer.json`.

Names say which files are worth looking at, most telling first; the bytes of the first say what it is. Of a repository
nothing but that file is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lexel.converters.detect import FileFormat, detect
from lexel.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lexel.hub import ModelFiles

__all__ = ["Candidate", "Source", "candidates", "source_of"]

_MARIAN = ("source.spm", "target.spm", "vocab.json")
_BYTE_PAIRS = (("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe"))
_VERSION = re.compile(r"tokenizer\.model(?:\.v(\d+))?(?:m\d+)?")
_SHARD = re.compile(r"-(\d{5})-of-\d{5}\.gguf$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may state a folder's tokenizer, by its name.

    Attributes:
        name: in the folder.
        reason: why it may, in words for a person.
        files: all files that belong together, this one first.
        tokenizer_class: the class such files belong to; None: their content says what they mean.
    """

    name: str
    reason: str
    files: tuple[str, ...] = ()
    tokenizer_class: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The file that states a folder's tokenizer.

    Attributes:
        path: on this machine.
        format: by its bytes.
        candidate: its names, and the class it belongs to.
        reasons: how it was chosen, a sentence each.
    """

    path: Path
    format: FileFormat
    candidate: Candidate
    reasons: tuple[str, ...]


def candidates(names: Sequence[str]) -> list[Candidate]:
    """Return the files of a folder that may state its tokenizer, most telling first.

    Args:
        names: the files directly in the folder.
    """
    there = set(names)
    found: list[Candidate] = []

    def add(reason: str, *files: str, tokenizer_class: str | None = None) -> None:
        if files[0] not in {known.name for known in found}:
            found.append(Candidate(files[0], reason, files, tokenizer_class))

    for name in _ordered(names, lambda name: "tekken" in name and name.endswith(".json"), first="tekken.json"):
        add("Mistral's own vocabulary", name)
    versions = [(int(match[1] or 0), name) for name in names if (match := _VERSION.fullmatch(name))]
    for version, name in sorted(versions, key=lambda entry: (entry[0] > 0, -entry[0], entry[1])):
        add(f"a model file{f' of Mistral, version {version}' if version else ''}", name)
    for name in _ordered(names, lambda name: name.endswith(".tiktoken"), first="tiktoken.model"):
        add("tiktoken's ranks", name)
    if there.issuperset(_MARIAN):
        add("Marian's pair of models and their ids", *_MARIAN, tokenizer_class="MarianTokenizer")
    for name in ("spiece.model", "sentencepiece.bpe.model", "spm.model"):
        if name in there:
            add("a SentencePiece model", name)
    for name in _ordered(names, lambda name: name.endswith((".model", ".spm"))):
        add("a model file", name)
    for vocab, merges in _BYTE_PAIRS:
        if vocab in there and merges in there:
            add("a vocabulary with its merges", vocab, merges)
    if "vocab.txt" in there:
        add("a vocabulary, one token a line", "vocab.txt")
    for name in _ordered(names, _is_gguf):
        add("a model that holds its tokenizer", name)
    return found


def source_of(files: ModelFiles) -> Source | None:
    """Return the file that states the tokenizer of a folder or repository; None: no file does.

    Where several files of one kind do, the first by name is taken, and `reasons` says so.

    Raises:
        FormatError: the files that could by their names are none by their bytes; the first says why.
        LoadError: the hub did not give the file.
    """
    possible = candidates(files.names())
    refused: list[tuple[str, FormatError]] = []
    for candidate in possible:
        path = files.get(candidate.name)
        if path is None:
            continue
        try:
            kind = detect(path)
        except FormatError as error:
            # A name such as `x.model` is everyone's: weights may have it too.
            refused.append((candidate.name, error))
            continue
        reasons = [f"{name} is passed over: {error}" for name, error in refused]
        reasons.append(f"there is no tokenizer.json; {candidate.name} ({candidate.reason}) is a {kind}")
        alike = [other.name for other in possible if other.reason == candidate.reason and other is not candidate]
        if alike:
            reasons.append(
                f"{', '.join(alike)} would do as well, and may be another tokenizer: Tokenizer.from_file opens each"
            )
        return Source(path, kind, candidate, tuple(reasons))
    if refused:
        raise refused[0][1]
    return None


def _ordered(names: Sequence[str], wanted: Callable[[str], bool], first: str = "") -> list[str]:
    """Return the names that are wanted, or are `first`, that one before the others."""
    return sorted((name for name in names if wanted(name) or name == first), key=lambda name: (name != first, name))


def _is_gguf(name: str) -> bool:
    """Return whether a file is a GGUF model with a tokenizer: of a split one the first part, and no projector."""
    shard = _SHARD.search(name)
    base = PurePosixPath(name).name.lower()
    return base.endswith(".gguf") and "mmproj" not in base and (shard is None or int(shard[1]) == 1)
