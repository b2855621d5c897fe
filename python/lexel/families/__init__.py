"""Model families: one small file each, nearly all data.

A family has a name, the special tokens and sides its models use, and the pipeline a new tokenizer of it starts from.
`find` is how others reach them; a module is imported when one of its names is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from lexel.family_names import ALIASES, MODULES, OTHER_MODULES

if TYPE_CHECKING:
    from lexel.tokenizer import Tokenizer

__all__ = ["ALIASES", "MODULES", "find"]


def find(name: str) -> type[Tokenizer] | None:
    """Return the class of that name, with or without "Fast"; None if there is none."""
    plain = name.removesuffix("Fast")
    plain = ALIASES.get(plain, plain)
    module = MODULES.get(plain) or OTHER_MODULES.get(plain)
    if module is None:
        return None
    found: type[Tokenizer] = getattr(import_module(f"lexel.families.{module}"), plain)
    return found
