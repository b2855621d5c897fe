"""Names of the reference's module `tokenization_utils_tokenizers`."""

from tokenizers import Encoding as EncodingFast
from tokenizers import Tokenizer as TokenizerFast
from tokenizers.decoders import Decoder as DecoderFast
from tokenizers.trainers import BpeTrainer, UnigramTrainer, WordLevelTrainer, WordPieceTrainer

from lexel.added_token import AddedToken
from lexel.backends.tokenizers import TokenizersBackend
from lexel.backends.tokenizers import TokenizersBackend as PreTrainedTokenizerFast
from lexel.batch_encoding import BatchEncoding
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer import Tokenizer as PreTrainedTokenizerBase
from lexel.tokenizer.aliases import (
    ADDED_TOKENS_FILE,
    INIT_TOKENIZER_DOCSTRING,
    SPECIAL_TOKENS_MAP_FILE,
    TIKTOKEN_VOCAB_FILE,
    TOKENIZER_CONFIG_FILE,
)
from lexel.tokenizer.aliases import FULL_TOKENIZER_FILE as TOKENIZER_FILE

__all__ = [
    "ADDED_TOKENS_FILE",
    "INIT_TOKENIZER_DOCSTRING",
    "MODEL_TO_TRAINER_MAPPING",
    "SPECIAL_TOKENS_MAP_FILE",
    "TIKTOKEN_VOCAB_FILE",
    "TOKENIZER_CONFIG_FILE",
    "TOKENIZER_FILE",
    "VOCAB_FILES_NAMES",
    "AddedToken",
    "BatchEncoding",
    "DecoderFast",
    "EncodingFast",
    "PaddingStrategy",
    "PreTrainedTokenizerBase",
    "PreTrainedTokenizerFast",
    "TokenizerFast",
    "TokenizersBackend",
    "TruncationStrategy",
]

# The kind of a model, as a file states it, and the trainer of the library that makes one.
MODEL_TO_TRAINER_MAPPING = {
    "BPE": BpeTrainer,
    "Unigram": UnigramTrainer,
    "WordLevel": WordLevelTrainer,
    "WordPiece": WordPieceTrainer,
}
VOCAB_FILES_NAMES = {"tokenizer_file": TOKENIZER_FILE, "vocab_file": TIKTOKEN_VOCAB_FILE}
