"""Whisper: byte-level, with tokens for languages, tasks and times.

Source: transformers 5.23, `WhisperTokenizer`, its serialised pipeline and what it gives.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from lexel import spec
from lexel.errors import SpecialTokenError
from lexel.families.family import Family, Vocab
from lexel.families.whisper_languages import TASKS, code_of
from lexel.families.whisper_normalizer import normalize_english, normalize_text
from lexel.families.whisper_timestamps import segments, text_with_times
from lexel.spec import Json, Spec
from lexel.tokenizer.config import write_json
from lexel.tokenizer.ids import rows_of_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel.hub import ModelFiles

__all__ = ["WhisperTokenizer"]

_TIME = re.compile(r"<\|(\d+\.\d+)\|>")
_START, _PROMPT, _NO_TIMES = "<|startoftranscript|>", "<|startofprev|>", "<|notimestamps|>"
# From 0.00 to 30.00, the end of a window.
_TIMES = 1501


class WhisperTokenizer(Family):
    """The tokenizer of Whisper: `<|startoftranscript|> language task A <|endoftext|>`.

    Beside the arguments of every family: the special tokens; `add_prefix_space`; `language` (a code or an English
    name), `task` ("transcribe" or "translate") and `predict_timestamps`, which say what stands before a text;
    `normalizer_file`, the path of a JSON file of spellings for `normalize`.

    Raises:
        ValueError: a language or a task that Whisper has not.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "tokenizer_file": "tokenizer.json",
        "merges_file": "merges.txt",
        "normalizer_file": "normalizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "normalizer_file": None,
        "unk_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "add_prefix_space": False,
        "language": None,
        "task": None,
        "predict_timestamps": False,
    }
    timestamp_pat = _TIME

    language: str | None
    task: str | None
    predict_timestamps: bool

    def __init__(self, vocab: Vocab = None, merges: Any = None, **options: Any) -> None:
        loaded = "_seed" in self.__dict__
        super().__init__(vocab, merges, **options)
        path = options.get("normalizer_file")
        self.english_spelling_normalizer = None if path is None else json.loads(Path(path).read_text("utf-8"))
        # A file states what stands before a text; settings beside it are newer.
        if not loaded or any(options.get(name) for name in ("language", "task", "predict_timestamps")):
            self.set_prefix_tokens()

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"])),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        spellings = files.get("normalizer.json") if given.get("normalizer_file") is None else None
        return super()._from_files(
            files, init_inputs, given if spellings is None else {**given, "normalizer_file": str(spellings)}
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        prefix = self._prefix(settings["language"], settings["task"], settings["predict_timestamps"])
        names, eos = self.convert_ids_to_tokens(prefix), str(settings["eos_token"])
        before = [(name, 0) for name in names]
        ids = {**dict(zip(names, prefix, strict=True)), **self._ids(eos)}
        return spec.template([*before, ("$A", 0), (eos, 0)], [*before, ("$A", 0), ("$B", 1), (eos, 1)], ids)

    # --- what stands before a text --------------------------------------------------------------------------------

    def set_prefix_tokens(
        self, language: str | None = None, task: str | None = None, predict_timestamps: bool | None = None
    ) -> None:
        """Write other tokens before texts from now on; None leaves what is.

        Raises:
            ValueError: a language or a task that Whisper has not.
        """
        given = {"language": language, "task": task, "predict_timestamps": predict_timestamps}
        kept = {name: getattr(self, name) for name in given}
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)
        try:
            _ = self.prefix_tokens
        except ValueError:
            self.__dict__.update(kept)
            raise
        stage = self.template({"eos_token": self.eos_token, **{name: getattr(self, name) for name in given}})
        self._core.set_component("post_processor", json.dumps(stage, ensure_ascii=False))

    @property
    def prefix_tokens(self) -> list[int]:
        """The ids before a text: the start, the language, the task, and that there are no times."""
        if self.language is not None:
            self.language = self.language.lower()
        return self._prefix(self.language, self.task, self.predict_timestamps)

    def _prefix(self, language: str | None, task: str | None, predict_timestamps: bool) -> list[int]:
        names = [_START]
        if language is not None:
            names.append(f"<|{code_of(language)}|>")
        if task is not None:
            if task not in TASKS:
                raise ValueError(f"Unsupported task: {task}. Task should be in: {list(TASKS)}")
            names.append(f"<|{task}|>")
        if not predict_timestamps:
            names.append(_NO_TIMES)
        return cast("list[int]", self.convert_tokens_to_ids(names))

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the ids of a text (or of two) with the prefix before them and the end after them."""
        return [*self.prefix_tokens, *token_ids_0, *(token_ids_1 or ()), cast("int", self.eos_token_id)]

    def get_special_tokens_mask(
        self,
        token_ids_0: Sequence[int],
        token_ids_1: Sequence[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for special tokens and 0 for others, of a finished row or of what a call would make of the ids."""
        if already_has_special_tokens:
            return super().get_special_tokens_mask(token_ids_0, token_ids_1, already_has_special_tokens=True)
        return [1] * len(self.prefix_tokens) + [0] * (len(token_ids_0) + len(token_ids_1 or ())) + [1]

    def get_decoder_prompt_ids(
        self, task: str | None = None, language: str | None = None, no_timestamps: bool = True
    ) -> list[tuple[int, int]]:
        """Return (place, id) of the tokens a model is made to begin with, after the start; also sets them."""
        self.set_prefix_tokens(task=task, language=language, predict_timestamps=not no_timestamps)
        return list(enumerate(self.prefix_tokens))[1:]

    def get_prompt_ids(self, text: str, return_tensors: str | None = "np") -> Any:
        """Return the ids of what was said before, for `prompt_ids=` of a model: one row, an array unless None is asked.

        Raises:
            SpecialTokenError: the text contains a special token.
        """
        encoded = self(_PROMPT, f" {text.strip()}", add_special_tokens=False)
        special, zero = set(self.all_special_ids), self._time_zero()
        refused = next((index for index in encoded["input_ids"][1:] if index in special or index >= zero), None)
        if refused is not None:
            token = self.convert_ids_to_tokens(refused)
            raise SpecialTokenError(
                f"Encountered text in the prompt corresponding to disallowed special token: {token}."
            )
        return encoded.convert_to_tensors(return_tensors)["input_ids"]

    # --- ids → text -------------------------------------------------------------------------------------------------

    def timestamp_ids(self, time_precision: float = 0.02) -> list[int]:
        """Return the ids of the times 0.00, 0.02 … 30.00."""
        names = [f"<|{step * time_precision:.2f}|>" for step in range(_TIMES)]
        return cast("list[int]", self.convert_tokens_to_ids(names))

    def _time_zero(self) -> int:
        """Return the id of the first time, which has no name in old vocabularies: those end with what comes before."""
        vocab = self._core.engine.token_to_id(_NO_TIMES)
        return (self.all_special_ids[-1] if vocab is None else vocab) + 1

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        output_offsets: bool = False,
        time_precision: float = 0.02,
        decode_with_timestamps: bool = False,
        normalize: bool = False,
        basic_normalize: bool = False,
        remove_diacritics: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return the text of a row of ids, or the texts of many rows; times are left out.

        Args:
            token_ids: as in every `decode`.
            skip_special_tokens: whether special tokens are left out, and a prompt before the start with them.
            clean_up_tokenization_spaces: remove spaces before punctuation; None for the tokenizer's setting.
            output_offsets: return `{"text": …, "offsets": [{"text": …, "timestamp": (start, end)} …]}`, in seconds.
            time_precision: the seconds between two times.
            decode_with_timestamps: write the times, as `<|1.08|>`.
            normalize: apply `normalize`, for English.
            basic_normalize: apply `basic_normalize`.
            remove_diacritics: with `basic_normalize`: leave out accents.
            **kwargs: as in every `decode`.
        """
        whole, many = rows_of_ids(token_ids)
        rows = [list(map(int, row)) for row in whole]
        kept = list(map(self._without_prompt, rows)) if skip_special_tokens else rows
        options = {"skip_special_tokens": skip_special_tokens}
        if decode_with_timestamps:
            zero = self._time_zero()

            def plain(run: list[int]) -> str:
                return self._decode(run, clean_up_tokenization_spaces=clean_up_tokenization_spaces, **options)

            texts = [text_with_times(row, zero, plain, time_precision) for row in kept]
        else:
            found = super().decode(kept, clean_up_tokenization_spaces=clean_up_tokenization_spaces, **options, **kwargs)
            texts = [self._normalized(text, normalize, basic_normalize, remove_diacritics) for text in found]
        if not output_offsets:
            return texts if many else texts[0]
        made = [
            {"text": text, "offsets": segments(row, self._time_zero(), self._spoken, time_precision)}
            for text, row in zip(texts, rows, strict=True)
        ]
        return made if many else made[0]

    def _normalized(self, text: str, english: bool, basic: bool, bare: bool) -> str:
        if english:
            text = self.normalize(text)
        elif basic:
            text = self.basic_normalize(text, remove_diacritics=bare)
        return _TIME.sub("", text)

    def _spoken(self, ids: list[int]) -> str:
        return _TIME.sub("", self._decode(ids))

    def _without_prompt(self, ids: list[int]) -> list[int]:
        """Return a row without the prompt that stands before the start."""
        prompt, start = self.convert_tokens_to_ids([_PROMPT, _START])
        if not ids or ids[0] != prompt:
            return ids
        return ids[ids.index(start) :] if start in ids else []

    def normalize(self, text: str) -> str:
        """Return an English text as it is compared in word error rates: numbers in digits, one spelling, no marks."""
        return normalize_english(text, self.english_spelling_normalizer or {})

    @staticmethod
    def basic_normalize(text: str, remove_diacritics: bool = False) -> str:
        """Return a text of any language as it is compared in word error rates: lower case, without marks."""
        return normalize_text(text, remove_diacritics=remove_diacritics)

    @staticmethod
    def _convert_to_list(token_ids: Any) -> Sequence[Any]:
        """Return ids of any form as lists."""
        rows, many = rows_of_ids(token_ids)
        made = [[int(index) for index in row] for row in rows]
        return made if many else made[0]

    # --- files --------------------------------------------------------------------------------------------------------

    def _save_backend(self, folder: Path, prefix: str, legacy_format: bool | None) -> tuple[str, ...]:
        return (*super()._save_backend(folder, prefix, legacy_format), *self._save_spellings(folder, prefix))

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write `vocab.json` and `merges.txt`, and `normalizer.json` where there are spellings."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        written = super().save_vocabulary(save_directory, filename_prefix)
        return (*written, *self._save_spellings(Path(save_directory), prefix))

    def _save_spellings(self, folder: Path, prefix: str) -> tuple[str, ...]:
        if self.english_spelling_normalizer is None:
            return ()
        path = folder / f"{prefix}{self.vocab_files_names['normalizer_file']}"
        write_json(path, self.english_spelling_normalizer)
        return (str(path),)
