"""M2M100, translation among 100 languages, and the models of WMT 2021.

Source: transformers 5.23, `M2M100Tokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends.piece_model import PieceModel
from lexel.errors import VocabularyError
from lexel.families.ends import OneText
from lexel.families.joined_pieces import join_pieces
from lexel.families.languages import M2M100
from lexel.families.model_files import read_vocabulary, write_files
from lexel.families.translation import Translation

if TYPE_CHECKING:
    import os

__all__ = ["M2M100Tokenizer"]


class M2M100Tokenizer(Translation, OneText):
    """The tokenizer of M2M100: a SentencePiece model in front of a vocabulary; `__en__ A </s>`, pairs are one text.

    Args:
        vocab_file: the vocabulary, token → id; the languages have the ids behind it.
        spm_file: the SentencePiece model.
        src_lang: the language of texts; None: en.
        tgt_lang: the language of translations.
        bos_token: the beginning, which is not written.
        eos_token: the end of a text.
        sep_token: kept for compatibility.
        pad_token: for padding.
        unk_token: for pieces the vocabulary lacks.
        language_codes: which languages there are: "m2m100" or "wmt21".
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        num_madeup_words: kept for compatibility.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "spm_file": "sentencepiece.bpe.model",
        "tokenizer_config_file": "tokenizer_config.json",
    }
    usual_languages = ("en", "ro")

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        spm_file: str | os.PathLike[str],
        src_lang: str | None = None,
        tgt_lang: str | None = None,
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        sep_token: Any = "</s>",
        pad_token: Any = "<pad>",
        unk_token: Any = "<unk>",
        language_codes: str = "m2m100",
        sp_model_kwargs: dict[str, Any] | None = None,
        num_madeup_words: int = 8,
        **kwargs: Any,
    ) -> None:
        if language_codes not in M2M100:
            raise ValueError(f"language_codes should be one of {sorted(M2M100)}, not {language_codes!r}")
        self.sp_model_kwargs = sp_model_kwargs or {}
        self.language_codes, self.num_madeup_words = language_codes, num_madeup_words
        self.encoder = read_vocabulary(vocab_file, "vocab_file")
        self.decoder = {index: token for token, index in self.encoder.items()}
        self.sp_model = PieceModel(spm_file, self.sp_model_kwargs)
        codes = M2M100[language_codes]
        self.lang_code_to_token = {code: f"__{code}__" for code in codes}
        self.lang_code_to_id = {code: index for index, code in enumerate(codes, len(self.encoder))}
        self.lang_token_to_id = {self.lang_code_to_token[code]: index for code, index in self.lang_code_to_id.items()}
        self.id_to_lang_token = {index: token for token, index in self.lang_token_to_id.items()}
        self._src_lang = "en" if src_lang is None else src_lang
        self.tgt_lang = tgt_lang
        super().__init__(
            src_lang=src_lang,
            tgt_lang=tgt_lang,
            bos_token=bos_token,
            eos_token=eos_token,
            sep_token=sep_token,
            unk_token=unk_token,
            pad_token=pad_token,
            language_codes=language_codes,
            sp_model_kwargs=self.sp_model_kwargs,
            num_madeup_words=num_madeup_words,
            **kwargs,
        )
        self.set_src_lang_special_tokens(self._src_lang)

    @property
    def src_lang(self) -> str:
        """The language of texts; setting it changes the special tokens."""
        return self._src_lang

    @src_lang.setter
    def src_lang(self, language: str) -> None:
        self._src_lang = self.init_kwargs["src_lang"] = language
        self.set_src_lang_special_tokens(language)

    def set_src_lang_special_tokens(self, src_lang: str) -> None:
        """Write the special tokens around a text in a language that is translated."""
        self.cur_lang_id = self.get_lang_id(src_lang)
        self.prefix_tokens = [self.cur_lang_id]
        self.suffix_tokens = [self.eos_token_id]

    def set_tgt_lang_special_tokens(self, tgt_lang: str) -> None:
        """Write the special tokens around a translation into a language."""
        self.set_src_lang_special_tokens(tgt_lang)

    def get_lang_token(self, lang: str) -> str:
        """Return the token of a language."""
        if lang not in self.lang_code_to_token:
            raise VocabularyError(
                f"{lang!r} is no language of {self.language_codes}; these are {list(self.lang_code_to_token)}"
            )
        return self.lang_code_to_token[lang]

    def get_lang_id(self, lang: str) -> int:
        """Return the id of a language."""
        return self.lang_token_to_id[self.get_lang_token(lang)]

    def _code(self, language: str) -> str:
        return self.get_lang_token(language)

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary has, the languages not among them."""
        return len(self.encoder)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return {self.convert_ids_to_tokens(index): index for index in range(self.vocab_size)} | self.get_added_vocab()

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return self.sp_model.encode(text)

    def _convert_token_to_id(self, token: str) -> int | None:
        found = self.lang_token_to_id.get(token, self.encoder.get(token))
        return self.encoder[str(self.unk_token)] if found is None else found

    def _convert_id_to_token(self, index: int) -> str:
        found = self.id_to_lang_token.get(index, self.decoder.get(index))
        return str(self.unk_token) if found is None else found

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for."""
        return join_pieces(tokens, set(self.all_special_tokens), self.sp_model.decode, "").strip()

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary and the model; return their paths."""
        names = self.vocab_files_names
        files: dict[str, Any] = {names["vocab_file"]: self.encoder, names["spm_file"]: self.sp_model.content}
        return write_files(save_directory, filename_prefix, files)
