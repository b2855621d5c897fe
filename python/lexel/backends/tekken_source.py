"""The `tekken.json` a tokenizer was read from, written again: it can hold no more and no less than it held."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lexel.converters import FileFormat, detect
from lexel.converters.read import read_spec
from lexel.errors import LoadError

if TYPE_CHECKING:
    from lexel.backends.tokenizers import TokenizersBackend

__all__ = ["save_tekken"]

_NAME = "tekken.json"


def save_tekken(tok: TokenizersBackend, folder: Path) -> tuple[str, ...]:
    """Copy the file a tokenizer was read from into a folder, byte for byte; return its path.

    Args:
        tok: the tokenizer.
        folder: made if it is not there.

    Raises:
        LoadError: it was not read from a tekken.json, or that is gone.
        NotADirectoryError: `folder` is a file.
        ValueError: it has other tokens than the file; names them.
    """
    source = Path(str(getattr(tok, "vocab_file", None) or ""))
    if not source.is_file() or detect(source) is not FileFormat.TEKKEN:
        raise LoadError(
            "save_format='mistral' copies the tekken.json a tokenizer was read from, and there is none: load one with "
            "Tokenizer.from_file('tekken.json'), or save without save_format="
        )
    if folder.is_file():
        raise NotADirectoryError(f"{str(folder)!r} is a file; a tokenizer is saved to a folder")
    _check_unchanged(tok, source)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _NAME
    if not (path.exists() and path.samefile(source)):
        shutil.copyfile(source, path)
    return (str(path),)


def _check_unchanged(tok: TokenizersBackend, source: Path) -> None:
    made = read_spec(source)
    stated = {token.content for _, token in made.added_tokens}
    present = {token.content for token in tok.added_tokens_decoder.values()}
    # The vocabulary of a byte-level model, special tokens included, is that of the file.
    size = len({*made.model["vocab"], *stated})
    wrong = []
    if present - stated:
        wrong.append(f"unexpected added tokens: {sorted(present - stated)[:8]}")
    if stated - present:
        wrong.append(f"missing special tokens: {sorted(stated - present)[:8]}")
    if len(tok) != size:
        wrong.append(f"it has {len(tok)} tokens, and the file {size}")
    if wrong:
        raise ValueError(
            f"save_format='mistral' writes {source.name} as it was, and the tokenizer is not what it was: "
            f"{'; '.join(wrong)}. Use save_format='hf' to keep the changes"
        )
