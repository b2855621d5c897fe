"""PLBART, between languages of programs and English.

Source: transformers 5.23, `PLBartTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import SentencePieceBackend
from lexel.errors import VocabularyError
from lexel.families.ends import OneText
from lexel.families.languages import PLBART
from lexel.families.marked import taking_space
from lexel.families.translation import Translation

if TYPE_CHECKING:
    import os

__all__ = ["PLBartTokenizer"]

_SHORT = {code.strip("_"): code for code in PLBART["multi"]}
_FIRST = ("<s>", "<pad>", "</s>", "<unk>")


class PLBartTokenizer(Translation, OneText, SentencePieceBackend):
    """The tokenizer of PLBART: a SentencePiece model whose ids are one higher; `A </s> __java__`, pairs are one text.

    Languages may be given without the underscores.

    Args:
        vocab_file: the SentencePiece model.
        bos_token: the beginning, which is not written.
        eos_token: the end of a text.
        sep_token: kept for compatibility.
        cls_token: kept for compatibility.
        unk_token: for what the model lacks.
        pad_token: for padding.
        mask_token: for masked words.
        language_codes: which languages there are: "base" or "multi".
        src_lang: the language of texts; None: none with "base", else __en_XX__.
        tgt_lang: the language of translations.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        additional_special_tokens: the extra special tokens beside the languages.
        clean_up_tokenization_spaces: whether decoding removes spaces before punctuation.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    usual_languages = ("en_XX", "python")
    fairseq_offset = 1

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        sep_token: Any = "</s>",
        cls_token: Any = "<s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        mask_token: Any = "<mask>",
        language_codes: str = "base",
        src_lang: str | None = None,
        tgt_lang: str | None = None,
        sp_model_kwargs: dict[str, Any] | None = None,
        additional_special_tokens: list[Any] | None = None,
        clean_up_tokenization_spaces: bool = True,
        **kwargs: Any,
    ) -> None:
        if language_codes not in PLBART:
            raise ValueError(f"language_codes should be one of {sorted(PLBART)}, not {language_codes!r}")
        self.language_codes = language_codes
        codes = PLBART[language_codes]
        given = additional_special_tokens or kwargs.pop("extra_special_tokens", None) or ()
        extra = [*codes, *(token for token in given if str(token) not in codes)]
        src_lang, tgt_lang = self._code(src_lang), self._code(tgt_lang)
        self.fairseq_tokens_to_ids = {token: index for index, token in enumerate(_FIRST)}
        self.prefix_tokens: list[int] = []
        self.suffix_tokens: list[int] = []
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(
            vocab_file=vocab_file,
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            sep_token=sep_token,
            cls_token=cls_token,
            pad_token=pad_token,
            mask_token=taking_space(mask_token),
            language_codes=language_codes,
            src_lang=src_lang,
            tgt_lang=tgt_lang,
            extra_special_tokens=extra,
            sp_model_kwargs=sp_model_kwargs or {},
            clean_up_tokenization_spaces=clean_up_tokenization_spaces,
            **kwargs,
        )
        self._settle_ids(codes)
        self.tgt_lang = tgt_lang
        self._src_lang = "__en_XX__" if src_lang is None and language_codes != "base" else src_lang
        self.set_src_lang_special_tokens(self._src_lang)

    def _settle_ids(self, codes: tuple[str, ...]) -> None:
        """Give the languages and the mask their ids, which are behind those of the model whatever was added."""
        last = len(self.sp_model) + self.fairseq_offset
        self.lang_code_to_id = {code: last + index for index, code in enumerate(codes)}
        if self.language_codes == "base":
            self.fairseq_tokens_to_ids["<mask>"] = last + len(codes)
        self.fairseq_tokens_to_ids |= self.lang_code_to_id
        for token in (*_FIRST, "<mask>", *codes):
            index = self._added_tokens_encoder.pop(token, None)
            if index is not None:
                self._added_tokens_decoder.pop(index, None)
        self._update_trie(self.all_special_tokens)
        self._update_total_vocab_size()

    @property
    def id_to_lang_code(self) -> dict[int, str]:
        """The languages by id."""
        return {index: code for code, index in self.lang_code_to_id.items()}

    @property
    def fairseq_ids_to_tokens(self) -> dict[int, str]:
        """The tokens whose ids are not those of the model."""
        return {index: token for token, index in self.fairseq_tokens_to_ids.items()}

    def _code(self, language: str | None) -> Any:
        return _SHORT.get(language, language) if language is not None else None

    @property
    def src_lang(self) -> str | None:
        """The language of texts; setting it changes the special tokens."""
        return self._src_lang

    @src_lang.setter
    def src_lang(self, language: str | None) -> None:
        self._src_lang = self.init_kwargs["src_lang"] = self._code(language)
        self.set_src_lang_special_tokens(self._src_lang)

    def set_src_lang_special_tokens(self, src_lang: str | None) -> None:
        """Write the special tokens behind a text in a language that is translated; None: the end alone."""
        code = self._code(src_lang)
        if code is not None and code not in self.lang_code_to_id:
            raise VocabularyError(
                f"{src_lang!r} is no language of this tokenizer; these are {list(self.lang_code_to_id)}"
            )
        self.cur_lang_code = None if code is None else self.lang_code_to_id[code]
        self.suffix_tokens = [self.eos_token_id, *([self.cur_lang_code] if self.cur_lang_code is not None else [])]

    def set_tgt_lang_special_tokens(self, lang: str | None) -> None:
        """Write the special tokens behind a translation into a language."""
        self.set_src_lang_special_tokens(lang)

    @property
    def vocab_size(self) -> int:
        """How many ids there are: the model's, the languages and the mask."""
        size = len(self.sp_model) + self.fairseq_offset + len(self.__dict__.get("lang_code_to_id", ()))
        return size + (self.language_codes == "base")

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        pieces = {piece: index + self.fairseq_offset for piece, index in self._pieces.items() if index}
        first = {piece: self.unk_token_id for piece, index in self._pieces.items() if not index}
        return self.get_added_vocab() | first | pieces | self.fairseq_tokens_to_ids

    def _convert_token_to_id(self, token: str) -> int:
        if token in self.fairseq_tokens_to_ids:
            return self.fairseq_tokens_to_ids[token]
        index = super()._convert_token_to_id(token)
        return index + self.fairseq_offset if index else self.fairseq_tokens_to_ids.get(str(self.unk_token), 3)

    def _convert_id_to_token(self, index: int) -> str | None:
        found = self.fairseq_ids_to_tokens.get(index)
        if found is not None or not 0 <= index - self.fairseq_offset < len(self.sp_model):
            return found
        return str(self.sp_model.id_to_piece(index - self.fairseq_offset))

    def _decode(self, token_ids: Any, skip_special_tokens: bool = False, *args: Any, **options: Any) -> str:
        # What the tokenizer says of spaces counts, not the call.
        options["clean_up_tokenization_spaces"] = self.clean_up_tokenization_spaces
        return super()._decode(token_ids, skip_special_tokens, *args[1:], **options)
