"""Mistral's `tekken.json`, as a specification: byte ranks behind a block of special tokens.

The file has the pattern texts are split by, the ranks, and from version v11 on its special tokens; older ones have
those that their library knows. An id is a rank and the number of special tokens, which come first.

Source: what a file may say, and what it means, is as in `mistral_common.tokens.tokenizers.tekken` (1.13).
"""

from __future__ import annotations

import json
from binascii import Error as Base64Error
from binascii import a2b_base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.converters.byte_ranks import byte_pair_spec
from lexel.errors import FormatError, LoadError, UnsupportedError

if TYPE_CHECKING:
    import os

    from lexel.spec import Json, Spec

__all__ = ["OLD_SPECIAL_TOKENS", "convert", "matches", "spec_of"]

_VERSIONS = ("v1", "v2", "v3", "v7", "v11", "v13", "v15")
# Files of these versions need not list their special tokens.
_UNLISTED = ("v1", "v2", "v3", "v7")
OLD_SPECIAL_TOKENS = (
    *("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]"),
    *("[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]"),
    *("[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]"),
)
_NAMED = {"bos": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>"}


def matches(head: bytes, name: str) -> bool:
    """Return whether a file is a tekken.json, by how its vocabulary looks."""
    del name
    return head.lstrip().startswith(b"{") and b'"token_bytes"' in head


def convert(path: str | os.PathLike[str]) -> Spec:
    """Read a `tekken.json` of any version.

    Returns:
        The specification. Its `config` says `split_special_tokens`: like Mistral's library, it takes special tokens in
        a text for plain text unless told otherwise. Nothing writes bos or eos unless asked to.

    Raises:
        LoadError: the file is not there.
        FormatError: it is no tekken.json, or contradicts itself; says where.
        UnsupportedError: a version, or a pattern, that is not known here.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is no JSON: {error}") from error
    return spec_of(content, str(path))


def spec_of(content: Any, where: str) -> Spec:
    """Return the tokenizer that the content of a `tekken.json` describes.

    Args:
        content: the JSON.
        where: the file, for messages.
    """
    file = _typed(content, dict, where, "the file")
    config = _typed(file.get("config"), dict, where, "config")
    version = config.get("version")
    if version not in _VERSIONS:
        raise UnsupportedError(f"{where}: config.version is {version!r}; known are {', '.join(_VERSIONS)}")
    _check_version(file, version, where)
    pattern = _typed(config.get("pattern"), str, where, "config.pattern")
    size, reserved = (_count(config, name, where) for name in ("default_vocab_size", "default_num_special_tokens"))
    special = _special_tokens(file, version, reserved, where)
    vocab = _typed(file.get("vocab"), list, where, "vocab")
    plain = size - reserved
    if not 0 < plain <= len(vocab):
        raise FormatError(
            f"{where}: config.default_vocab_size is {size}, of which {reserved} are special; the vocabulary has "
            f"{len(vocab)} tokens for the other {plain}"
        )
    tokens = _tokens(vocab[:plain], where)
    ids = {token: index for index, token in enumerate(special)}
    made = byte_pair_spec(tokens, range(reserved, size), pattern, ids, where=where, parted=True)
    made.config = {
        "split_special_tokens": True,
        "clean_up_tokenization_spaces": False,
        **{f"{role}_token": token for role, token in _NAMED.items() if token in ids},
    }
    return made


def _check_version(file: Json, version: str, where: str) -> None:
    """Refuse parts that files of a version do not have."""
    number = int(version[1:])
    if file.get("multimodal") and number > 11:
        raise FormatError(f"{where}: the image settings of a file of version {version} are called 'image'")
    if file.get("model_settings_builder") is not None and number < 15:
        raise FormatError(f"{where}: a file of version {version} has no model_settings_builder; v15 has")


def _special_tokens(file: Json, version: str, reserved: int, where: str) -> list[str]:
    """Return the special tokens in the order of their ids, filled up to as many as are reserved."""
    listed = file.get("special_tokens")
    if listed is None:
        if version not in _UNLISTED:
            raise FormatError(f"{where}: a file of version {version} lists its special tokens, and this one does not")
        names = list(OLD_SPECIAL_TOKENS)
    else:
        names = []
        for index, entry in enumerate(_typed(listed, list, where, "special_tokens")):
            place = f"special_tokens[{index}]"
            token = _typed(entry, dict, where, place)
            names.append(_typed(token.get("token_str"), str, where, f"{place}.token_str"))
            if token.get("rank") != index:
                raise FormatError(f"{where}: {place}.rank is {token.get('rank')!r}; ranks count from 0 in order")
    if len(names) > reserved:
        raise FormatError(f"{where}: {len(names)} special tokens, and config.default_num_special_tokens is {reserved}")
    names += [f"<SPECIAL_{index}>" for index in range(len(names), reserved)]
    if len(set(names)) != len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise FormatError(f"{where}: the special token {twice!r} stands twice")
    return names


def _tokens(vocab: list[Any], where: str) -> list[bytes]:
    """Return the byte sequences of a vocabulary whose ranks count from 0."""
    try:
        tokens = [a2b_base64(entry["token_bytes"], strict_mode=True) for entry in vocab]
        ranks = [entry["rank"] for entry in vocab]
    except (KeyError, TypeError, ValueError):
        tokens, ranks = [], []
    if ranks != list(range(len(vocab))) or tokens[:256] != [bytes([byte]) for byte in range(256)][: len(tokens)]:
        _complain(vocab, where)
    if len(set(tokens)) != len(tokens) or b"" in tokens:
        _complain(vocab, where)
    return tokens


def _complain(vocab: list[Any], where: str) -> None:
    """Raise for the first token that is wrong."""
    seen: dict[bytes, int] = {}
    for index, entry in enumerate(vocab):
        place = f"vocab[{index}]"
        fields = _typed(entry, dict, where, place)
        text = _typed(fields.get("token_bytes"), str, where, f"{place}.token_bytes")
        try:
            token = a2b_base64(text, strict_mode=True)
        except (Base64Error, ValueError) as error:
            raise FormatError(f"{where}: {place}.token_bytes is no base64: {text!r:.80} ({error})") from error
        if fields.get("rank") != index or isinstance(fields.get("rank"), bool):
            raise FormatError(f"{where}: {place}.rank is {fields.get('rank')!r}; ranks count from 0 in order")
        if index < 256 and token != bytes([index]):
            raise FormatError(f"{where}: {place} is {token!r}; the first 256 tokens are the bytes in order")
        if not token or token in seen:
            why = f"stands at vocab[{seen[token]}] already" if token else "is empty"
            raise FormatError(f"{where}: {place}: the token {token!r} {why}")
        seen[token] = index


def _count(config: Json, name: str, where: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FormatError(f"{where}: config.{name} is no number from 0 on: {value!r:.80}")
    return value


def _typed(value: Any, kind: type, where: str, place: str) -> Any:
    if not isinstance(value, kind):
        name = {"dict": "an object", "list": "a list", "str": "a text"}[kind.__name__]
        raise FormatError(f"{where}: {place} is not {name}: {value!r:.80}")
    return value
