"""Constants and types that code written for the reference imports by name."""

from __future__ import annotations

from typing import TypeAlias

__all__ = [
    "ADDED_TOKENS_FILE",
    "ENCODE_KWARGS_DOCSTRING",
    "ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING",
    "FULL_TOKENIZER_FILE",
    "INIT_TOKENIZER_DOCSTRING",
    "LARGE_INTEGER",
    "SPECIAL_TOKENS_MAP_FILE",
    "TIKTOKEN_VOCAB_FILE",
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
TIKTOKEN_VOCAB_FILE = "tokenizer.model"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"

# Texts that classes written for the reference append to their docstrings.
INIT_TOKENIZER_DOCSTRING = "The other arguments are those of every tokenizer, see `lexel.Tokenizer`."
ENCODE_KWARGS_DOCSTRING = "The arguments are those of the call, see `lexel.Tokenizer.__call__`."
ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING = "The columns that can be asked for are those of the call."

TextInput: TypeAlias = str
PreTokenizedInput: TypeAlias = list[str]
EncodedInput: TypeAlias = list[int]
TextInputPair: TypeAlias = tuple[str, str]
PreTokenizedInputPair: TypeAlias = tuple[list[str], list[str]]
EncodedInputPair: TypeAlias = tuple[list[int], list[int]]
