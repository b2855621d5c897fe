"""Constants and types that code written for the reference imports by name."""

from __future__ import annotations

from typing import TypeAlias

__all__ = [
    "ADDED_TOKENS_FILE",
    "FULL_TOKENIZER_FILE",
    "LARGE_INTEGER",
    "SPECIAL_TOKENS_MAP_FILE",
    "TOKENIZER_CONFIG_FILE",
    "VERY_LARGE_INTEGER",
    "EncodedInput",
    "EncodedInputPair",
    "PreTokenizedInput",
    "PreTokenizedInputPair",
    "TextInput",
    "TextInputPair",
]

# The `model_max_length` of a tokenizer whose model has no limit, and the length above which one counts as none.
VERY_LARGE_INTEGER = int(1e30)
LARGE_INTEGER = int(1e20)

ADDED_TOKENS_FILE = "added_tokens.json"
FULL_TOKENIZER_FILE = "tokenizer.json"
SPECIAL_TOKENS_MAP_FILE = "special_tokens_map.json"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"

TextInput: TypeAlias = str
PreTokenizedInput: TypeAlias = list[str]
EncodedInput: TypeAlias = list[int]
TextInputPair: TypeAlias = tuple[str, str]
PreTokenizedInputPair: TypeAlias = tuple[list[str], list[str]]
EncodedInputPair: TypeAlias = tuple[list[int], list[int]]
