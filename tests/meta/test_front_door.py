"""Public names load lazily; type checkers learn what they are from a stub, which must say the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT, oracle
from tests.meta.names import public_names

import lexel

if TYPE_CHECKING:
    from pathlib import Path

STUB = ast.parse((ROOT / "python" / "lexel" / "__init__.pyi").read_text("utf-8"))
IMPORTS = {
    alias.asname or alias.name: (str(node.module), alias.name)
    for node in STUB.body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}
ANEW = "run `make docs`, which writes the stub anew"


def test_the_stub_has_the_public_names() -> None:
    assert sorted(IMPORTS) == sorted(lexel.__all__), ANEW
    listed = next(node.value for node in STUB.body if isinstance(node, ast.Assign))
    assert sorted(ast.literal_eval(listed)) == sorted(lexel.__all__), ANEW


@pytest.mark.parametrize("name", public_names())
def test_a_name_is_what_the_stub_says(name: str) -> None:
    assert name in IMPORTS, ANEW
    module, real = IMPORTS[name]
    assert getattr(import_module(module), real) is getattr(lexel, name), ANEW


PROGRAM = """
from lexel import AddedToken, AutoTokenizer, BertTokenizerFast, LlamaTokenizer, PreTrainedTokenizerFast, Tokenizer

reveal_type(AutoTokenizer.from_pretrained("x"))
reveal_type(Tokenizer.from_pretrained("x")("a"))
reveal_type(LlamaTokenizer.from_pretrained("x"))
reveal_type(BertTokenizerFast)
reveal_type(PreTrainedTokenizerFast(vocab={}).add_tokens([AddedToken("x", lstrip=True)]))
PreTrainedTokenizerFast.no_such_method
"""
REVEALED = [
    "lexel.tokenizer.tokenizer.Tokenizer",
    "lexel.batch_encoding.BatchEncoding",
    "lexel.families.llama.LlamaTokenizer",
    "lexel.families.bert.BertTokenizer",
    '"int"',
    "no_such_method",
]


def test_a_type_checker_knows_them(tmp_path: Path) -> None:
    oracle("mypy")
    (tmp_path / "program.py").write_text(PROGRAM)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--cache-dir",
            str(ROOT / ".mypy_cache"),
            str(tmp_path / "program.py"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    told = [line for line in run.stdout.splitlines() if "program.py" in line]
    assert len(told) == len(REVEALED), run.stdout + run.stderr
    for line, expected in zip(told, REVEALED, strict=True):
        assert expected in line
