"""Which converter belongs to which class, and the call that finds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.backends import TokenizersBackend
from lexel.backends.vocabulary_files import rank_options
from lexel.converters.detect import FileFormat, detect
from lexel.converters.read import read_spec
from lexel.families.conversions import plain, spm
from lexel.families.conversions.byte_ranks import library_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from lexel.families.conversions.converter import Converter

__all__ = ["SLOW_TO_FAST_CONVERTERS", "convert_slow_tokenizer"]

_BERT = ("Bert", "ConvBert", "DistilBert", "DPRReader", "DPRQuestionEncoder", "DPRContextEncoder", "Electra")
_LIKE_BERT = (*_BERT, "LayoutLM", "LayoutLMv2", "Lxmert", "MobileBert", "SqueezeBert")
_TABLE: dict[str, type[Converter]] = {
    **dict.fromkeys(_LIKE_BERT, plain.BertConverter),
    **dict.fromkeys(("Roberta", "Bart", "LayoutLMv3", "Longformer", "LED", "Mvp"), plain.RobertaConverter),
    **dict.fromkeys(("GPT2", "CodeGen"), plain.GPT2Converter),
    **dict.fromkeys(("Albert", "FNet"), spm.AlbertConverter),
    **dict.fromkeys(("XLMRoberta", "LayoutXLM"), spm.XLMRobertaConverter),
    **dict.fromkeys(("Llama", "CodeLlama", "Phi3"), spm.LlamaConverter),
    "Barthez": spm.BarthezConverter,
    "BigBird": spm.BigBirdConverter,
    "Blenderbot": plain.BlenderbotConverter,
    "Camembert": spm.CamembertConverter,
    "CLIP": plain.CLIPConverter,
    "Deberta": plain.DebertaConverter,
    "DebertaV2": spm.DebertaV2Converter,
    "Funnel": plain.FunnelConverter,
    "Gemma": spm.GemmaConverter,
    "Herbert": plain.HerbertConverter,
    "MarkupLM": plain.MarkupLMConverter,
    "MBart": spm.MBartConverter,
    "MBart50": spm.MBart50Converter,
    "MPNet": plain.MPNetConverter,
    "Nllb": spm.NllbConverter,
    "OpenAIGPT": plain.OpenAIGPTConverter,
    "Pegasus": spm.PegasusConverter,
    "Qwen2": plain.Qwen2Converter,
    "Reformer": spm.ReformerConverter,
    "RemBert": spm.RemBertConverter,
    "RoFormer": plain.RoFormerConverter,
    "SeamlessM4T": spm.SeamlessM4TConverter,
    "Splinter": plain.SplinterConverter,
    "T5": spm.T5Converter,
    "Udop": spm.UdopConverter,
    "VideoPrism": spm.VideoPrismConverter,
    "Whisper": plain.WhisperConverter,
    "XGLM": spm.XGLMConverter,
    "XLNet": spm.XLNetConverter,
}
# Class name → its converter. Another class put here is used from then on, also where a folder is loaded.
SLOW_TO_FAST_CONVERTERS: dict[str, type[Converter]] = {
    f"{name}Tokenizer": converter for name, converter in sorted(_TABLE.items())
}


def convert_slow_tokenizer(transformer_tokenizer: Any, from_tiktoken: bool = False) -> Tokenizer:
    """Convert a tokenizer to an object of the `tokenizers` library, by the converter its class name has.

    A tokenizer that runs a pipeline already gives that, unless it came from a SentencePiece model.

    Args:
        transformer_tokenizer: the tokenizer, or any object of its class name with the attributes the converter reads.
        from_tiktoken: read its `vocab_file` as a rank file of tiktoken, whatever its class.

    Raises:
        ValueError: there is no converter for its class, and its `vocab_file` is neither a rank file nor a tekken file.
    """
    own = transformer_tokenizer
    name, path = type(own).__name__, getattr(own, "vocab_file", None)
    kind = detect(Path(path)) if path is not None and Path(path).is_file() else None
    converter = SLOW_TO_FAST_CONVERTERS.get(name)
    if not from_tiktoken:
        if isinstance(own, TokenizersBackend) and not (converter and kind is FileFormat.SENTENCEPIECE):
            library: Tokenizer = own.to_tokenizers()
            return library
        if converter is not None:
            return converter(own).converted()
    if path is not None and kind in (FileFormat.TEKKEN, FileFormat.TIKTOKEN):
        extra = getattr(own, "extra_special_tokens", None) or ()
        how = rank_options(Path(path), {"extra_special_tokens": extra}) if kind is FileFormat.TIKTOKEN else {}
        return library_of(read_spec(path, **how))
    raise ValueError(
        f"{name} has no converter, and its vocab_file, {path!r}, is {kind or 'no file'}; what is converted without one "
        f"is a rank file of tiktoken and a tekken.json. Converters: {sorted(SLOW_TO_FAST_CONVERTERS)}"
    )
