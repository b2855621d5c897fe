"""CANINE: the characters of a text.

Source: transformers 5.23, `CanineTokenizer`, measured.
"""

from __future__ import annotations

from typing import Any

from lexel.added_token import AddedToken
from lexel.backends import PythonBackend
from lexel.families.marked import taking_space

__all__ = ["CanineTokenizer"]

_CHARACTERS = 0x110000
_PAD, _CLS, _SEP, _MASK = map(chr, (0, 0xE000, 0xE001, 0xE003))
# The names of the characters that stand for special tokens, all but one in the private use area.
_NAMES = {0: "[PAD]", 0xE000: "[CLS]", 0xE001: "[SEP]", 0xE002: "[BOS]", 0xE003: "[MASK]", 0xE004: "[RESERVED]"}


class CanineTokenizer(PythonBackend):
    """The tokenizer of CANINE: the id of a character is its code point; `cls A sep` and `cls A sep B sep`.

    Args:
        bos_token: the beginning, which is not written.
        eos_token: the end, which is not written.
        sep_token: behind every sequence.
        cls_token: before the first sequence.
        pad_token: for padding.
        mask_token: for masked characters.
        add_prefix_space: kept for compatibility.
        model_max_length: how many ids the model takes.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.
    """

    model_input_names: list[str] = ["input_ids", "attention_mask", "token_type_ids"]  # noqa: RUF012

    def __init__(
        self,
        bos_token: Any = _CLS,
        eos_token: Any = _SEP,
        sep_token: Any = _SEP,
        cls_token: Any = _CLS,
        pad_token: Any = _PAD,
        mask_token: Any = _MASK,
        add_prefix_space: bool = False,
        model_max_length: int = 2048,
        **kwargs: Any,
    ) -> None:
        named = {
            "bos_token": bos_token,
            "eos_token": eos_token,
            "sep_token": sep_token,
            "cls_token": cls_token,
            "pad_token": pad_token,
        }
        tokens = {
            name: AddedToken(token, special=True) if isinstance(token, str) else token for name, token in named.items()
        }
        kwargs.setdefault("special_tokens_pattern", "cls_sep")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(
            **tokens,
            mask_token=taking_space(mask_token),
            add_prefix_space=add_prefix_space,
            model_max_length=model_max_length,
            **kwargs,
        )

    @property
    def vocab_size(self) -> int:
        """How many code points there are."""
        return _CHARACTERS

    def get_vocab(self) -> dict[str, int]:
        """Return token → id of all characters, added tokens included."""
        return {chr(index): index for index in range(_CHARACTERS)} | self.get_added_vocab()

    def _known_tokens(self) -> dict[str, int]:
        return _Characters(self.get_added_vocab())

    def _update_total_vocab_size(self) -> None:
        # Counted, not made: there are a million.
        new = sum(len(token) != 1 for token in self._added_tokens_encoder)
        self.total_vocab_size = _CHARACTERS + new

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return list(text)

    def _convert_token_to_id(self, token: str) -> int:
        if len(token) != 1:
            raise ValueError(f"a token of {type(self).__name__} is one character, and {token!r} has {len(token)}")
        return ord(token)

    def _convert_id_to_token(self, index: int) -> str | None:
        return _NAMES.get(index, chr(index) if 0 <= index < _CHARACTERS else None)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that characters stand for."""
        return "".join(tokens)


class _Characters(dict[str, int]):
    """Token → id of all characters and some tokens more; of the characters none is kept."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, ord(key) if len(key) == 1 else default)

    def __len__(self) -> int:
        return _CHARACTERS + sum(len(token) != 1 for token in self)
