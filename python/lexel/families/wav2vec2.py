"""Wav2Vec2 and the speech models that emit a character for every step (HuBERT, UniSpeech, Data2Vec).

Source: transformers 5.23, `Wav2Vec2CTCTokenizer`, measured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.added_token import AddedToken
from lexel.backends import PythonBackend
from lexel.errors import FormatError
from lexel.families.model_files import read_object, write_files
from lexel.tokenizer.ids import one_id

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["Wav2Vec2CTCTokenizer", "Wav2Vec2CTCTokenizerOutput"]

Offsets = list[dict[str, Any]]


@dataclass(slots=True)
class Wav2Vec2CTCTokenizerOutput:
    """A decoded text, or several, with the steps its characters and words were heard in.

    Attributes:
        text: the text, or the texts.
        char_offsets: `{"char", "start_offset", "end_offset"}` of every character, if they were asked for.
        word_offsets: `{"word", "start_offset", "end_offset"}` of every word, if they were asked for.
    """

    text: str | list[str]
    char_offsets: Any = None
    word_offsets: Any = None

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def keys(self) -> list[str]:
        """Return the names of what there is."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


class Wav2Vec2CTCTokenizer(PythonBackend):
    """The tokenizer of Wav2Vec2: characters, a mark between words; nothing is written around a text.

    Decoding counts repeated ids once and drops padding, which is silence.

    Args:
        vocab_file: the vocabulary, token → id; or language → vocabulary.
        bos_token: the beginning.
        eos_token: the end.
        unk_token: for characters the vocabulary lacks.
        pad_token: for padding, and silence.
        word_delimiter_token: the mark between words.
        replace_word_delimiter_char: what it becomes when decoded.
        do_lower_case: whether decoded texts become lower case (texts become upper case then).
        target_lang: which vocabulary, of several.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no vocabulary.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "tokenizer_config_file": "tokenizer_config.json",
    }

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        word_delimiter_token: Any = "|",
        replace_word_delimiter_char: str = " ",
        do_lower_case: bool = False,
        target_lang: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.do_lower_case = do_lower_case
        self.replace_word_delimiter_char = replace_word_delimiter_char
        self.vocab = read_object(vocab_file, "vocab_file")
        self._use_language(target_lang)
        kwargs.setdefault("special_tokens_pattern", "none")
        super().__init__(
            unk_token=unk_token,
            bos_token=bos_token,
            eos_token=eos_token,
            pad_token=pad_token,
            do_lower_case=do_lower_case,
            word_delimiter_token=word_delimiter_token,
            replace_word_delimiter_char=replace_word_delimiter_char,
            target_lang=target_lang,
            **kwargs,
        )
        self._keep_long_tokens()

    # --- languages ----------------------------------------------------------------------------------------------------

    def _use_language(self, language: str | None) -> None:
        if language is not None and not isinstance(self.vocab.get(language), dict):
            known = ", ".join(key for key, value in self.vocab.items() if isinstance(value, dict)) or "none"
            raise ValueError(f"{language} does not exist. Choose one of {known}.")
        self.target_lang = language
        self.encoder: dict[str, int] = self.vocab if language is None else self.vocab[language]
        wrong = next((token for token, index in self.encoder.items() if not isinstance(index, int)), None)
        if wrong is not None:
            raise FormatError(
                f"a vocabulary is token to id, and {wrong!r} has none; of several, target_lang= names one"
            )
        self.decoder = {index: token for token, index in self.encoder.items()}

    def _keep_long_tokens(self) -> None:
        """Make tokens of several characters whole ones: texts are cut into characters otherwise."""
        for token in self.encoder:
            if len(token) > 1:
                self.add_tokens(AddedToken(token, rstrip=True, lstrip=True, normalized=False))

    def set_target_lang(self, target_lang: str) -> None:
        """Use the vocabulary of a language.

        Raises:
            ValueError: there is one vocabulary only, or none of that language.
        """
        if self.vocab == self.encoder:
            raise ValueError(f"{type(self).__name__} has one vocabulary, not one a language: there is none to choose")
        self._use_language(target_lang)
        self.init_kwargs["target_lang"] = target_lang
        for index in [index for index in self._added_tokens_decoder if index in self.decoder]:
            self._added_tokens_encoder.pop(self._added_tokens_decoder.pop(index).content, None)
        self._keep_long_tokens()

    # --- tokens and ids -----------------------------------------------------------------------------------------------

    @property
    def vocab_size(self) -> int:
        """How many tokens the vocabulary has."""
        return len(self.decoder)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self.encoder | self.get_added_vocab()

    def _add_tokens(self, new_tokens: Sequence[Any], special_tokens: bool = False) -> int:
        tokens = [AddedToken(token, normalized=False) if isinstance(token, str) else token for token in new_tokens]
        return super()._add_tokens(tokens, special_tokens)

    def prepare_for_tokenization(
        self, text: str, is_split_into_words: bool = False, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a text, with a space before it if it is a word, and the arguments that were not used."""
        return (f" {text}" if is_split_into_words else text), kwargs

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        text = text.upper() if self.do_lower_case else text
        return list(text.replace(" ", str(self.word_delimiter_token)))

    def _convert_token_to_id(self, token: str) -> int | None:
        return self.encoder.get(token, self.encoder.get(str(self.unk_token)))

    def _convert_id_to_token(self, index: int) -> str:
        return self.decoder.get(index, str(self.unk_token))

    def _token_of(self, index: int) -> str:
        # The vocabulary's own name of an id, whatever was added at it.
        if index in self.decoder:
            return self.decoder[index]
        added = self._added_tokens_decoder.get(index)
        return str(self.unk_token) if added is None else added.content

    # --- ids → text ---------------------------------------------------------------------------------------------------

    def convert_tokens_to_string(  # type: ignore[override]
        self,
        tokens: list[str],
        group_tokens: bool = True,
        spaces_between_special_tokens: bool = False,
        output_char_offsets: bool = False,
        output_word_offsets: bool = False,
    ) -> dict[str, Any]:
        """Return the text of the tokens of steps: `text`, `char_offsets` and `word_offsets`.

        Args:
            tokens: a token a step.
            group_tokens: count repeated ones once.
            spaces_between_special_tokens: write spaces between all tokens.
            output_char_offsets: also return the steps of characters.
            output_word_offsets: also return the steps of words.
        """
        if not tokens:
            return {"text": "", "char_offsets": [], "word_offsets": []}
        runs = [(token, len(list(run))) for token, run in groupby(tokens)] if group_tokens else [(t, 1) for t in tokens]
        heard: Offsets = []
        step = 0
        for token, steps in runs:
            if token != self.pad_token:
                char = self.replace_word_delimiter_char if token == self.word_delimiter_token else token
                heard.append({"char": char, "start_offset": step, "end_offset": step + steps})
            step += steps
        text = (" " if spaces_between_special_tokens else "").join(entry["char"] for entry in heard).strip()
        words = _words(heard, self.replace_word_delimiter_char) if output_word_offsets else None
        return {
            "text": text.lower() if self.do_lower_case else text,
            "char_offsets": heard if output_char_offsets else None,
            "word_offsets": words,
        }

    def _decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        group_tokens: bool = True,
        spaces_between_special_tokens: bool = False,
        output_word_offsets: bool = False,
        output_char_offsets: bool = False,
        **_ignored: Any,
    ) -> Any:
        special = set(self.all_special_tokens) - {self.word_delimiter_token} if skip_special_tokens else set()
        single = one_id(token_ids)
        tokens = self.convert_ids_to_tokens([single] if single is not None else token_ids)
        made = self.convert_tokens_to_string(
            [token for token in tokens if token not in special],
            group_tokens=group_tokens,
            spaces_between_special_tokens=spaces_between_special_tokens,
            output_word_offsets=output_word_offsets,
            output_char_offsets=output_char_offsets,
        )
        wanted = clean_up_tokenization_spaces
        wanted = self.clean_up_tokenization_spaces if wanted is None else wanted
        text = self.clean_up_tokenization(made["text"]) if wanted else made["text"]
        if output_word_offsets or output_char_offsets:
            return Wav2Vec2CTCTokenizerOutput(text, made["char_offsets"], made["word_offsets"])
        return text

    def batch_decode(self, sequences: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the texts of many rows; with offsets, one object whose texts and offsets are lists."""
        rows = [self.decode(row, *args, **kwargs) for row in sequences]
        if not kwargs.get("output_char_offsets") and not kwargs.get("output_word_offsets"):
            return rows
        return Wav2Vec2CTCTokenizerOutput(
            **{name: [row[name] for row in rows] for name in (rows[0].keys() if rows else ("text",))}
        )

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary, of all languages; return its path."""
        text = json.dumps(self.vocab, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        return write_files(Path(save_directory), filename_prefix, {self.vocab_files_names["vocab_file"]: text})


def _words(chars: Offsets, delimiter: str) -> Offsets:
    """Return the words that characters make, from the first step of one to the last of another."""
    words: Offsets = []
    for is_gap, run in groupby(chars, key=lambda entry: entry["char"] == delimiter):
        if not is_gap:
            letters = list(run)
            word = "".join(entry["char"] for entry in letters)
            start, end = letters[0]["start_offset"], letters[-1]["end_offset"]
            words.append({"word": word, "start_offset": start, "end_offset": end})
    return words
