from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from lexel.auto import AutoTokenizer
from lexel.serving import demo
from lexel.serving.demo import TINY_MODEL, find_model

SIZE_LIMIT_BYTES = 1 << 20


def shown(path: Path, **options: object) -> tuple[int, str]:
    pytest.importorskip("torch").set_num_threads(1)
    screen = io.StringIO()
    code = demo.run(path, texts=200, console=Console(file=screen, width=100), **options)  # type: ignore[arg-type]
    return code, screen.getvalue()


@pytest.mark.torch
def test_the_demo_runs_and_says_which_model() -> None:
    code, screen = shown(TINY_MODEL)
    assert code == 0
    assert "the tiny model of this project" in screen
    assert "10 checks passed" in screen
    assert "✗" not in screen
    assert "\x1b" not in screen  # no colours where there is no terminal


@pytest.mark.torch
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who bakes the bread?", "Bram the badger bakes the bread."),
        ("Where does Oda live?", "Oda lives under the wooden bridge."),
        ("Hello!", "Hello! I am glad to see you. Shall I tell you a story?"),
    ],
)
def test_the_tiny_model_knows_its_village(question: str, answer: str) -> None:
    code, screen = shown(TINY_MODEL, question=question)
    assert code == 0
    assert answer in screen


@pytest.mark.torch
def test_a_failed_check_fails_the_run(tmp_path: Path) -> None:
    broken = tmp_path / "model"
    shutil.copytree(TINY_MODEL, broken)
    content = json.loads((broken / "tokenizer.json").read_text("utf-8"))
    content["decoder"] = None  # ids no longer decode to their text
    (broken / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    code, screen = shown(broken)
    assert code == 1
    assert "✗ the ids give the sentence back" in screen


def test_without_the_real_model_the_tiny_one_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_CACHE", Path("nowhere"))
    monkeypatch.setattr(demo, "_PACKAGE", "no_such_package")
    monkeypatch.chdir(tmp_path)
    assert find_model().path == TINY_MODEL


def test_the_real_model_is_found_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / demo._CACHE
    file.parent.mkdir(parents=True)
    file.touch()
    assert find_model().name == "SmolLM2-135M-Instruct"
    assert find_model().path == file


def test_the_tiny_model_is_small_and_complete() -> None:
    assert sum(file.stat().st_size for file in TINY_MODEL.iterdir()) < SIZE_LIMIT_BYTES
    tok = AutoTokenizer.from_pretrained(TINY_MODEL)
    assert tok.eos_token == "<|im_end|>"
    chat = [{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello!"}]
    batch = tok.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    answer = [id for id, mine in zip(batch["input_ids"], batch["assistant_masks"], strict=True) if mine]
    assert tok.decode(answer) == "Hello!<|im_end|>"
