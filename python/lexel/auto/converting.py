"""A tokenizer of any format as a file of another: what `lexel convert` does."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.backends import TokenizersBackend
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    import os

    from lexel.tokenizer import Tokenizer

__all__ = ["FORMATS", "convert"]

# Format → the name of its file in a folder.
FORMATS = {
    "folder": "",
    "tokenizer.json": "tokenizer.json",
    "sentencepiece": "tokenizer.model",
    "tiktoken": "tokenizer.tiktoken",
    "vocab": "",
}
_VOCABULARIES = ("vocab.json", "vocab.txt", "merges.txt")
_LEFT_BEHIND = "the names of special tokens and the chat template stay behind: a folder keeps them"


def convert(tokenizer: Tokenizer, out: str | os.PathLike[str], to: str | None = None) -> tuple[list[Path], list[str]]:
    """Write a tokenizer in another format.

    Args:
        tokenizer: the tokenizer.
        out: a file, or a folder.
        to: one of `FORMATS`; None: what the name of the file says, and of a folder all its files.

    Returns:
        The files, and what a reader of them must know: what is only close, and what stays behind.

    Raises:
        UnsupportedError: the format cannot hold the tokenizer; says why.
        ValueError: no such format, or a name that tells none.
    """
    path = Path(out)
    chosen = to if to is not None else _told_by(path)
    if chosen not in FORMATS:
        raise ValueError(f"there is no format {chosen!r} to write; there are {', '.join(FORMATS)}")
    if chosen == "folder":
        return [Path(name) for name in tokenizer.save_pretrained(path)], _of_pipeline(tokenizer)
    if not isinstance(tokenizer, TokenizersBackend):
        raise UnsupportedError(
            f"{type(tokenizer).__name__} runs no pipeline that another file could hold; save_pretrained writes a folder"
        )
    if _is_folder(path):
        path.mkdir(parents=True, exist_ok=True)
        path = path / FORMATS[chosen]
    path.parent.mkdir(parents=True, exist_ok=True)
    if chosen == "tokenizer.json":
        tokenizer.backend_tokenizer.save(path)
        return [path], [*_of_pipeline(tokenizer), _LEFT_BEHIND]
    if chosen == "sentencepiece":
        differs = tokenizer.to_sentencepiece(path, exact=False)
        notes = [f"only close: {what}" for what in differs] or ["exact: the same ids, special tokens in texts aside"]
        return [path], [*notes, "templates of special tokens and the chat template stay behind"]
    if chosen == "vocab":
        folder = path if path.is_dir() else path.parent
        written = [Path(name) for name in tokenizer.save_vocabulary(str(folder))]
        return written, ["only the vocabulary: how texts are cut is for the class that reads it", _LEFT_BEHIND]
    return [path], _write_ranks(tokenizer, path)


def _is_folder(path: Path) -> bool:
    return path.is_dir() or (not path.suffix and not path.is_file())


def _told_by(path: Path) -> str:
    if path.name in _VOCABULARIES:
        return "vocab"
    known = {".json": "tokenizer.json", ".model": "sentencepiece", ".spm": "sentencepiece", ".tiktoken": "tiktoken"}
    if _is_folder(path):
        return "folder"
    if path.suffix not in known:
        raise ValueError(
            f"the name {path.name!r} tells no format; name it .json, .model or .tiktoken, or say which of "
            f"{', '.join(FORMATS)}"
        )
    return known[path.suffix]


def _of_pipeline(tokenizer: Any) -> list[str]:
    """Return what readers of the pipeline must know that do not know our exact stages."""
    if not isinstance(tokenizer, TokenizersBackend):
        return []
    exact = json.loads(tokenizer.backend_tokenizer.engine.to_json())["model"].get("lexel")
    if exact is None:
        return []
    return [
        f"exact here; other readers of tokenizer.json run stages that come close to {exact.get('reference')}, and may "
        "cut rare texts otherwise"
    ]


def _write_ranks(tokenizer: Any, path: Path) -> list[str]:
    """Write the ranks of a byte-level tokenizer as tiktoken reads them; return what a reader must know."""
    encoding = tokenizer.to_tiktoken()
    ranks = sorted(encoding._mergeable_ranks.items(), key=lambda entry: entry[1])
    lines = (b"%s %d\n" % (b64encode(token), rank) for token, rank in ranks)
    path.write_bytes(b"".join(lines))
    special = json.dumps(encoding._special_tokens, ensure_ascii=False)
    return [f"a rank file states no split and no special tokens; pass pattern={encoding._pat_str!r}, special={special}"]
