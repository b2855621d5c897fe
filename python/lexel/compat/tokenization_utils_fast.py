"""Names of the reference's module `tokenization_utils_fast`."""

from lexel.backends.tokenizers import TokenizersBackend
from lexel.backends.tokenizers import TokenizersBackend as PreTrainedTokenizerFast

__all__ = ["PreTrainedTokenizerFast", "TokenizersBackend"]
