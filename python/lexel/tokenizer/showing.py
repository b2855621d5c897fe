"""How a tokenizer shows itself and what it makes of a text, to people."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lexel.errors import UnsupportedError
from lexel.tokenizer.special_token_attributes import SpecialTokenAttributes

if TYPE_CHECKING:
    from lexel.inspect import TokenView

__all__ = ["Showing"]


class Showing(SpecialTokenAttributes):
    """The views of a tokenizer."""

    name_or_path: str
    model_max_length: int
    padding_side: str
    truncation_side: str

    def show(self, text: str, *, add_special_tokens: bool = False) -> TokenView:
        """Return a view of a text's tokens: `print` it, or let a notebook show it.

        Args:
            text: the text.
            add_special_tokens: whether the tokens the post-processor writes are shown.

        Raises:
            UnsupportedError: a tokenizer that does not know where its tokens stand.
        """
        from lexel.inspect import TokenView

        encoded = self._encode_plus(
            text, add_special_tokens=add_special_tokens, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        ids, named = encoded["input_ids"], set(self.all_special_ids)
        special = [
            bool(mask) or index in named for mask, index in zip(encoded["special_tokens_mask"], ids, strict=True)
        ]
        tokens = [str(token) for token in self.convert_ids_to_tokens(ids)]
        data = [None if written else self._bytes_shown(index) for index, written in zip(ids, special, strict=True)]
        return TokenView(text, tokens, ids, encoded["offset_mapping"], special, data)

    def _bytes_shown(self, index: int) -> bytes | None:
        try:
            return self.token_bytes(index)
        except (UnsupportedError, NotImplementedError):
            return None

    def _repr_html_(self) -> str:
        limit = "none" if self.model_max_length > 1e20 else str(self.model_max_length)
        rows = {
            "loaded from": self.name_or_path or "(made here)",
            "tokens": f"{len(self)} ({self.vocab_size} in the model)",
            "longest input": limit,
            "padding, truncation": f"{self.padding_side}, {self.truncation_side}",
            **{name: f"{token} ({getattr(self, f'{name}_id')})" for name, token in self.special_tokens_map.items()},
        }
        lines = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in rows.items())
        return f"<table><caption>{escape(type(self).__name__)}</caption>{lines}</table>"
