"""Names of the reference's module `convert_slow_tokenizer`."""

from lexel.converters.bytes_to_unicode import bytes_to_unicode
from lexel.converters.merges import generate_merges

__all__ = ["bytes_to_unicode", "generate_merges"]
