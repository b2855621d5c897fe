"""Names of the reference's module `tokenization_utils_sentencepiece`."""

from lexel.added_token import AddedToken
from lexel.backends.python import PythonBackend as PreTrainedTokenizer
from lexel.backends.sentencepiece import SentencePieceBackend
from lexel.converters.merges import generate_merges
from lexel.tokenizer.aliases import INIT_TOKENIZER_DOCSTRING

__all__ = [
    "INIT_TOKENIZER_DOCSTRING",
    "SPIECE_UNDERLINE",
    "VOCAB_FILES_NAMES",
    "AddedToken",
    "PreTrainedTokenizer",
    "SentencePieceBackend",
    "generate_merges",
]

SPIECE_UNDERLINE = "▁"
VOCAB_FILES_NAMES = {"vocab_file": "tokenizer.model"}
