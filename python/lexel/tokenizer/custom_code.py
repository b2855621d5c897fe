"""The code of a class of the user's, saved beside its tokenizer.

Readers run it where they are told to (`trust_remote_code=True`); a class that is registered (`AutoTokenizer.register`)
is found by its name without.
"""

from __future__ import annotations

import ast
import inspect
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexel.tokenizer.config import Compat

__all__ = ["auto_map", "modules_beside", "save_code"]

_LOGGER = logging.getLogger(__name__)


def auto_map(kind: type, compat: Compat, *, is_fast: bool) -> dict[str, Any]:
    """Return the entry of a configuration that says where the code of a marked class is; empty for other classes."""
    name = getattr(kind, "_auto_class", None)
    if name is None or _file_of(kind) is None:
        return {}
    place = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
    if compat == "v5":
        return {name: place}
    # Older readers have two places, the second for tokenizers that run a pipeline.
    return {name: [None, place] if is_fast else [place, None]}


def save_code(kind: type, folder: Path) -> list[Path]:
    """Write the file of a marked class, and those beside it that it imports; return the files written."""
    if getattr(kind, "_auto_class", None) is None:
        return []
    first = _file_of(kind)
    if first is None:
        _LOGGER.warning("%s is in no file (%s), so its code is not saved", kind.__name__, kind.__module__)
        return []
    found = {first.stem: first}
    queue = [first.stem]
    while queue:
        name = queue.pop()
        package = name.rpartition(".")[0]
        for beside in modules_beside(ast.parse(found[name].read_bytes(), str(found[name]))):
            module = f"{package}.{beside}".lstrip(".")
            path = first.parent / f"{module.replace('.', '/')}.py"
            if path.is_file() and module not in found:
                found[module] = path
                queue.append(module)
    written = []
    for path in found.values():
        target = folder / path.relative_to(first.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        written.append(target)
    return written


def modules_beside(tree: ast.AST) -> list[str]:
    """Return the modules of the same folder that a file imports anywhere, in words such as `a` and `inner.b`."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names += [node.module] if node.module else [alias.name for alias in node.names]
    return names


def _file_of(kind: type) -> Path | None:
    if kind.__module__ == "__main__":
        return None
    try:
        return Path(inspect.getfile(kind))
    except (OSError, TypeError):
        return None
