"""Names of the reference's module `models.auto.tokenization_auto`."""

from lexel.auto import MODEL_TYPES as TOKENIZER_MAPPING_NAMES
from lexel.auto import AutoTokenizer, get_tokenizer_config
from lexel.auto import class_named as tokenizer_class_from_name
from lexel.auto.registry import TOKENIZER_MAPPING

__all__ = [
    "TOKENIZER_MAPPING",
    "TOKENIZER_MAPPING_NAMES",
    "AutoTokenizer",
    "get_tokenizer_config",
    "tokenizer_class_from_name",
]
