"""Qwen 3.5.

Source: transformers 5.23, `Qwen3_5Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel.families.qwen2 import Qwen2Tokenizer

__all__ = ["Qwen3_5Tokenizer"]

_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class Qwen3_5Tokenizer(Qwen2Tokenizer):
    """The tokenizer of Qwen 3.5: that of Qwen 2, but marks stay with the letters they stand on.

    Beside the arguments of `Qwen2Tokenizer`: `vocab_file` and `merges_file` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json", "vocab_file": "tokenizer.model"}
    read_by_v4 = False
    split: ClassVar[str] = _SPLIT
    defaults: ClassVar[dict[str, Any]] = {"vocab_file": None, "merges_file": None, **Qwen2Tokenizer.defaults}
