from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from lexel import FormatError, LoadError
from lexel.converters import FileFormat, detect

if TYPE_CHECKING:
    from pathlib import Path

RANKS = "".join(f"{base64.b64encode(bytes([index])).decode()} {index}\n" for index in range(256))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"GGUF\x03\x00\x00\x00", FileFormat.GGUF),
        (b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02", FileFormat.SENTENCEPIECE),
        (json.dumps({"version": "1.0", "model": {"type": "BPE"}}).encode(), FileFormat.TOKENIZER_JSON),
        (b"\xef\xbb\xbf" + b' {"model": {}}', FileFormat.TOKENIZER_JSON),
        (json.dumps({"config": {}, "vocab": [{"rank": 0}]}).encode(), FileFormat.TEKKEN),
        (json.dumps({"a": 0, "model": 1}).encode(), FileFormat.VOCAB_JSON),
        (RANKS.encode(), FileFormat.TIKTOKEN),
        (b"#version: 0.2\na b\n", FileFormat.MERGES),
        ("Ġ t\nh e\n".encode(), FileFormat.MERGES),
        (b"[PAD]\n[UNK]\nhello\n", FileFormat.VOCAB_TXT),
        ("日本\n語\n".encode() * 20_000, FileFormat.VOCAB_TXT),
    ],
)
def test_the_bytes_tell_the_format_whatever_the_name(content: bytes, expected: FileFormat, tmp_path: Path) -> None:
    path = tmp_path / "some.thing"
    path.write_bytes(content)
    assert detect(path) is expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"{", "begins like JSON and is none"),
        (b'{"weights": [1]}', r"its keys are \['weights'\]"),
        (b"\x80\x04\x95", "of no vocabulary format"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    ],
)
def test_other_bytes_are_described(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        detect(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be read"):
        detect(tmp_path / "nowhere")


def test_real_files(shared_data: Path) -> None:
    folder = shared_data / "tokenizers"
    expected = {
        "llama-2/tokenizer.model": FileFormat.SENTENCEPIECE,
        "t5/spiece.model": FileFormat.SENTENCEPIECE,
        "deberta-v3/spm.model": FileFormat.SENTENCEPIECE,
        "sentencepiece-test/test_model.model": FileFormat.SENTENCEPIECE,
        "mistral-v7/tokenizer.model.v7": FileFormat.SENTENCEPIECE,
        "llama-3/tokenizer.model": FileFormat.TIKTOKEN,
        "qwen2.5/qwen.tiktoken": FileFormat.TIKTOKEN,
        "kimi-k2/tiktoken.model": FileFormat.TIKTOKEN,
        "cl100k_base/cl100k_base.tiktoken": FileFormat.TIKTOKEN,
        "tekken-240911/tekken.json": FileFormat.TEKKEN,
        "gpt2/vocab.json": FileFormat.VOCAB_JSON,
        "gpt2/merges.txt": FileFormat.MERGES,
        "openai-gpt/merges.txt": FileFormat.MERGES,
        "bert-base-uncased/vocab.txt": FileFormat.VOCAB_TXT,
        "bert-base-uncased/tokenizer.json": FileFormat.TOKENIZER_JSON,
        "xlm-roberta/tokenizer.json": FileFormat.TOKENIZER_JSON,
        "gguf-gpt-2/ggml-vocab-gpt-2.gguf": FileFormat.GGUF,
    }
    assert {name: detect(folder / name) for name in expected} == expected
