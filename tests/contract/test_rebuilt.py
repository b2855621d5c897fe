"""A class and the vocabulary of a `tokenizer.json` make the tokenizer that the reference makes of the two.

The vocabulary, merges, added tokens and character map are taken out of a file and handed to the constructor, which is
how the reference loads every folder. What it said of our input list is in the golden files.
"""

from __future__ import annotations

import json
from base64 import b64decode
from functools import lru_cache
from typing import Any

import pytest
from tests.golden.golden_files import families, folder_of, read

import lexel
from lexel import AddedToken
from lexel.families import MODULES
from lexel.tokenizer.special_tokens import NAMED

GOLDEN = "transformers.*"
# Files whose golden is of the generic class, and the class that has their pipeline.
OF_THE_SAME_FORM = {
    "bert-base-uncased": "BertTokenizer",
    "gpt2": "GPT2Tokenizer",
    "roberta-base": "RobertaTokenizer",
    "gpt-neox-20b": "GPTNeoXTokenizer",
    "xlm-roberta": "XLMRobertaTokenizer",
    "xlnet-base-cased": "XLNetTokenizer",
}


def rebuildable() -> list[Any]:
    """Return folders and the classes that have their pipeline; large vocabularies among the slow tests."""
    found = []
    for family in families(GOLDEN):
        (path,) = folder_of(family).glob(f"golden.{GOLDEN}.jsonl")
        name = OF_THE_SAME_FORM.get(family, path.name.split(".")[2])
        if name in MODULES:
            size = (folder_of(family) / "tokenizer.json").stat().st_size
            found.append(pytest.param(family, name, marks=pytest.mark.slow if size > 6 << 20 else ()))
    return found


def parts(family: str) -> dict[str, Any]:
    """Return what a constructor takes, out of a folder's files."""
    content = json.loads((folder_of(family) / "tokenizer.json").read_bytes())
    model = content["model"]
    vocab = model["vocab"]
    made: dict[str, Any] = {"vocab": [tuple(entry) for entry in vocab] if isinstance(vocab, list) else vocab}
    if "merges" in model:
        made["merges"] = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in model["merges"]]
    made["added_tokens_decoder"] = {
        token["id"]: AddedToken(**{key: value for key, value in token.items() if key != "id"})
        for token in content["added_tokens"]
    }
    charsmap = charsmap_of(content["normalizer"])
    if charsmap is not None:
        made["_spm_precompiled_charsmap"] = b64decode(charsmap)
    config = folder_of(family) / "tokenizer_config.json"
    if config.is_file():
        stated = json.loads(config.read_text("utf-8"))
        for name in (*NAMED, "legacy", "add_prefix_space", "add_bos_token", "add_eos_token"):
            value = stated.get(name)
            if value is not None:
                made[name] = value["content"] if isinstance(value, dict) else value
    return made


def charsmap_of(stage: Any) -> str | None:
    if stage is None:
        return None
    found = stage.get("precompiled_charsmap")
    inner = (charsmap_of(part) for part in stage.get("normalizers", ()))
    return found or next((one for one in inner if one is not None), None)


@lru_cache(maxsize=1)
def rebuilt(family: str, name: str) -> Any:
    return getattr(lexel, name)(**parts(family))


@pytest.mark.parametrize(("family", "name"), rebuildable())
def test_ids_are_those_of_the_reference(family: str, name: str) -> None:
    tok = rebuilt(family, name)
    wrong = []
    for case in read(family, GOLDEN):
        if "ids_no_special" not in case:
            continue
        plain = tok(case["text"], case.get("text_pair") or None, add_special_tokens=False)["input_ids"]
        decoded = tok.decode(case["ids"])
        if plain != case["ids_no_special"]:
            wrong.append((case["id"], plain, case["ids_no_special"]))
        elif decoded != case.get("decoded", decoded):
            wrong.append((case["id"], decoded, case["decoded"]))
    assert [entry[0] for entry in wrong] == [], wrong[:2]


@pytest.mark.parametrize(("family", "name"), rebuildable())
def test_settings_of_other_classes_change_nothing(family: str, name: str) -> None:
    """Whoever takes vocabularies out of files passes the settings of all classes to each."""
    if name.endswith("BertTokenizer"):
        pytest.skip("its own setting")
    tok = getattr(lexel, name)(**parts(family), do_lower_case=False, keep_accents=True)
    assert tok.backend_tokenizer.to_str() == rebuilt(family, name).backend_tokenizer.to_str()


@pytest.mark.parametrize(("family", "name"), rebuildable())
def test_a_rebuilt_tokenizer_is_saved_and_read(family: str, name: str, tmp_path: Any) -> None:
    tok = rebuilt(family, name)
    tok.save_pretrained(tmp_path)
    again = getattr(lexel, name).from_pretrained(tmp_path)
    for case in read(family, GOLDEN)[:40]:
        assert again(case["text"]) == tok(case["text"])
    assert again.all_special_tokens == tok.all_special_tokens
