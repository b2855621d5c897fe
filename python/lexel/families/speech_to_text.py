"""Speech2Text.

Source: transformers 5.23, `Speech2TextTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends.piece_model import PieceModel
from lexel.errors import VocabularyError
from lexel.families.ends import OneText
from lexel.families.joined_pieces import join_pieces
from lexel.families.languages import MUSTC
from lexel.families.model_files import read_vocabulary, write_files

if TYPE_CHECKING:
    import os

__all__ = ["Speech2TextTokenizer"]


class Speech2TextTokenizer(OneText):
    """The tokenizer of Speech2Text: a SentencePiece model in front of a vocabulary; `A </s>`, pairs are one text.

    Args:
        vocab_file: the vocabulary, token → id.
        spm_file: the SentencePiece model.
        bos_token: the beginning, which is not written.
        eos_token: the end of a text.
        pad_token: for padding.
        unk_token: for pieces the vocabulary lacks.
        do_upper_case: whether decoded texts become upper case.
        do_lower_case: kept for compatibility.
        tgt_lang: the language a text is in; it is written before the text. None: the first there is.
        lang_codes: which languages there are ("mustc"); None: none.
        additional_special_tokens: the extra special tokens beside the languages.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json", "spm_file": "sentencepiece.bpe.model"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        spm_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        pad_token: Any = "<pad>",
        unk_token: Any = "<unk>",
        do_upper_case: bool = False,
        do_lower_case: bool = False,
        tgt_lang: str | None = None,
        lang_codes: str | None = None,
        additional_special_tokens: list[Any] | None = None,
        sp_model_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.sp_model_kwargs = sp_model_kwargs or {}
        self.do_upper_case, self.do_lower_case = do_upper_case, do_lower_case
        self.encoder = read_vocabulary(vocab_file, "vocab_file")
        self.decoder = {index: token for token, index in self.encoder.items()}
        self.sp_model = PieceModel(spm_file, self.sp_model_kwargs)
        self.lang_codes = lang_codes
        self.langs = list(MUSTC[lang_codes]) if lang_codes is not None else []
        self.lang_tokens = [f"<lang:{language}>" for language in self.langs]
        ids = map(self.sp_model.id_of, self.lang_tokens)
        self.lang_code_to_id = dict(zip(self.langs, ids, strict=True))
        self.prefix_tokens: list[int] = []
        if self.langs:
            self.tgt_lang = self.langs[0] if tgt_lang is None else tgt_lang
        extra = [*self.lang_tokens, *(additional_special_tokens or ())]
        if extra:
            kwargs.setdefault("extra_special_tokens", extra)
        super().__init__(
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            pad_token=pad_token,
            do_upper_case=do_upper_case,
            do_lower_case=do_lower_case,
            tgt_lang=tgt_lang,
            lang_codes=lang_codes,
            sp_model_kwargs=self.sp_model_kwargs,
            **kwargs,
        )

    @property
    def suffix_tokens(self) -> list[int]:
        """The ids behind a text."""
        return [self.eos_token_id] if self.eos_token_id is not None else []

    @property
    def tgt_lang(self) -> str | None:
        """The language of texts, None without languages; setting it changes the special tokens."""
        return self.__dict__.get("_tgt_lang")

    @tgt_lang.setter
    def tgt_lang(self, language: str) -> None:
        self._tgt_lang = language
        self.set_tgt_lang_special_tokens(language)

    def set_tgt_lang_special_tokens(self, tgt_lang: str) -> None:
        """Write a language before texts."""
        if tgt_lang not in self.lang_code_to_id:
            raise VocabularyError(f"{tgt_lang!r} is no language of this tokenizer; these are {self.langs}")
        self.prefix_tokens = [self.lang_code_to_id[tgt_lang]]

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary has."""
        return len(self.encoder)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self.encoder | self.get_added_vocab()

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return self.sp_model.encode(text)

    def _convert_token_to_id(self, token: str) -> int:
        found = self.encoder.get(token)
        return self.encoder[str(self.unk_token)] if found is None else found

    def _convert_id_to_token(self, index: int) -> str:
        return self.decoder.get(index, str(self.unk_token))

    def _text_of(self, pieces: list[str]) -> str:
        text = self.sp_model.decode(pieces)
        return text.upper() if self.do_upper_case else text

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for."""
        return join_pieces(tokens, set(self.all_special_tokens), self._text_of, " ").strip()

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary and the model; return their paths."""
        names = self.vocab_files_names
        files: dict[str, Any] = {names["vocab_file"]: self.encoder, names["spm_file"]: self.sp_model.content}
        return write_files(save_directory, filename_prefix, files)
