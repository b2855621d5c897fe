"""The Python surface gives what the originals gave, whatever engine runs below.

Two originals are compared: the file itself, as the `tokenizers` library runs it, and the class that `transformers`
makes for the folder. Where these two disagree the class has rebuilt the pipeline of the file. Ours never does: there
the file's word counts.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest
from tests.golden.golden_files import Case, differs, families, folder_of, read, refused

import lexel

FILE = "tokenizers"
CLASS = "transformers.*"


def compare(family: str, actual: Case, expected: Case) -> list[str]:
    """Return what differs, for the message."""
    return [
        f"{expected['id']} {name}: {actual[name]!r:.300}, expected {value!r:.300}"
        for name, value in expected.items()
        if name in actual and differs(family, name, actual[name], value)
    ]


@pytest.mark.parametrize("family", families(FILE))
def test_a_file_alone(family: str) -> None:
    """`from_file`, with the limits the file states asked for: nothing but the call applies them."""
    path = folder_of(family) / "tokenizer.json"
    content = json.loads(path.read_bytes())
    tokenizer = lexel.Tokenizer.from_file(path)
    check_engine(tokenizer, content, refused().get(family), str(path))
    limits = stated_limits(content)
    wrong = []
    for case in read(family, FILE):
        texts = (case["text"], case.get("text_pair"))
        plain = tokenizer(*texts, add_special_tokens=False, return_offsets_mapping=True, **limits)
        special = tokenizer(*texts, return_token_type_ids=True, return_special_tokens_mask=True, **limits)
        decoded = tokenizer.decode(plain["input_ids"])
        skipped = tokenizer.decode(special["input_ids"], skip_special_tokens=True)
        actual = {
            "ids": plain["input_ids"],
            "tokens": plain.tokens(),
            "offsets": [list(span) for span in plain["offset_mapping"]],
            "word_ids": plain.word_ids(),
            "ids_special": special["input_ids"],
            "type_ids_special": special["token_type_ids"],
            "sequence_ids_special": special.sequence_ids(),
            "special_tokens_mask": special["special_tokens_mask"],
            "decoded": decoded,
            "decoded_eq_text": decoded == case["text"],
            "decoded_skip": skipped,
            "decoded_skip_eq_text": skipped == case["text"],
        }
        if case.get("text_pair") == "":
            # An empty second text is no second text to a call.
            actual = {name: actual[name] for name in ("ids", "decoded")}
        wrong += compare(family, actual, case)
    assert wrong == []


def check_engine(tokenizer: Any, content: Any, reason: str | None, path: str) -> None:
    """The tokenizer says on which engine it runs; what our engine does not compile is named with its place."""
    if reason is None:
        assert (tokenizer.engine, tokenizer.engine_reason) == ("native", None)
        return
    assert (tokenizer.engine, tokenizer.engine_reason) == ("tokenizers", reason)
    stage, _, what = reason.removeprefix(f"{path}: ").partition(": ")
    assert stage.split(".")[0] in content
    typeless = "type" not in content["model"] and 'a model without "type"' in what
    assert typeless or any(f'"{kind}"' in what for kind in kinds(content)), reason


def kinds(content: Any) -> set[str]:
    """Return every component type a file names."""
    if isinstance(content, list):
        return set().union(*map(kinds, content)) if content and isinstance(content[0], dict) else set()
    if not isinstance(content, dict):
        return set()
    named = {content["type"]} if isinstance(content.get("type"), str) else set()
    return named.union(*(kinds(value) for name, value in content.items() if name not in ("vocab", "merges")))


def stated_limits(content: Any) -> dict[str, Any]:
    """Return the truncation and padding of the file as arguments of a call."""
    cut, fill = content["truncation"], content["padding"]
    limits: dict[str, Any] = {}
    if cut is not None:
        assert (cut["strategy"], cut["stride"], cut["direction"]) == ("LongestFirst", 0, "Right")
        limits |= {"truncation": "longest_first", "max_length": cut["max_length"]}
    if fill is not None:
        fixed = isinstance(fill["strategy"], dict)
        limits |= {"padding": "max_length" if fixed else "longest", "pad_to_multiple_of": fill["pad_to_multiple_of"]}
        assert not fixed or fill["strategy"]["Fixed"] == limits["max_length"]
    return limits


def families_with_our_class() -> list[str]:
    """Return the families whose class, as the original chose it, is one of ours."""
    found = []
    for family in families(CLASS):
        (path,) = folder_of(family).glob(f"golden.{CLASS}.jsonl")
        if hasattr(lexel, path.name.split(".")[2]):
            found.append(family)
    return found


@lru_cache(maxsize=1)
def loaded(family: str) -> Any:
    return lexel.AutoTokenizer.from_pretrained(folder_of(family))


def test_smollm2_is_among_them(shared_data: Any) -> None:
    assert "smollm2" in families_with_our_class()
    tokenizer = lexel.Tokenizer.from_pretrained(shared_data / "tokenizers" / "smollm2")
    assert type(tokenizer) is type(loaded("smollm2")) is lexel.GPT2Tokenizer
    assert tokenizer.engine == "native"


@pytest.mark.parametrize("family", families_with_our_class())
def test_a_folder(family: str) -> None:
    """`AutoTokenizer.from_pretrained(folder)` against the class of `transformers`."""
    tokenizer = loaded(family)
    of_file = {case["id"]: case for case in read(family, FILE)}
    wrong, rebuilt = [], []
    for case in read(family, CLASS):
        texts = (case["text"], case.get("text_pair"))
        encoded = tokenizer(*texts)
        plain = tokenizer(*texts, add_special_tokens=False)["input_ids"]
        found = of_file[case["id"]]
        if "ids_no_special" in case and not same(case["ids_no_special"], found["ids"], tokenizer):
            rebuilt.append(case["id"])
            wrong += [] if same(plain, found["ids"], tokenizer) else compare(family, {"ids": plain}, found)
            continue
        if "text_pair" in case and case["text_pair"] and not same(case["ids"], found["ids_special"], tokenizer):
            rebuilt.append(case["id"])
            ids = encoded["input_ids"]
            wrong += [] if same(ids, found["ids_special"], tokenizer) else compare(family, {"ids_special": ids}, found)
            continue
        decoded = tokenizer.decode(encoded["input_ids"])
        skipped = tokenizer.decode(encoded["input_ids"], skip_special_tokens=True)
        actual = {
            "ids": encoded["input_ids"],
            "token_type_ids": encoded.get("token_type_ids"),
            "ids_no_special": plain,
            "decoded": decoded,
            "decoded_eq_text": decoded == case["text"],
            "decoded_skip": skipped,
            "decoded_skip_eq_text": skipped == case["text"],
        }
        wrong += compare(family, actual, {"token_type_ids": None} | case)
    assert wrong == []
    # A class that rebuilds changes little; otherwise this test would compare little.
    assert len(rebuilt) < 20


def same(ids: list[int], of_file: list[int], tokenizer: Any) -> bool:
    """Return whether ids are those of the file, which may state a length: then they were cut or padded to it."""
    padding = of_file[len(ids) :]
    return ids[: len(of_file)] == of_file[: len(ids)] and set(padding) <= {tokenizer.pad_token_id}
