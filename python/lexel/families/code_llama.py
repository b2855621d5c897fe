"""Code Llama: the vocabulary format of Llama 2, and tokens that ask for what stands between two pieces of code.

Source: transformers 5.23, `CodeLlamaTokenizer`, its serialised pipeline and its infilling.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.backends.pipeline_view import PipelineView
from lexel.families.llama import LlamaTokenizer

if TYPE_CHECKING:
    from lexel.batch_encoding import BatchEncoding
    from lexel.families.family import Vocab
    from lexel.spec import Json, Spec

__all__ = ["CodeLlamaTokenizer"]

_MARKS = ("prefix_token", "middle_token", "suffix_token", "eot_token", "fill_token")


class CodeLlamaTokenizer(LlamaTokenizer):
    """The tokenizer of Code Llama: that of Llama 2, with the beginning token, and infilling.

    A text with `<FILL_ME>` in it, or one called with `suffix=`, becomes `<PRE> A <SUF> B <MID>`: the model continues
    with what stands between. With `suffix_first=True` it becomes `<PRE><SUF> B <MID> A`.

    Beside the arguments of `LlamaTokenizer`: `prefix_token`, `middle_token`, `suffix_token`, `eot_token`, `fill_token`
    (None: the model does not infill); `add_bos_token`.
    """

    kept_post_processor = "begin"
    read_by_v4 = False
    defaults: ClassVar[dict[str, Any]] = {
        "clean_up_tokenization_spaces": False,
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "prefix_token": "▁<PRE>",
        "middle_token": "▁<MID>",
        "suffix_token": "▁<SUF>",
        "eot_token": "▁<EOT>",
        "fill_token": "<FILL_ME>",
        "additional_special_tokens": None,
        "use_default_system_prompt": False,
        "add_prefix_space": True,
        "add_bos_token": True,
    }

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the tokens of infilling that there are."""
        return [str(settings[name]) for name in _MARKS if settings.get(name) is not None]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with these tokens among the extra special ones."""
        given = settings["additional_special_tokens"] or settings.get("extra_special_tokens") or []
        texts = {str(token) for token in given}
        extra = [*given, *(token for token in cls.own_tokens(settings) if token not in texts)]
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        made = super().spec(vocab, merges, {**settings, "legacy": False})
        made.model["unk_token"] = str(settings["unk_token"])
        decoder = made.decoder or {}
        strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        if strip not in decoder["decoders"]:
            decoder["decoders"].append(strip)
        return made

    @property
    def prefix_id(self) -> int | None:
        """The id of the token before what stands before; None without one."""
        return self._id_of("prefix_token")

    @property
    def middle_id(self) -> int | None:
        """The id of the token behind which the model continues; None without one."""
        return self._id_of("middle_token")

    @property
    def suffix_id(self) -> int | None:
        """The id of the token before what stands behind; None without one."""
        return self._id_of("suffix_token")

    @property
    def eot_id(self) -> int | None:
        """The id of the token with which an infilling ends; None without one."""
        return self._id_of("eot_token")

    def _id_of(self, name: str) -> int | None:
        text = getattr(self, name, None)
        return None if text is None else self._ids(text)[text]

    def set_infilling_processor(self, reset: bool, suffix_first: bool = False, add_special_tokens: bool = True) -> None:
        """Make the pipeline one that infills pairs of texts, or what it was before; calls do not need it.

        Args:
            reset: make it what it was.
            suffix_first: what stands behind comes first.
            add_special_tokens: whether the beginning token (and the end token, if it is added) are written.
        """
        kept = self.__dict__.pop("_plain_stages", None)
        if reset:
            for name, stage in (kept or {}).items():
                self._core.set_component(name, stage)
            return
        if kept is None:
            kept = {name: self._core.engine.component(name) for name in ("normalizer", "post_processor")}
        self._plain_stages = kept
        self._infill(self._core, suffix_first, add_special_tokens)

    def _infill(self, core: PipelineView, suffix_first: bool, add_special_tokens: bool) -> None:
        """Make a pipeline one that infills."""
        prefix, middle, suffix = (str(getattr(self, name)) for name in ("prefix_token", "middle_token", "suffix_token"))
        begin = [self.bos_token] if add_special_tokens and self.add_bos_token else []
        end = [self.eos_token] if add_special_tokens and self.add_eos_token else []
        order = [prefix, suffix, "$B", middle, "$A"] if suffix_first else [prefix, "$A", suffix, "$B", middle]
        pair = [(name, 0) for name in [*begin, *order, *end] if name is not None]
        ids = self._ids(*(name for name, _ in pair if not name.startswith("$")))
        stages: dict[Any, Json] = {
            "normalizer": spec.replace("▁", string=" "),
            "post_processor": spec.template([("$A", 0)], pair, ids),
        }
        for name, stage in stages.items():
            core.set_component(name, json.dumps(stage, ensure_ascii=False))

    def _infilling(self, suffix_first: bool, add_special_tokens: bool) -> CodeLlamaTokenizer:
        """Return a tokenizer that shares everything with this one but the pipeline, which infills."""
        if None in (self.prefix_id, self.middle_id, self.suffix_id):
            raise ValueError(
                f"{type(self).__name__} has no tokens for infilling (prefix_token, middle_token and suffix_token), and "
                f"was given a suffix, or a text with {self.fill_token} in it"
            )
        made = type(self).__new__(type(self))
        made.__dict__.update(vars(self))
        made.__dict__["_core"] = core = PipelineView(self._core.compiled)
        self._infill(core, suffix_first, add_special_tokens)
        return made

    def _halves(self, text: Any, suffix: Any) -> tuple[Any, Any]:
        """Return what stands before and behind; None behind where nothing is to be filled in."""
        if suffix is None and isinstance(text, str) and self.fill_token is not None and self.fill_token in text:
            before, *behind = text.split(self.fill_token)
            if len(behind) > 1:
                raise ValueError(f"a text can have one {self.fill_token}, and this has {len(behind)}: {text!r:.80}")
            return before, behind[0]
        return text, suffix

    def tokenize(  # type: ignore[override]
        self,
        text: str,
        suffix: str | None = None,
        suffix_first: bool = False,
        **kwargs: Any,
    ) -> list[str]:
        """Return the token strings of a text, or of what stands before and behind the place to fill.

        Args:
            text: the text, or what stands before.
            suffix: what stands behind.
            suffix_first: accepted for compatibility: the order is that of special tokens, which are not written here.
            **kwargs: as for `Tokenizer.tokenize`.
        """
        text, suffix = self._halves(text, suffix)
        if not suffix:
            return super().tokenize(text, **kwargs)
        kwargs = {key: value for key, value in kwargs.items() if key not in ("pair", "text_pair")}
        return super(CodeLlamaTokenizer, self._infilling(suffix_first, False)).tokenize(f" {text}", suffix, **kwargs)

    def encode(self, text: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the ids of the call with these arguments."""
        if "suffix" in kwargs or self._halves(text, None)[1] is not None:
            names = ("text_pair", "add_special_tokens", "padding", "truncation", "max_length", "stride")
            return self(text, **dict(zip(names, args, strict=False)), **kwargs)["input_ids"]
        return super().encode(text, *args, **kwargs)

    def _encode_plus(self, text: Any, text_pair: Any = None, *args: Any, **options: Any) -> BatchEncoding:
        suffix, first = options.pop("suffix", None), options.pop("suffix_first", False)
        before, behind = self._halves(text, suffix if suffix is not None else text_pair)
        asked = suffix is not None or (text_pair is None and behind is not None)
        if not asked or not behind:
            return super()._encode_plus(before, behind, *args, **options)
        infilling = self._infilling(first, options.pop("add_special_tokens", True))
        texts = f" {before}" if isinstance(before, str) else [f" {row}" for row in before]
        return super(CodeLlamaTokenizer, infilling)._encode_plus(texts, behind, *args, **options)
