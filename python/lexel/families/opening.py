"""A vocabulary file as an argument of a class: `LlamaTokenizer(vocab="tokenizer.model")`, whatever its format.

The format is told from the bytes. A file that states how texts are cut (tokenizer.json, GGUF, tiktoken ranks,
tekken.json) brings its pipeline along, and the class gives names and defaults; of all others the class takes the
vocabulary.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.backends import edits, sources
from lexel.backends.engine import compile_json
from lexel.backends.seed import Seed
from lexel.backends.vocabulary_files import rank_options, states_pipeline
from lexel.converters.detect import FileFormat, detect
from lexel.converters.sentencepiece_proto import read_proto
from lexel.converters.sentencepiece_vocabulary import extract, plain_spec
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from lexel.families.family import Family

__all__ = ["Opening", "opened", "taken"]

_OTHER_SOURCES = ("tokenizer_object", "tokenizer_file", "gguf_file")
# What a bare file says of itself, and a class does not take over.
_OF_BARE_FILES = ("split_special_tokens", "tokenizer_class")


@dataclass(slots=True)
class Opening:
    """What the arguments of a constructor are once their vocabulary file was read.

    Attributes:
        options: the arguments.
        state: attributes of the tokenizer that its constructor takes up: a pipeline, the settings asked for, and
            whether extra tokens are a model's symbols, which decoded texts keep.
    """

    options: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)


def opened(cls: type[Family], options: dict[str, Any]) -> Opening:
    """Return the arguments of a class with the vocabulary file among them read, if it is of a format that needs it.

    Args:
        cls: the class.
        options: the arguments as they were given.

    Raises:
        UnsupportedError: the class has no use for such a file; names both.
        FormatError: the file is broken, or of no known format.
        LoadError: it is not there.
    """
    given = options.get("vocab") if options.get("vocab") is not None else options.get("vocab_file")
    if not isinstance(given, (str, os.PathLike)) or any(options.get(key) is not None for key in _OTHER_SOURCES):
        return Opening(options)
    path = Path(given)
    kind = detect(path)
    rest = {key: value for key, value in options.items() if key not in ("vocab", "vocab_file")}
    if states_pipeline(kind):
        return _with_pipeline(cls, path, kind, {key: value for key, value in rest.items() if key != "merges"})
    if kind is not FileFormat.SENTENCEPIECE:
        if cls.model == "Unigram":
            raise _no_use(cls, path, kind, "it has no scores")
        merges = rest.get("merges") if rest.get("merges") is not None else rest.pop("merges_file", None)
        return Opening({**rest, "vocab": path, **({} if merges is None else {"merges": merges})})
    if cls.model not in ("BPE", "Unigram"):
        raise _no_use(cls, path, kind, "its pieces are no word pieces")
    proto = read_proto(path)
    if rest.get("additional_special_tokens") is not None and not rest.get("extra_special_tokens"):
        # The file's symbols go under the older name; what was given counts.
        rest["extra_special_tokens"] = rest.pop("additional_special_tokens")
    if cls.plain_of_models:
        made = cls._order_pieces(extract(proto, None, **rest))
        compiled = compile_json(plain_spec(proto, made).to_json())
        return Opening({**made, "vocab_file": str(path)}, {"_seed": Seed(compiled), "_symbols": True})
    made = cls._order_pieces(extract(proto, cls.model, **rest))
    if rest.get("merges") is not None:
        made["merges"] = rest["merges"]
    return Opening({**made, "vocab_file": str(path)}, {"_symbols": not cls.symbols_are_special})


def taken(cls: type[Family], options: dict[str, Any]) -> dict[str, Any]:
    """Return what a SentencePiece model gives without the parts that a class has no setting for."""
    unused = {"unk_id", "_spm_precompiled_charsmap"} - cls.defaults.keys()
    return {key: value for key, value in options.items() if key not in unused}


def _with_pipeline(cls: type[Family], path: Path, kind: FileFormat, options: dict[str, Any]) -> Opening:
    how = rank_options(path, options) if kind is FileFormat.TIKTOKEN else {}
    compiled, stated = sources.read_file(path, **how)
    found = json.loads(compiled.engine.model_info())["type"]
    if found != cls.model:
        raise _no_use(cls, path, kind, f"its model is {found}")
    asked = {key: value for key, value in options.items() if key in cls.defaults and value is not None}
    stated = {key: value for key, value in stated.items() if key not in _OF_BARE_FILES}
    state = {"_seed": Seed(edits.apply(compiled, asked)), "_asked": asked}
    return Opening({**stated, **options}, state)


def _no_use(cls: type[Family], path: Path, kind: FileFormat, why: str) -> UnsupportedError:
    return UnsupportedError(
        f"{path} is a {kind}, and {cls.__name__} has a {cls.model} model: {why}; pass a vocabulary of that kind, or "
        "open the file as what it is with Tokenizer.from_file(...)"
    )
