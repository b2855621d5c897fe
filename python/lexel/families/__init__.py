"""Model families: one small file each, nearly all data.

A family has a name, the special tokens and sides its models use, and the pipeline a new tokenizer of it starts from.
`find` is how others reach them; a module is imported when one of its names is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from lexel.family_names import ALIASES, MODULES, OTHER_MODULES

if TYPE_CHECKING:
    from lexel.tokenizer import Tokenizer

__all__ = ["ALIASES", "MODEL_TYPES", "MODULES", "find"]

# Class name → the values of `model_type` in a config.json that mean it.
_TYPES = {
    "AlbertTokenizer": "albert yoso",
    "BarthezTokenizer": "barthez",
    "BertTokenizer": "align bark bert blip bros chinese_clip convbert electra ernie flava git grounding-dino "
    "layoutlm lxmert megatron-bert mm-grounding-dino mobilebert nezha nomic_bert qdqbert realm retribert squeezebert "
    "tvp vilt visual_bert",
    "BigBirdTokenizer": "big_bird",
    "BlenderbotTokenizer": "blenderbot",
    "CLIPTokenizer": "aimv2 clip clipseg groupvit omdet-turbo oneformer owlv2 owlvit sam3 sam3_video xclip",
    "CamembertTokenizer": "camembert",
    "CodeLlamaTokenizer": "code_llama",
    "CohereTokenizer": "aya_vision cohere cohere2",
    "DPRQuestionEncoderTokenizer": "dpr",
    "DebertaTokenizer": "deberta",
    "DebertaV2Tokenizer": "deberta-v2",
    "DistilBertTokenizer": "distilbert",
    "EsmcTokenizer": "esmc esmfold2",
    "FNetTokenizer": "fnet",
    "FunnelTokenizer": "funnel",
    "GPT2Tokenizer": "blip-2 codegen dbrx emu3 gpt2 gpt_neo gptj hyperclovax_vision_v2 instructblip "
    "instructblipvideo jais2 opt phi starcoder2",
    "GPTNeoXTokenizer": "falcon_mamba gpt_neox mamba mamba2 mpt olmo olmoe rwkv xlstm",
    "GemmaTokenizer": "diffusion_gemma gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma "
    "shieldgemma2 t5gemma zaya",
    "HerbertTokenizer": "herbert",
    "LasrTokenizer": "lasr_ctc lasr_encoder",
    "LlamaTokenizer": "idefics idefics2 llama phi3",
    "MBart50Tokenizer": "mbart50",
    "MBartTokenizer": "mbart",
    "MPNetTokenizer": "mpnet",
    "NllbTokenizer": "nllb nllb-moe",
    "NougatTokenizer": "nougat pp_formulanet",
    "OpenAIGPTTokenizer": "openai-gpt",
    "ParakeetTokenizer": "granite_speech5_ctc nemotron3_5_asr nemotron_asr_streaming parakeet_ctc parakeet_rnnt "
    "parakeet_tdt",
    "PegasusTokenizer": "pegasus",
    "Qwen2Tokenizer": "audioflamingo3 colqwen2 cosmos3_omni dots3_note fun_asr_nano hunyuan_vl internvl lighton_ocr "
    "moss_transcribe_diarize ovis2 qianfan_ocr qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl qwen3 "
    "qwen3_asr qwen3_moe qwen3_next qwen3_omni_moe qwen3_vl qwen3_vl_moe vibevoice",
    "Qwen3_5Tokenizer": "qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen4_exp",
    "ReformerTokenizer": "reformer",
    "RemBertTokenizer": "rembert",
    "RobertaTokenizer": "bart bridgetower clap data2vec-text florence2 ibert led lilt longformer mega mra mvp "
    "roberta roberta-prelayernorm",
    "SeamlessM4TTokenizer": "seamless_m4t seamless_m4t_v2",
    "Siglip2Tokenizer": "siglip2",
    "SplinterTokenizer": "splinter",
    "T5Tokenizer": "mt5 musicgen musicgen_melody switch_transformers t5",
    "Tipsv2Tokenizer": "tipsv2",
    "VideoPrismTokenizer": "videoprism",
    "WhisperTokenizer": "whisper",
    "XGLMTokenizer": "xglm",
    "XLMRobertaTokenizer": "gte jina_embeddings_v3 metaclip_2 trocr xlm-roberta xmod",
    "XLNetTokenizer": "xlnet",
}
# `model_type` of a config.json → class name.
MODEL_TYPES = {model_type: name for name, types in _TYPES.items() for model_type in types.split()}


def find(name: str) -> type[Tokenizer] | None:
    """Return the class of that name, with or without "Fast"; None if there is none."""
    plain = name.removesuffix("Fast")
    plain = ALIASES.get(plain, plain)
    module = MODULES.get(plain) or OTHER_MODULES.get(plain)
    if module is None:
        return None
    found: type[Tokenizer] = getattr(import_module(f"lexel.families.{module}"), plain)
    return found
