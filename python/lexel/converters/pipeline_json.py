"""A `tokenizer.json` as a specification, for those who convert it.

Loading does not come this way: the core reads the file itself, and checks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.added_token import as_added_token
from lexel.errors import FormatError
from lexel.spec import Spec
from lexel.tokenizer.loading import read_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["convert"]

_STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder", "truncation", "padding")


def convert(path: Path) -> Spec:
    """Read a `tokenizer.json`.

    Raises:
        FormatError: it is none. What is inside its stages is checked by those who compile them.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise FormatError(f"{path}: expected an object with a 'model', found {type(content).__name__}")
    stages: dict[str, Any] = {name: content.get(name) for name in _STAGES}
    for name, stage in stages.items():
        if stage is not None and not isinstance(stage, dict):
            raise FormatError(f"{path}: {name}: expected an object or null, found {type(stage).__name__}")
    added = content.get("added_tokens") or []
    if not isinstance(added, list):
        raise FormatError(f"{path}: added_tokens: expected a list, found {type(added).__name__}")
    tokens = [_entry(entry, f"{path}: added_tokens[{index}]") for index, entry in enumerate(added)]
    return Spec(content["model"], added_tokens=tokens, **stages)


def _entry(entry: Any, where: str) -> tuple[int, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("content"), str):
        raise FormatError(f"{where}: expected an object with a 'content', found {entry!r:.60}")
    index = entry.get("id")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise FormatError(f"{where}.id: expected a number from 0 on, found {index!r:.60}")
    return index, as_added_token({key: value for key, value in entry.items() if key != "id"})
