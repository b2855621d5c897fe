"""Conversions of tokenizers with a SentencePiece model, one class a family: tables wherever tables say it.

Source: transformers 5.23, `convert_slow_tokenizer`; `tests/differential/test_conversions.py` compares the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenizers import Regex, decoders, normalizers, pre_tokenizers, processors

from lexel.families.conversions.converter import SpmConverter, prepend_scheme
from lexel.families.conversions.extraction import GemmaSentencePieceExtractor
from lexel.families.languages import MBART, MBART50
from lexel.families.spm_orders import family_order

if TYPE_CHECKING:
    from lexel.converters.sentencepiece_proto import Proto

__all__ = [
    "AlbertConverter",
    "BarthezConverter",
    "BertGenerationConverter",
    "BigBirdConverter",
    "CamembertConverter",
    "DebertaV2Converter",
    "GemmaConverter",
    "LlamaConverter",
    "MBart50Converter",
    "MBartConverter",
    "NllbConverter",
    "PegasusConverter",
    "ReformerConverter",
    "RemBertConverter",
    "SeamlessM4TConverter",
    "T5Converter",
    "UdopConverter",
    "VideoPrismConverter",
    "XGLMConverter",
    "XLMRobertaConverter",
    "XLNetConverter",
]

_FAIRSEQ = (("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0))
_CLS_SEP = ("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", ("[CLS]", "[SEP]"))
_S_S = ("<s> $A </s>", "<s> $A </s> </s> $B </s>", ("<s>", "</s>"))
_A_S = ("$A </s>", "$A </s> $B </s>", ("</s>",))


def _without_number_commas(proto: Proto) -> list[tuple[str, float]]:
    """Return the pieces; those that end in a digit and a comma are made so unlikely that they are not used."""
    return [
        (piece.piece, piece.score - 100 if piece.piece[-1:] == "," and piece.piece[-2:-1].isdigit() else piece.score)
        for piece in proto.pieces
    ]


class _Cleaning(SpmConverter):
    """Plain quotes, and accents and capitals as the tokenizer's settings say."""

    def _cleaned(self) -> list[Any]:
        steps = []
        if not self.original_tokenizer.keep_accents:
            steps += [normalizers.NFKD(), normalizers.StripAccents()]
        if self.original_tokenizer.do_lower_case:
            steps.append(normalizers.Lowercase())
        return steps

    def normalizer(self, proto: Proto) -> Any:
        spaces = normalizers.Replace(Regex(" {2,}"), " ")
        return normalizers.Sequence([*_quotes(), *self._cleaned(), *self._charsmap(proto), spaces])


def _quotes() -> list[Any]:
    return [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]


class AlbertConverter(_Cleaning):
    """ALBERT and FNet; `original_tokenizer` states `keep_accents` and `do_lower_case`."""

    templates = _CLS_SEP

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        return _without_number_commas(proto)


class XLNetConverter(_Cleaning):
    """XLNet; `original_tokenizer` states `keep_accents` and `do_lower_case`."""

    templates = ("$A:0 <sep>:0 <cls>:2", "$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2", ("<sep>", "<cls>"))

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        return _without_number_commas(proto)


class RemBertConverter(_Cleaning):
    """RemBERT; `original_tokenizer` states `keep_accents` and `do_lower_case`."""

    templates = _CLS_SEP

    def normalizer(self, proto: Proto) -> Any:
        spaces = normalizers.Replace(Regex(" {2,}"), " ")
        return normalizers.Sequence([*_quotes(), spaces, *self._cleaned(), *self._charsmap(proto)])


class BarthezConverter(SpmConverter):
    """BARThez."""

    unk = 3
    templates = _S_S


class CamembertConverter(SpmConverter):
    """CamemBERT."""

    # The file's own unknown piece is made so unlikely that the one in front is used.
    first = (
        ("<s>NOTUSED", 0.0),
        ("<pad>", 0.0),
        ("</s>NOTUSED", 0.0),
        ("<unk>", 0.0),
        ("<unk>NOTUSED", -100.0),
    )
    left_out = 1
    last = (("<mask>", 0.0),)
    unk = 3
    templates = _S_S
    convert_from_spm = family_order("CamembertTokenizer")


class DebertaV2Converter(SpmConverter):
    """DeBERTa v2 and v3; `original_tokenizer` states `do_lower_case` and `split_by_punct`."""

    templates = _CLS_SEP

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        splits = [pre_tokenizers.Punctuation(behavior="isolated")] if self.original_tokenizer.split_by_punct else []
        return pre_tokenizers.Sequence([*splits, super().pre_tokenizer(replacement, add_prefix_space)])

    def normalizer(self, proto: Proto) -> Any:
        lower = [normalizers.Lowercase()] if self.original_tokenizer.do_lower_case else []
        spaces = normalizers.Replace(Regex(" {2,}"), " ")
        return normalizers.Sequence([*lower, normalizers.Strip(), *self._charsmap(proto), spaces])


class MBartConverter(SpmConverter):
    """mBART."""

    first, left_out, unk = _FAIRSEQ, 3, 3
    last = (*((code, 0.0) for code in MBART), ("<mask>", 0.0))
    templates = ("$A </s> en_XX", "$A $B </s> en_XX", ("en_XX", "</s>"))
    convert_from_spm = family_order("MBartTokenizer")


class MBart50Converter(SpmConverter):
    """mBART-50."""

    first, left_out, unk = _FAIRSEQ, 3, 3
    last = (*((code, 0.0) for code in MBART50), ("<mask>", 0.0))
    templates = ("en_XX $A </s>", "en_XX $A $B </s>", ("en_XX", "</s>"))
    convert_from_spm = family_order("MBart50Tokenizer")


class NllbConverter(SpmConverter):
    """NLLB."""

    first, left_out, unk = _FAIRSEQ, 3, 3
    templates = ("eng_Latn $A </s>", "eng_Latn $A $B </s>", ("eng_Latn", "</s>"))
    convert_from_spm = family_order("NllbTokenizer")


class SeamlessM4TConverter(SpmConverter):
    """SeamlessM4T; `original_tokenizer` states `unk_token_id`."""

    first, left_out = (("<pad>", 0.0), ("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0)), 3
    templates = ("__eng__ $A </s>", "__eng__ $A $B </s>", ("__eng__", "</s>"))

    def unk_id(self, proto: Proto) -> int:
        del proto
        return int(self.original_tokenizer.unk_token_id)


class XLMRobertaConverter(SpmConverter):
    """XLM-RoBERTa and LayoutXLM."""

    first, left_out, last, unk = _FAIRSEQ, 3, (("<mask>", 0.0),), 3
    templates = _S_S
    convert_from_spm = family_order("XLMRobertaTokenizer")


class ReformerConverter(SpmConverter):
    """Reformer."""


class BertGenerationConverter(SpmConverter):
    """BertGeneration."""


class PegasusConverter(SpmConverter):
    """Pegasus; `original_tokenizer` states `pad_token`, `eos_token`, both mask tokens and `offset`."""

    convert_from_spm = family_order("PegasusTokenizer")

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        own = self.original_tokenizer
        first = [own.pad_token, own.eos_token]
        if own.mask_token_sent is not None:
            first.append(own.mask_token_sent)
        if own.mask_token is not None and own.mask_token_id < own.offset:
            first.append(own.mask_token)
        placeholders = [(f"<unk_{index}>", -100.0) for index in range(2, own.offset)]
        pieces = [(piece.piece, piece.score) for piece in proto.pieces[2:]]
        return [*((token, 0.0) for token in first), *placeholders, *pieces]

    def unk_id(self, proto: Proto) -> int:
        return int(proto.trainer_spec.unk_id + self.original_tokenizer.offset)

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        words = super().pre_tokenizer(replacement, add_prefix_space)
        return pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), words])

    def post_processor(self) -> Any:
        eos = self.original_tokenizer.eos_token
        known = [(eos, self.original_tokenizer.eos_token_id)]
        return processors.TemplateProcessing(single=["$A", eos], pair=["$A", "$B", eos], special_tokens=known)


class T5Converter(SpmConverter):
    """T5; `original_tokenizer` states how many sentinels there are, `_extra_ids`."""

    templates = _A_S
    convert_from_spm = family_order("T5Tokenizer")

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        count = self.original_tokenizer._extra_ids
        return [*super().vocab(proto), *((f"<extra_id_{index}>", 0.0) for index in reversed(range(count)))]


class UdopConverter(SpmConverter):
    """UDOP."""

    templates = _A_S


class VideoPrismConverter(T5Converter):
    """VideoPrism."""

    def post_processor(self) -> Any:
        return None


class BigBirdConverter(SpmConverter):
    """BigBird."""

    templates = _CLS_SEP


class XGLMConverter(SpmConverter):
    """XGLM."""

    first, left_out, unk = _FAIRSEQ, 3, 3
    last = tuple((f"<madeupword{index}>", 0.0) for index in range(7))
    templates = ("</s> $A", "</s> $A </s> </s> $B", ("<s>", "</s>"))


class GemmaConverter(SpmConverter):
    """Gemma; `original_tokenizer` states `pad_token`, `eos_token` and `bos_token`."""

    handle_byte_fallback = True
    SpmExtractor = GemmaSentencePieceExtractor
    special_tokens = frozenset({"<start_of_turn>", "<end_of_turn>"})
    left_out, unk = 3, 3

    def normalizer(self, proto: Proto) -> Any:
        del proto
        return normalizers.Replace(" ", "▁")

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        own = self.original_tokenizer
        vocab = [*((token, 0.0) for token in (own.pad_token, own.eos_token, own.bos_token)), *super().vocab(proto)]
        if not any(piece == "\t" for piece, _ in vocab):
            # The first models had no tab: its byte takes its place.
            vocab = [("\t", 0.0) if piece == "<0x09>" else (piece, score) for piece, score in vocab]
        return vocab

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        del replacement, add_prefix_space
        return pre_tokenizers.Split(" ", "merged_with_previous")

    def decoder(self, replacement: str, add_prefix_space: bool) -> Any:
        del replacement, add_prefix_space
        return byte_decoder(strip=False)


def byte_decoder(*, strip: bool) -> Any:
    """Return the decoder of byte fallback; with `strip`, the space in front of the text is left out."""
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence([*steps, decoders.Strip(content=" ", left=1)] if strip else steps)


class LlamaConverter(SpmConverter):
    """Llama, Code Llama and Phi-3; `original_tokenizer` states its first three tokens, `legacy`, `add_prefix_space`."""

    handle_byte_fallback = True
    left_out, unk = 3, 0

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        first = [(self.original_tokenizer.convert_ids_to_tokens(index), 0.0) for index in range(3)]
        return [*first, *super().vocab(proto)]

    def decoder(self, replacement: str, add_prefix_space: bool) -> Any:
        del replacement
        return byte_decoder(strip=add_prefix_space)

    @property
    def _legacy(self) -> bool:
        return bool(getattr(self.original_tokenizer, "legacy", True))

    def normalizer(self, proto: Proto) -> Any:
        del proto
        if not self._legacy:
            return None
        prefix = getattr(self.original_tokenizer, "add_prefix_space", True)
        first = [normalizers.Prepend(prepend="▁")] if prefix else []
        return normalizers.Sequence([*first, normalizers.Replace(pattern=" ", content="▁")])

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        if self._legacy:
            return None
        scheme = prepend_scheme(add_prefix_space, self.original_tokenizer)
        return pre_tokenizers.Metaspace(replacement=replacement, prepend_scheme=scheme, split=False)
