"""Parakeet and other speech models of NVIDIA.

Source: transformers 5.23, `ParakeetTokenizer`.
"""

from __future__ import annotations

from typing import ClassVar

from lexel.families.ctc import DecodesSteps

__all__ = ["ParakeetTokenizer"]


class ParakeetTokenizer(DecodesSteps):
    """The tokenizer of Parakeet: the pipeline of its file; decoding counts repeated ids once, and drops padding."""

    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json", "vocab_file": "tokenizer.model"}
