"""Marian, the models of OPUS-MT.

Source: transformers 5.23, `MarianTokenizer`, measured.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import PythonBackend
from lexel.backends.piece_model import PieceModel
from lexel.errors import FormatError
from lexel.families.joined_pieces import join_pieces
from lexel.families.model_files import read_vocabulary, write_files
from lexel.families.translation import Modes

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

__all__ = ["MarianTokenizer"]

_LOGGER = logging.getLogger(__name__)


class MarianTokenizer(Modes, PythonBackend):
    """The tokenizer of Marian: a SentencePiece model of either language, and one vocabulary for both; `A </s>`.

    A text may begin with the language it is to be translated to, as `>>fr<<`.

    Args:
        source_spm: the model of the language texts are in.
        target_spm: the model of the language of translations.
        vocab: the vocabulary, token → id.
        target_vocab_file: that of translations, of models that have two.
        source_lang: the language of texts, for `normalize`.
        target_lang: the language of translations.
        unk_token: for pieces the vocabulary lacks.
        eos_token: the end of a text.
        pad_token: for padding.
        model_max_length: how many ids the model takes.
        sp_model_kwargs: arguments of the SentencePiece models: `enable_sampling` …
        separate_vocabs: whether translations have a vocabulary of their own.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be, or the vocabulary has no unknown token.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "source_spm": "source.spm",
        "target_spm": "target.spm",
        "vocab": "vocab.json",
        "target_vocab_file": "target_vocab.json",
        "tokenizer_config_file": "tokenizer_config.json",
    }

    def __init__(
        self,
        source_spm: str | os.PathLike[str],
        target_spm: str | os.PathLike[str],
        vocab: str | os.PathLike[str],
        target_vocab_file: str | os.PathLike[str] | None = None,
        source_lang: str | None = None,
        target_lang: str | None = None,
        unk_token: Any = "<unk>",
        eos_token: Any = "</s>",
        pad_token: Any = "<pad>",
        model_max_length: int = 512,
        sp_model_kwargs: dict[str, Any] | None = None,
        separate_vocabs: bool = False,
        **kwargs: Any,
    ) -> None:
        self.sp_model_kwargs = sp_model_kwargs or {}
        self.separate_vocabs = separate_vocabs
        self.encoder = read_vocabulary(vocab, "vocab")
        if str(unk_token) not in self.encoder:
            raise FormatError(f"{vocab} has no {unk_token!s}, the token for pieces it lacks")
        self.target_encoder = (
            read_vocabulary(target_vocab_file, "target_vocab_file")  # type: ignore[arg-type]
            if separate_vocabs
            else self.encoder
        )
        self.decoder = {index: token for token, index in self.target_encoder.items()}
        codes = () if separate_vocabs else self.encoder
        self.supported_language_codes = [code for code in codes if code.startswith(">>") and code.endswith("<<")]
        self.source_lang, self.target_lang = source_lang, target_lang
        self.spm_source = PieceModel(source_spm, self.sp_model_kwargs)
        self.spm_target = PieceModel(target_spm, self.sp_model_kwargs)
        self._translates = False
        super().__init__(
            source_lang=source_lang,
            target_lang=target_lang,
            unk_token=unk_token,
            eos_token=eos_token,
            pad_token=pad_token,
            model_max_length=model_max_length,
            sp_model_kwargs=self.sp_model_kwargs,
            target_vocab_file=target_vocab_file,
            separate_vocabs=separate_vocabs,
            **kwargs,
        )

    # --- texts --------------------------------------------------------------------------------------------------------

    def normalize(self, x: str) -> str:
        """Return a text with plain punctuation, as Moses has it; nothing else does so, calls neither.

        The text itself comes back where the package `sacremoses` is not installed; a hint says so.
        """
        return self._punctuation()(x) if x else ""

    def _punctuation(self) -> Callable[[str], str]:
        try:
            from sacremoses import MosesPunctNormalizer  # type: ignore[import-not-found]
        except ImportError:
            _LOGGER.warning("punctuation stays as it is; to have it normalized: pip install sacremoses")
            return str
        found: Callable[[str], str] = MosesPunctNormalizer(self.source_lang).normalize
        return found

    def remove_language_code(self, text: str) -> tuple[list[str], str]:
        """Return the language at the beginning of a text (a list, empty without one), and the rest."""
        end = text.find("<<") if text.startswith(">>") else -1
        return ([text[: end + 2]], text[end + 2 :]) if end != -1 else ([], text)

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        code, text = self.remove_language_code(text)
        return code + self.current_spm.encode(text)

    @property
    def current_spm(self) -> PieceModel:
        """The model that texts are cut with now."""
        return self.spm_target if self._translates else self.spm_source

    @property
    def current_encoder(self) -> dict[str, int]:
        """The vocabulary of texts now."""
        return self.target_encoder if self._translates else self.encoder

    def _switch_to_input_mode(self) -> None:
        self._translates = False

    def _switch_to_target_mode(self) -> None:
        self._translates = True

    # --- tokens and ids -----------------------------------------------------------------------------------------------

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary of texts has."""
        return len(self.encoder)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id of texts, added tokens included."""
        return self.get_src_vocab()

    def get_src_vocab(self) -> dict[str, int]:
        """Return token → id of texts, added tokens included."""
        return self.encoder | self.get_added_vocab()

    def get_tgt_vocab(self) -> dict[str, int]:
        """Return token → id of translations, added tokens included."""
        return self.target_encoder | self.get_added_vocab()

    def _convert_token_to_id(self, token: str) -> int:
        vocab = self.current_encoder
        return vocab[token] if token in vocab else vocab[str(self.unk_token)]

    def _convert_id_to_token(self, index: int) -> str | None:
        token = self.decoder.get(index)
        return self._decoding_model(None).piece_of(index) if token is None else token

    def _decoding_model(self, source: bool | None) -> PieceModel:
        """Return the model that makes texts of pieces; None: the source's where the vocabulary is one for both."""
        return self.spm_source if (not self.separate_vocabs if source is None else source) else self.spm_target

    def _text_of(self, tokens: list[str], source: bool | None) -> str:
        decode = self._decoding_model(source).decode
        return join_pieces(tokens, set(self.all_special_tokens), decode, " ").replace("▁", " ").strip()

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for."""
        return self._text_of(tokens, None)

    def _decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        use_source_tokenizer: bool | None = None,
        **_ignored: Any,
    ) -> str:
        tokens = self.convert_ids_to_tokens(token_ids, skip_special_tokens=skip_special_tokens)
        text = self._text_of([token for token in tokens if token is not None], use_source_tokenizer)
        wanted = clean_up_tokenization_spaces
        wanted = self.clean_up_tokenization_spaces if wanted is None else wanted
        return self.clean_up_tokenization(text) if wanted else text

    # --- special tokens -----------------------------------------------------------------------------------------------

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the ids of one sequence or of two with the end token behind."""
        return [*token_ids_0, *(token_ids_1 or ()), *([self.eos_token_id] if self.eos_token_id is not None else [])]

    def get_special_tokens_mask(
        self,
        token_ids_0: Any,
        token_ids_1: Any = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for every special token but the unknown one, 0 for the others."""
        special = set(self.all_special_ids) - {self.unk_token_id}
        mask = [int(index in special) for index in [*token_ids_0, *(token_ids_1 or ())]]
        return mask if already_has_special_tokens else [*mask, 1]

    # --- files --------------------------------------------------------------------------------------------------------

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabularies and the models; return their paths."""
        names = self.vocab_files_names
        files: dict[str, Any] = {names["vocab"]: self.encoder}
        if self.separate_vocabs:
            files[names["target_vocab_file"]] = self.target_encoder
        files |= {names["source_spm"]: self.spm_source.content, names["target_spm"]: self.spm_target.content}
        return write_files(save_directory, filename_prefix, files)
