"""Which class a folder or hub repository wants, and how it is loaded.

For ids nothing is decided here: a `tokenizer.json` is loaded verbatim whatever the class. Begin with `choosing`.
"""

from lexel.auto.choosing import Choice
from lexel.auto.explaining import Explanation
from lexel.auto.model_types import MODEL_TYPES
from lexel.auto.registry import class_named
from lexel.auto.single_file import from_file
from lexel.auto.tokenizer import AutoTokenizer, get_tokenizer_config

__all__ = ["MODEL_TYPES", "AutoTokenizer", "Choice", "Explanation", "class_named", "from_file", "get_tokenizer_config"]
