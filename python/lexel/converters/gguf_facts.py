"""The tokenizer's part of GGUF metadata, each value checked when it is asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from lexel.added_token import AddedToken
from lexel.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel.spec import Json

__all__ = ["BYTE", "CONTROL", "NORMAL", "UNKNOWN", "UNUSED", "USER_DEFINED", "Facts"]

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)

_Kind = TypeVar("_Kind", str, int, float)

# Attribute → key of the id; several keys: of other times.
_NAMED = {
    "bos_token": ("bos",),
    "eos_token": ("eos",),
    "unk_token": ("unknown",),
    "sep_token": ("seperator", "separator"),
    "pad_token": ("padding",),
    "cls_token": ("cls",),
    "mask_token": ("mask",),
}
# Tokens of the model's own, by the names they have in the tokenizers of such models.
_OWN = {
    "eot_token": ("eot",),
    "eom_token": ("eom",),
    "fim_prefix_token": ("fim_pre", "prefix"),
    "fim_suffix_token": ("fim_suf", "suffix"),
    "fim_middle_token": ("fim_mid", "middle"),
    "fim_pad_token": ("fim_pad",),
    "fim_repo_token": ("fim_rep",),
    "fim_separator_token": ("fim_sep",),
}
# What "no id" is, written without a sign.
_NONE = 2**32 - 1


class Facts:
    """What a GGUF file says of its tokenizer.

    Attributes:
        where: the path of the file, for messages.
        tokens: by id; an empty one is called `[EMPTY_id]`.
        types: their types, one a token.
        architecture: of the model, such as "llama".

    Raises:
        FormatError: there are no tokens, or a value is not what it must be; names the key.
    """

    def __init__(self, metadata: Mapping[str, Any], where: str) -> None:
        self._metadata = metadata
        self.where = where
        found = self.items("tokens", str)
        if not found:
            raise FormatError(f"{where} has no tokens (tokenizer.ggml.tokens)")
        self.tokens = [token or f"[EMPTY_{index}]" for index, token in enumerate(found)]
        self.types = self.items("token_type", int) or [NORMAL] * len(self.tokens)
        if len(self.types) != len(self.tokens):
            raise FormatError(f"{where}: {len(self.tokens)} tokens and {len(self.types)} token types")
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            index = next(index for index, token in enumerate(self.tokens) if self.ids[token] != index)
            token = self.tokens[index]
            raise FormatError(
                f"{where}: the token {token!r:.60} is there twice, with the ids {index} and {self.ids[token]}"
            )
        self.architecture = str(metadata.get("general.architecture") or "")

    def fail(self, name: str, expected: str, found: Any) -> FormatError:
        """Return the error for a value that is not what it must be."""
        return FormatError(f"{self.where}: tokenizer.ggml.{name}: expected {expected}, found {found!r:.60}")

    def text(self, name: str) -> str | None:
        """Return a text, None where the file has none."""
        value = self._metadata.get(f"tokenizer.ggml.{name}")
        if value is not None and not isinstance(value, str):
            raise self.fail(name, "a text", value)
        return value

    def flag(self, name: str, default: bool) -> bool:  # what holds where the file is silent
        """Return whether a flag is set."""
        value = self._metadata.get(f"tokenizer.ggml.{name}")
        if value is None:
            return default
        if not isinstance(value, (bool, int)):
            raise self.fail(name, "true or false", value)
        return bool(value)

    def stated(self, name: str) -> bool:
        """Return whether the file has this key."""
        return f"tokenizer.ggml.{name}" in self._metadata

    def items(self, name: str, kind: type[_Kind]) -> list[_Kind] | None:
        """Return an array, None where the file has none."""
        value = self._metadata.get(f"tokenizer.ggml.{name}")
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.fail(name, "an array", value)
        accepted = {float, int} if kind is float else {kind}
        if not accepted.issuperset(map(type, value)):
            index = next(index for index, item in enumerate(value) if type(item) not in accepted)
            raise self.fail(f"{name}[{index}]", f"a value of type {kind.__name__}", value[index])
        return value

    def scores(self) -> list[float]:
        """Return the scores, one a token."""
        scores = self.items("scores", float)
        if scores is None or len(scores) != len(self.tokens):
            raise FormatError(f"{self.where}: {len(self.tokens)} tokens need as many scores (tokenizer.ggml.scores)")
        if not all(map(math.isfinite, scores)):
            index = next(index for index, score in enumerate(scores) if not math.isfinite(score))
            raise self.fail(f"scores[{index}]", "a number", scores[index])
        return list(map(float, scores))

    def id_of(self, *names: str) -> int | None:
        """Return the id that a key such as `bos` states, the first of several keys that does."""
        for name in names:
            index = self._metadata.get(f"tokenizer.ggml.{name}_token_id")
            if index is None or index in (-1, _NONE):
                continue
            if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(self.tokens):
                raise self.fail(f"{name}_token_id", f"an id below {len(self.tokens)}", index)
            return index
        return None

    def token_of(self, *names: str) -> str | None:
        """Return the token whose id a key such as `bos` states."""
        index = self.id_of(*names)
        return None if index is None else self.tokens[index]

    def unknown(self) -> str | None:
        """Return the token for what has none: by its id, else by its type."""
        named = self.token_of("unknown")
        if named is not None or UNKNOWN not in self.types:
            return named
        return self.tokens[self.types.index(UNKNOWN)]

    def added(self) -> list[tuple[int, AddedToken]]:
        """Return the tokens that are found in the text itself: control tokens, and those users defined."""
        return [
            (index, self._added_token(token, special=kind == CONTROL))
            for index, (token, kind) in enumerate(zip(self.tokens, self.types, strict=True))
            if kind in (CONTROL, USER_DEFINED)
        ]

    def _added_token(self, token: str, *, special: bool) -> AddedToken:
        """Return a token with the whitespace it takes: files do not say it, the `tokenizer.json` of the models do."""
        split = self.text("pre") or ""
        mask = token == "<mask>" and (split.startswith("jina-v2-") or split == "roberta-bpe")
        mask = mask or (token == "[MASK]" and split == "modern-bert")
        return AddedToken(token, special=special, normalized=False, lstrip=mask)

    def config(self) -> Json:
        """Return what a `tokenizer_config.json` would say."""
        config: Json = {}
        for key, names in _NAMED.items():
            token = self.token_of(*names)
            if token is not None:
                config[key] = token
        own = {key: self.token_of(*names) for key, names in _OWN.items()}
        if any(own.values()):
            config["model_specific_special_tokens"] = {key: token for key, token in own.items() if token is not None}
        template = self._template()
        if template:
            config["chat_template"] = template
        return config

    def _template(self) -> str | dict[str, str] | None:
        """Return the chat template; of several, name → template."""
        main = self._metadata.get("tokenizer.chat_template")
        names = self._metadata.get("tokenizer.chat_templates")
        found = {"default": main}
        for name in names if isinstance(names, list) else ():
            found[str(name)] = self._metadata.get(f"tokenizer.chat_template.{name}")
        for name, text in found.items():
            if text is not None and not isinstance(text, str):
                raise FormatError(f"{self.where}: the chat template {name!r} is no text: {text!r:.60}")
        texts = {name: text for name, text in found.items() if text}
        return texts if len(texts) > 1 else next(iter(texts.values()), None)
