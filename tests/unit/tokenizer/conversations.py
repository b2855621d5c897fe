"""Conversations drawn at random, and tokenizers that know the control tokens of a template."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.contract.small import SPECIAL, pipeline

from lexel import TokenizersBackend
from lexel.backends.engine import compile_json

if TYPE_CHECKING:
    import random

__all__ = ["conversation", "tokenizer_for", "words"]

_CONTROL = re.compile(r"<\|[^|<>{}\s]+\|>|\[/?[A-Z_]+\]|</?[a-z_]+>|<｜[^｜]+｜>|<[a-z]+:[a-z]+>")
_WORDS = ["the", "quick", "fox", "café", "日本語", "😀", "<|x|>", "\n\n", "", "1234", "x=1;", "<sep>", "</think>", "s"]


@cache
def _compiled(kind: str) -> Any:
    return compile_json(pipeline(kind))


def tokenizer_for(template: str, kind: str = "byte-level") -> TokenizersBackend:
    """Return a small tokenizer with a template, in whose vocabulary its control tokens are."""
    tok = TokenizersBackend._from_seed(_compiled(kind), (), {**SPECIAL, "bos_token": "<s>", "eos_token": "</s>"})
    found = sorted(set(_CONTROL.findall(template)))
    tok.add_tokens(found[::2], special_tokens=True)
    tok.add_tokens(found[1::2])
    tok.chat_template = template
    return tok


def words(rng: random.Random, most: int = 12) -> str:
    """Return some words, perhaps with spaces around them."""
    said = " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(most)))
    return rng.choice([" ", "", "", "\n"]) + said + rng.choice([" ", "", "", "\n"])


def conversation(rng: random.Random, *, turns: int = 4, tools: bool = True) -> list[dict[str, Any]]:
    """Return a conversation of up to so many turns."""
    messages: list[dict[str, Any]] = []
    if rng.random() < 0.6:
        messages.append({"role": "system", "content": words(rng)})
    for _ in range(rng.randrange(1, turns + 1)):
        messages.append({"role": "user", "content": words(rng)})
        while tools and rng.random() < 0.3:
            function = {"name": "f", "arguments": {"x": rng.randrange(9)}}
            call = {"id": "abcdefghi", "type": "function", "function": function}
            messages.append({"role": "assistant", "content": rng.choice(["", words(rng)]), "tool_calls": [call]})
            messages.append({"role": "tool", "name": "f", "content": words(rng), "tool_call_id": "abcdefghi"})
        answer = {"role": "assistant", "content": words(rng)}
        if rng.random() < 0.3:
            answer["reasoning_content"] = words(rng)
        messages.append(answer)
    return messages
