"""Texts that are met once: real corpora, what installed packages carry, and sentences joined anew.

A machine that stays as it is gives the same texts again; another machine has other packages, so figures on fresh text
compare within a run. What is assembled is kept in `.cache/benchmarks/texts`, in slices of documents, and is not part of
the repository. Lines that name a special token are left out: libraries differ on purpose in what they make of them.

- *english*: the corpus, then the English prose of installed packages: documents (.rst, .md, .txt, licences, METADATA),
  then the docstrings of their sources;
- *code*: the corpus, then those sources (.py, .pyi, .h, .hpp, .pyx, .js), files in an order drawn from a seed;
- *cjk*, *multilingual*: the corpus, then sentences made of halves of two of its sentences, drawn from a seed: words of
  the corpus in new company, and at each joint a word that was never there.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import corpora
from field.environments import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCUMENT_BYTES = 8 << 10
SLICE_BYTES = 512 << 10
FULL = {"english": 18 << 20, "code": 30 << 20, "cjk": 9 << 20, "multilingual": 9 << 20}
PROSE = {".rst", ".md", ".txt"}
PROSE_NAMES = re.compile(r"^(LICEN[CS]E|COPYING|NOTICE|METADATA|README|AUTHORS|CHANGELOG)", re.IGNORECASE)
SOURCES = {".py", ".pyi", ".h", ".hpp", ".pyx", ".js"}
LARGEST_FILE = 1 << 20
SPECIAL = re.compile(
    r"<\|.*\|>|<｜|</?s>|<unk>|<pad>|<mask>|<bos>|<eos>|<0x|<extra_id|\[(?:CLS|SEP|MASK|PAD|UNK)\]|\[unused"
)
SENTENCE_END = re.compile(r"(?<=[.!?。！？؟।])\s*|\n")
DOCSTRING = re.compile(r'"""(.*?)"""', re.DOTALL)
# A change here makes new texts.
EDITION = 2


def fresh(name: str, size_bytes: int | None = None) -> Path:
    """Return a file with a text of about this many bytes: a JSON list of slices, each a list of documents."""
    wanted = FULL[name] if size_bytes is None else size_bytes
    data = corpora.data_folder()
    key = f"{EDITION} {name} {wanted} {data} {sysconfig.get_path('purelib')} {sys.version}"
    path = CACHE / "texts" / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(sliced(_documents(name, wanted)), ensure_ascii=False), "utf-8")
        part.rename(path)
    return path


def sliced(documents: Iterable[str]) -> list[list[str]]:
    """Group documents into slices."""
    return corpora.slices(list(documents), SLICE_BYTES)


def kept(name: str, slices: list[list[str]]) -> Path:
    """Write slices to a file that a worker reads, named after what is in it."""
    text = json.dumps(slices, ensure_ascii=False)
    path = CACHE / "texts" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        path.write_text(text, "utf-8")
    return path


def _documents(name: str, wanted: int) -> Iterator[str]:
    """Yield documents of one kind of text until there are so many bytes."""
    made = 0
    for document in _sources_of(name):
        plain = "".join(line for line in document.splitlines(keepends=True) if not SPECIAL.search(line))
        if not plain.strip():
            continue
        yield plain
        made += len(plain.encode())
        if made >= wanted:
            return


def _sources_of(name: str) -> Iterator[str]:
    yield from corpora.documents(corpora.corpus(name), DOCUMENT_BYTES)
    if name == "english":
        for text in _package_files(prose=True):
            yield from corpora.documents(text, DOCUMENT_BYTES)
        yield from corpora.documents("".join(_docstrings()), DOCUMENT_BYTES)
    elif name == "code":
        for text in _package_files(prose=False):
            yield from corpora.documents(text, DOCUMENT_BYTES)
    chance = random.Random(f"{corpora.SEED} crossed {name}")
    while name not in {"english", "code"}:
        yield from corpora.documents(crossed(corpora.corpus(name), chance), DOCUMENT_BYTES)


def _package_files(*, prose: bool) -> Iterator[str]:
    """Yield the texts of installed packages, each once, in an order drawn from a seed."""
    folders = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib")}
    paths = list({path for folder in folders for path in folder.rglob("*") if _wanted(path, prose=prose)})
    paths.sort(key=lambda path: hashlib.sha256("/".join(path.parts[-4:]).encode() + path.as_posix().encode()).digest())
    met = set()
    for path in paths:
        try:
            data = path.read_bytes()
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        content = hashlib.sha256(data).digest()
        if content not in met and len(data) <= LARGEST_FILE:
            met.add(content)
            yield text


def _wanted(path: Path, *, prose: bool) -> bool:
    if prose:
        return path.suffix in PROSE or PROSE_NAMES.match(path.name) is not None
    return path.suffix in SOURCES


def _docstrings() -> Iterator[str]:
    """Yield what installed sources say between triple quotes, each once."""
    met = set()
    for text in _package_files(prose=False):
        for found in DOCSTRING.finditer(text):
            prose = " ".join(found[1].split()) + "\n"
            if len(prose) > 40 and prose not in met:
                met.add(prose)
                yield prose


def crossed(text: str, chance: random.Random) -> str:
    """Join the first half of a sentence and the second half of another, all over a text."""
    sentences = [sentence for sentence in SENTENCE_END.split(text) if len(sentence) > 3]
    others = list(sentences)
    chance.shuffle(sentences)
    chance.shuffle(others)
    lines = []
    for one, other in zip(sentences, others, strict=True):
        lines.append(one[: chance.randint(1, len(one) - 1)] + other[chance.randint(1, len(other) - 1) :] + "\n")
    return "".join(lines)
