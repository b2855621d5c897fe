"""The code of a class of the user's, saved beside its tokenizer.

Readers run it where they are told to (`trust_remote_code=True`); a class that is registered (`AutoTokenizer.register`)
is found by its name without.
"""

from __future__ import annotations

import inspect
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexel.tokenizer.config import Compat

__all__ = ["auto_map", "save_code"]

_LOGGER = logging.getLogger(__name__)
_SIBLING = re.compile(r"^\s*(?:from\s+\.(\w+)\s+import|from\s+\.\s+import\s+(\w+))", re.MULTILINE)


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
    found, queue = [first], [first]
    while queue:
        path = queue.pop()
        for names in _SIBLING.findall(path.read_text("utf-8")):
            sibling = path.with_name(f"{names[0] or names[1]}.py")
            if sibling.is_file() and sibling not in found:
                found.append(sibling)
                queue.append(sibling)
    for path in found:
        (folder / path.name).write_bytes(path.read_bytes())
    return [folder / path.name for path in found]


def _file_of(kind: type) -> Path | None:
    if kind.__module__ == "__main__":
        return None
    try:
        return Path(inspect.getfile(kind))
    except (OSError, TypeError):
        return None
