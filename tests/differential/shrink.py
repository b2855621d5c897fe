"""The smallest pipeline near a failing one: stages, tokens, merges and options left out one by one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.differential.minimise import minimise
from tests.differential.vocabularies import tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.differential.stages import Json

    Fails = Callable[[Json], bool]

STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
# What an option is where it does nothing.
PLAIN: Json = {"dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None}


def shrink(pipeline: Json, fails: Fails) -> Json:
    """Return a smaller pipeline that still fails: no part of it can be left out alone.

    Args:
        pipeline: the content of a `tokenizer.json`.
        fails: whether a pipeline fails; not if it cannot be loaded.
    """
    before = None
    while pipeline != before:
        before = pipeline
        pipeline = _first_of(pipeline, _without_a_stage, fails)
        pipeline = _first_of(pipeline, _smaller_parts, fails)
        pipeline = _smaller_model(pipeline, fails)
    return pipeline


def _first_of(pipeline: Json, candidates: Callable[[Json], Iterator[Json]], fails: Fails) -> Json:
    """Take the first smaller one that fails, and begin anew, until none does."""
    while True:
        found = next((smaller for smaller in candidates(pipeline) if fails(smaller)), None)
        if found is None:
            return pipeline
        pipeline = found


def _without_a_stage(pipeline: Json) -> Iterator[Json]:
    for stage in STAGES:
        if pipeline[stage] is not None:
            yield pipeline | {stage: None}
            for child in _children(pipeline[stage]):
                yield pipeline | {stage: child}
    for option, value in PLAIN.items():
        if pipeline["model"].get(option) is not None:
            yield pipeline | {"model": pipeline["model"] | {option: value}}


def _children(stage: Json) -> list[Json]:
    if stage["type"] != "Sequence":
        return []
    return next(value for value in stage.values() if isinstance(value, list))


def _smaller_parts(pipeline: Json) -> Iterator[Json]:
    """Leave out one item of any list; put a child in the place of its sequence; make one flag false."""
    for path, part in _parts(pipeline):
        if isinstance(part, list):
            for at in range(len(part)):
                yield _numbered(_changed(pipeline, path, part[:at] + part[at + 1 :]))
        elif part is True:
            yield _changed(pipeline, path, False)
        elif isinstance(part, dict) and part.get("type") == "Sequence":
            for child in _children(part):
                yield _changed(pipeline, path, child)


def _parts(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, part
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, below in items:
        if key not in ("vocab", "merges"):
            yield from _parts(below, (*path, key))


def _changed(pipeline: Json, path: tuple[Any, ...], value: Any) -> Json:
    """Return a copy with one part changed."""
    if not path:
        return pipeline
    result = copy.deepcopy(pipeline)
    parent: Any = result
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return result


def _smaller_model(pipeline: Json, fails: Fails) -> Json:
    model = pipeline["model"]

    def fails_with(**parts: Any) -> bool:
        return fails(_numbered(pipeline | {"model": model | parts}))

    if model.get("merges"):
        model["merges"] = minimise(model["merges"], lambda merges: fails_with(merges=merges))
    if model["type"] == "Unigram":
        unknown = model["vocab"][model["unk_id"]] if model["unk_id"] is not None else None

        def parts_of(vocab: list[Any]) -> Json:
            at = next((at for at, entry in enumerate(vocab) if entry is unknown), None)
            return {"vocab": vocab, "unk_id": at}

        vocab = minimise(
            model["vocab"],
            lambda vocab: (
                any(entry is unknown for entry in vocab) == (unknown is not None) and fails_with(**parts_of(vocab))
            ),
        )
        return _numbered(pipeline | {"model": model | parts_of(vocab)})
    vocab = minimise(list(model["vocab"].items()), lambda items: fails_with(vocab=dict(items)))
    return _numbered(pipeline | {"model": model | {"vocab": dict(vocab)}})


def _numbered(pipeline: Json) -> Json:
    """Return the pipeline with the ids that its added tokens have beside its vocabulary."""
    vocab = tokens_of(pipeline["model"])
    bound = max(vocab.values(), default=-1) + 1
    tokens = []
    for token in pipeline["added_tokens"]:
        known = vocab.get(token["content"])
        if known is None:
            known, bound = bound, bound + 1
        tokens.append(token | {"id": known})
    return pipeline | {"added_tokens": tokens}
