"""GPT-SW3, for the Nordic languages.

Source: transformers 5.23, `GPTSw3Tokenizer`, measured.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import SentencePieceBackend
from lexel.backends.surrogates import replace_surrogates
from lexel.families.joined_pieces import join_spaced

if TYPE_CHECKING:
    import os

__all__ = ["GPTSw3Tokenizer"]

# Control characters but for line ends, the no-break space, the soft hyphen and the zero-width space.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xa0\xad\u200b]")
# What counts as a space; the last of these two have gone with the invisible ones, or stand for what a text lost.
_SPACES = re.compile("[ \u2002\u2003\u2005\u2008\u2009\u200a\u202f\u3000\ufffc\x84]")


class GPTSw3Tokenizer(SentencePieceBackend):
    """The tokenizer of GPT-SW3: plain spaces, NFC, then a SentencePiece model; nothing is written around a text.

    Args:
        vocab_file: the SentencePiece model.
        do_lower_case: kept for compatibility.
        remove_space: kept for compatibility.
        keep_accents: kept for compatibility.
        pad_token: for padding; None: `<pad>`.
        unk_token: for what the model lacks; None: `<unk>`.
        eos_token: the end; None: `<|endoftext|>`.
        bos_token: the beginning; None: `<s>`. The model of 7 billion weights, known by its name, has the end token for
            the beginning and the unknown one for padding.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        do_lower_case: bool = False,
        remove_space: bool = False,
        keep_accents: bool = False,
        pad_token: Any = None,
        unk_token: Any = None,
        eos_token: Any = None,
        bos_token: Any = None,
        sp_model_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        eos_token = "<|endoftext|>" if eos_token is None else eos_token
        unk_token = "<unk>" if unk_token is None else unk_token
        small = "gpt-sw3-7b" in str(kwargs.get("name_or_path") or "")
        pad_token = (unk_token if small else "<pad>") if pad_token is None else pad_token
        bos_token = (eos_token if small else "<s>") if bos_token is None else bos_token
        self.do_lower_case, self.remove_space, self.keep_accents = do_lower_case, remove_space, keep_accents
        kwargs.setdefault("special_tokens_pattern", "none")
        super().__init__(
            vocab_file=vocab_file,
            do_lower_case=do_lower_case,
            remove_space=remove_space,
            keep_accents=keep_accents,
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            pad_token=pad_token,
            sp_model_kwargs=sp_model_kwargs or {},
            **kwargs,
        )

    def preprocess_text(self, text: str) -> str:
        """Return a text without invisible characters, with plain spaces, in NFC."""
        text = replace_surrogates(text)
        return unicodedata.normalize("NFC", _SPACES.sub(" ", _INVISIBLE.sub("", text)))

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return list(self.sp_model.encode(self.preprocess_text(text), out_type=str))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for, special tokens with a space before them."""
        return join_spaced(tokens, set(self.all_special_tokens), self.sp_model.decode)

    def encode_fast(self, text: str | list[str], return_tensors: str | bool = False) -> Any:
        """Return the ids the model gives a text, or texts: no special tokens are looked for.

        Args:
            text: a text, or several.
            return_tensors: True or "pt": as a tensor.
        """
        prepared = self.preprocess_text(text) if isinstance(text, str) else [self.preprocess_text(row) for row in text]
        ids = self.sp_model.encode(prepared)
        if return_tensors is True or return_tensors == "pt":
            import torch

            return torch.tensor(ids)
        return ids

    def decode_fast(self, token_ids: int | list[int]) -> str:
        """Return the text the model gives ids."""
        return str(self.sp_model.decode(token_ids))
