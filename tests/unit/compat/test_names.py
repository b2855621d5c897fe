"""Code written for the reference finds its modules, and in them the objects of this package."""

from __future__ import annotations

import sys
import unicodedata
from importlib import import_module

import pytest

import lexel
from lexel.backends.characters import _is_control, _is_punctuation, _is_whitespace

# What each module of the reference had, in its last two major releases, of classes, functions and constants that users
# import; names it only imported for its own use are left out.
BASE = """ADDED_TOKENS_FILE CHAT_TEMPLATE_DIR CHAT_TEMPLATE_FILE ENCODE_KWARGS_DOCSTRING
ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING FULL_TOKENIZER_FILE INIT_TOKENIZER_DOCSTRING LARGE_INTEGER
SPECIAL_TOKENS_MAP_FILE TOKENIZER_CONFIG_FILE VERY_LARGE_INTEGER AddedToken BatchEncoding CharSpan EncodedInput
EncodedInputPair EncodingFast PaddingStrategy PreTokenizedInput PreTokenizedInputPair PreTrainedTokenizerBase
ResponseParser TensorType TextInput TextInputPair TokenSpan TruncationStrategy generate_merges"""
PYTHON = """ADDED_TOKENS_FILE ENCODE_KWARGS_DOCSTRING ENCODE_PLUS_ADDITIONAL_KWARGS_DOCSTRING INIT_TOKENIZER_DOCSTRING
SPECIAL_TOKENS_MAP_FILE TOKENIZER_CONFIG_FILE AddedToken BatchEncoding EncodedInput ExtensionsTrie PaddingStrategy
PreTokenizedInput PreTrainedTokenizer PreTrainedTokenizerBase PythonBackend TensorType TextInput Trie
TruncationStrategy _is_control _is_end_of_word _is_punctuation _is_start_of_word _is_whitespace"""
TOKENIZERS = """ADDED_TOKENS_FILE INIT_TOKENIZER_DOCSTRING MODEL_TO_TRAINER_MAPPING SPECIAL_TOKENS_MAP_FILE
TIKTOKEN_VOCAB_FILE TOKENIZER_CONFIG_FILE TOKENIZER_FILE VOCAB_FILES_NAMES AddedToken BatchEncoding DecoderFast
EncodingFast PaddingStrategy PreTrainedTokenizerBase PreTrainedTokenizerFast TokenizerFast TokenizersBackend
TruncationStrategy"""
SENTENCEPIECE = """INIT_TOKENIZER_DOCSTRING SPIECE_UNDERLINE VOCAB_FILES_NAMES AddedToken PreTrainedTokenizer
SentencePieceBackend generate_merges"""
CONVERTERS = """AlbertConverter BarthezConverter BertConverter BertGenerationConverter BigBirdConverter
BlenderbotConverter CLIPConverter CamembertConverter CanaryConverter Converter DebertaConverter
DebertaV2Converter FunnelConverter GPT2Converter GemmaConverter GemmaSentencePieceExtractor
HeliumConverter HerbertConverter LayoutLMv2Converter LlamaConverter MBart50Converter MBartConverter
MPNetConverter MarkupLMConverter MoshiConverter NllbConverter OpenAIGPTConverter ParakeetConverter
PegasusConverter Qwen2Converter ReformerConverter RemBertConverter RoFormerConverter
RobertaConverter SLOW_TO_FAST_CONVERTERS SeamlessM4TConverter SentencePieceExtractor
SplinterConverter SpmConverter T5Converter UdopConverter VideoPrismConverter WhisperConverter
XGLMConverter XLMRobertaConverter XLNetConverter bytes_to_unicode convert_slow_tokenizer
generate_merges"""
MODULES = {
    "tokenization_utils_base": BASE.split(),
    "tokenization_utils": PYTHON.split(),
    "tokenization_python": PYTHON.split(),
    "tokenization_utils_fast": TOKENIZERS.split(),
    "tokenization_utils_tokenizers": TOKENIZERS.split(),
    "tokenization_utils_sentencepiece": SENTENCEPIECE.split(),
    "tokenization_auto": [
        "AutoTokenizer",
        "TOKENIZER_MAPPING",
        "TOKENIZER_MAPPING_NAMES",
        "get_tokenizer_config",
        "tokenizer_class_from_name",
    ],
    "chat_template_utils": [
        "DocstringParsingException",
        "TypeHintParsingException",
        "get_json_schema",
        "render_jinja_template",
    ],
    "tokenization_mistral_common": ["MistralCommonBackend", "MistralCommonTokenizer"],
    "convert_slow_tokenizer": [
        "SLOW_TO_FAST_CONVERTERS",
        "SpmConverter",
        "bytes_to_unicode",
        "convert_slow_tokenizer",
        "generate_merges",
    ],
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_have_the_names_of_the_package(name: str) -> None:
    module = import_module(f"lexel.compat.{name}")
    assert set(MODULES[name]) <= set(module.__all__)
    for public in MODULES[name]:
        if hasattr(lexel, public):
            assert getattr(module, public) is getattr(lexel, public)


def test_what_was_merged_is_found() -> None:
    base = import_module("lexel.compat.tokenization_utils_base")
    with pytest.warns(DeprecationWarning, match="merged into PreTrainedTokenizerBase"):
        mixin = base.SpecialTokensMixin
    assert issubclass(lexel.PreTrainedTokenizerBase, mixin)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = base.no_such_name


def test_constants() -> None:
    base = import_module("lexel.compat.tokenization_utils_base")
    assert (int(1e30), int(1e20)) == (base.VERY_LARGE_INTEGER, base.LARGE_INTEGER)
    assert lexel.TokenizersBackend(vocab={"a": 0}, merges=[]).model_max_length == base.VERY_LARGE_INTEGER


def test_bytes_have_their_letters() -> None:
    letters = import_module("lexel.compat.convert_slow_tokenizer").bytes_to_unicode()
    assert (letters[ord(" ")], letters[ord("a")], letters[0xAD]) == ("Ġ", "a", "Ń")
    assert sorted(letters) == list(range(256))


def test_tries_and_characters() -> None:
    module = import_module("lexel.compat.tokenization_utils")
    trie = module.Trie(["A", "AB", "BC"])
    assert trie.split("xABC") == ["x", "AB", "C"]
    assert trie.data == {"A": {"": 1, "B": {"": 1}}, "B": {"C": {"": 1}}}
    assert trie.cut_text("ABC", [0, 0, 2, 1, 2, 3]) == ["AB", "C"]
    assert module.ExtensionsTrie(["ab", "abc", "b"]).extensions("ab") == ["ab", "abc"]


def test_classes_of_characters_cover_all() -> None:
    ascii_signs = {chr(code) for code in (*range(33, 48), *range(58, 65), *range(91, 97), *range(123, 127))}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        assert _is_punctuation(char) == (char in ascii_signs or category[0] == "P")
        assert _is_control(char) == (category[0] == "C" and char not in "\t\n\r")
        assert _is_whitespace(char) == (category == "Zs" or char in "\t\n\r")
