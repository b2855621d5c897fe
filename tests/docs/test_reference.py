"""The reference that `make docs` writes says something of every public name, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from typing import Any

import pytest
from tests.conftest import ROOT

import lexel


@cache
def build() -> Any:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["build_docs"] = module
    spec.loader.exec_module(module)
    return module


@cache
def pages() -> dict[str, str]:
    made: dict[str, str] = build().pages()
    return made


@pytest.mark.parametrize("name", lexel.__all__)
def test_every_public_name_has_an_entry(name: str) -> None:
    real = lexel._ALIASES.get(name, name)
    text = "\n".join(pages().values())
    entries = re.findall(rf"^## {real}\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE)
    assert len(entries) == 1
    assert name == real or f"`{name}`" in entries[0]
    assert re.search(rf"^- \[`{real}`\]\(.*\): \S", pages()["README.md"], flags=re.MULTILINE)


def test_methods_are_told_with_their_arguments() -> None:
    text = pages()["tokenizer.md"]
    for method in ("__call__", "encode", "decode", "pad", "from_pretrained", "save_pretrained", "add_tokens", "chunk"):
        assert f"### Tokenizer.{method}\n" in text
    assert "- `pad_to_multiple_of`: the padded length is rounded up to a multiple of this." in text
    assert "And all of `Tokenizer`." in pages()["backends.md"]


def test_links_lead_to_the_sources() -> None:
    links = re.findall(r"\]\((\.\./[^)#]+)#L(\d+)\)", "".join(pages().values()))
    assert len(links) >= len(lexel._HOME)
    for link, line in links:
        path = (ROOT / "docs" / "reference" / link).resolve()
        assert len(path.read_text("utf-8").splitlines()) >= int(line)


def test_the_same_sources_give_the_same_pages() -> None:
    assert build().pages() == pages()
