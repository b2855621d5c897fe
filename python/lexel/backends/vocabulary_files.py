"""Which file of a folder without a `tokenizer.json` holds the vocabulary, and what a class takes from it.

Some formats state how texts are cut (a rank file, a tekken.json, a GGUF file): they are read whole, and the class gives
names and defaults. Of the others (vocab.json, vocab.txt, a SentencePiece model) it takes the vocabulary, and builds its
own pipeline around it.

Source: transformers 5.23, `TokenizersBackend.convert_to_native_format`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from lexel.added_token import token_text
from lexel.converters.detect import FileFormat
from lexel.converters.folder import candidates, source_of
from lexel.converters.tiktoken_encodings import by_hash
from lexel.spec import LLAMA3_SPLIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lexel.hub import ModelFiles

__all__ = ["find_vocabulary", "model_kind", "rank_options", "states_pipeline"]

_STATING = (FileFormat.TOKENIZER_JSON, FileFormat.GGUF, FileFormat.TIKTOKEN, FileFormat.TEKKEN)


def find_vocabulary(files: ModelFiles, class_files: Mapping[str, str]) -> Path | None:
    """Return the file with the vocabulary: that of the class, else the most telling one; None: there is none.

    Args:
        files: the folder or repository.
        class_files: argument → file name of the class.

    Raises:
        FormatError: the files that could by their names are none by their bytes.
    """
    own = class_files.get("vocab_file")
    path = files.get(own) if own is not None else None
    if path is not None:
        return path
    best = next(iter(candidates(files.names())), None)
    if best is not None and best.name.endswith(".gguf") and not (files.folder / best.name).is_file():
        # A whole model is not downloaded for its tokenizer unasked.
        return None
    found = source_of(files)
    return found.path if found is not None else None


def states_pipeline(kind: FileFormat) -> bool:
    """Return whether files of a format say how texts are cut, and not only into what."""
    return kind in _STATING


def rank_options(path: Path, options: Mapping[str, Any], *, own_names: bool = False) -> dict[str, Any]:
    """Return how a class reads a rank file of tiktoken: its special tokens, and how texts are split.

    The special tokens are those that the settings of the folder state. Ids behind the ranks that no token has are held
    by placeholders; further extra tokens follow. A file that is not a published one is split as that of Llama 3.

    Args:
        path: the file.
        options: the settings.
        own_names: whether a published file has its own special tokens where the settings state none.
    """
    data = path.read_bytes()
    size = sum(1 for line in data.splitlines() if line.strip())
    stated = {int(index): token_text(token) for index, token in (options.get("added_tokens_decoder") or {}).items()}
    last = max(stated, default=-1)
    names = {stated.get(index, f"<|reserved_token_{index}|>"): index for index in range(size, last + 1)}
    for token in options.get("extra_special_tokens") or ():
        names.setdefault(token_text(token), size + len(names))
    known = by_hash(hashlib.sha256(data).hexdigest())
    if own_names and known is not None and not names:
        return {}
    return {"special_tokens": names, "pattern": None if known is not None else LLAMA3_SPLIT}


def model_kind(cls: type) -> str | None:
    """Return the kind of model a class builds ("BPE", "Unigram" …), None: it takes what comes.

    Classes of users may state a model of the `tokenizers` library in place of its name.
    """
    model = getattr(cls, "model", None)
    return model if model is None or isinstance(model, str) else str(model.__name__)
