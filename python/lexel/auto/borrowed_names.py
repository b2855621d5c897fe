"""What code written for transformers imports, where that library is not installed: the same names, from here.

Only while such code is being imported: afterwards `import transformers` fails as it did before.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lexel.batch_encoding import TensorType
from lexel.padding import PaddingStrategy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["borrowed_names"]

_LIBRARY = "transformers"
# Its modules that code of tokenizers imports; anything else is missing, as it is.
_MODULES = re.compile(
    rf"{_LIBRARY}(\.(utils(\.(logging|generic|import_utils))?|tokenization_\w+|convert_slow_tokenizer"
    r"|models(\.\w+(\.tokenization_\w+)?)?))?"
)
_HERE = __name__.partition(".")[0]


@contextlib.contextmanager
def borrowed_names() -> Iterator[None]:
    """Make `import transformers` find the names of this package, if that library is not installed."""
    if importlib.util.find_spec(_LIBRARY) is not None:
        yield
        return
    finder = _Finder()
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == _LIBRARY]:
            del sys.modules[name]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if _MODULES.fullmatch(fullname) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Borrowed(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run: names are looked up when they are asked for."""


class _Borrowed(ModuleType):
    """A module of the library; its names are those of the module of that name in `compat`, or of the front door."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        own = _LOGGING if self.__name__.endswith(".logging") else _UTILS
        if name in own:
            return own[name]
        # The rooms above are asked by name, as the code that is run asks for them.
        for module in (f"{_HERE}.compat.{self.__name__.rpartition('.')[2]}", _HERE):
            if importlib.util.find_spec(module) is not None:
                with contextlib.suppress(AttributeError):
                    return getattr(importlib.import_module(module), name)
        raise AttributeError(
            f"module {self.__name__!r} has no attribute {name!r} (transformers is not installed, and lexel has no such "
            "name)"
        )


class _Logger(logging.LoggerAdapter[logging.Logger]):
    """A logger with the calls that the library adds to it."""

    def warning_once(self, message: str, *args: Any, **kwargs: Any) -> None:
        if message not in _told:
            _told.add(message)
            self.warning(message, *args, **kwargs)

    warning_advice = warning_once


_told: set[str] = set()
_LOGGING = {
    "get_logger": lambda name=None: _Logger(logging.getLogger(name), {}),
    **{level: getattr(logging, level) for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")},
}


def _is_there(name: str) -> Any:
    return lambda: importlib.util.find_spec(name) is not None


def _unchanged(*_args: Any, **_options: Any) -> Any:
    """Stand for the decorators that write documentation."""
    return lambda decorated: decorated


_UTILS: dict[str, Any] = {
    "PaddingStrategy": PaddingStrategy,
    "TensorType": TensorType,
    "add_end_docstrings": _unchanged,
    "add_start_docstrings": _unchanged,
    **{
        f"is_{name}_available": _is_there(module)
        for name, module in {
            "flax": "flax",
            "sentencepiece": "sentencepiece",
            "tf": "tensorflow",
            "tokenizers": "tokenizers",
            "torch": "torch",
        }.items()
    },
}
