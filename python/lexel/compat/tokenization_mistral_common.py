"""Names of the reference's module `tokenization_mistral_common`."""

from lexel.backends.mistral_common import MistralCommonBackend

__all__ = ["MistralCommonBackend", "MistralCommonTokenizer"]

MistralCommonTokenizer = MistralCommonBackend
