"""Files that claim more than they hold, and folders that point outside: refused, in little memory and time."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.property.file_formats import FORMATS, tokenizer_json
from tests.unit import gguf_files as gguf

from lexel import AutoTokenizer, Tokenizer
from lexel.errors import FormatError, LexelError, LoadError

if TYPE_CHECKING:
    from pathlib import Path

HUGE = (1 << 60, (1 << 63) - 1, (1 << 64) - 1)

# Opens a file with at most 300 MB more than the interpreter has, and 20 seconds.
OPEN = """
import resource, sys
from lexel import Tokenizer
from lexel.errors import LexelError
import lexel.converters.gguf, lexel.converters.bare, lexel.converters.spm, lexel.backends.tokenizers
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000, used + 300_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
for path in sys.argv[1:]:
    try:
        Tokenizer.from_file(path)
    except LexelError as error:
        print(type(error).__name__, str(error)[:200])
    else:
        print("opened")
"""


def claims() -> dict[str, bytes]:
    """Return files that say they hold what no machine does."""
    files: dict[str, bytes] = {}
    for count in HUGE:
        files[f"tensors-{count}.gguf"] = struct.pack("<4sIQQ", b"GGUF", 3, count, 0) + bytes(64)
        files[f"keys-{count}.gguf"] = struct.pack("<4sIQQ", b"GGUF", 3, 0, count) + bytes(64)
        key = gguf.string("tokenizer.ggml.tokens")
        head = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + key
        files[f"strings-{count}.gguf"] = head + struct.pack("<IIQ", gguf.ARRAY, gguf.STRING, count) + bytes(64)
        files[f"numbers-{count}.gguf"] = head + struct.pack("<IIQ", gguf.ARRAY, gguf.U8, count) + bytes(64)
        files[f"text-{count}.gguf"] = head + struct.pack("<IQ", gguf.STRING, count) + bytes(64)
        length = _varint(count)
        files[f"piece-{count}.model"] = b"\n" + length + b"\n\x05<unk>"
        files[f"inner-{count}.model"] = b"\n\x0e\n" + length + b"<unk>\x15\x00\x00\x00\x00\x18\x02"
        files[f"behind-{count}.model"] = FORMATS["tokenizer.model"]() + b"\x12" + length
        files[f"id-{count}.tiktoken"] = b"YQ== %d\n" % count
        files[f"id-{count}.json"] = json.dumps({"a": count, "b": 0}).encode()
    files["nested.gguf"] = (
        struct.pack("<4sIQQ", b"GGUF", 3, 0, 1)
        + gguf.string("a")
        + struct.pack("<I", gguf.ARRAY)
        + b"\x09\x00\x00\x00\x01"
        + bytes(7)
    ) * 500
    files["deep.json"] = b'{"model": ' * 200_000
    files["lists.json"] = b'{"model": {"type": "BPE", "vocab": {}, "merges": ' + b"[" * 200_000
    files["digits.json"] = b'{"a": 0, "b": ' + b"9" * 100_000 + b"}"
    files["digits.tiktoken"] = b"YQ== " + b"9" * 100_000 + b"\n"
    files["line.txt"] = b"a" * 5_000_000
    files["key.json"] = b'{"' + b"\\\\" * 2_000_000
    return files


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set as Linux has them")
def test_what_a_file_claims_is_not_believed(tmp_path: Path) -> None:
    paths = []
    for name, content in claims().items():
        (tmp_path / name).write_bytes(content)
        paths.append(str(tmp_path / name))
    made = subprocess.run(
        [sys.executable, "-c", OPEN, *paths], capture_output=True, text=True, timeout=120, check=False
    )
    answers = made.stdout.splitlines()
    assert made.returncode == 0, (answers[-1:], made.stderr[-2000:])
    refused = dict(zip(claims(), answers, strict=True))
    assert {name: answer for name, answer in refused.items() if answer == "opened"} == {}


def folder_with(tmp_path: Path, **settings: object) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes(tokenizer_json())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def test_names_inside_a_configuration_open_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(b'{"<secret>": 0}')
    names = (
        "vocab_file",
        "merges_file",
        "tokenizer_file",
        "special_tokens_map_file",
        "spm_file",
        "source_spm",
        "vocab",
    )
    folder = folder_with(tmp_path, **dict.fromkeys(names, "../secret.json"), tokenizer_class="PreTrainedTokenizerFast")
    tok = AutoTokenizer.from_pretrained(folder)
    assert "<secret>" not in tok.get_vocab()


@pytest.mark.parametrize(
    "name", ["../secret.json", "/etc/passwd", "tokenizer.../../secret.json", "a/../../secret.json"]
)
def test_versions_of_the_pipeline_are_in_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.json").write_bytes(tokenizer_json().replace(b"<s>", b"<x>"))
    folder = folder_with(tmp_path, fast_tokenizer_files=[name])
    assert "<x>" not in AutoTokenizer.from_pretrained(folder).get_vocab()


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/b", "..", "", "a\x00b", "a" * 5000])
def test_templates_are_not_written_outside(tmp_path: Path, name: str) -> None:
    templates = [{"name": "default", "template": "a"}, {"name": name, "template": "b"}]
    folder = folder_with(tmp_path, chat_template=templates)
    tok = AutoTokenizer.from_pretrained(folder)
    before = sorted(path for path in tmp_path.rglob("*") if folder not in path.parents)
    target = tmp_path / "saved"
    with contextlib.suppress(LexelError, ValueError):
        tok.save_pretrained(target)
    after = sorted(path for path in tmp_path.rglob("*") if not {folder, target} & {path, *path.parents})
    assert after == [path for path in before if path != folder]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
def test_links_in_a_circle_and_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "circle.json").symlink_to(tmp_path / "circle.json")
    (tmp_path / "nothing.json").symlink_to(tmp_path / "nowhere")
    for name in ("circle.json", "nothing.json"):
        with pytest.raises(LoadError, match="cannot be read"):
            Tokenizer.from_file(tmp_path / name)
    folder = folder_with(tmp_path)
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").symlink_to(folder / "tokenizer.json")
    with pytest.raises(LexelError):
        AutoTokenizer.from_pretrained(folder)


def test_a_template_that_is_a_folder_is_none(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "chat_template.jinja").mkdir()
    (folder / "additional_chat_templates" / "x.jinja").mkdir(parents=True)
    assert AutoTokenizer.from_pretrained(folder).chat_template is None


def test_a_refused_file_leaves_no_state(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    tok = AutoTokenizer.from_pretrained(folder)
    before = sorted((path, path.read_bytes()) for path in folder.iterdir())
    (tmp_path / "broken.json").write_bytes(tokenizer_json()[:-20])
    with pytest.raises(FormatError):
        Tokenizer.from_file(tmp_path / "broken.json")
    assert tok.encode("the") == AutoTokenizer.from_pretrained(folder).encode("the")
    assert sorted((path, path.read_bytes()) for path in folder.iterdir()) == before
