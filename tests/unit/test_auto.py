from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import (
    AutoTokenizer,
    FormatError,
    GPT2Tokenizer,
    LlamaTokenizer,
    LoadError,
    Tokenizer,
    TokenizersBackend,
    UnsupportedError,
    auto,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a byte-level pipeline and nothing else."""
    GPT2Tokenizer().train_new_from_iterator(["the quick brown fox"], 270).save_pretrained(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    return tmp_path


def configure(folder: Path, **config: Any) -> Path:
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def test_it_is_not_made_directly() -> None:
    with pytest.raises(OSError, match="from_pretrained"):
        AutoTokenizer()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"tokenizer_class": "GPT2Tokenizer"}, GPT2Tokenizer),
        ({"tokenizer_class": "GPT2TokenizerFast"}, GPT2Tokenizer),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, TokenizersBackend),
        ({"tokenizer_class": "NobodyKnowsTokenizer"}, TokenizersBackend),
        ({"tokenizer_class": "LlamaTokenizer"}, TokenizersBackend),
        ({}, TokenizersBackend),
    ],
)
def test_the_declared_class_if_there_is_one(folder: Path, config: dict[str, Any], expected: type) -> None:
    ids = AutoTokenizer.from_pretrained(folder).encode("the fox")
    tok = Tokenizer.from_pretrained(configure(folder, **config))
    assert type(tok) is expected
    assert tok.encode("the fox") == ids, "the pipeline is the file's, whatever the class"


def test_the_model_type_where_no_class_is_declared(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    assert type(AutoTokenizer.from_pretrained(folder)) is GPT2Tokenizer
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", "tokenizer_class": "TokenizersBackend"}))
    assert type(AutoTokenizer.from_pretrained(folder)) is TokenizersBackend


def test_a_type_can_be_asked_for(folder: Path) -> None:
    assert type(AutoTokenizer.from_pretrained(folder, tokenizer_type="gpt2")) is GPT2Tokenizer
    with pytest.raises(ValueError, match=r"known are \["):
        AutoTokenizer.from_pretrained(folder, tokenizer_type="nope")
    with pytest.raises(UnsupportedError, match=r"'sentencepiece' is not available"):
        AutoTokenizer.from_pretrained(folder, backend="sentencepiece")


def test_the_choice_is_explained(folder: Path) -> None:
    choice = AutoTokenizer.explain(configure(folder, tokenizer_class="LlamaTokenizer"))
    assert choice.tokenizer_class is TokenizersBackend
    assert str(choice).splitlines() == [
        "the configuration declares LlamaTokenizer",
        "but the pipeline is byte-level, which LlamaTokenizer is not",
        "the generic backend runs the pipeline of tokenizer.json as it is",
        "→ TokenizersBackend",
    ]


def test_classes_can_be_registered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "_registered", {})

    class MineTokenizer(TokenizersBackend):
        pass

    class OtherTokenizer(TokenizersBackend):
        pass

    AutoTokenizer.register("mine", MineTokenizer)
    assert type(AutoTokenizer.from_pretrained(configure(folder, tokenizer_class="MineTokenizer"))) is MineTokenizer
    (folder / "tokenizer_config.json").unlink()
    (folder / "config.json").write_text(json.dumps({"model_type": "mine"}))
    assert type(AutoTokenizer.from_pretrained(folder)) is MineTokenizer
    AutoTokenizer.register("mine", fast_tokenizer_class=MineTokenizer)
    with pytest.raises(ValueError, match="registered already"):
        AutoTokenizer.register("mine", OtherTokenizer)
    AutoTokenizer.register("mine", OtherTokenizer, exist_ok=True)
    with pytest.raises(ValueError, match="tokenizer_class="):
        AutoTokenizer.register("other")


def test_a_folder_without_a_tokenizer_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("")
    with pytest.raises(LoadError, match=r"neither tokenizer.json nor a vocabulary \(it has model.safetensors\)"):
        AutoTokenizer.from_pretrained(tmp_path)
    (tmp_path / "x.gguf").write_text("")
    with pytest.raises(LoadError, match="pass gguf_file="):
        AutoTokenizer.from_pretrained(tmp_path)
    (tmp_path / "tokenizer.model").write_bytes(b"\n\x0c\n\x05<unk>")
    with pytest.raises(UnsupportedError, match=r"tokenizer\.model"):
        AutoTokenizer.from_pretrained(tmp_path)
    with pytest.raises(UnsupportedError, match="sentencepiece model"):
        LlamaTokenizer.from_pretrained(tmp_path)


def test_broken_files_name_themselves(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text("{")
    with pytest.raises(FormatError, match=r"tokenizer_config.json is not JSON: .* line 1"):
        AutoTokenizer.from_pretrained(folder)
    (folder / "tokenizer_config.json").write_text("[]")
    with pytest.raises(FormatError, match="must hold a JSON object, not list"):
        AutoTokenizer.from_pretrained(folder)
    (folder / "tokenizer_config.json").unlink()
    (folder / "tokenizer.json").write_text('{"model": {"type": "BPE"')
    with pytest.raises(FormatError, match=r"tokenizer\.json"):
        AutoTokenizer.from_pretrained(folder)


def test_paths_inside_a_configuration_are_never_opened(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    configure(folder, tokenizer_class="GPT2Tokenizer", tokenizer_file=str(secret), special_tokens_map_file=str(secret))
    tok = AutoTokenizer.from_pretrained(folder)
    assert tok.encode("the fox")
    assert "tokenizer_file" not in tok.init_kwargs


def test_the_newest_file_not_above_our_version_is_read(folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text()
    other = json.loads(text)
    other["added_tokens"].append({**other["added_tokens"][0], "id": len(other["model"]["vocab"]), "content": "<v>"})
    (folder / "tokenizer.4.0.0.json").write_text(json.dumps(other))
    (folder / "tokenizer.99.0.0.json").write_text("not read")
    configure(folder, fast_tokenizer_files=["tokenizer.4.0.0.json", "tokenizer.99.0.0.json", "tokenizer.json"])
    assert "<v>" in AutoTokenizer.from_pretrained(folder).get_vocab()
