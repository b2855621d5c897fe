"""What is local is loaded without the network: an audit hook of a process of its own sees every socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lexel import BertTokenizer, GPT2Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

WATCHED = """
import json, os, sys

seen = []

def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        seen.append((event, str(arguments[1:])))

sys.addaudithook(hook)
from lexel import AutoTokenizer, Tokenizer

asked = json.loads(sys.argv[1])
found = {}
for name, (path, options) in asked.items():
    if name == "HF_HUB_OFFLINE":
        os.environ[name] = "1"
    before = len(seen)
    try:
        made = AutoTokenizer.from_pretrained(path, **options)
        AutoTokenizer.explain(path, **options)
        outcome = type(made).__name__
        if os.path.isdir(path):
            made.save_pretrained(os.path.join(path, "saved"))
    except OSError as error:
        outcome = type(error).__name__
    found[name] = (outcome, seen[before:])
try:
    # The hook sees what it should see.
    import socket
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError:
    pass
print(json.dumps({"found": found, "sees": len(seen) > 0}))
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """A folder of every kind."""
    tok = GPT2Tokenizer().train_new_from_iterator(["the quick brown fox"], 270)
    made = {
        name: tmp_path / name for name in ("saved", "bare", "pairs", "words", "code", "mistral", "nothing", "typed")
    }
    for folder in made.values():
        folder.mkdir()
    tok.chat_template = "T"
    tok.save_pretrained(made["saved"])
    for name in ("bare", "code", "mistral", "typed"):
        tok.backend_tokenizer.save(made[name] / "tokenizer.json")
    tok.save_vocabulary(str(made["pairs"]))
    (made["pairs"] / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    BertTokenizer().train_new_from_iterator(["the quick brown fox"], 60).save_vocabulary(str(made["words"]))
    (made["words"] / "config.json").write_text('{"model_type": "bert"}')
    (made["code"] / "own.py").write_text("from lexel import GPT2Tokenizer\nclass Own(GPT2Tokenizer):\n    pass\n")
    (made["code"] / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": [null, "own.Own"]}}')
    (made["mistral"] / "config.json").write_text('{"model_type": "mistral", "vocab_size": 200000}')
    (made["typed"] / "config.json").write_text('{"model_type": "qwen2", "_name_or_path": "owner/name"}')
    snapshot = tmp_path / "cache" / "models--owner--name" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    tok.save_pretrained(snapshot)
    (tmp_path / "cache" / "models--owner--name" / "refs").mkdir()
    (tmp_path / "cache" / "models--owner--name" / "refs" / "main").write_text(COMMIT)
    return made


def test_what_is_local_makes_no_request(folders: dict[str, Path], tmp_path: Path) -> None:
    cache = {"cache_dir": str(tmp_path / "cache")}
    asked = {
        **{name: (str(path), {}) for name, path in folders.items()},
        "code, run": (str(folders["code"]), {"trust_remote_code": True}),
        "a file": (str(folders["bare"] / "tokenizer.json"), {}),
        "not there": (str(tmp_path / "not-there"), {}),
        "cached": ("owner/name", {"local_files_only": True, **cache}),
        "cached, at its commit": ("owner/name", {"revision": COMMIT, "local_files_only": True, **cache}),
        "not cached": ("owner/other", {"local_files_only": True, **cache}),
        "HF_HUB_OFFLINE": ("owner/name", cache),
        "HF_HUB_OFFLINE, not cached": ("owner/other", cache),
    }
    run = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps(asked)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["sees"]
    assert {name: seen for name, (_, seen) in result["found"].items() if seen} == {}
    failed = {name for name, (outcome, _) in result["found"].items() if outcome == "LoadError"}
    assert failed == {"nothing", "not there", "not cached", "HF_HUB_OFFLINE, not cached"}
    assert result["found"]["code, run"][0] == "Own"
