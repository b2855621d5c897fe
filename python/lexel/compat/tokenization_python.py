"""Names of the reference's module `tokenization_python`."""

from lexel.backends.characters import _is_control, _is_end_of_word, _is_punctuation, _is_start_of_word, _is_whitespace
from lexel.backends.python import PythonBackend
from lexel.backends.python import PythonBackend as PreTrainedTokenizer
from lexel.backends.trie import ExtensionsTrie, Trie

__all__ = [
    "ExtensionsTrie",
    "PreTrainedTokenizer",
    "PythonBackend",
    "Trie",
    "_is_control",
    "_is_end_of_word",
    "_is_punctuation",
    "_is_start_of_word",
    "_is_whitespace",
]
