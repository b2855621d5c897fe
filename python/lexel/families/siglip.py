"""SigLIP.

Source: transformers 5.23, `SiglipTokenizer`, measured.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.added_token import AddedToken
from lexel.backends import SentencePieceBackend
from lexel.backends.surrogates import replace_surrogates
from lexel.families.ends import EndsOnce
from lexel.families.joined_pieces import join_spaced

if TYPE_CHECKING:
    import os

__all__ = ["SiglipTokenizer"]

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class SiglipTokenizer(EndsOnce, SentencePieceBackend):
    """The tokenizer of SigLIP: lower case, no punctuation, single spaces, then a SentencePiece model; `A </s>`.

    Args:
        vocab_file: the SentencePiece model.
        eos_token: the end of a text; one that is there already is not written twice.
        unk_token: for what the model lacks.
        pad_token: for padding.
        additional_special_tokens: the extra special tokens.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        model_max_length: how many ids the model takes.
        do_lower_case: whether texts become lower case.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        eos_token: Any = "</s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "</s>",
        additional_special_tokens: list[Any] | None = None,
        sp_model_kwargs: dict[str, Any] | None = None,
        model_max_length: int = 64,
        do_lower_case: bool = True,
        **kwargs: Any,
    ) -> None:
        named = {"eos_token": eos_token, "unk_token": unk_token, "pad_token": pad_token}
        if additional_special_tokens is not None:
            kwargs.setdefault("extra_special_tokens", additional_special_tokens)
        kwargs.setdefault("special_tokens_pattern", "eos")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        self.do_lower_case = do_lower_case
        super().__init__(
            vocab_file=vocab_file,
            **{name: _spaced(token) for name, token in named.items()},
            sp_model_kwargs=sp_model_kwargs or {},
            model_max_length=model_max_length,
            do_lower_case=do_lower_case,
            **kwargs,
        )

    def remove_punctuation(self, text: str) -> str:
        """Return a text without the punctuation of ASCII."""
        return text.translate(_NO_PUNCTUATION)

    def canonicalize_text(self, text: str, *, keep_punctuation_exact_string: str | None = None) -> str:
        """Return a text as the model takes it: lower case, without punctuation, single spaces.

        Args:
            text: the text.
            keep_punctuation_exact_string: a string that stays as it is where it stands in the text.
        """
        text = text.lower() if self.do_lower_case else text
        kept = keep_punctuation_exact_string
        parts = text.split(kept) if kept else [text]
        return re.sub(r"\s+", " ", (kept or "").join(map(self.remove_punctuation, parts))).strip()

    def tokenize(self, text: str, add_special_tokens: bool = False, **kwargs: Any) -> list[str]:  # type: ignore[override]
        """Return the token strings of a text.

        Args:
            text: the text.
            add_special_tokens: accepted for compatibility.
            **kwargs: as for `Tokenizer.tokenize`.
        """
        del add_special_tokens
        tokens = super().tokenize("▁" + text.replace("▁", " "), **kwargs)
        alone = len(tokens) > 1 and tokens[0] == "▁" and tokens[1] in self.all_special_tokens
        return tokens[1:] if alone else tokens

    @property
    def unk_token_length(self) -> int:
        """How many pieces the unknown token's text has."""
        return len(self.sp_model.encode(str(self.unk_token)))

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        # Behind the unknown token a text keeps the space it begins with, and gets none it has not.
        text = replace_surrogates(text)
        tokens = list(self.sp_model.encode(f"{self.unk_token}{self.canonicalize_text(text)}", out_type=str))
        before = self.unk_token_length
        return tokens[before:] if len(tokens) >= before else tokens

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for, special tokens with a space before them."""
        return join_spaced(tokens, set(self.all_special_tokens), self.sp_model.decode).strip()


def _spaced(token: Any) -> Any:
    """Return a token that takes the spaces on both of its sides."""
    if not isinstance(token, str):
        return token
    return AddedToken(token, rstrip=True, lstrip=True, normalized=False, special=True)
