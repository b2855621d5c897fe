"""Every folder of the shared data opens through `AutoTokenizer`, and agrees with what its references said.

Folders with a `tokenizer.json` are compared, column by column, in the other tests of this folder; here are those
without: SentencePiece models, ranks of tiktoken, GGUF files, a `tekken.json` and bare vocabularies.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import data_folder
from tests.golden.golden_files import folder_of, read

import lexel
from lexel import AutoTokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.golden.golden_files import Case

    from lexel import Tokenizer

FOLDERS = sorted(path.name for path in (data_folder() / "tokenizers").glob("*") if path.is_dir())
# Folders of two tokenizers: their files open with `from_file`, and the folder is the one named here.
OF_TWO = {"sentencepiece-test": "sentencepiece.test_ja_model", "o200k": "tiktoken.o200k_harmony"}
# A reference of a part of the tokenizer only.
OF_A_PART = {"sentencepiece.source", "sentencepiece.target"}
BARE = {"add_special_tokens": False, "split_special_tokens": True}


def goldens() -> list[tuple[str, str]]:
    """Return the folders without a pipeline and their golden files."""
    found = []
    for folder in FOLDERS:
        if (folder_of(folder) / "tokenizer.json").is_file():
            continue
        for path in sorted(folder_of(folder).glob("golden.*.jsonl")):
            name = path.name.removeprefix("golden.").removesuffix(".jsonl")
            if "chat" not in name and name not in OF_A_PART and OF_TWO.get(folder, name) == name:
                found.append((folder, name))
    return found


def columns(reference: str) -> dict[str, dict[str, Any]]:
    """Return the columns of ids, and how a call gives them."""
    kind = reference.partition(".")[0]
    if kind == "transformers":
        return {"ids": {}, "ids_no_special": {"add_special_tokens": False}}
    if kind == "tiktoken":
        return {"ids": BARE, "ids_special": {"add_special_tokens": False, "split_special_tokens": False}}
    return {"ids": BARE}


def open_folder(folder: str, reference: str) -> Tokenizer:
    """Open a folder as its reference did: with the class it names, where it names one."""
    kind = AutoTokenizer if not reference.startswith("transformers.") else getattr(lexel, reference.partition(".")[2])
    made: Tokenizer = kind.from_pretrained(folder_of(folder))
    return made


def wrong(tok: Tokenizer, case: Case, reference: str) -> dict[str, Any]:
    """Return what differs, ours and theirs."""
    texts = (case["text"], case["text_pair"]) if "text_pair" in case else (case["text"],)
    found = {name: tok(*texts, **options)["input_ids"] for name, options in columns(reference).items() if name in case}
    if "decoded" in case:
        found["decoded"] = tok.decode(case["ids"])
    if "decoded_eq_text" in case:
        found["decoded_eq_text"] = tok.decode(case["ids"]) == case["text"]
    if "token_type_ids" in case:
        found["token_type_ids"] = tok(*texts)["token_type_ids"]
    return {name: (value, case[name]) for name, value in found.items() if value != case[name]}


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_opens(shared_data: Any, folder: str) -> None:
    explained = AutoTokenizer.explain(folder_of(folder))
    assert explained.problem is None
    assert explained.tokenizer_class is not None
    assert explained.engine in ("native", "custom")


@pytest.mark.parametrize(("folder", "reference"), goldens())
def test_it_agrees_with_its_reference(
    shared_data: Any, folder: str, reference: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    tok = open_folder(folder, reference)
    cases = read(folder, reference)
    assert len(cases) > 140
    found = {case["id"]: differs for case in cases if (differs := wrong(tok, case, reference))}
    assert found == {}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def by_size() -> list[Any]:
    """Return the folders; the large ones take their time."""
    sizes = {
        name: sum(path.stat().st_size for path in folder_of(name).iterdir() if "golden" not in path.name)
        for name in FOLDERS
    }
    return [pytest.param(name, marks=[pytest.mark.slow] if size > 3_000_000 else []) for name, size in sizes.items()]


@pytest.mark.parametrize("folder", by_size())
def test_what_is_saved_twice_is_saved_alike(shared_data: Any, folder: str, tmp_path: Path) -> None:
    toks = [AutoTokenizer.from_pretrained(folder_of(folder))]
    for name in ("first", "second"):
        toks[-1].save_pretrained(tmp_path / name)
        toks.append(AutoTokenizer.from_pretrained(tmp_path / name))
    assert content(tmp_path / "first") == content(tmp_path / "second")
    texts = ["Hello world, it's me!  x\n\n", "naïve café 日本語 😀 <s> </s> <|endoftext|> [MASK]<mask>"]
    said = [(tok(texts)["input_ids"], type(tok), tok.special_tokens_map, tok.split_special_tokens) for tok in toks]
    assert said[0] == said[1] == said[2]
