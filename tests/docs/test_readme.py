"""The documents tell the truth: their Python runs, the results they show are the results, their commands exist.

The Python blocks of a page run in order, in one namespace, in an empty folder. A line that ends in ``# → value``
promises what the expression's ``repr`` is, or what a ``print`` writes. Blocks marked ``python torch`` need the torch
extra.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


class Block(NamedTuple):
    """A fenced block: the words after the fence, the line its code starts on, the code."""

    info: list[str]
    line: int
    code: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    fenced = re.finditer(r"^```(\w[^\n]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [Block(m[1].split(), text.count("\n", 0, m.start(2)) + 1, m[2]) for m in fenced]


def pages_with(language: str, mark: str | None = None) -> list[Path]:
    return [p for p in PAGES if any(b.info[0] == language and (mark is None or mark in b.info) for b in blocks(p))]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def run(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    """Execute a block statement by statement, and hold it to what it promises."""
    source = "\n" * (block.line - 1) + block.code  # so that errors name the page's own lines
    lines = source.splitlines()
    for node in ast.parse(source, name_of(page)).body:
        _, arrow, promised = lines[(node.end_lineno or 1) - 1].partition("# → ")
        if not (arrow and isinstance(node, ast.Expr)):
            exec(compile(ast.Module([node], []), name_of(page), "exec"), namespace)
            continue
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            value = eval(compile(ast.Expression(node.value), name_of(page), "eval"), namespace)
        shown = printed.getvalue().strip() if value is None else repr(value)
        assert shown == promised.strip(), f"{name_of(page)}:{node.lineno} shows {promised.strip()!r}"


@pytest.mark.usefixtures("fresh_registry")
@pytest.mark.parametrize("page", pages_with("python"), ids=name_of)
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks(page):
        if block.info == ["python"]:
            run(block, page, namespace)


@pytest.mark.torch
@pytest.mark.usefixtures("fresh_registry")
@pytest.mark.parametrize("page", pages_with("python", "torch"), ids=name_of)
def test_python_blocks_with_torch_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch").set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks(page):
        if block.info[0] == "python":
            run(block, page, namespace)


@pytest.mark.parametrize("page", pages_with("python"), ids=name_of)
def test_python_blocks_have_known_marks(page: Path) -> None:
    marks = {mark for block in blocks(page) if block.info[0] == "python" for mark in block.info[1:]}
    assert marks <= {"torch"}


@pytest.mark.parametrize("page", pages_with("sh"), ids=name_of)
def test_commands_exist(page: Path) -> None:
    from lexel.cli import app

    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    commands |= {group.name for group in app.registered_groups if group.name}
    code = "\n".join(block.code for block in blocks(page) if block.info[0] == "sh")
    assert set(re.findall(r"\bmake ([a-z][\w-]*)", code)) <= targets
    assert set(re.findall(r"^lexel ([a-z][\w-]*)", code, flags=re.MULTILINE)) <= commands
