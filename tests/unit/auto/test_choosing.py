from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lexel import (
    AutoTokenizer,
    BertTokenizer,
    BertTokenizerLegacy,
    FormatError,
    GPT2Tokenizer,
    LoadError,
    MistralCommonBackend,
    Qwen2Tokenizer,
    RobertaTokenizer,
    SentencePieceBackend,
    T5Tokenizer,
    Tokenizer,
    TokenizersBackend,
    UnsupportedError,
)
from lexel.auto import MODEL_TYPES, class_named, get_tokenizer_config
from lexel.families import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_it_is_not_made_directly() -> None:
    with pytest.raises(OSError, match="from_pretrained"):
        AutoTokenizer()


@pytest.mark.parametrize(
    ("config", "model", "expected"),
    [
        ({"tokenizer_class": "GPT2Tokenizer"}, None, GPT2Tokenizer),
        ({"tokenizer_class": "GPT2TokenizerFast"}, None, GPT2Tokenizer),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, None, TokenizersBackend),
        ({"tokenizer_class": "PreTrainedTokenizer"}, None, TokenizersBackend),
        ({"tokenizer_class": "PythonBackend"}, None, TokenizersBackend),
        ({"tokenizer_class": "BloomTokenizerFast"}, None, TokenizersBackend),
        ({"tokenizer_class": "NobodyKnowsTokenizer"}, None, TokenizersBackend),
        ({}, None, TokenizersBackend),
        # A byte-level pipeline is not what LlamaTokenizer is; of a misdeclared type the type decides before.
        ({"tokenizer_class": "LlamaTokenizer"}, None, TokenizersBackend),
        ({"tokenizer_class": "LlamaTokenizer"}, {"model_type": "qwen2"}, Qwen2Tokenizer),
        # The declaration stands where the class of the type is another one of its own, but for misdeclared types.
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "bert"}, GPT2Tokenizer),
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "qwen2"}, Qwen2Tokenizer),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, {"model_type": "gpt2"}, TokenizersBackend),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, {"model_type": "qwen2"}, Qwen2Tokenizer),
        # Types that run their file as it is.
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "granite"}, TokenizersBackend),
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "mixtral"}, TokenizersBackend),
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "modernbert"}, TokenizersBackend),
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "mine", "model_name": "molmo"}, GPT2Tokenizer),
        ({"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "nobody-knows"}, GPT2Tokenizer),
        # No class is declared in tokenizer_config.json.
        ({}, {"model_type": "gpt2"}, GPT2Tokenizer),
        ({}, {"model_type": "gpt2", "tokenizer_class": "T5Tokenizer"}, T5Tokenizer),
        ({}, {"model_type": "llama"}, TokenizersBackend),
        ({}, {"model_type": "mistral"}, TokenizersBackend),
        ({}, {"model_type": "florence2"}, RobertaTokenizer),
        ({}, {"model_type": "encoder-decoder", "encoder": {"model_type": "bert"}}, BertTokenizer),
        ({}, {"model_type": "vision-text-dual-encoder", "text_config": {"model_type": "roberta"}}, RobertaTokenizer),
        ({"lexel_class": "T5Tokenizer", "tokenizer_class": "PreTrainedTokenizerFast"}, None, T5Tokenizer),
        # Mistral's library has no file here.
        ({"tokenizer_class": "MistralCommonBackend"}, None, TokenizersBackend),
    ],
)
def test_the_class_readers_of_transformers_take(
    configure: Callable[..., Path], config: dict[str, Any], model: dict[str, Any] | None, expected: type
) -> None:
    folder = configure(model, **config)
    assert AutoTokenizer.explain(folder).tokenizer_class is expected
    tok = Tokenizer.from_pretrained(folder)
    assert type(tok) is expected
    plain = TokenizersBackend(tokenizer_file=str(folder / "tokenizer.json"))
    text = "the fox, and 12 dogs"
    assert tok.encode(text, add_special_tokens=False) == plain.encode(text, add_special_tokens=False)


def test_the_model_s_configuration_can_be_passed(folder: Path) -> None:
    for config in ({"model_type": "gpt2"}, SimpleNamespace(model_type="gpt2", tokenizer_class=None)):
        assert type(AutoTokenizer.from_pretrained(folder, config=config)) is GPT2Tokenizer
    config = SimpleNamespace(model_type="bert", tokenizer_class="T5TokenizerFast")
    assert type(AutoTokenizer.from_pretrained(folder, config=config)) is T5Tokenizer


def test_a_class_in_python_without_its_files_leaves_it_to_the_pipeline(configure: Callable[..., Path]) -> None:
    folder = configure(tokenizer_class="MarianTokenizer")
    explained = AutoTokenizer.explain(folder)
    assert explained.tokenizer_class is TokenizersBackend
    assert any("MarianTokenizer reads files that are not here" in step for step in explained.steps)


def test_a_type_can_be_asked_for(folder: Path) -> None:
    assert type(AutoTokenizer.from_pretrained(folder, tokenizer_type="gpt2")) is GPT2Tokenizer
    assert type(AutoTokenizer.from_pretrained(folder, tokenizer_type="gpt2", use_fast=False)) is GPT2Tokenizer
    with pytest.raises(ValueError, match=r"'nope' does not exist; it should be one of .*, gpt2, "):
        AutoTokenizer.from_pretrained(folder, tokenizer_type="nope")


def test_every_type_has_a_class_or_says_that_it_is_not_here(folder: Path) -> None:
    assert len(MODEL_TYPES) == 309
    assert set(MODULES) & {"BertTokenizer", "T5Tokenizer"}
    for model_type, name in sorted(MODEL_TYPES.items()):
        kind = class_named(name)
        found = AutoTokenizer.explain(folder, tokenizer_type=model_type)
        assert (kind is None) == any(f"{name}, is not here" in step for step in found.steps), model_type


def test_backends_that_can_be_asked_for(configure: Callable[..., Path], folder: Path) -> None:
    configure(tokenizer_class="GPT2Tokenizer")
    assert type(AutoTokenizer.from_pretrained(folder, backend="tokenizers")) is GPT2Tokenizer
    with pytest.raises(ValueError, match="backend should be one of 'tokenizers', 'sentencepiece', 'python', 'mistral_"):
        AutoTokenizer.from_pretrained(folder, backend="fastest")
    with pytest.raises(UnsupportedError, match=r"a SentencePiece model .*has tokenizer.json, tokenizer_config.json"):
        AutoTokenizer.from_pretrained(folder, backend="sentencepiece")
    with pytest.raises(UnsupportedError, match=r"written in Python, and that of .* is GPT2Tokenizer"):
        AutoTokenizer.from_pretrained(folder, backend="python")
    for asked in ({"backend": "mistral_common"}, {"mistral_format": True}):
        pytest.importorskip("mistral_common")
        with pytest.raises(LoadError, match=r"needs a tekken.json or .* has tokenizer.json"):
            AutoTokenizer.from_pretrained(folder, **asked)  # type: ignore[arg-type]


def test_backends_run_real_files(shared_data: Path, tmp_path: Path) -> None:
    home = shared_data / "tokenizers"
    pytest.importorskip("sentencepiece")
    native = AutoTokenizer.from_pretrained(home / "llama-2")
    library = AutoTokenizer.from_pretrained(home / "llama-2", backend="sentencepiece")
    assert type(library) is SentencePieceBackend
    assert library.bos_token == "<s>"
    text = "The quick brown fox"
    assert library.encode(text, add_special_tokens=False) == native.encode(text, add_special_tokens=False)
    library.save_pretrained(tmp_path)
    again = [
        AutoTokenizer.from_pretrained(tmp_path, backend=backend) for backend in (None, "sentencepiece", "tokenizers")
    ]
    assert [tok.backend for tok in again] == ["sentencepiece", "sentencepiece", "tokenizers"]
    assert {tuple(tok.encode(text, add_special_tokens=False)) for tok in (library, *again)} == {
        tuple(native.encode(text, add_special_tokens=False))
    }
    bert = AutoTokenizer.from_pretrained(home / "bert-base-uncased", backend="python", config={"model_type": "bert"})
    assert type(bert) is BertTokenizerLegacy
    assert bert.encode(text) == AutoTokenizer.from_pretrained(home / "bert-base-uncased").encode(text)


def test_mistral_s_library_is_taken_where_it_is_declared(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("mistral_common")
    (tmp_path / "tekken.json").symlink_to(shared_data / "tokenizers" / "tekken-240911" / "tekken.json")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "MistralCommonTokenizer"}')
    assert type(AutoTokenizer.from_pretrained(tmp_path)) is MistralCommonBackend
    assert AutoTokenizer.explain(tmp_path).backend == "mistral_common"
    assert type(AutoTokenizer.from_pretrained(tmp_path, mistral_format=True)) is MistralCommonBackend


def test_a_folder_without_a_tokenizer_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("")
    with pytest.raises(LoadError, match=r"neither tokenizer.json nor a vocabulary \(it has model.safetensors\)"):
        AutoTokenizer.from_pretrained(tmp_path)
    explained = AutoTokenizer.explain(tmp_path)
    assert explained.problem is not None
    assert "model.safetensors" in explained.problem


def test_a_folder_with_a_gguf_file_opens_it(
    shared_data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("gpt-2", "starcoder"):
        source = shared_data / "tokenizers" / f"gguf-{name}" / f"ggml-vocab-{name}.gguf"
        (tmp_path / source.name).symlink_to(source)
        with caplog.at_level(logging.WARNING, "lexel"):
            tok = AutoTokenizer.from_pretrained(tmp_path)
        assert tok.encode("the fox") == Tokenizer.from_file(tmp_path / "ggml-vocab-gpt-2.gguf").encode("the fox")
        assert ("ggml-vocab-starcoder.gguf would do as well" in caplog.text) is (name == "starcoder")
    assert "gguf_file=" in caplog.text
    other = AutoTokenizer.from_pretrained(tmp_path, gguf_file="ggml-vocab-starcoder.gguf")
    assert other.get_vocab() != tok.get_vocab()


def test_broken_files_name_themselves(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text("{")
    with pytest.raises(FormatError, match=r"tokenizer_config.json is not JSON: .* line 1"):
        AutoTokenizer.from_pretrained(folder)
    (folder / "tokenizer_config.json").write_text("[]")
    with pytest.raises(FormatError, match="must hold a JSON object, not list"):
        AutoTokenizer.from_pretrained(folder)
    (folder / "tokenizer_config.json").unlink()
    (folder / "config.json").write_text("[]")
    with pytest.raises(FormatError, match=r"config.json must hold a JSON object, not list"):
        AutoTokenizer.from_pretrained(folder)
    (folder / "config.json").unlink()
    (folder / "tokenizer.json").write_text('{"model": {"type": "BPE"')
    with pytest.raises(FormatError, match=r"tokenizer\.json"):
        AutoTokenizer.from_pretrained(folder)


def test_paths_inside_a_configuration_are_never_opened(configure: Callable[..., Path], tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    folder = configure(tokenizer_class="GPT2Tokenizer", tokenizer_file=str(secret), special_tokens_map_file=str(secret))
    tok = AutoTokenizer.from_pretrained(folder)
    assert tok.encode("the fox")
    assert "tokenizer_file" not in tok.init_kwargs


def test_the_newest_file_not_above_our_version_is_read(configure: Callable[..., Path], folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text()
    other = json.loads(text)
    other["added_tokens"].append({**other["added_tokens"][0], "id": len(other["model"]["vocab"]), "content": "<v>"})
    (folder / "tokenizer.4.0.0.json").write_text(json.dumps(other))
    (folder / "tokenizer.99.0.0.json").write_text("not read")
    configure(fast_tokenizer_files=["tokenizer.4.0.0.json", "tokenizer.99.0.0.json", "tokenizer.json"])
    assert "<v>" in AutoTokenizer.from_pretrained(folder).get_vocab()


def test_a_single_file(folder: Path) -> None:
    path = folder / "tokenizer.json"
    assert type(AutoTokenizer.from_pretrained(path)) is TokenizersBackend
    assert type(AutoTokenizer.from_pretrained(path, tokenizer_type="gpt2")) is GPT2Tokenizer
    explained = AutoTokenizer.explain(path)
    assert (explained.files_seen, explained.files_read, explained.engine) == ((path.name,), (path.name,), "native")


def test_the_configuration_alone(configure: Callable[..., Path], folder: Path) -> None:
    assert get_tokenizer_config(folder) == {}
    assert get_tokenizer_config(configure(tokenizer_class="X", pad_token=None)) == {
        "tokenizer_class": "X",
        "pad_token": None,
    }
    assert get_tokenizer_config("owner/not-there", local_files_only=True) == {}


def test_former_names_of_the_argument(folder: Path) -> None:
    with pytest.raises(TypeError, match="now token="):
        AutoTokenizer.from_pretrained(folder, use_auth_token=True)
    assert AutoTokenizer.from_pretrained(folder, proxies={}, use_fast=False, subfolder="", _from_auto=True)
