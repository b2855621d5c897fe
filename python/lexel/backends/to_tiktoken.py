"""`tok.to_tiktoken()`: a tokenizer as a `tiktoken.Encoding`, where that is exact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel._lexel import Engine
from lexel.backends.tiktoken_encoding import TiktokenEncoding
from lexel.errors import MissingDependencyError, UnsupportedError
from lexel.spec import GPT2_SPLIT, LLAMA3_SPLIT, QWEN2_SPLIT, leaves

if TYPE_CHECKING:
    from lexel.backends.engine import AnyEngine
    from lexel.spec import Json

__all__ = ["to_tiktoken"]

# Every text is covered by their matches; of others the gaps between matches get an alternative of their own.
_WITHOUT_GAPS = (GPT2_SPLIT, LLAMA3_SPLIT, QWEN2_SPLIT)


def to_tiktoken(engine: AnyEngine, name: str) -> Any:
    """Return a `tiktoken.Encoding` that gives the ids this engine gives for plain text.

    What the post-processor writes around texts is not part of it; special tokens are, as tiktoken has them.

    Args:
        engine: what encodes.
        name: what the encoding is called.

    Raises:
        UnsupportedError: tiktoken cannot give the same ids for every text; says why.
        MissingDependencyError: the library is not installed.
    """
    try:
        import tiktoken  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingDependencyError("to_tiktoken() makes an object of the library: pip install tiktoken") from error
    view = TiktokenEncoding(engine, name)
    pattern = _checked_pattern(engine)
    return tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=view._ranks, special_tokens=view._special)


def _checked_pattern(engine: AnyEngine) -> str:
    """Return the split in tiktoken's dialect, when everything else of the tokenizer is as tiktoken does it."""
    if not isinstance(engine, Engine):
        raise _refused("the tokenizers library runs it")
    content = json.loads(engine.to_json())
    model, exact = content["model"], content["model"].get("lexel", {})
    for stage in ("normalizer", "pre_tokenizer"):
        if stage in exact:
            content[stage] = exact[stage]
    if content["normalizer"] is not None:
        raise _refused("it has a normalizer, and tiktoken has none")
    if model["dropout"]:
        raise _refused("its model draws tokens at random (dropout)")
    if model["continuing_subword_prefix"] or model["end_of_word_suffix"]:
        raise _refused("its tokens have affixes")
    for token in content["added_tokens"]:
        if not token["special"]:
            raise _refused(f"the added token {token['content']!r} is not special; tiktoken has special ones only")
        if token["lstrip"] or token["rstrip"] or token["single_word"]:
            raise _refused(f"the added token {token['content']!r} looks at what stands around it")
    pattern = _pattern(leaves(content["pre_tokenizer"] or {}))
    why = engine.unlike_ranks()
    if why is not None:
        raise _refused(f"tiktoken merges by ids, and {why}")
    return pattern


def _pattern(stages: list[Json]) -> str:
    *splits, last = stages
    if last.get("type") != "ByteLevel" or last["add_prefix_space"]:
        raise _refused("its split does not end in bytes, or puts a space before texts")
    if last["use_regex"]:
        splits.append({"type": "Split", "pattern": {"Regex": GPT2_SPLIT}, "behavior": "Isolated", "invert": False})
    if len(splits) != 1 or splits[0].get("type") != "Split":
        kinds = ", ".join(str(split.get("type")) for split in splits) or "none"
        raise _refused(f"tiktoken splits by one regular expression, and this tokenizer by: {kinds}")
    split = splits[0]
    pattern = split["pattern"].get("Regex")
    if pattern is None:
        raise _refused("it splits by a string, not by a regular expression")
    if split["pattern"].get("dialect") != "rust" and not Engine.is_tiktoken_pattern(pattern):
        raise _refused(f"its split means something else in tiktoken's dialect, or can match nothing: {pattern!r}")
    if (split["behavior"], split["invert"]) == ("Removed", True):
        return str(pattern)
    if split["behavior"] != "Isolated":
        raise _refused(f"its split has the behavior {split['behavior']}; tiktoken's pieces are the matches")
    if pattern in _WITHOUT_GAPS:
        return str(pattern)
    # What stands between two matches is a piece here, and left out there.
    return f"{pattern}|(?:(?!{pattern})(?s:.))+"


def _refused(why: str) -> UnsupportedError:
    return UnsupportedError(f"this tokenizer is no tiktoken.Encoding: {why}; as_tiktoken() gives its methods")
