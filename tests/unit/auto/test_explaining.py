from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lexel import AutoTokenizer, GPT2Tokenizer, LoadError, TokenizersBackend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_every_step_is_said(configure: Callable[..., Path]) -> None:
    folder = configure(tokenizer_class="LlamaTokenizer", add_prefix_space=True, do_lower_case=True)
    (folder / "model.safetensors").write_bytes(b"")
    made = AutoTokenizer.explain(folder, add_prefix_space=False, model_max_length=5)
    assert made.tokenizer_class is TokenizersBackend
    assert (made.class_name, made.backend, made.engine, made.engine_reason, made.commit, made.problem) == (
        *("TokenizersBackend", "tokenizers", "native"),
        *(None, None, None),
    )
    assert made.files_seen == ("model.safetensors", "tokenizer.json", "tokenizer_config.json")
    assert made.files_read == ("tokenizer_config.json", "tokenizer.json")
    assert made.steps == (
        "tokenizer_config.json declares LlamaTokenizer",
        "but the pipeline is byte-level, which LlamaTokenizer is not",
        "the generic class runs the pipeline as it is stated",
        "tokenizer.json states the pipeline: it is loaded as it is",
    )
    assert made.flags_applied == ("add_prefix_space=False: changes stages of the pipeline", "model_max_length=5")
    assert made.flags_ignored == (
        "do_lower_case=True of tokenizer_config.json: the tokenizer.json states the pipeline",
    )
    assert str(made) == "\n".join(
        [
            f"tokenizer: {folder}",
            "files seen: model.safetensors, tokenizer.json, tokenizer_config.json",
            "files read: tokenizer_config.json, tokenizer.json",
            "steps:",
            *(f"  {number}. {step}" for number, step in enumerate(made.steps, 1)),
            "class: TokenizersBackend",
            "runs on: backend tokenizers, engine native",
            "settings you passed:",
            *(f"  {number}. {flag}" for number, flag in enumerate(made.flags_applied, 1)),
            f"settings of the files that say nothing: {made.flags_ignored[0]}",
        ]
    )
    assert "<td" in made._repr_html_()
    assert "model.safetensors" in made._repr_html_()


def test_nothing_is_changed(configure: Callable[..., Path]) -> None:
    folder = configure(tokenizer_class="GPT2Tokenizer")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    arguments = {"add_prefix_space": True, "extra_special_tokens": ["<x>"]}
    kept = dict(arguments)
    assert AutoTokenizer.explain(folder, **arguments).tokenizer_class is GPT2Tokenizer
    assert arguments == kept
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == before


def test_what_goes_wrong_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    made = AutoTokenizer.explain(folder)
    assert made.engine is None
    assert made.problem is not None
    assert made.problem.startswith("FormatError: ")
    assert "tokenizer.json" in made.problem
    (folder / "tokenizer_config.json").write_text("{")
    assert "is not JSON" in str(AutoTokenizer.explain(folder))
    with pytest.raises(LoadError):
        AutoTokenizer.explain(tmp_path / "nowhere")


def test_why_the_library_runs_it_is_said(folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text("utf-8")
    split = '{"type": "Split", "pattern": {"Regex": "(a)\\\\1"}, "behavior": "Isolated", "invert": false}'
    start = text.index('"pre_tokenizer"')
    end = text.index('"post_processor"')
    (folder / "tokenizer.json").write_text(f'{text[:start]}"pre_tokenizer": {split}, {text[end:]}', "utf-8")
    made = AutoTokenizer.explain(folder)
    assert made.problem is None
    assert made.engine == "tokenizers"
    assert made.engine_reason
    assert made.engine_reason in str(made)
