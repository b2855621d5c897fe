"""SeamlessM4T, translation of text and speech.

Source: transformers 5.23, `SeamlessM4TTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.translation import Translator
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab

__all__ = ["SeamlessM4TTokenizer"]


class SeamlessM4TTokenizer(Translator):
    """The tokenizer of SeamlessM4T: `__eng__ A </s>` for what is translated, `</s> __fra__ A </s>` for translations.

    A new tokenizer writes the tokens of translations; a language is set, or named in a call (`src_lang=`, `tgt_lang=`),
    with or without the underscores.

    Beside the arguments of every family: the special tokens; `src_lang`; `tgt_lang`; `keep_accents` and `vocab_file`
    (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "tokenizer_file": "tokenizer.json",
    }
    read_by_v4 = False
    first_language = "eng"
    usual_languages = ("eng", "fra")
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "src_lang": "eng",
        "tgt_lang": "fra",
        "additional_special_tokens": None,
        "keep_accents": None,
        "vocab_file": None,
    }

    first_tokens = ("pad_token", "unk_token", "bos_token", "eos_token")

    @classmethod
    def convert_from_spm_model(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with special tokens first; each piece has the id behind its own."""
        first = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3}
        return {**kwargs, "vocab": {**first, **{piece: index + 1 for index, piece in enumerate(vocab or ())}}}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        steps: list[Json] = [
            spec.replace(" ", regex=r"[\n\r\t]"),
            {"type": "NFKC"},
            {"type": "Strip", "strip_left": False, "strip_right": True},
            spec.replace("▁", regex=" +▁"),
            spec.replace("", regex="^▁+$"),
            spec.replace("▁", regex=" {2,}"),
        ]
        return Spec(
            model=spec.bpe(vocab, merges, unk_token=str(settings["unk_token"]), fuse_unk=True),
            normalizer=spec.sequence("normalizers", *steps),
            pre_tokenizer=spec.metaspace("first"),
            decoder=spec.metaspace("first"),
        )

    def _code(self, language: str) -> str:
        return language if "__" in language else f"__{language}__"

    def _around(self, language: str, *, target: bool) -> tuple[list[str], list[str]]:
        eos = str(self.eos_token)
        # The reference writes the token that an id stands for: the unknown one, of a language it does not know.
        known = str(self.convert_ids_to_tokens(self.convert_tokens_to_ids(language)))
        return ([eos, known] if target else [known]), [eos]

    @property
    def tgt_lang(self) -> str:
        """The language of translations; setting it writes their special tokens."""
        found: str = self.__dict__["_tgt_lang"]
        return found

    @tgt_lang.setter
    def tgt_lang(self, language: str | None) -> None:
        self._tgt_lang = self._code(language if language is not None else self.usual_languages[1])
        if "tgt_lang" in self.__dict__.get("init_kwargs", {}):
            self.init_kwargs["tgt_lang"] = self._tgt_lang
        self.set_tgt_lang_special_tokens(self._tgt_lang)

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor of a new tokenizer."""
        return self._written(*self._around(self._code(settings["tgt_lang"]), target=True))

    def _complete_pipeline(self) -> None:
        self.__dict__.pop("_template_of", None)
        self._set_source(self.init_kwargs.get("src_lang"))
        self.tgt_lang = self.init_kwargs.get("tgt_lang")

    def __call__(
        self, text: Any = None, *args: Any, src_lang: str | None = None, tgt_lang: str | None = None, **kwargs: Any
    ) -> Any:
        """Encode texts; `src_lang` and `tgt_lang` set the languages before, all else is as of `Tokenizer`."""
        if src_lang is not None:
            self.src_lang = src_lang
        if tgt_lang is not None:
            self.tgt_lang = tgt_lang
        return super().__call__(text, *args, **kwargs)

    @property
    def fairseq_tokens_to_ids(self) -> dict[str, int]:
        """The ids that are not those of the SentencePiece model."""
        return {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3}
