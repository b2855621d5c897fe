"""Names of the reference's module `tokenization_utils_fast`, which is `tokenization_utils_tokenizers` now."""

from lexel.compat.tokenization_utils_tokenizers import *  # noqa: F403
from lexel.compat.tokenization_utils_tokenizers import __all__ as __all__
