"""Conversions of tokenizers whose vocabulary is a dictionary, with or without merges: tables wherever tables say it.

Source: transformers 5.23, `convert_slow_tokenizer`; `tests/differential/test_conversions.py` compares the results.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, WordPiece

from lexel.errors import UnsupportedError
from lexel.families.conversions.converter import Converter, ends
from lexel.spec import QWEN2_SPLIT

__all__ = [
    "BertConverter",
    "BlenderbotConverter",
    "CLIPConverter",
    "DebertaConverter",
    "FunnelConverter",
    "GPT2Converter",
    "HerbertConverter",
    "LayoutLMv2Converter",
    "MPNetConverter",
    "MarkupLMConverter",
    "OpenAIGPTConverter",
    "Qwen2Converter",
    "RoFormerConverter",
    "RobertaConverter",
    "SplinterConverter",
    "WhisperConverter",
]

_CLIP_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class BertConverter(Converter):
    """BERT and its many relatives.

    `original_tokenizer` states `vocab`, `unk_token`, `cls_token` and `sep_token` with their ids, and in a
    `basic_tokenizer`, if it has one, `tokenize_chinese_chars`, `strip_accents` and `do_lower_case`.
    """

    # Type id of the beginning, and how two texts are put together; {cls} and {sep} are its tokens.
    first_type: ClassVar[int] = 0
    pair: ClassVar[str] = "{cls} $A:0 {sep}:0 $B:1 {sep}:1"
    # Whether capitals are made small where there is no `basic_tokenizer` to say so.
    lower: ClassVar[bool] = False

    def converted(self) -> Tokenizer:
        own = self.original_tokenizer
        made = Tokenizer(WordPiece(own.vocab, unk_token=str(own.unk_token)))
        basic = getattr(own, "basic_tokenizer", None)
        made.normalizer = normalizers.BertNormalizer(
            clean_text=True,
            handle_chinese_chars=self.ideographs(basic),
            strip_accents=False if basic is None else basic.strip_accents,
            lowercase=self.lower if basic is None else basic.do_lower_case,
        )
        made.pre_tokenizer = self.words()
        made.post_processor = self.template()
        made.decoder = decoders.WordPiece(prefix="##")
        return made

    def ideographs(self, basic: Any) -> bool:
        """Return whether every ideograph is a word."""
        return False if basic is None else basic.tokenize_chinese_chars

    def words(self) -> Any:
        """Return the pre-tokenizer."""
        return pre_tokenizers.BertPreTokenizer()

    def template(self) -> Any:
        """Return the post-processor."""
        own = self.original_tokenizer
        cls, sep = str(own.cls_token), str(own.sep_token)
        first = f"{cls}:{self.first_type}"
        return processors.TemplateProcessing(
            single=f"{first} $A:0 {sep}:0",
            pair=self.pair.format(cls=first, sep=sep),
            special_tokens=[(cls, own.cls_token_id), (sep, own.sep_token_id)],
        )


class LayoutLMv2Converter(BertConverter):
    """LayoutLM v2."""

    lower = True


class FunnelConverter(BertConverter):
    """Funnel: the beginning has type id 2."""

    first_type = 2


class MPNetConverter(BertConverter):
    """MPNet: two separators between two texts."""

    pair = "{cls} $A:0 {sep}:0 {sep}:0 $B:1 {sep}:1"


class SplinterConverter(BertConverter):
    """Splinter; `original_tokenizer` also states `question_token` with its id and `padding_side`."""

    def template(self) -> Any:
        own = self.original_tokenizer
        cls, sep, question = str(own.cls_token), str(own.sep_token), str(own.question_token)
        if own.padding_side == "right":
            pair = f"{cls}:0 $A:0 {question} . {sep}:0 $B:1 {sep}:1"
        else:
            pair = f"{cls}:0 $A:0 {sep}:0 $B:1 {question} . {sep}:1"
        known = [
            (cls, own.cls_token_id),
            (sep, own.sep_token_id),
            (question, own.question_token_id),
            (".", own.convert_tokens_to_ids(".")),
        ]
        return processors.TemplateProcessing(single=f"{cls}:0 $A:0 {sep}:0", pair=pair, special_tokens=known)


class RoFormerConverter(BertConverter):
    """RoFormer, whose words are cut by a dictionary of Chinese."""

    def converted(self) -> Tokenizer:
        raise UnsupportedError(
            "RoFormer's words are cut by the library jieba in Python, which is no stage of a `tokenizers.Tokenizer`; "
            "use its tokenizer class as it is"
        )


class _BytePairs(Converter):
    """Byte pairs; `original_tokenizer` states `encoder` (token → id) and `bpe_ranks` (merge → rank)."""

    # Options of the model beside vocabulary and merges.
    options: ClassVar[dict[str, Any]] = {"continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False}

    def _model(self, vocab: Any = None, merges: Any = None, **options: Any) -> Tokenizer:
        own = self.original_tokenizer
        tokens = vocab if vocab else own.encoder
        pairs = merges if merges else list(own.bpe_ranks)
        return Tokenizer(BPE(vocab=tokens, merges=pairs, dropout=None, **{**self.options, **options}))

    def _byte_level(self, made: Tokenizer) -> Tokenizer:
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=self.original_tokenizer.add_prefix_space)
        made.decoder = decoders.ByteLevel()
        return made


class GPT2Converter(_BytePairs):
    """GPT-2 and CodeGen; `original_tokenizer` may state `add_prefix_space`, `add_bos_token` and the bos token."""

    def converted(self, vocab: dict[str, int] | None = None, merges: list[tuple[str, str]] | None = None) -> Tokenizer:
        """Return the tokenizer, with another vocabulary and other merges if they are given."""
        own, made = self.original_tokenizer, self._model(vocab, merges)
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=getattr(own, "add_prefix_space", False))
        made.decoder = decoders.ByteLevel()
        if getattr(own, "add_bos_token", False):
            bos = own.bos_token
            made.post_processor = processors.TemplateProcessing(
                single=f"{bos}:0 $A:0", pair=f"{bos}:0 $A:0 $B:1", special_tokens=[(bos, own.bos_token_id)]
            )
        else:
            made.post_processor = processors.ByteLevel(trim_offsets=False)
        return made


class Qwen2Converter(_BytePairs):
    """Qwen 2 and 3; `original_tokenizer` may state `add_prefix_space`."""

    options: ClassVar[dict[str, Any]] = {**_BytePairs.options, "unk_token": None, "byte_fallback": False}

    def converted(self, vocab: dict[str, int] | None = None, merges: list[tuple[str, str]] | None = None) -> Tokenizer:
        """Return the tokenizer, with another vocabulary and other merges if they are given."""
        made = self._model(vocab, merges)
        prefix = getattr(self.original_tokenizer, "add_prefix_space", False)
        made.normalizer = normalizers.NFC()
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(QWEN2_SPLIT), behavior="isolated", invert=False),
                pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=False),
            ]
        )
        made.decoder = decoders.ByteLevel()
        made.post_processor = processors.ByteLevel(trim_offsets=False)
        return made


class RobertaConverter(_BytePairs):
    """RoBERTa, BART, Longformer, LED, MVP and LayoutLM v3; states `sep_token` and `cls_token` with their ids."""

    def converted(self) -> Tokenizer:
        own, made = self.original_tokenizer, self._byte_level(self._model())
        made.post_processor = processors.RobertaProcessing(
            (own.sep_token, own.sep_token_id), (own.cls_token, own.cls_token_id), True, own.add_prefix_space
        )
        return made


class DebertaConverter(_BytePairs):
    """DeBERTa."""

    def converted(self) -> Tokenizer:
        own, made = self.original_tokenizer, self._byte_level(self._model())
        single, pair = "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1"
        made.post_processor = ends(own, single, pair, ("[CLS]", "[SEP]"))
        return made


class BlenderbotConverter(_BytePairs):
    """Blenderbot; `original_tokenizer` states `eos_token` with its id."""

    def converted(self) -> Tokenizer:
        own, made = self.original_tokenizer, self._byte_level(self._model())
        made.post_processor = processors.TemplateProcessing(
            single=f"$A:0 {own.eos_token}:0", special_tokens=[(own.eos_token, own.eos_token_id)]
        )
        return made


class WhisperConverter(_BytePairs):
    """Whisper; `original_tokenizer` states `prefix_tokens` (ids) and `eos_token` with its id."""

    def converted(self) -> Tokenizer:
        own, made = self.original_tokenizer, self._byte_level(self._model())
        ids = own.prefix_tokens
        prefix = own.convert_ids_to_tokens(ids)
        first, eos = " ".join(f"{token}:0" for token in prefix), own.eos_token
        made.post_processor = processors.TemplateProcessing(
            single=f"{first} $A:0 {eos}:0",
            pair=f"{first} $A:0 $B:1 {eos}:1",
            special_tokens=[(eos, own.eos_token_id), *zip(prefix, ids, strict=True)],
        )
        return made


class MarkupLMConverter(_BytePairs):
    """MarkupLM; `original_tokenizer` states `cls_token` and `sep_token` with their ids, and `unk_token`."""

    def converted(self) -> Tokenizer:
        own = self.original_tokenizer
        made = self._byte_level(self._model(unk_token=own.unk_token))
        cls, sep = str(own.cls_token), str(own.sep_token)
        made.post_processor = processors.TemplateProcessing(
            single=f"{cls} $A {sep}",
            pair=f"{cls} $A {sep} $B {sep}",
            special_tokens=[(cls, own.cls_token_id), (sep, own.sep_token_id)],
        )
        return made


class CLIPConverter(_BytePairs):
    """CLIP; `original_tokenizer` states `unk_token`, and `bos_token` and `eos_token` with their ids."""

    def converted(self) -> Tokenizer:
        own = self.original_tokenizer
        made = self._model(end_of_word_suffix="</w>", unk_token=str(own.unk_token))
        spaces = normalizers.Replace(Regex(r"\s+"), " ")
        made.normalizer = normalizers.Sequence([normalizers.NFC(), spaces, normalizers.Lowercase()])
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_CLIP_SPLIT), behavior="removed", invert=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
        made.decoder = decoders.ByteLevel()
        made.post_processor = processors.RobertaProcessing(
            (own.eos_token, own.eos_token_id), (own.bos_token, own.bos_token_id), False, False
        )
        return made


class _Words(_BytePairs):
    """Byte pairs within words, whose last piece says that it is the last."""

    options: ClassVar[dict[str, Any]] = {"end_of_word_suffix": "</w>"}

    def _in_words(self, made: Tokenizer, normalizer: Any) -> Tokenizer:
        made.normalizer = normalizer
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.BPEDecoder(suffix="</w>")
        return made


class OpenAIGPTConverter(_Words):
    """GPT-1; `original_tokenizer` states `unk_token`."""

    def converted(self) -> Tokenizer:
        unknown = str(self.original_tokenizer.unk_token)
        made = self._model(unk_token=unknown, fuse_unk=False)
        if made.token_to_id(unknown) is not None:
            made.add_special_tokens([unknown])
        return self._in_words(made, normalizers.BertNormalizer(lowercase=True))


class HerbertConverter(_Words):
    """HerBERT; `original_tokenizer` states `unk_token`, and `cls_token` and `sep_token` with their ids."""

    def converted(self) -> Tokenizer:
        own = self.original_tokenizer
        merges = list(own.bpe_ranks)
        if merges and "#version:" in merges[0][0]:
            merges = merges[1:]
        made = self._model(None, merges, unk_token=own.unk_token)
        made = self._in_words(made, normalizers.BertNormalizer(lowercase=False, strip_accents=False))
        made.post_processor = processors.BertProcessing(
            (own.sep_token, own.sep_token_id), (own.cls_token, own.cls_token_id)
        )
        return made
