"""ByT5: the bytes of a text.

Source: transformers 5.23, `ByT5Tokenizer`, measured.
"""

from __future__ import annotations

from typing import Any

from lexel.added_token import AddedToken
from lexel.families.byte_tokens import ByteTokens
from lexel.families.ends import EndsOnce

__all__ = ["ByT5Tokenizer"]


class ByT5Tokenizer(EndsOnce, ByteTokens):
    """The tokenizer of ByT5: bytes, `A </s>` and `A </s> B </s>`; an end that is there already is not written twice.

    Args:
        eos_token: the end of a text.
        unk_token: for what is no byte.
        pad_token: for padding.
        extra_ids: the number of sentinels `<extra_id_0>` … , which stand for spans.
        additional_special_tokens: the extra special tokens, sentinels included.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        ValueError: `additional_special_tokens` has another number of sentinels than `extra_ids`.
    """

    offset = 3

    def __init__(
        self,
        eos_token: Any = "</s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        extra_ids: int = 125,
        additional_special_tokens: list[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        extra = sentinels(extra_ids, additional_special_tokens)
        named = {"pad_token": pad_token, "eos_token": eos_token, "unk_token": unk_token}
        tokens = {name: _spaced(token) for name, token in named.items()}
        self._added_tokens_decoder = dict(enumerate(tokens.values()))
        kwargs.setdefault("special_tokens_pattern", "eos")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        if extra is not None:
            kwargs.setdefault("extra_special_tokens", extra)
        # Saved as none: the sentinels are among the extra special tokens then.
        super().__init__(**tokens, extra_ids=0, **kwargs)


def sentinels(count: int, given: list[Any] | None) -> list[Any] | None:
    """Return the extra special tokens there are, given how many sentinels a model has.

    Raises:
        ValueError: those given have another number of sentinels.
    """
    if count <= 0 or not given:
        return [f"<extra_id_{index}>" for index in range(count)] if count > 0 and given is None else given
    found = len({str(token) for token in given if "extra_id" in str(token)})
    if found != count:
        raise ValueError(f"extra_ids is {count}, but {found} tokens <extra_id_…> are given; make the two agree")
    return given


def _spaced(token: Any) -> Any:
    """Return a token that takes the spaces on both of its sides."""
    return AddedToken(token, lstrip=True, rstrip=True) if isinstance(token, str) else token
