"""Special tokens around texts, of tokenizers written in Python, that no pattern of `PythonBackend` writes.

Source: transformers 5.23, `ByT5Tokenizer`, `SiglipTokenizer`, `M2M100Tokenizer`.
"""

from __future__ import annotations

import logging
from typing import Any

from lexel.backends import PythonBackend

__all__ = ["EndsOnce", "OneText"]

_LOGGER = logging.getLogger(__name__)


class EndsOnce(PythonBackend):
    """A tokenizer that ends every sequence with the end token unless it ends with it already."""

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the ids of one sequence or of two, each with its end."""
        return self._ended(token_ids_0) + (self._ended(token_ids_1) if token_ids_1 is not None else [])

    def _ended(self, ids: list[int]) -> list[int]:
        if ids and ids[-1] == self.eos_token_id:
            if not self.deprecation_warnings.get("ends-twice", False):
                self.deprecation_warnings["ends-twice"] = True
                _LOGGER.warning("a text ends with %s already; no second one is added", self.eos_token)
            return list(ids)
        return [*ids, *([self.eos_token_id] if self.eos_token_id is not None else [])]


class OneText(PythonBackend):
    """A tokenizer that writes a pair as one text: `prefix_tokens A B suffix_tokens`; B has type id 1 all the same."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("special_tokens_pattern", "prefix_suffix")
        super().__init__(**kwargs)

    def create_token_type_ids_from_sequences(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the type ids of one sequence or of two, special tokens included."""
        first = len(self.build_inputs_with_special_tokens(token_ids_0))
        rest = len(self.build_inputs_with_special_tokens(token_ids_0, token_ids_1)) - first
        return [0] * first + [int(self.token_type_ids_pattern == "bert_style")] * rest
