from __future__ import annotations

import base64
import json
import os
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
        # Fields in another order, a piece that is longer than a byte can say, a file cut short.
        (b"\x12\x02\x18\x01\x1a\x03\n\x01x\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02", FileFormat.SENTENCEPIECE),
        (b"\n\xd0\x01\n\xc8\x01" + b"a" * 200 + b"\x15\x00\x00\x80?", FileFormat.SENTENCEPIECE),
        (b"\n\x0a\x15\x00\x00\x80?\n\x03abc", FileFormat.SENTENCEPIECE),
        (b"\n\x0c\n\x05<unk>", FileFormat.SENTENCEPIECE),
        (RANKS.replace("\n", "\r\n").encode(), FileFormat.TIKTOKEN),
        (RANKS.replace("\n", "\r").encode(), FileFormat.TIKTOKEN),
        (b"\n\n" + RANKS.replace(" ", "\t").encode(), FileFormat.TIKTOKEN),
        (b"\xef\xbb\xbf#version: 0.2\r\na b\r\n", FileFormat.MERGES),
        (b'{ "\n{ }\n( )\n', FileFormat.MERGES),
        (b"{\n}\n[UNK]\n##s\n", FileFormat.VOCAB_TXT),
        (b"[UNK]\r\n##s\r\n", FileFormat.VOCAB_TXT),
        (b"\n##s\n[UNK]\n", FileFormat.VOCAB_TXT),
        (b'{"vocab": [{"token_bytes": "AA==", "rank": 0}], "config": {}}', FileFormat.TEKKEN),
        (
            b'{"special_tokens": [{"rank": 0, "token_str": "]}"}], "config": {"a": [{}]}, "vocab": []}',
            FileFormat.TEKKEN,
        ),
        (b'{"added_tokens": [], "model" : {"vocab": {}}}', FileFormat.TOKENIZER_JSON),
        (b'{"\\"": 0, "model": 1, "}": 2}', FileFormat.VOCAB_JSON),
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
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"\x1f\x8b\x08\x00", "compressed with gzip"),
        (b"PK\x03\x04\x00", "is a zip archive"),
        (b"\x80\x02}q\x00", "is a Python pickle"),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00{}", "is a safetensors file"),
        (b'\x0e\x00\x00\x00\x00\x00\x00\x00{"a": {"x": 0}}', "is a safetensors file"),
        (b"tjgg\x03\x00\x00\x00", "GGML file of the time before GGUF"),
        (b"<!DOCTYPE html><html>not found</html>", "is a web page"),
        (b"\n<html><body>not found", "is a web page"),
        (b"<?xml version='1.0'?><Error>", "is an XML document"),
        ('{"a": 0}'.encode("utf-16"), "text in UTF-16"),
        ('{"a": 0}'.encode("utf-16-le"), "text in UTF-16"),
        ('{"a": 0}'.encode("utf-32"), "text in UTF-32"),
        (b"\xd0Caf\xe9\n", "is not UTF-8 text"),
        (b"a\x00b\n", "control character"),
        (b'["a", "b"]', "is a JSON list"),
        (b'{"bos_token": "<s>", "eos_token": {"content": "</s>"}}', "is a special_tokens_map.json"),
        (b'{"model_max_length": 512}', "is a tokenizer_config.json"),
        (b'{"model_type": "gpt2", "vocab_size": 3}', "is the config.json of a model"),
        (b'{"weight_map": {}}', "is the index of a model's weights"),
        (b'{"chat_template": "{{ x }}"}', "is a chat_template.json"),
        (b'{"name": "x", "pat_str": "a", "special_tokens": {}}', "is the description of a tiktoken encoding"),
        (b'{"colour": "color"}', "is a table from text to text"),
        (b'{"a": 0, "b": }', "begins like JSON and is none"),
        (b'{"a": "b', "begins like JSON and is none"),
        (b'{"a": {"b": [}', "begins like JSON and is none"),
        (b"<unk>\t0\n,\t-3.46\n", "the readable list beside a sentencepiece model"),
        (b"t h 1234\nth e 99\n", "a list of fastBPE codes"),
        (b"the 1234\nof 99\n", "a dictionary of fairseq"),
        (b"{{- bos_token }}\n{%- for message in messages %}\n", "is a chat template"),
        (b"This is a text\nof many words\n", "goes on as other text does"),
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


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"is a folder; load it with Tokenizer\.from_pretrained"):
        detect(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(LoadError, match="is no file but a pipe"):
            detect(tmp_path / "pipe")


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.write(b'{"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": {"a": 0}')
        file.truncate(1 << 32)  # sparse: four gigabytes that are not there
    assert detect(path) is FileFormat.TOKENIZER_JSON


def test_deep_nesting_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b', "model": {"type": "BPE"}}')
    assert detect(path) is FileFormat.TOKENIZER_JSON
    path.write_bytes(b'{"a": ' + b'{"b":' * 200_000)
    with pytest.raises(FormatError, match="does not end"):
        detect(path)


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
