"""Names of the reference's module `tokenization_utils`, which is `tokenization_python` now."""

from lexel.compat.tokenization_python import *  # noqa: F403
from lexel.compat.tokenization_python import __all__ as __all__
