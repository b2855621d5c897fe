"""Which families there are: the table that the front door and the families both read, without importing either."""

from __future__ import annotations

__all__ = ["ALIASES", "MODULES"]

# Class name → the module it is in.
MODULES = {
    "AlbertTokenizer": "albert",
    "BertTokenizer": "bert",
    "CLIPTokenizer": "clip",
    "DebertaV2Tokenizer": "deberta_v2",
    "DistilBertTokenizer": "distilbert",
    "GPT2Tokenizer": "gpt2",
    "GPTNeoXTokenizer": "gpt_neox",
    "GemmaTokenizer": "gemma",
    "LlamaTokenizer": "llama",
    "Qwen2Tokenizer": "qwen2",
    "RobertaTokenizer": "roberta",
    "T5Tokenizer": "t5",
    "WhisperTokenizer": "whisper",
    "XLMRobertaTokenizer": "xlm_roberta",
    "XLNetTokenizer": "xlnet",
}
# Other names of the same class.
ALIASES = {
    **dict.fromkeys(("BartTokenizer", "LEDTokenizer", "LongformerTokenizer", "MvpTokenizer"), "RobertaTokenizer"),
    **dict.fromkeys(
        ("ElectraTokenizer", "LayoutLMTokenizer", "LxmertTokenizer", "MobileBertTokenizer", "SqueezeBertTokenizer"),
        "BertTokenizer",
    ),
    "MT5Tokenizer": "T5Tokenizer",
    "Phi3Tokenizer": "LlamaTokenizer",
}
