"""What tokenizers of translation models have in common: a language to translate from, and one to translate to.

The special tokens around a text name its language. Setting `src_lang` writes them anew; what the model is to answer
(`text_target=`) gets those of `tgt_lang`.

Source: transformers 5.23, `MBartTokenizer`, `MBart50Tokenizer`, `NllbTokenizer`, `SeamlessM4TTokenizer`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.backends.post_processor import writes_ends
from lexel.families.family import Family

if TYPE_CHECKING:
    from pathlib import Path

    from lexel.backends.engine import AnyEngine
    from lexel.batch_encoding import BatchEncoding
    from lexel.spec import Json

__all__ = ["Modes", "Translation", "Translator"]

# The limit of models that state none is far above this.
_NO_LIMIT = 10**18


class Modes:
    """The two modes of a tokenizer whose translations are encoded otherwise than what is translated.

    A class states `_switch_to_input_mode` and `_switch_to_target_mode`.
    """

    def __call__(self: Any, text: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Encode texts in the source language, and `text_target` in that of translations; see `Tokenizer`."""
        if text is not None:
            self._switch_to_input_mode()
        return super().__call__(text, *args, **kwargs)  # type: ignore[misc]

    def encode(self: Any, text: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the `input_ids` of the call with these arguments."""
        self._switch_to_input_mode()
        return super().encode(text, *args, **kwargs)  # type: ignore[misc]

    def _encode_target(self: Any, text: Any, pair: Any, options: dict[str, Any]) -> BatchEncoding:
        self._switch_to_target_mode()
        try:
            return super()._encode_target(text, pair, options)  # type: ignore[misc,no-any-return]
        finally:
            self._switch_to_input_mode()


class Translation(Modes):
    """The methods of translation, for a tokenizer that has `src_lang`, `tgt_lang` and the two setters of tokens."""

    # Source and target of `prepare_seq2seq_batch` where none are given.
    usual_languages: ClassVar[tuple[str, str]] = ("en_XX", "ro_RO")

    def _switch_to_input_mode(self: Any) -> None:
        self.set_src_lang_special_tokens(self.src_lang)

    def _switch_to_target_mode(self: Any) -> None:
        if self.tgt_lang is None:
            self.tgt_lang = self.src_lang
        self.set_tgt_lang_special_tokens(self.tgt_lang)

    def prepare_seq2seq_batch(
        self: Any,
        src_texts: list[str],
        src_lang: str | None = None,
        tgt_texts: list[str] | None = None,
        tgt_lang: str | None = None,
        max_length: int | None = None,
        max_target_length: int | None = None,
        padding: Any = "longest",
        return_tensors: Any = None,
        truncation: Any = True,
        **kwargs: Any,
    ) -> BatchEncoding:
        """Return the inputs of a model that translates, with `labels` where translations are given.

        Args:
            src_texts: what to translate.
            src_lang: its language; None: the class's usual one.
            tgt_texts: the translations.
            tgt_lang: their language; None: the class's usual one.
            max_length: how many ids a text may have.
            max_target_length: the same for a translation.
            padding: as of a call.
            return_tensors: as of a call.
            truncation: as of a call.
            **kwargs: further arguments of a call.
        """
        self.src_lang = self.usual_languages[0] if src_lang is None else src_lang
        self.tgt_lang = self.usual_languages[1] if tgt_lang is None else tgt_lang
        limit = max_length
        if limit is None and self.model_max_length < _NO_LIMIT:
            limit = self.model_max_length
        options = {"padding": padding, "truncation": truncation, "return_tensors": return_tensors, **kwargs}
        made: BatchEncoding = self(src_texts, max_length=limit, **options)
        if tgt_texts is not None:
            options["max_length"] = limit if max_target_length is None else max_target_length
            made["labels"] = self(text_target=tgt_texts, **options)["input_ids"]
        return made

    def _build_translation_inputs(
        self: Any, raw_inputs: Any, return_tensors: Any, src_lang: str | None, tgt_lang: str | None, **extra: Any
    ) -> BatchEncoding:
        if src_lang is None or tgt_lang is None:
            raise ValueError("a translation needs src_lang= and tgt_lang=, the languages from and to which it goes")
        self.src_lang = src_lang
        made: BatchEncoding = self(raw_inputs, return_tensors=return_tensors, **extra)
        made["forced_bos_token_id"] = self.convert_tokens_to_ids(self._code(tgt_lang))
        return made

    def _code(self, language: str) -> str:
        """Return the token of a language."""
        return language


class Translator(Translation, Family):
    """A family whose post-processor writes the language of a text.

    A class states `first_language`, and `_around`: the tokens before and behind a text of a language.
    """

    # The source of a new tokenizer where none is given.
    first_language: ClassVar[str] = "en_XX"
    # The tokens that name languages, in the order of their ids.
    language_codes: ClassVar[tuple[str, ...]] = ()
    # How far ids are from those of the SentencePiece model.
    fairseq_offset: ClassVar[int] = 1

    def _around(self, language: str, *, target: bool) -> tuple[list[str], list[str]]:
        """Return the tokens before and behind a text of a language."""
        raise NotImplementedError

    @property
    def src_lang(self) -> str:
        """The language of texts; setting it writes the special tokens anew."""
        found: str = self.__dict__["_src_lang"]
        return found

    @src_lang.setter
    def src_lang(self, language: str) -> None:
        self._set_source(language)
        self.set_src_lang_special_tokens(self._src_lang)

    # The language whose tokens are written, and whether it is that of translations.
    _mode: tuple[str, bool]

    def _set_source(self, language: str | None) -> None:
        self._src_lang = self._code(self.first_language if language is None else language)
        if "src_lang" in self.__dict__.get("init_kwargs", {}):
            self.init_kwargs["src_lang"] = self._src_lang

    def set_src_lang_special_tokens(self, src_lang: str) -> None:
        """Write the special tokens around a text in a language that is translated."""
        self._write(src_lang, target=False)

    def set_tgt_lang_special_tokens(self, lang: str) -> None:
        """Write the special tokens around a translation into a language."""
        self._write(lang, target=True)

    def _write(self, language: str, *, target: bool) -> None:
        if self.__dict__.get("_mode") == (language, target):
            return
        before, behind = self._around(language, target=target)
        self.cur_lang_code = self.convert_tokens_to_ids(language)
        self.prefix_tokens = self.convert_tokens_to_ids(before)
        self.suffix_tokens = self.convert_tokens_to_ids(behind)
        stage = json.dumps(self._written(before, behind), ensure_ascii=False)
        # A beginning or an end token that was asked for beside these stays.
        asked = self._ends()
        own = writes_ends(stage, self.bos_token, self.eos_token)
        self._core.set_component("post_processor", stage)
        self._write_ends(*(True if there and not written else None for there, written in zip(asked, own, strict=True)))
        self._mode = (language, target)

    def _written(self, before: list[str], behind: list[str]) -> Json:
        # A language the vocabulary lacks is written with the id of the unknown token, as the reference does.
        ids = self._ids(*before, *behind)
        parts = ([(token, 0) for token in before], [(token, 0) for token in behind])
        single, pair = ([*parts[0], *texts, *parts[1]] for texts in ([("$A", 0)], [("$A", 0), ("$B", 0)]))
        return spec.template(single, pair, ids)

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor of a new tokenizer."""
        language = settings.get("src_lang")
        return self._written(*self._around(self._code(language or self.first_language), target=False))

    def _complete_pipeline(self) -> None:
        """Write the tokens of the source language, whatever a file states: readers of all releases do so."""
        self.__dict__.pop("_template_of", None)
        self._set_source(self.init_kwargs.get("src_lang"))
        self.tgt_lang = self.init_kwargs.get("tgt_lang")
        self._switch_to_input_mode()

    def _rebuilt_post_processor(self, settings: dict[str, Any], own: AnyEngine) -> str | None:
        # Readers write it anew, for the language a configuration states.
        del settings, own
        language, target = self._mode
        return json.dumps(self._written(*self._around(language, target=target)))

    def _save_backend(self, folder: Path, prefix: str, legacy_format: bool | None) -> tuple[str, ...]:
        # A file states how texts are encoded, not what was encoded last.
        self._switch_to_input_mode()
        return super()._save_backend(folder, prefix, legacy_format)

    @property
    def lang_code_to_id(self) -> dict[str, int]:
        """The ids of the languages."""
        return self._ids(*self.language_codes)

    @property
    def id_to_lang_code(self) -> dict[int, str]:
        """The languages by id."""
        return {index: code for code, index in self.lang_code_to_id.items()}

    @property
    def fairseq_tokens_to_ids(self) -> dict[str, int]:
        """The ids that are not those of the SentencePiece model."""
        return {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}

    @property
    def fairseq_ids_to_tokens(self) -> dict[int, str]:
        """Their tokens."""
        return {index: token for token, index in self.fairseq_tokens_to_ids.items()}
