"""States the tokenizer of a `tokenizer.json` as the metadata of a GGUF file, as converters of models do."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def read(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    return content


def common(content: dict[str, Any], model: str, names: dict[int, str]) -> dict[str, Any]:
    """Return tokens and their types, holes filled as converters fill them."""
    added = {token["id"]: token for token in content["added_tokens"]}
    names = {**names, **{index: token["content"] for index, token in added.items()}}
    unknown = content["model"].get("unk_token")
    tokens, types = [], []
    for index in range(max(names) + 1):
        token = names.get(index)
        tokens.append(token if token is not None else f"[PAD{index}]")
        if index in added:
            kind = CONTROL if added[index]["special"] else USER_DEFINED
        else:
            kind = UNUSED if token is None else NORMAL
        types.append(UNKNOWN if token is not None and token == unknown else kind)
    return {"tokenizer.ggml.model": model, "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": types}


def ids(metadata: dict[str, Any], **named: str) -> dict[str, Any]:
    """Return the keys that name tokens by id."""
    tokens = metadata["tokenizer.ggml.tokens"]
    return {f"tokenizer.ggml.{key}_token_id": tokens.index(token) for key, token in named.items()}


def merges(content: dict[str, Any]) -> dict[str, Any]:
    found = content["model"]["merges"]
    return {"tokenizer.ggml.merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in found]}


def byte_pairs(content: dict[str, Any], model: str, **changes: Any) -> dict[str, Any]:
    """Return a BPE model with its merges."""
    found = common(content, model, {index: token for token, index in content["model"]["vocab"].items()})
    return {**found, **merges(content), **{f"tokenizer.ggml.{key}": value for key, value in changes.items()}}


def unigram(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a Unigram model with its scores, and its character map if it has one."""
    vocab = content["model"]["vocab"]
    found = common(content, "t5", {index: token for index, (token, _) in enumerate(vocab)})
    size = len(found["tokenizer.ggml.tokens"])
    scores = [score for _, score in vocab] + [-10000.0] * (size - len(vocab))
    found["tokenizer.ggml.scores"] = scores
    found["tokenizer.ggml.token_type"][content["model"]["unk_id"]] = UNKNOWN
    text = json.dumps(content["normalizer"])
    if '"precompiled_charsmap": "' in text:
        packed = text.split('"precompiled_charsmap": "')[1].split('"')[0]
        found["tokenizer.ggml.precompiled_charsmap"] = list(base64.b64decode(packed))
    return {**found, **{f"tokenizer.ggml.{key}": value for key, value in changes.items()}}


def wordpiece(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a WordPiece model: a space before the first piece of a word, no mark before the others."""
    found = common(content, "bert", {index: token for token, index in content["model"]["vocab"].items()})
    types = found["tokenizer.ggml.token_type"]
    tokens = [
        token if kind != NORMAL else token[2:] if token.startswith("##") else f"▁{token}"
        for token, kind in zip(found["tokenizer.ggml.tokens"], types, strict=True)
    ]
    return {**found, "tokenizer.ggml.tokens": tokens, **{f"tokenizer.ggml.{k}": v for k, v in changes.items()}}
