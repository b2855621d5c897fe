"""Names of the reference's module `tokenization_utils_base`."""

from typing import Any

from lexel._lexel import Encoding as EncodingFast
from lexel.added_token import AddedToken
from lexel.batch_encoding import BatchEncoding, CharSpan, TensorType, TokenSpan
from lexel.chat_templates.files import TEMPLATE_FILE as CHAT_TEMPLATE_FILE
from lexel.chat_templates.files import TEMPLATE_FOLDER as CHAT_TEMPLATE_DIR
from lexel.chat_templates.response import ResponseParser
from lexel.converters.merges import generate_merges
from lexel.deprecations import warn_once
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer import Tokenizer as PreTrainedTokenizerBase
from lexel.tokenizer.aliases import (
    ADDED_TOKENS_FILE,
    ENCODE_KWARGS_DOCSTRING,
    ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING,
    FULL_TOKENIZER_FILE,
    INIT_TOKENIZER_DOCSTRING,
    LARGE_INTEGER,
    SPECIAL_TOKENS_MAP_FILE,
    TOKENIZER_CONFIG_FILE,
    VERY_LARGE_INTEGER,
    EncodedInput,
    EncodedInputPair,
    PreTokenizedInput,
    PreTokenizedInputPair,
    TextInput,
    TextInputPair,
)
from lexel.tokenizer.special_token_attributes import SpecialTokenAttributes

__all__ = [
    "ADDED_TOKENS_FILE",
    "CHAT_TEMPLATE_DIR",
    "CHAT_TEMPLATE_FILE",
    "ENCODE_KWARGS_DOCSTRING",
    "ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING",
    "FULL_TOKENIZER_FILE",
    "INIT_TOKENIZER_DOCSTRING",
    "LARGE_INTEGER",
    "SPECIAL_TOKENS_MAP_FILE",
    "TOKENIZER_CONFIG_FILE",
    "VERY_LARGE_INTEGER",
    "AddedToken",
    "BatchEncoding",
    "CharSpan",
    "EncodedInput",
    "EncodedInputPair",
    "EncodingFast",
    "PaddingStrategy",
    "PreTokenizedInput",
    "PreTokenizedInputPair",
    "PreTrainedTokenizerBase",
    "ResponseParser",
    "TensorType",
    "TextInput",
    "TextInputPair",
    "TokenSpan",
    "TruncationStrategy",
    "generate_merges",
]


def __getattr__(name: str) -> Any:
    if name == "SpecialTokensMixin":
        warn_once(name, "SpecialTokensMixin is merged into PreTrainedTokenizerBase: use that")
        return SpecialTokenAttributes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
