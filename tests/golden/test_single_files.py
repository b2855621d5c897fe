"""Every single file of the shared data opens by its bytes, and gives what its own reference gives; others say what
they are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import data_folder

from lexel import FormatError, Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Which golden file a file of that name (or ending) belongs to, and how it is called there. `{stem}`: the name without
# its ending; `{folder}`: that of its folder.
PLAIN = {"add_special_tokens": False}
REFERENCES: list[tuple[str, str, str, dict[str, Any]]] = [
    # ending, golden file, column, arguments of the call
    ("tokenizer.json", "tokenizers", "ids", PLAIN),
    (".gguf", "tokenizers", "ids", PLAIN),
    ("vocab.txt", "tokenizers", "ids", PLAIN),
    ("vocab.txt", "tokenizers", "ids_special", {}),
    ("vocab.json", "tokenizers", "ids", PLAIN),
    ("vocab.json", "tokenizers", "ids_special", {}),
    ("vocab.json", "transformers.OpenAIGPTTokenizer", "ids", {}),
    ("vocab.json", "transformers.MarianTokenizer", "ids", {}),
    ("merges.txt", "tokenizers", "ids", PLAIN),
    ("merges.txt", "transformers.OpenAIGPTTokenizer", "ids", {}),
    (".spm", "sentencepiece.{stem}", "ids", {}),
    (".model", "sentencepiece", "ids", {}),
    (".model", "sentencepiece.{stem}", "ids", {}),
    (".model", "tiktoken.{folder}", "ids", {}),
    (".model", "tiktoken.{folder}", "ids_special", {"split_special_tokens": False}),
    (".model.v7", "mistral_common", "ids", {}),
    ("tekken.json", "mistral_common", "ids", {}),
    (".tiktoken", "tiktoken.{stem}", "ids", {}),
    (".tiktoken", "tiktoken.{stem}", "ids_special", {"split_special_tokens": False}),
]
# What lies beside them and is no tokenizer.
OTHERS = ("config.json", "special_tokens_map.json", "added_tokens.json", "normalizer.json", ".jinja", "SOURCE.md")


def files() -> list[Path]:
    folder = data_folder() / "tokenizers"
    return sorted(path for path in folder.glob("*/*") if not path.name.startswith(("golden.", "SOURCE.md")))


def references(path: Path) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Yield the golden files of a file, with the column and the arguments of the call."""
    stem = path.name.split(".")[0]
    for ending, name, column, call in REFERENCES:
        golden = path.with_name(f"golden.{name.format(stem=stem, folder=path.parent.name)}.jsonl")
        if path.name.endswith(ending) and golden.is_file():
            yield golden, column, call


def cases(golden: Path, inputs: dict[str, Any], column: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for line in golden.read_text("utf-8").splitlines():
        case = inputs[json.loads(line)["id"]] | json.loads(line)
        if column in case:
            pair = (case["text_pair"],) if "text_pair" in case else ()
            yield (case["text"], *pair), case


@pytest.fixture(scope="module")
def inputs(shared_data: Path) -> dict[str, Any]:
    lines = (shared_data / "inputs.jsonl").read_text("utf-8").splitlines()
    return {case["id"]: case for case in map(json.loads, lines)}


def is_other(path: Path) -> bool:
    return path.name.endswith(OTHERS) or path.name.startswith("encoding.")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", [path for path in files() if is_other(path)], ids=name_of)
def test_what_is_no_tokenizer_says_what_it_is(path: Path) -> None:
    with pytest.raises(FormatError, match=r" is (a|an|the) "):
        Tokenizer.from_file(path)


@pytest.mark.parametrize("path", [path for path in files() if not is_other(path)], ids=name_of)
def test_a_single_file_gives_what_its_reference_gives(path: Path, inputs: dict[str, Any]) -> None:
    tok = Tokenizer.from_file(path)
    assert getattr(tok, "engine", "native") == "native"
    seen = 0
    for golden, column, call in references(path):
        wrong = []
        for texts, case in cases(golden, inputs, column):
            if "golden.tokenizers" in golden.name:  # with what the pipeline states of truncation and padding
                found = tok.backend_tokenizer.encode(*texts, **call).ids
            else:
                found = tok(*texts, **call)["input_ids"]
            seen += 1
            if found != case[column]:
                wrong.append((case["id"], found[:20], case[column][:20]))
        assert wrong[:5] == [], f"{len(wrong)} cases of {golden.name}, {column}"
    assert seen > 100
