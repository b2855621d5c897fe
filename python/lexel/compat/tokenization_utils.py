"""Names of the reference's module `tokenization_utils`."""

from lexel.added_token import AddedToken
from lexel.backends.characters import _is_control, _is_end_of_word, _is_punctuation, _is_start_of_word, _is_whitespace
from lexel.backends.python import PythonBackend
from lexel.backends.python import PythonBackend as PreTrainedTokenizer
from lexel.backends.trie import ExtensionsTrie, Trie
from lexel.batch_encoding import BatchEncoding, TensorType
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer import Tokenizer as PreTrainedTokenizerBase
from lexel.tokenizer.aliases import (
    ADDED_TOKENS_FILE,
    ENCODE_KWARGS_DOCSTRING,
    ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING,
    INIT_TOKENIZER_DOCSTRING,
    SPECIAL_TOKENS_MAP_FILE,
    TOKENIZER_CONFIG_FILE,
    EncodedInput,
    PreTokenizedInput,
    TextInput,
)

__all__ = [
    "ADDED_TOKENS_FILE",
    "ENCODE_KWARGS_DOCSTRING",
    "ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING",
    "INIT_TOKENIZER_DOCSTRING",
    "SPECIAL_TOKENS_MAP_FILE",
    "TOKENIZER_CONFIG_FILE",
    "AddedToken",
    "BatchEncoding",
    "EncodedInput",
    "ExtensionsTrie",
    "PaddingStrategy",
    "PreTokenizedInput",
    "PreTrainedTokenizer",
    "PreTrainedTokenizerBase",
    "PythonBackend",
    "TensorType",
    "TextInput",
    "Trie",
    "TruncationStrategy",
    "_is_control",
    "_is_end_of_word",
    "_is_punctuation",
    "_is_start_of_word",
    "_is_whitespace",
]
