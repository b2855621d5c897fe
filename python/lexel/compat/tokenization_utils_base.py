"""Names of the reference's module `tokenization_utils_base`."""

from lexel.added_token import AddedToken
from lexel.batch_encoding import BatchEncoding, CharSpan, TensorType, TokenSpan
from lexel.converters.merges import generate_merges
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer import Tokenizer as PreTrainedTokenizerBase
from lexel.tokenizer.aliases import (
    ADDED_TOKENS_FILE,
    FULL_TOKENIZER_FILE,
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

__all__ = [
    "ADDED_TOKENS_FILE",
    "FULL_TOKENIZER_FILE",
    "LARGE_INTEGER",
    "SPECIAL_TOKENS_MAP_FILE",
    "TOKENIZER_CONFIG_FILE",
    "VERY_LARGE_INTEGER",
    "AddedToken",
    "BatchEncoding",
    "CharSpan",
    "EncodedInput",
    "EncodedInputPair",
    "PaddingStrategy",
    "PreTokenizedInput",
    "PreTokenizedInputPair",
    "PreTrainedTokenizerBase",
    "TensorType",
    "TextInput",
    "TextInputPair",
    "TokenSpan",
    "TruncationStrategy",
    "generate_merges",
]
