"""Everything lexel raises.

Every class also derives from the builtin a caller would expect, so that ``except ValueError`` keeps working::

    LexelError(Exception)
    ├─ FormatError(ValueError)                a file is not what it claims: path, byte or line, what was expected
    ├─ UnsupportedError(NotImplementedError)  a valid file or call asks for what we lack: which feature, who has it
    ├─ VocabularyError(KeyError)              unknown token or id; contradictory vocabulary and merges
    ├─ SpecialTokenError(ValueError)          a special token where none was allowed: which, and the option for it
    ├─ TrainingError(ValueError)              corpus or settings cannot yield the vocabulary asked for
    ├─ WeightsError(ValueError)               checkpoint and config disagree: tensor, shapes
    ├─ LoadError(OSError)                     files are missing, or the hub did not give them
    └─ MissingDependencyError(ImportError)    an optional library is absent: the exact install command

`TemplateError` is defined beside the renderer (`lexel.chat_templates`), because it also derives from jinja2's class.
Wrong types raise plain ``TypeError``.
"""

from __future__ import annotations

__all__ = [
    "FormatError",
    "LexelError",
    "LoadError",
    "MissingDependencyError",
    "SpecialTokenError",
    "TrainingError",
    "UnsupportedError",
    "VocabularyError",
    "WeightsError",
]


class LexelError(Exception):
    """Base of all errors of this package."""


class FormatError(LexelError, ValueError):
    """A file or a piece of JSON is not what it claims to be."""


class UnsupportedError(LexelError, NotImplementedError):
    """A valid input asks for something this engine or backend does not have."""


class VocabularyError(LexelError, KeyError):
    """A token or an id is unknown, or vocabulary and merges contradict each other."""

    def __str__(self) -> str:
        """Return the message as written (``KeyError`` would quote it)."""
        return Exception.__str__(self)


class SpecialTokenError(LexelError, ValueError):
    """A special token stands where none was allowed."""


class TrainingError(LexelError, ValueError):
    """The corpus or the settings cannot yield the vocabulary asked for."""


class WeightsError(LexelError, ValueError):
    """A checkpoint and its configuration disagree."""


class LoadError(LexelError, OSError):
    """Files are missing, or the hub did not give them."""


class MissingDependencyError(LexelError, ImportError):
    """An optional library is absent; the message has the install command."""
