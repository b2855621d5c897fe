"""The tokenizer inside GGUF files gives the ids of the equal `tokenizer.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lexel import FormatError, Tokenizer, TokenizersBackend, UnsupportedError
from lexel.backends.engine import compile_json
from lexel.converters.gguf import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def goldens(path: Path, texts: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        if case.get("id") in texts and "ids" in case:
            yield texts[case["id"]], case


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> dict[str, str]:
    lines = (shared_data / "inputs.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return {case["id"]: case["text"] for case in cases if "text_pair" not in case}


@pytest.mark.parametrize("name", ["gpt-2", "llama-spm", "starcoder", "nomic-bert-moe"])
def test_vocabulary_files_of_llama_cpp(shared_data: Path, texts: dict[str, str], name: str) -> None:
    folder = shared_data / "tokenizers" / f"gguf-{name}"
    tok = Tokenizer.from_file(folder / f"ggml-vocab-{name}.gguf")
    assert type(tok) is TokenizersBackend
    seen = 0
    for text, case in goldens(folder / "golden.tokenizers.jsonl", texts):
        assert tok.encode(text, add_special_tokens=False) == case["ids"], text[:60]
        seen += 1
    assert seen > 100


def as_metadata(folder: Path, pre: str) -> dict[str, Any]:
    """State the tokenizer.json of a byte-level model as a GGUF file would."""
    content = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    vocab, added = content["model"]["vocab"], {token["id"]: token for token in content["added_tokens"]}
    names = {index: token for token, index in vocab.items()} | {
        index: token["content"] for index, token in added.items()
    }
    tokens = [names.get(index, f"[PAD{index}]") for index in range(max(names) + 1)]
    types = [(3 if added[i]["special"] else 4) if i in added else 1 if i in names else 5 for i in range(len(tokens))]
    merges = content["model"]["merges"]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in merges],
        "tokenizer.ggml.bos_token_id": tokens.index("<|begin_of_text|>") if "<|begin_of_text|>" in tokens else None,
    }


@pytest.mark.parametrize(("folder", "pre"), [("smollm2", "smollm"), ("llama-3", "llama-bpe"), ("qwen2.5", "qwen2")])
def test_the_named_splits_are_those_of_the_models(
    shared_data: Path, texts: dict[str, str], folder: str, pre: str
) -> None:
    source = shared_data / "tokenizers" / folder
    made = spec_of(as_metadata(source, pre), "metadata")
    ours = TokenizersBackend._from_seed(compile_json(made.to_json()), (), made.config)
    real = TokenizersBackend.from_pretrained(source)
    assert ours.get_vocab() == real.get_vocab()
    for text in texts.values():
        assert ours.encode(text) == real.encode(text), text[:60]
        assert (
            ours(text, return_offsets_mapping=True)["offset_mapping"]
            == (real(text, return_offsets_mapping=True)["offset_mapping"])
        )


SMALL: dict[str, Any] = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["<s>", "</s>", "h", "i", "hi", "<user>", "new\n", "Ġ"],
    "tokenizer.ggml.token_type": [3, 3, 1, 1, 1, 4, 1, 1],
    "tokenizer.ggml.merges": ["h i"],
    "tokenizer.ggml.bos_token_id": 0,
    "tokenizer.ggml.eos_token_id": 1,
    "tokenizer.chat_template": "{{ messages[0].content }}",
}


def load(**changes: Any) -> TokenizersBackend:
    metadata = {**SMALL, **{f"tokenizer.ggml.{key}": value for key, value in changes.items()}}
    made = spec_of({key: value for key, value in metadata.items() if value is not None}, "small.gguf")
    return TokenizersBackend._from_seed(compile_json(made.to_json()), (), made.config)


def test_tokens_types_and_settings() -> None:
    tok = load()
    assert tok.encode("hi<s><user>") == [4, 0, 5]
    assert tok.decode([4, 0, 5], skip_special_tokens=True) == "hi<user>"
    assert (tok.bos_token_id, tok.eos_token_id, tok.unk_token) == (0, 1, None)
    assert tok.chat_template == "{{ messages[0].content }}"
    assert tok.convert_tokens_to_ids("newĊ") == 6, "a text that is not in the byte alphabet is written in it"


def test_beginning_and_end_as_the_file_says() -> None:
    assert load(add_bos_token=True).encode("hi") == [0, 4]
    assert load(add_bos_token=True, add_eos_token=True).encode("hi", "hi") == [0, 4, 1, 0, 4, 1]
    assert load(pre="llama-bpe").encode("hi") == [0, 4]
    assert load(pre="llama-bpe", add_bos_token=False).encode("hi") == [4]


def test_what_is_not_known_is_named() -> None:
    with pytest.raises(UnsupportedError, match=r"small.gguf: the split 'afmoe' .* known are a\.x-4\.0, bailingmoe"):
        load(pre="afmoe")
    with pytest.raises(UnsupportedError, match=r"model 'rwkv' is none of"):
        load(model="rwkv")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, "has no tokenizer"),
        ({"tokens": None}, "has no tokens"),
        ({"token_type": [1]}, "8 tokens and 1 token types"),
        ({"merges": None}, "needs merges"),
        ({"bos_token_id": 99}, "bos_token_id: expected an id below 8, found 99"),
        ({"model": "llama", "merges": None}, "need as many scores"),
    ],
)
def test_broken_metadata_is_described(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load(**changes)


def test_a_model_that_people_use(shared_data: Path, smollm2_path: Path) -> None:
    tok = TokenizersBackend.from_pretrained(smollm2_path.parent, gguf_file=smollm2_path.name)
    cases = json.loads((shared_data / "models" / "SmolLM2-135M-Instruct" / "expected.json").read_text("utf-8"))["cases"]
    for case in cases:
        chat = [{"role": "user", "content": case["message"]}]
        assert tok.apply_chat_template(chat, add_generation_prompt=True)["input_ids"] == case["prompt_ids"]
