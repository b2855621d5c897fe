"""The code of a folder or repository that defines its tokenizer's class: run when the caller says so, and only then.

The files become modules of a package of their own, whose name has a hash of what they say: the same code is the same
class, and another revision is another one. Nothing is written beside them.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.machinery
import importlib.util
import re
import sys
import threading
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lexel.auto.borrowed_names import borrowed_names
from lexel.errors import FormatError, MissingDependencyError
from lexel.hub import open_files
from lexel.tokenizer.custom_code import modules_beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import CodeType

    from lexel.hub import ModelFiles

__all__ = ["CodeReference", "load_class"]

# The package all such modules are in.
_HOME = "lexel_trusted_code"
_LOCK = threading.RLock()
# Module → its file; `_Finder` reads it.
_places: dict[str, Path] = {}


@dataclass(frozen=True, slots=True)
class CodeReference:
    """A class in a file of Python beside a tokenizer.

    Attributes:
        module: the file, as a module's name.
        name: the class.
        repository: where the file is, if elsewhere.
    """

    module: str
    name: str
    repository: str | None = None

    @classmethod
    def of(cls, auto_map: Any) -> CodeReference | None:
        """Return what an `auto_map` says of tokenizers: the class that runs a pipeline before the one that does not.

        Raises:
            FormatError: it says something that is no class in a file.
        """
        found = auto_map.get("AutoTokenizer") if isinstance(auto_map, dict) else auto_map
        if isinstance(found, (list, tuple)):
            found = next((entry for entry in reversed(found) if entry is not None), None)
        if found is None:
            return None
        repository, dashes, place = str(found).rpartition("--")
        module, _, name = place.rpartition(".")
        if not isinstance(found, str) or not name.isidentifier() or not all(map(str.isidentifier, module.split("."))):
            raise FormatError(
                f"auto_map in tokenizer_config.json should name a class as 'file.Class' or 'owner/name--file.Class', "
                f"not {found!r}"
            )
        return cls(module, name, repository if dashes else None)

    def __str__(self) -> str:
        where = f"{self.repository}--" if self.repository else ""
        return f"{where}{self.module.replace('.', '/')}.py:{self.name}"


def load_class(
    code: CodeReference, files: ModelFiles, *, code_revision: str | None, where: Mapping[str, Any]
) -> type[Any]:
    """Run the code a reference names; return the class it defines.

    Args:
        code: the class.
        files: the folder or repository whose configuration names it.
        code_revision: the commit of the code's repository; None: of the same repository the same commit.
        where: `token`, `cache_dir` … for another repository.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no Python, or defines no class of that name.
        MissingDependencyError: it imports what is not installed.
    """
    elsewhere = code.repository not in (None, files.name) or (code_revision is not None and files.commit is not None)
    if elsewhere:
        asked = {**where, "revision": code_revision, "subfolder": ""}
        files = open_files(code.repository or files.name, **asked)
    sources = _gather(files, code.module)
    with _LOCK:
        module = _import(code, files, sources)
    kind = getattr(module, code.name, None)
    if not isinstance(kind, type):
        raise FormatError(f"{sources[code.module]} defines no class {code.name}, which auto_map names")
    return kind


def _gather(files: ModelFiles, first: str) -> dict[str, Path]:
    """Return the file of a module, and those of the modules beside it that it imports, from there and so on."""
    found: dict[str, Path] = {}
    queue = [(first, True)]
    while queue:
        name, must = queue.pop()
        filename = f"{name.replace('.', '/')}.py"
        path = files.need(filename) if must else files.get(filename)
        if name in found or path is None:
            continue
        found[name] = path
        package = name.rpartition(".")[0]
        try:
            tree = ast.parse(path.read_bytes(), str(path))
        except (SyntaxError, ValueError) as error:
            raise FormatError(f"{path} is no Python: {error}") from error
        # Those that are not there may be guarded: Python itself says what is missing.
        queue += [(f"{package}.{sibling}".lstrip("."), False) for sibling in modules_beside(tree)]
    return found


def _import(code: CodeReference, files: ModelFiles, sources: dict[str, Path]) -> ModuleType:
    digest = hashlib.sha256(str(files.folder).encode())
    for name, path in sorted(sources.items()):
        digest.update(f"\0{name}\0".encode() + path.read_bytes())
    label = re.sub(r"\W", "_", files.name.rstrip("/").rpartition("/")[2]) or "folder"
    package = f"{_HOME}.{label}_{digest.hexdigest()[:16]}"
    module = f"{package}.{code.module}"
    if module in sys.modules:
        return sys.modules[module]
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
    for name in (_HOME, package, *_packages(package, sources)):
        sys.modules.setdefault(name, _package(name))
    _places.update({f"{package}.{name}": path for name, path in sources.items()})
    try:
        with borrowed_names():
            return importlib.import_module(module)
    except ImportError as error:
        for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
            del sys.modules[name]
        wanted = f"{error.name!r}" if error.name else str(error)
        raise MissingDependencyError(
            f"the code {code} of {files.name!r} cannot be run: it imports {wanted}, which is not there ({error})"
        ) from error


def _packages(package: str, sources: Mapping[str, Path]) -> set[str]:
    folders = {name.rpartition(".")[0] for name in sources}
    return {f"{package}.{folder}" for folder in folders if folder}


def _package(name: str) -> ModuleType:
    made = ModuleType(name)
    made.__path__ = []
    return made


class _Finder:
    """Finds the modules of folders whose code was asked for."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        del path, target
        place = _places.get(name)
        if place is None:
            return None
        return importlib.util.spec_from_file_location(name, place, loader=_Loader(name, str(place)))


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads the file each time, and writes nothing beside it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code
