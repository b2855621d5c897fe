"""What the tokenizers of speech models that emit a token for every step do when they decode.

Source: transformers 5.23, `ParakeetTokenizer` and `LasrTokenizer`.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from lexel.backends import TokenizersBackend
from lexel.tokenizer.ids import one_id

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DecodesSteps"]


class DecodesSteps(TokenizersBackend):
    """A tokenizer that takes ids of time steps: repeated ones count once, padding is silence.

    `decode(..., group_tokens=False)` keeps repetitions.
    """

    def _decode(self, token_ids: Any, *args: Any, group_tokens: bool = True, **options: Any) -> str:
        return super()._decode(self._heard(token_ids, group_tokens), *args, **options)

    def _decode_rows(self, rows: Sequence[Any], *args: Any, group_tokens: bool = True, **options: Any) -> list[str]:
        return super()._decode_rows([self._heard(row, group_tokens) for row in rows], *args, **options)

    def _heard(self, token_ids: Any, group: bool) -> list[int]:
        single = one_id(token_ids)
        ids = [single] if single is not None else [int(index) for index in token_ids]
        if group:
            ids = [index for index, _ in groupby(ids)]
        silence = self.pad_token_id
        return [index for index in ids if index != silence]
