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
from lexel.families.bert_legacy import BertTokenizerLegacy as BertTokenizerLegacy
from lexel.families.clip import CLIPTokenizer as CLIPTokenizer
from lexel.families.clip import CLIPTokenizer as CLIPTokenizerFast
from lexel.families.deberta_v2 import DebertaV2Tokenizer as DebertaV2Tokenizer
from lexel.families.deberta_v2 import DebertaV2Tokenizer as DebertaV2TokenizerFast
from lexel.families.distilbert import DistilBertTokenizer as DistilBertTokenizer
from lexel.families.distilbert import DistilBertTokenizer as DistilBertTokenizerFast
from lexel.families.gemma import GemmaTokenizer as GemmaTokenizer
from lexel.families.gemma import GemmaTokenizer as GemmaTokenizerFast
from lexel.families.gpt2 import GPT2Tokenizer as GPT2Tokenizer
from lexel.families.gpt2 import GPT2Tokenizer as GPT2TokenizerFast
from lexel.families.gpt_neox import GPTNeoXTokenizer as GPTNeoXTokenizer
from lexel.families.gpt_neox import GPTNeoXTokenizer as GPTNeoXTokenizerFast
from lexel.families.llama import LlamaTokenizer as LlamaTokenizer
from lexel.families.llama import LlamaTokenizer as LlamaTokenizerFast
from lexel.families.llama import LlamaTokenizer as Phi3Tokenizer
from lexel.families.llama import LlamaTokenizer as Phi3TokenizerFast
from lexel.families.qwen2 import Qwen2Tokenizer as Qwen2Tokenizer
from lexel.families.qwen2 import Qwen2Tokenizer as Qwen2TokenizerFast
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
from lexel.families.t5 import T5Tokenizer as MT5Tokenizer
from lexel.families.t5 import T5Tokenizer as MT5TokenizerFast
from lexel.families.t5 import T5Tokenizer as T5Tokenizer
from lexel.families.t5 import T5Tokenizer as T5TokenizerFast
from lexel.families.whisper import WhisperTokenizer as WhisperTokenizer
from lexel.families.whisper import WhisperTokenizer as WhisperTokenizerFast
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
    "BatchEncoding",
    "BertTokenizer",
    "BertTokenizerFast",
    "BertTokenizerLegacy",
    "CLIPTokenizer",
    "CLIPTokenizerFast",
    "CharSpan",
    "DebertaV2Tokenizer",
    "DebertaV2TokenizerFast",
    "DistilBertTokenizer",
    "DistilBertTokenizerFast",
    "DynamicCache",
    "ElectraTokenizer",
    "ElectraTokenizerFast",
    "FormatError",
    "GPT2Tokenizer",
    "GPT2TokenizerFast",
    "GPTNeoXTokenizer",
    "GPTNeoXTokenizerFast",
    "GemmaTokenizer",
    "GemmaTokenizerFast",
    "GenerationConfig",
    "LEDTokenizer",
    "LEDTokenizerFast",
    "LayoutLMTokenizer",
    "LayoutLMTokenizerFast",
    "LexelError",
    "LlamaConfig",
    "LlamaForCausalLM",
    "LlamaTokenizer",
    "LlamaTokenizerFast",
    "LoadError",
    "LongformerTokenizer",
    "LongformerTokenizerFast",
    "LxmertTokenizer",
    "LxmertTokenizerFast",
    "MT5Tokenizer",
    "MT5TokenizerFast",
    "MissingDependencyError",
    "MistralCommonBackend",
    "MistralCommonTokenizer",
    "MobileBertTokenizer",
    "MobileBertTokenizerFast",
    "MvpTokenizer",
    "MvpTokenizerFast",
    "PaddingStrategy",
    "Phi3Tokenizer",
    "Phi3TokenizerFast",
    "PreTrainedTokenizer",
    "PreTrainedTokenizerBase",
    "PreTrainedTokenizerFast",
    "PythonBackend",
    "Qwen2Tokenizer",
    "Qwen2TokenizerFast",
    "RobertaTokenizer",
    "RobertaTokenizerFast",
    "SentencePieceBackend",
    "SpecialTokenError",
    "SqueezeBertTokenizer",
    "SqueezeBertTokenizerFast",
    "T5Tokenizer",
    "T5TokenizerFast",
    "TensorType",
    "TextIteratorStreamer",
    "TextStreamer",
    "TokenSpan",
    "Tokenizer",
    "TokenizersBackend",
    "TrainingError",
    "TruncationStrategy",
    "UnsupportedError",
    "VocabularyError",
    "WeightsError",
    "WhisperTokenizer",
    "WhisperTokenizerFast",
    "XLMRobertaTokenizer",
    "XLMRobertaTokenizerFast",
    "XLNetTokenizer",
    "XLNetTokenizerFast",
    "generate_merges",
]

__version__: str
