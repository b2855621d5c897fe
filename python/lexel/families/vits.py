"""VITS and MMS, text to speech.

Source: transformers 5.23, `VitsTokenizer`, measured.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, ClassVar, cast

from lexel.backends import PythonBackend
from lexel.errors import MissingDependencyError
from lexel.families.model_files import read_vocabulary

if TYPE_CHECKING:
    import os

__all__ = ["VitsTokenizer"]

_LOGGER = logging.getLogger(__name__)


class VitsTokenizer(PythonBackend):
    """The tokenizer of VITS: characters, or the phonemes of English, with blanks between; nothing is written around.

    Args:
        vocab_file: the vocabulary, token → id.
        pad_token: for padding.
        unk_token: for characters the vocabulary lacks.
        language: the language, "ron" for Romanian's two forms of one letter.
        add_blank: whether the first token of the vocabulary stands before, between and behind all others.
        normalize: whether texts become lower case where the vocabulary has no upper, and lose what it lacks; a call may
            say otherwise.
        phonemize: whether texts become phonemes, with the package `phonemizer`.
        is_uroman: whether other letters than Latin ones become Latin, with the package `uroman`, where it is installed.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no vocabulary.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        pad_token: Any = "<pad>",
        unk_token: Any = "<unk>",
        language: str | None = None,
        add_blank: bool = True,
        normalize: bool = True,
        phonemize: bool = True,
        is_uroman: bool = False,
        **kwargs: Any,
    ) -> None:
        self.encoder = read_vocabulary(vocab_file, "vocab_file")
        self.decoder = {index: token for token, index in self.encoder.items()}
        self.language, self.add_blank, self.normalize = language, add_blank, normalize
        self.phonemize, self.is_uroman = phonemize, is_uroman
        kwargs.setdefault("special_tokens_pattern", "none")
        super().__init__(
            pad_token=pad_token,
            unk_token=unk_token,
            language=language,
            add_blank=add_blank,
            normalize=normalize,
            phonemize=phonemize,
            is_uroman=is_uroman,
            **kwargs,
        )

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary has."""
        return len(self.encoder)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return {self.convert_ids_to_tokens(index): index for index in range(self.vocab_size)} | self.get_added_vocab()

    def normalize_text(self, input_string: str) -> str:
        """Return a text in lower case but for the tokens of the vocabulary in it, of which earlier ones win."""
        words = re.compile("|".join(re.escape(word) for word in (*self.encoder, *self.get_added_vocab()) if word))
        out, at = [], 0
        for match in words.finditer(input_string):
            out += [input_string[at : match.start()].lower(), match[0]]
            at = match.end()
        return "".join([*out, input_string[at:].lower()])

    def prepare_for_tokenization(
        self, text: str, is_split_into_words: bool = False, normalize: bool | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a text as it is cut into characters, and the arguments that were not used."""
        del is_split_into_words
        wanted = self.normalize if normalize is None else normalize
        text = self.normalize_text(text) if wanted else text
        text = text.replace("ț", "ţ") if self.language == "ron" else text
        if self.is_uroman and not text.isascii():
            text = _latin(text)
        if self.phonemize:
            return _phonemes(text), kwargs
        return ("".join(char for char in text if char in self.encoder).strip() if wanted else text), kwargs

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        tokens = list(text)
        if not self.add_blank:
            return tokens
        blank = self._convert_id_to_token(0) or ""
        return [blank, *(part for token in tokens for part in (token, blank))]

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that tokens stand for, without the blanks."""
        return "".join(tokens[1::2] if self.add_blank and len(tokens) > 1 else tokens)

    def _convert_token_to_id(self, token: str) -> int | None:
        found = self.encoder.get(token)
        return cast("int | None", self.unk_token_id) if found is None else found

    def _convert_id_to_token(self, index: int) -> str | None:
        return self.decoder.get(index)


def _latin(text: str) -> str:
    try:
        from uroman import Uroman  # type: ignore[import-not-found]
    except ImportError:
        _LOGGER.warning("letters that are not Latin stay as they are; to have them romanized: pip install uroman")
        return text
    return str(Uroman().romanize_string(text))


def _phonemes(text: str) -> str:
    try:
        from phonemizer import phonemize  # type: ignore[import-not-found]
    except ImportError as error:
        raise MissingDependencyError(
            "VitsTokenizer makes phonemes of texts with the package phonemizer: pip install phonemizer; "
            "phonemize=False takes texts as they are"
        ) from error
    made = phonemize(text, language="en-us", backend="espeak", strip=True, preserve_punctuation=True, with_stress=True)
    return re.sub(r"\s+", " ", str(made))
