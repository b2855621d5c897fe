"""Classes in plain Python that people publish: the code is one, and both libraries make the same of it."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.interop.facts import change, facts
from tests.interop.own_class import BESIDE, CODE, WORDS
from tests.interop.test_folders import difference, plain

from lexel import AutoTokenizer, PythonBackend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is not None, reason="the code would run on transformers here too"
)
CHANGES = {
    "add_tokens": ["q1q", "u1u"],
    "add_special_tokens": {"additional_special_tokens": ["<x1>", "<x2>"]},
    "model_max_length": 77,
    "padding_side": "left",
    "chat_template": "{{ messages }}",
}
RUN = {"trust_remote_code": True}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "published"
    home.mkdir()
    (home / "tokenization_words.py").write_text(CODE)
    (home / "words_and_marks.py").write_text(BESIDE)
    (home / "words.json").write_text(json.dumps({word: index for index, word in enumerate(WORDS)}))
    (home / "marks.txt").write_text(",.!?'")
    (home / "config.json").write_text('{"model_type": "bert"}')
    config = {
        "auto_map": {"AutoTokenizer": ["tokenization_words.WordsTokenizer", None]},
        "tokenizer_class": "WordsTokenizer",
        "lower": True,
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": {
            "14": {
                "content": "<image>",
                "special": True,
                "lstrip": False,
                "rstrip": True,
                "normalized": False,
                "single_word": False,
            }
        },
    }
    (home / "tokenizer_config.json").write_text(json.dumps(config))
    return home


def test_both_make_the_same_of_it(folder: Path, peer_does: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    jobs = {
        "as it is": {"folder": str(folder), "options": RUN},
        "changed": {"folder": str(folder), "options": RUN, "changes": CHANGES, "save": str(theirs)},
    }
    found = peer_does(jobs)
    tok = AutoTokenizer.from_pretrained(folder, **RUN)
    assert isinstance(tok, PythonBackend)
    ours = plain(facts(tok))
    assert difference(ours, found["as it is"], ours) == {}
    change(tok, CHANGES)
    ours = plain(facts(tok))
    assert difference(ours, found["changed"], ours) == {}
    # What they saved, we read; what we save, they read.
    again = plain(facts(AutoTokenizer.from_pretrained(theirs, **RUN)))
    assert difference(again, found["changed"], set(again) - {"sides", "padded"}) == {}
    tok.save_pretrained(tmp_path / "ours")
    names = {path.name for path in (tmp_path / "ours").iterdir()}
    assert names == {
        *("tokenizer_config.json", "chat_template.jinja", "words.json", "marks.txt"),
        *("tokenization_words.py", "words_and_marks.py"),
    }
    back = peer_does({"ours": {"folder": str(tmp_path / "ours"), "options": RUN}})["ours"]
    assert difference(ours, back, ours) == {}
    assert plain(facts(AutoTokenizer.from_pretrained(tmp_path / "ours", **RUN))) == ours
