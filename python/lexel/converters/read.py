"""Any single file to a specification: its bytes say which format it has, and each format has one converter."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.converters.detect import FileFormat, detect

if TYPE_CHECKING:
    import os

    from lexel.converters.tiktoken import SpecialTokens
    from lexel.spec import Spec

__all__ = ["read_spec"]

# Format → the module that reads it, imported when such a file is met. Each has `convert(path) -> Spec`.
_CONVERTERS = {
    FileFormat.TOKENIZER_JSON: "lexel.converters.pipeline_json",
    FileFormat.GGUF: "lexel.converters.gguf",
    FileFormat.SENTENCEPIECE: "lexel.converters.spm",
    FileFormat.TIKTOKEN: "lexel.converters.tiktoken",
    FileFormat.TEKKEN: "lexel.converters.tekken",
    FileFormat.VOCAB_JSON: "lexel.converters.bare",
    FileFormat.MERGES: "lexel.converters.bare",
    FileFormat.VOCAB_TXT: "lexel.converters.bare",
}


def read_spec(
    path: str | os.PathLike[str], *, pattern: str | None = None, special_tokens: SpecialTokens | None = None
) -> Spec:
    """Read the tokenizer in a file of any known format.

    Args:
        path: the file; `vocab.json` needs its `merges.txt` beside it, and the other way round.
        pattern: of a tiktoken rank file: the regular expression texts are split by; None: that of the known file with
            this content.
        special_tokens: of a tiktoken rank file: text → id; None: those of the known file with this content.

    Returns:
        The specification; its `config` holds what a `tokenizer_config.json` would say.

    Raises:
        LoadError: the file, or the one that belongs beside it, is not there.
        FormatError: it is of no known format, or broken; says what it looks like.
        UnsupportedError: it asks for what is not here; or it alone does not say what the tokenizer does.
        TypeError: `pattern` or `special_tokens` for a file that states its own.
    """
    path = Path(path)
    kind = detect(path)
    options: dict[str, Any] = {}
    if kind is FileFormat.TIKTOKEN:
        options = {"pattern": pattern, "special_tokens": special_tokens}
    elif pattern is not None or special_tokens is not None:
        given = "pattern=" if pattern is not None else "special_tokens="
        raise TypeError(f"{given} is for tiktoken rank files, which do not say it; {path} is a {kind}, which does")
    module = _CONVERTERS[kind]
    made: Spec = import_module(module).convert(path, **options)
    return made
