"""The public names and where they are from; at run time they are imported when they are first used."""

from lexel.added_token import AddedToken as AddedToken
from lexel.auto import AutoTokenizer as AutoTokenizer
from lexel.backends import MistralCommonBackend as MistralCommonBackend
from lexel.backends import MistralCommonBackend as MistralCommonTokenizer
from lexel.backends import PythonBackend as PreTrainedTokenizer
from lexel.backends import PythonBackend as PythonBackend
from lexel.backends import SentencePieceBackend as SentencePieceBackend
from lexel.backends import TokenizersBackend as PreTrainedTokenizerFast
from lexel.backends import TokenizersBackend as TokenizersBackend
from lexel.batch_encoding import BatchEncoding as BatchEncoding
from lexel.batch_encoding import CharSpan as CharSpan
from lexel.batch_encoding import TensorType as TensorType
from lexel.batch_encoding import TokenSpan as TokenSpan
from lexel.chat_templates import RenderDiff as RenderDiff
from lexel.chat_templates import TemplateReport as TemplateReport
from lexel.chat_templates import check_template as check_template
from lexel.chat_templates import render_diff as render_diff
from lexel.chat_templates import shipped_template as shipped_template
from lexel.chat_templates import shipped_templates as shipped_templates
from lexel.converters import generate_merges as generate_merges
from lexel.errors import FormatError as FormatError
from lexel.errors import LexelError as LexelError
from lexel.errors import LoadError as LoadError
from lexel.errors import MissingDependencyError as MissingDependencyError
from lexel.errors import SpecialTokenError as SpecialTokenError
from lexel.errors import TrainingError as TrainingError
from lexel.errors import UnsupportedError as UnsupportedError
from lexel.errors import VocabularyError as VocabularyError
from lexel.errors import WeightsError as WeightsError
from lexel.families.albert import AlbertTokenizer as AlbertTokenizer
from lexel.families.albert import AlbertTokenizer as AlbertTokenizerFast
from lexel.families.barthez import BarthezTokenizer as BarthezTokenizer
from lexel.families.barthez import BarthezTokenizer as BarthezTokenizerFast
from lexel.families.bartpho import BartphoTokenizer as BartphoTokenizer
from lexel.families.bartpho import BartphoTokenizer as BartphoTokenizerFast
from lexel.families.bert import BertTokenizer as BertTokenizer
from lexel.families.bert import BertTokenizer as BertTokenizerFast
from lexel.families.bert import BertTokenizer as ElectraTokenizer
from lexel.families.bert import BertTokenizer as ElectraTokenizerFast
from lexel.families.bert import BertTokenizer as LayoutLMTokenizer
from lexel.families.bert import BertTokenizer as LayoutLMTokenizerFast
from lexel.families.bert import BertTokenizer as LxmertTokenizer
from lexel.families.bert import BertTokenizer as LxmertTokenizerFast
from lexel.families.bert import BertTokenizer as MobileBertTokenizer
from lexel.families.bert import BertTokenizer as MobileBertTokenizerFast
from lexel.families.bert import BertTokenizer as SqueezeBertTokenizer
from lexel.families.bert import BertTokenizer as SqueezeBertTokenizerFast
from lexel.families.bert_generation import BertGenerationTokenizer as BertGenerationTokenizer
from lexel.families.bert_generation import BertGenerationTokenizer as BertGenerationTokenizerFast
from lexel.families.bert_legacy import BertTokenizerLegacy as BertTokenizerLegacy
from lexel.families.bertweet import BertweetTokenizer as BertweetTokenizer
from lexel.families.bertweet import BertweetTokenizer as BertweetTokenizerFast
from lexel.families.big_bird import BigBirdTokenizer as BigBirdTokenizer
from lexel.families.big_bird import BigBirdTokenizer as BigBirdTokenizerFast
from lexel.families.blenderbot import BlenderbotTokenizer as BlenderbotTokenizer
from lexel.families.blenderbot import BlenderbotTokenizer as BlenderbotTokenizerFast
from lexel.families.blenderbot_small import BlenderbotSmallTokenizer as BlenderbotSmallTokenizer
from lexel.families.blenderbot_small import BlenderbotSmallTokenizer as BlenderbotSmallTokenizerFast
from lexel.families.byt5 import ByT5Tokenizer as ByT5Tokenizer
from lexel.families.byt5 import ByT5Tokenizer as ByT5TokenizerFast
from lexel.families.camembert import CamembertTokenizer as CamembertTokenizer
from lexel.families.camembert import CamembertTokenizer as CamembertTokenizerFast
from lexel.families.canine import CanineTokenizer as CanineTokenizer
from lexel.families.canine import CanineTokenizer as CanineTokenizerFast
from lexel.families.clip import CLIPTokenizer as CLIPTokenizer
from lexel.families.clip import CLIPTokenizer as CLIPTokenizerFast
from lexel.families.code_llama import CodeLlamaTokenizer as CodeLlamaTokenizer
from lexel.families.code_llama import CodeLlamaTokenizer as CodeLlamaTokenizerFast
from lexel.families.codegen import CodeGenTokenizer as CodeGenTokenizer
from lexel.families.codegen import CodeGenTokenizer as CodeGenTokenizerFast
from lexel.families.cohere import CohereTokenizer as CohereTokenizer
from lexel.families.cohere import CohereTokenizer as CohereTokenizerFast
from lexel.families.convbert import ConvBertTokenizer as ConvBertTokenizer
from lexel.families.convbert import ConvBertTokenizer as ConvBertTokenizerFast
from lexel.families.ctrl import CTRLTokenizer as CTRLTokenizer
from lexel.families.ctrl import CTRLTokenizer as CTRLTokenizerFast
from lexel.families.deberta import DebertaTokenizer as DebertaTokenizer
from lexel.families.deberta import DebertaTokenizer as DebertaTokenizerFast
from lexel.families.deberta_v2 import DebertaV2Tokenizer as DebertaV2Tokenizer
from lexel.families.deberta_v2 import DebertaV2Tokenizer as DebertaV2TokenizerFast
from lexel.families.dia import DiaTokenizer as DiaTokenizer
from lexel.families.dia import DiaTokenizer as DiaTokenizerFast
from lexel.families.distilbert import DistilBertTokenizer as DistilBertTokenizer
from lexel.families.distilbert import DistilBertTokenizer as DistilBertTokenizerFast
from lexel.families.dpr import DPRContextEncoderTokenizer as DPRContextEncoderTokenizer
from lexel.families.dpr import DPRContextEncoderTokenizer as DPRContextEncoderTokenizerFast
from lexel.families.dpr import DPRQuestionEncoderTokenizer as DPRQuestionEncoderTokenizer
from lexel.families.dpr import DPRQuestionEncoderTokenizer as DPRQuestionEncoderTokenizerFast
from lexel.families.dpr import DPRReaderTokenizer as DPRReaderTokenizer
from lexel.families.dpr import DPRReaderTokenizer as DPRReaderTokenizerFast
from lexel.families.esm import EsmTokenizer as EsmTokenizer
from lexel.families.esm import EsmTokenizer as EsmTokenizerFast
from lexel.families.esmc import EsmcTokenizer as EsmcTokenizer
from lexel.families.esmc import EsmcTokenizer as EsmcTokenizerFast
from lexel.families.fnet import FNetTokenizer as FNetTokenizer
from lexel.families.fnet import FNetTokenizer as FNetTokenizerFast
from lexel.families.funnel import FunnelTokenizer as FunnelTokenizer
from lexel.families.funnel import FunnelTokenizer as FunnelTokenizerFast
from lexel.families.gemma import GemmaTokenizer as GemmaTokenizer
from lexel.families.gemma import GemmaTokenizer as GemmaTokenizerFast
from lexel.families.gpt2 import GPT2Tokenizer as GPT2Tokenizer
from lexel.families.gpt2 import GPT2Tokenizer as GPT2TokenizerFast
from lexel.families.gpt_neox import GPTNeoXTokenizer as GPTNeoXTokenizer
from lexel.families.gpt_neox import GPTNeoXTokenizer as GPTNeoXTokenizerFast
from lexel.families.gpt_sw3 import GPTSw3Tokenizer as GPTSw3Tokenizer
from lexel.families.gpt_sw3 import GPTSw3Tokenizer as GPTSw3TokenizerFast
from lexel.families.herbert import HerbertTokenizer as HerbertTokenizer
from lexel.families.herbert import HerbertTokenizer as HerbertTokenizerFast
from lexel.families.lasr import LasrTokenizer as LasrTokenizer
from lexel.families.lasr import LasrTokenizer as LasrTokenizerFast
from lexel.families.layoutlmv2 import LayoutLMv2Tokenizer as LayoutLMv2Tokenizer
from lexel.families.layoutlmv2 import LayoutLMv2Tokenizer as LayoutLMv2TokenizerFast
from lexel.families.layoutlmv3 import LayoutLMv3Tokenizer as LayoutLMv3Tokenizer
from lexel.families.layoutlmv3 import LayoutLMv3Tokenizer as LayoutLMv3TokenizerFast
from lexel.families.layoutxlm import LayoutXLMTokenizer as LayoutXLMTokenizer
from lexel.families.layoutxlm import LayoutXLMTokenizer as LayoutXLMTokenizerFast
from lexel.families.llama import LlamaTokenizer as LlamaTokenizer
from lexel.families.llama import LlamaTokenizer as LlamaTokenizerFast
from lexel.families.llama import LlamaTokenizer as Phi3Tokenizer
from lexel.families.llama import LlamaTokenizer as Phi3TokenizerFast
from lexel.families.luke import LukeTokenizer as LukeTokenizer
from lexel.families.luke import LukeTokenizer as LukeTokenizerFast
from lexel.families.m2m_100 import M2M100Tokenizer as M2M100Tokenizer
from lexel.families.m2m_100 import M2M100Tokenizer as M2M100TokenizerFast
from lexel.families.marian import MarianTokenizer as MarianTokenizer
from lexel.families.marian import MarianTokenizer as MarianTokenizerFast
from lexel.families.mbart import MBartTokenizer as MBartTokenizer
from lexel.families.mbart import MBartTokenizer as MBartTokenizerFast
from lexel.families.mbart50 import MBart50Tokenizer as MBart50Tokenizer
from lexel.families.mbart50 import MBart50Tokenizer as MBart50TokenizerFast
from lexel.families.mgp_str import MgpstrTokenizer as MgpstrTokenizer
from lexel.families.mgp_str import MgpstrTokenizer as MgpstrTokenizerFast
from lexel.families.mluke import MLukeTokenizer as MLukeTokenizer
from lexel.families.mluke import MLukeTokenizer as MLukeTokenizerFast
from lexel.families.mpnet import MPNetTokenizer as MPNetTokenizer
from lexel.families.mpnet import MPNetTokenizer as MPNetTokenizerFast
from lexel.families.myt5 import MyT5Tokenizer as MyT5Tokenizer
from lexel.families.myt5 import MyT5Tokenizer as MyT5TokenizerFast
from lexel.families.nllb import NllbTokenizer as NllbTokenizer
from lexel.families.nllb import NllbTokenizer as NllbTokenizerFast
from lexel.families.nougat import NougatTokenizer as NougatTokenizer
from lexel.families.nougat import NougatTokenizer as NougatTokenizerFast
from lexel.families.openai_gpt import OpenAIGPTTokenizer as OpenAIGPTTokenizer
from lexel.families.openai_gpt import OpenAIGPTTokenizer as OpenAIGPTTokenizerFast
from lexel.families.parakeet import ParakeetTokenizer as ParakeetTokenizer
from lexel.families.parakeet import ParakeetTokenizer as ParakeetTokenizerFast
from lexel.families.pegasus import PegasusTokenizer as PegasusTokenizer
from lexel.families.pegasus import PegasusTokenizer as PegasusTokenizerFast
from lexel.families.perceiver import PerceiverTokenizer as PerceiverTokenizer
from lexel.families.perceiver import PerceiverTokenizer as PerceiverTokenizerFast
from lexel.families.phobert import PhobertTokenizer as PhobertTokenizer
from lexel.families.phobert import PhobertTokenizer as PhobertTokenizerFast
from lexel.families.plbart import PLBartTokenizer as PLBartTokenizer
from lexel.families.plbart import PLBartTokenizer as PLBartTokenizerFast
from lexel.families.prophetnet import ProphetNetTokenizer as ProphetNetTokenizer
from lexel.families.prophetnet import ProphetNetTokenizer as ProphetNetTokenizerFast
from lexel.families.qwen2 import Qwen2Tokenizer as Qwen2Tokenizer
from lexel.families.qwen2 import Qwen2Tokenizer as Qwen2TokenizerFast
from lexel.families.qwen3_5 import Qwen3_5Tokenizer as Qwen3_5Tokenizer
from lexel.families.qwen3_5 import Qwen3_5Tokenizer as Qwen3_5TokenizerFast
from lexel.families.rag import RagTokenizer as RagTokenizer
from lexel.families.rag import RagTokenizer as RagTokenizerFast
from lexel.families.reformer import ReformerTokenizer as ReformerTokenizer
from lexel.families.reformer import ReformerTokenizer as ReformerTokenizerFast
from lexel.families.rembert import RemBertTokenizer as RemBertTokenizer
from lexel.families.rembert import RemBertTokenizer as RemBertTokenizerFast
from lexel.families.roberta import RobertaTokenizer as BartTokenizer
from lexel.families.roberta import RobertaTokenizer as BartTokenizerFast
from lexel.families.roberta import RobertaTokenizer as LEDTokenizer
from lexel.families.roberta import RobertaTokenizer as LEDTokenizerFast
from lexel.families.roberta import RobertaTokenizer as LongformerTokenizer
from lexel.families.roberta import RobertaTokenizer as LongformerTokenizerFast
from lexel.families.roberta import RobertaTokenizer as MvpTokenizer
from lexel.families.roberta import RobertaTokenizer as MvpTokenizerFast
from lexel.families.roberta import RobertaTokenizer as RobertaTokenizer
from lexel.families.roberta import RobertaTokenizer as RobertaTokenizerFast
from lexel.families.seamless_m4t import SeamlessM4TTokenizer as SeamlessM4TTokenizer
from lexel.families.seamless_m4t import SeamlessM4TTokenizer as SeamlessM4TTokenizerFast
from lexel.families.siglip import SiglipTokenizer as SiglipTokenizer
from lexel.families.siglip import SiglipTokenizer as SiglipTokenizerFast
from lexel.families.siglip2 import Siglip2Tokenizer as Siglip2Tokenizer
from lexel.families.siglip2 import Siglip2Tokenizer as Siglip2TokenizerFast
from lexel.families.speech_to_text import Speech2TextTokenizer as Speech2TextTokenizer
from lexel.families.speech_to_text import Speech2TextTokenizer as Speech2TextTokenizerFast
from lexel.families.speecht5 import SpeechT5Tokenizer as SpeechT5Tokenizer
from lexel.families.speecht5 import SpeechT5Tokenizer as SpeechT5TokenizerFast
from lexel.families.splinter import SplinterTokenizer as SplinterTokenizer
from lexel.families.splinter import SplinterTokenizer as SplinterTokenizerFast
from lexel.families.t5 import T5Tokenizer as MT5Tokenizer
from lexel.families.t5 import T5Tokenizer as MT5TokenizerFast
from lexel.families.t5 import T5Tokenizer as T5Tokenizer
from lexel.families.t5 import T5Tokenizer as T5TokenizerFast
from lexel.families.tipsv2 import Tipsv2Tokenizer as Tipsv2Tokenizer
from lexel.families.tipsv2 import Tipsv2Tokenizer as Tipsv2TokenizerFast
from lexel.families.udop import UdopTokenizer as UdopTokenizer
from lexel.families.udop import UdopTokenizer as UdopTokenizerFast
from lexel.families.videoprism import VideoPrismTokenizer as VideoPrismTokenizer
from lexel.families.videoprism import VideoPrismTokenizer as VideoPrismTokenizerFast
from lexel.families.vits import VitsTokenizer as VitsTokenizer
from lexel.families.vits import VitsTokenizer as VitsTokenizerFast
from lexel.families.wav2vec2 import Wav2Vec2CTCTokenizer as Wav2Vec2CTCTokenizer
from lexel.families.wav2vec2 import Wav2Vec2CTCTokenizer as Wav2Vec2CTCTokenizerFast
from lexel.families.whisper import WhisperTokenizer as WhisperTokenizer
from lexel.families.whisper import WhisperTokenizer as WhisperTokenizerFast
from lexel.families.xglm import XGLMTokenizer as XGLMTokenizer
from lexel.families.xglm import XGLMTokenizer as XGLMTokenizerFast
from lexel.families.xlm_roberta import XLMRobertaTokenizer as XLMRobertaTokenizer
from lexel.families.xlm_roberta import XLMRobertaTokenizer as XLMRobertaTokenizerFast
from lexel.families.xlnet import XLNetTokenizer as XLNetTokenizer
from lexel.families.xlnet import XLNetTokenizer as XLNetTokenizerFast
from lexel.padding import PaddingStrategy as PaddingStrategy
from lexel.padding import TruncationStrategy as TruncationStrategy
from lexel.runtime.auto import AutoConfig as AutoConfig
from lexel.runtime.auto import AutoModel as AutoModel
from lexel.runtime.auto import AutoModelForCausalLM as AutoModelForCausalLM
from lexel.runtime.cache import DynamicCache as DynamicCache
from lexel.runtime.config import LlamaConfig as LlamaConfig
from lexel.runtime.generation.config import GenerationConfig as GenerationConfig
from lexel.runtime.generation.stream import TextIteratorStreamer as TextIteratorStreamer
from lexel.runtime.generation.stream import TextStreamer as TextStreamer
from lexel.runtime.models.llama import LlamaForCausalLM as LlamaForCausalLM
from lexel.tokenizer import Tokenizer as PreTrainedTokenizerBase
from lexel.tokenizer import Tokenizer as Tokenizer

__all__ = [
    "AddedToken",
    "AlbertTokenizer",
    "AlbertTokenizerFast",
    "AutoConfig",
    "AutoModel",
    "AutoModelForCausalLM",
    "AutoTokenizer",
    "BartTokenizer",
    "BartTokenizerFast",
    "BarthezTokenizer",
    "BarthezTokenizerFast",
    "BartphoTokenizer",
    "BartphoTokenizerFast",
    "BatchEncoding",
    "BertGenerationTokenizer",
    "BertGenerationTokenizerFast",
    "BertTokenizer",
    "BertTokenizerFast",
    "BertTokenizerLegacy",
    "BertweetTokenizer",
    "BertweetTokenizerFast",
    "BigBirdTokenizer",
    "BigBirdTokenizerFast",
    "BlenderbotSmallTokenizer",
    "BlenderbotSmallTokenizerFast",
    "BlenderbotTokenizer",
    "BlenderbotTokenizerFast",
    "ByT5Tokenizer",
    "ByT5TokenizerFast",
    "CLIPTokenizer",
    "CLIPTokenizerFast",
    "CTRLTokenizer",
    "CTRLTokenizerFast",
    "CamembertTokenizer",
    "CamembertTokenizerFast",
    "CanineTokenizer",
    "CanineTokenizerFast",
    "CharSpan",
    "CodeGenTokenizer",
    "CodeGenTokenizerFast",
    "CodeLlamaTokenizer",
    "CodeLlamaTokenizerFast",
    "CohereTokenizer",
    "CohereTokenizerFast",
    "ConvBertTokenizer",
    "ConvBertTokenizerFast",
    "DPRContextEncoderTokenizer",
    "DPRContextEncoderTokenizerFast",
    "DPRQuestionEncoderTokenizer",
    "DPRQuestionEncoderTokenizerFast",
    "DPRReaderTokenizer",
    "DPRReaderTokenizerFast",
    "DebertaTokenizer",
    "DebertaTokenizerFast",
    "DebertaV2Tokenizer",
    "DebertaV2TokenizerFast",
    "DiaTokenizer",
    "DiaTokenizerFast",
    "DistilBertTokenizer",
    "DistilBertTokenizerFast",
    "DynamicCache",
    "ElectraTokenizer",
    "ElectraTokenizerFast",
    "EsmTokenizer",
    "EsmTokenizerFast",
    "EsmcTokenizer",
    "EsmcTokenizerFast",
    "FNetTokenizer",
    "FNetTokenizerFast",
    "FormatError",
    "FunnelTokenizer",
    "FunnelTokenizerFast",
    "GPT2Tokenizer",
    "GPT2TokenizerFast",
    "GPTNeoXTokenizer",
    "GPTNeoXTokenizerFast",
    "GPTSw3Tokenizer",
    "GPTSw3TokenizerFast",
    "GemmaTokenizer",
    "GemmaTokenizerFast",
    "GenerationConfig",
    "HerbertTokenizer",
    "HerbertTokenizerFast",
    "LEDTokenizer",
    "LEDTokenizerFast",
    "LasrTokenizer",
    "LasrTokenizerFast",
    "LayoutLMTokenizer",
    "LayoutLMTokenizerFast",
    "LayoutLMv2Tokenizer",
    "LayoutLMv2TokenizerFast",
    "LayoutLMv3Tokenizer",
    "LayoutLMv3TokenizerFast",
    "LayoutXLMTokenizer",
    "LayoutXLMTokenizerFast",
    "LexelError",
    "LlamaConfig",
    "LlamaForCausalLM",
    "LlamaTokenizer",
    "LlamaTokenizerFast",
    "LoadError",
    "LongformerTokenizer",
    "LongformerTokenizerFast",
    "LukeTokenizer",
    "LukeTokenizerFast",
    "LxmertTokenizer",
    "LxmertTokenizerFast",
    "M2M100Tokenizer",
    "M2M100TokenizerFast",
    "MBart50Tokenizer",
    "MBart50TokenizerFast",
    "MBartTokenizer",
    "MBartTokenizerFast",
    "MLukeTokenizer",
    "MLukeTokenizerFast",
    "MPNetTokenizer",
    "MPNetTokenizerFast",
    "MT5Tokenizer",
    "MT5TokenizerFast",
    "MarianTokenizer",
    "MarianTokenizerFast",
    "MgpstrTokenizer",
    "MgpstrTokenizerFast",
    "MissingDependencyError",
    "MistralCommonBackend",
    "MistralCommonTokenizer",
    "MobileBertTokenizer",
    "MobileBertTokenizerFast",
    "MvpTokenizer",
    "MvpTokenizerFast",
    "MyT5Tokenizer",
    "MyT5TokenizerFast",
    "NllbTokenizer",
    "NllbTokenizerFast",
    "NougatTokenizer",
    "NougatTokenizerFast",
    "OpenAIGPTTokenizer",
    "OpenAIGPTTokenizerFast",
    "PLBartTokenizer",
    "PLBartTokenizerFast",
    "PaddingStrategy",
    "ParakeetTokenizer",
    "ParakeetTokenizerFast",
    "PegasusTokenizer",
    "PegasusTokenizerFast",
    "PerceiverTokenizer",
    "PerceiverTokenizerFast",
    "Phi3Tokenizer",
    "Phi3TokenizerFast",
    "PhobertTokenizer",
    "PhobertTokenizerFast",
    "PreTrainedTokenizer",
    "PreTrainedTokenizerBase",
    "PreTrainedTokenizerFast",
    "ProphetNetTokenizer",
    "ProphetNetTokenizerFast",
    "PythonBackend",
    "Qwen2Tokenizer",
    "Qwen2TokenizerFast",
    "Qwen3_5Tokenizer",
    "Qwen3_5TokenizerFast",
    "RagTokenizer",
    "RagTokenizerFast",
    "ReformerTokenizer",
    "ReformerTokenizerFast",
    "RemBertTokenizer",
    "RemBertTokenizerFast",
    "RenderDiff",
    "RobertaTokenizer",
    "RobertaTokenizerFast",
    "SeamlessM4TTokenizer",
    "SeamlessM4TTokenizerFast",
    "SentencePieceBackend",
    "Siglip2Tokenizer",
    "Siglip2TokenizerFast",
    "SiglipTokenizer",
    "SiglipTokenizerFast",
    "SpecialTokenError",
    "Speech2TextTokenizer",
    "Speech2TextTokenizerFast",
    "SpeechT5Tokenizer",
    "SpeechT5TokenizerFast",
    "SplinterTokenizer",
    "SplinterTokenizerFast",
    "SqueezeBertTokenizer",
    "SqueezeBertTokenizerFast",
    "T5Tokenizer",
    "T5TokenizerFast",
    "TemplateReport",
    "TensorType",
    "TextIteratorStreamer",
    "TextStreamer",
    "Tipsv2Tokenizer",
    "Tipsv2TokenizerFast",
    "TokenSpan",
    "Tokenizer",
    "TokenizersBackend",
    "TrainingError",
    "TruncationStrategy",
    "UdopTokenizer",
    "UdopTokenizerFast",
    "UnsupportedError",
    "VideoPrismTokenizer",
    "VideoPrismTokenizerFast",
    "VitsTokenizer",
    "VitsTokenizerFast",
    "VocabularyError",
    "Wav2Vec2CTCTokenizer",
    "Wav2Vec2CTCTokenizerFast",
    "WeightsError",
    "WhisperTokenizer",
    "WhisperTokenizerFast",
    "XGLMTokenizer",
    "XGLMTokenizerFast",
    "XLMRobertaTokenizer",
    "XLMRobertaTokenizerFast",
    "XLNetTokenizer",
    "XLNetTokenizerFast",
    "check_template",
    "generate_merges",
    "render_diff",
    "shipped_template",
    "shipped_templates",
]

__version__: str
