"""One file to a tokenizer: its bytes say which format it has, and what it means which class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.auto.registry import class_named
from lexel.backends import MistralCommonBackend, SentencePieceBackend, TokenizersBackend
from lexel.backends.sources import read_file
from lexel.converters import FileFormat, detect
from lexel.converters.folder import candidates
from lexel.errors import UnsupportedError
from lexel.hub import open_files

if TYPE_CHECKING:
    import os

    from lexel.converters.tiktoken import SpecialTokens
    from lexel.tokenizer import Tokenizer

__all__ = ["from_file"]


def from_file(
    path: str | os.PathLike[str],
    *,
    pattern: str | None = None,
    special_tokens: SpecialTokens | None = None,
    backend: str | None = None,
    **kwargs: Any,
) -> Tokenizer:
    """Load a tokenizer from one file; its format is found from its bytes, the class from what it means.

    Args:
        path: the file.
        pattern: the split of a tiktoken rank file that is not a known one.
        special_tokens: its special tokens, text → id.
        backend: what runs it: None or "tokenizers" for our core; "sentencepiece" or "mistral_common" for the library
            of that name.
        **kwargs: settings that win over the file's.

    Raises:
        UnsupportedError: the backend does not run such files, or the file asks for what is not here.
        FormatError: a broken file, or of no format that is known here.
        LoadError: it is not there.
    """
    path = Path(path)
    if backend not in (None, "tokenizers"):
        if pattern is not None or special_tokens is not None:
            raise TypeError(f"pattern= and special_tokens= are for our core, and say nothing to backend={backend!r}")
        return _backend_for(path, str(backend)).from_file(path, **kwargs)
    shared = _class_of_several(path)
    if shared is not None and pattern is None and special_tokens is None:
        return shared._from_files(open_files(path.parent), (), {"name_or_path": str(path), **kwargs})
    compiled, config = read_file(path, pattern=pattern, special_tokens=special_tokens)
    found = class_named(str(config.pop("tokenizer_class", None)))
    chosen = found if found is not None and issubclass(found, TokenizersBackend) else TokenizersBackend
    return chosen._from_seed(compiled, (), {"name_or_path": str(path), **config, **kwargs})


def _class_of_several(path: Path) -> type[Tokenizer] | None:
    """Return the class of a vocabulary that says nothing without the files beside it, as Marian's; None: no such."""
    if path.name != "vocab.json" or not path.is_file():
        return None
    names = [beside.name for beside in path.parent.iterdir()]
    found = (one for one in candidates(names) if one.tokenizer_class is not None and path.name in one.files)
    return next((class_named(str(one.tokenizer_class)) for one in found), None)


def _backend_for(path: Path, backend: str) -> type[Tokenizer]:
    """Return the class that runs a file with a library, by what its bytes are."""
    kind = detect(path)
    if backend == "sentencepiece":
        if kind is not FileFormat.SENTENCEPIECE:
            raise UnsupportedError(f"the library sentencepiece runs sentencepiece models, and {path} is a {kind}")
        return SentencePieceBackend
    if backend == "mistral_common":
        if kind not in (FileFormat.TEKKEN, FileFormat.SENTENCEPIECE):
            raise UnsupportedError(
                f"the library mistral-common runs tekken.json and tokenizer.model.v…, and {path} is a {kind}"
            )
        return MistralCommonBackend
    if backend == "python":
        raise UnsupportedError(
            f"the backend 'python' is for classes that are written in Python, and {path} names none: make it with its "
            "class"
        )
    raise UnsupportedError(
        f"there is no backend {backend!r}; for a file there are 'tokenizers', 'sentencepiece' and 'mistral_common'"
    )
