"""Which families there are: the table that the front door and the families both read, without importing either."""

from __future__ import annotations

__all__ = ["ALIASES", "MODULES", "OTHER_MODULES"]

# Class name → the module it is in: families, which state a pipeline.
MODULES = {
    "AlbertTokenizer": "albert",
    "BarthezTokenizer": "barthez",
    "BertTokenizer": "bert",
    "BigBirdTokenizer": "big_bird",
    "BlenderbotTokenizer": "blenderbot",
    "CLIPTokenizer": "clip",
    "CamembertTokenizer": "camembert",
    "CodeGenTokenizer": "codegen",
    "CodeLlamaTokenizer": "code_llama",
    "CohereTokenizer": "cohere",
    "ConvBertTokenizer": "convbert",
    "DPRContextEncoderTokenizer": "dpr",
    "DPRQuestionEncoderTokenizer": "dpr",
    "DPRReaderTokenizer": "dpr",
    "DebertaTokenizer": "deberta",
    "DebertaV2Tokenizer": "deberta_v2",
    "DistilBertTokenizer": "distilbert",
    "EsmcTokenizer": "esmc",
    "FNetTokenizer": "fnet",
    "FunnelTokenizer": "funnel",
    "GPT2Tokenizer": "gpt2",
    "GPTNeoXTokenizer": "gpt_neox",
    "GemmaTokenizer": "gemma",
    "HerbertTokenizer": "herbert",
    "LasrTokenizer": "lasr",
    "LlamaTokenizer": "llama",
    "MBart50Tokenizer": "mbart50",
    "MBartTokenizer": "mbart",
    "MPNetTokenizer": "mpnet",
    "NllbTokenizer": "nllb",
    "NougatTokenizer": "nougat",
    "OpenAIGPTTokenizer": "openai_gpt",
    "PegasusTokenizer": "pegasus",
    "Qwen2Tokenizer": "qwen2",
    "Qwen3_5Tokenizer": "qwen3_5",
    "ReformerTokenizer": "reformer",
    "RemBertTokenizer": "rembert",
    "RobertaTokenizer": "roberta",
    "SeamlessM4TTokenizer": "seamless_m4t",
    "Siglip2Tokenizer": "siglip2",
    "SplinterTokenizer": "splinter",
    "T5Tokenizer": "t5",
    "Tipsv2Tokenizer": "tipsv2",
    "VideoPrismTokenizer": "videoprism",
    "WhisperTokenizer": "whisper",
    "XGLMTokenizer": "xglm",
    "XLMRobertaTokenizer": "xlm_roberta",
    "XLNetTokenizer": "xlnet",
}
# The same of classes that state none: those that only run a file, and those written in Python.
OTHER_MODULES = {
    "BartphoTokenizer": "bartpho",
    "BertGenerationTokenizer": "bert_generation",
    "ByT5Tokenizer": "byt5",
    "CanineTokenizer": "canine",
    "DiaTokenizer": "dia",
    "GPTSw3Tokenizer": "gpt_sw3",
    "M2M100Tokenizer": "m2m_100",
    "MarianTokenizer": "marian",
    "PLBartTokenizer": "plbart",
    "ParakeetTokenizer": "parakeet",
    "PerceiverTokenizer": "perceiver",
    "SiglipTokenizer": "siglip",
    "Speech2TextTokenizer": "speech_to_text",
    "SpeechT5Tokenizer": "speecht5",
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
