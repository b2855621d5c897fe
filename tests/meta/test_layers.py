"""Who may import whom: a file imports from lower rows, or from its own room."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parents[2] / "python" / "lexel"

# ARCHITECTURE.md, "Who may import whom". A room is a file or a folder directly under the package.
ROWS = [
    {"_lexel", "added_token", "deprecations", "errors", "family_names", "gguf", "hub", "spec"},
    {"batch_encoding", "chat_templates", "inspect", "padding"},
    {"tokenizer"},
    {"converters", "training"},
    {"backends"},
    {"families"},
    {"auto", "compat"},
    {"data", "serving"},
    {"cli"},
    {"__init__"},  # the front door: a lazy table of names
]
# Row 0's own floor, open to all: the core, the errors, the token.
LEAVES = {"_lexel", "added_token", "deprecations", "errors"}
ROW = {room: row for row, rooms in enumerate(ROWS) for room in rooms}
# The runtime stands beside the rows: it imports row 0 only, and rooms above `auto` import it.
RUNTIME_IMPORTS = ROWS[0]
RUNTIME_USERS = ROWS[7] | ROWS[8] | ROWS[9]
# The one upward call: `Tokenizer.from_pretrained` asks `auto` which class a folder wants, when it is called.
UPWARD = {("tokenizer", "auto")}


def room_of(path: Path) -> str:
    """Return the room a file of the package belongs to."""
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def is_submodule(name: str) -> bool:
    return any((PACKAGE / candidate).exists() for candidate in (name, f"{name}.py", f"{name}.pyi"))


def modules_named(node: ast.AST) -> list[str]:
    """Return the modules a node imports, as full names."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom(module="lexel"):
            # A name that is no submodule comes through the front door, which knows every room.
            return [f"lexel.{a.name}" if is_submodule(a.name) else "lexel" for a in node.names]
        case ast.ImportFrom():
            assert node.level == 0, f"line {node.lineno}: relative import; imports are absolute here"
            return [str(node.module)]
        case ast.Call(args=[ast.Constant(value=str(module)), *_]):
            return [module] if ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"} else []
    return []


def imported_rooms(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, room) for each import of this package, wherever it stands in the file."""
    for node in ast.walk(tree):
        for module in modules_named(node):
            package, _, rest = module.partition(".")
            if package == "lexel":
                yield getattr(node, "lineno", 0), rest.split(".")[0] or "__init__"


def allowed(importer: str, imported: str) -> bool:
    if importer == imported or importer == "__init__":
        return True
    if imported in LEAVES or (importer, imported) in UPWARD:
        return True
    if importer == "runtime":
        return imported in RUNTIME_IMPORTS
    if imported == "runtime":
        return importer in RUNTIME_USERS
    if importer == "compat" and ROW[imported] == ROW["auto"]:
        return True  # re-exports auto under the reference's module name
    return ROW[imported] < ROW[importer]


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_from_lower_rows(path: Path) -> None:
    importer = room_of(path)
    assert importer in ROW or importer == "runtime", f"{importer} stands in no row of the table"
    wrong = []
    for line, imported in imported_rooms(ast.parse(path.read_text("utf-8"))):
        assert imported in ROW or imported == "runtime", f"{path}:{line}: there is no room {imported}"
        if not allowed(importer, imported):
            wrong.append(f"{path.relative_to(PACKAGE)}:{line}: {importer} imports {imported}")
    assert wrong == []


def top_level_imports(tree: ast.Module) -> set[str]:
    """Return what importing the file imports: module level, type-checking blocks left out."""
    names: set[str] = set()
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
        elif isinstance(node, ast.If | ast.Try):
            for field in ("body", "orelse", "finalbody"):
                pending.extend(getattr(node, field, []))
    return names


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_torch_is_imported_at_the_top_of_the_runtime_only(path: Path) -> None:
    heavy = top_level_imports(ast.parse(path.read_text("utf-8"))) & {"torch", "safetensors"}
    assert not heavy or room_of(path) == "runtime", f"{path} imports {sorted(heavy)} at its top"


def test_the_architecture_page_shows_the_same_table() -> None:
    page = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text("utf-8")
    table = page.split("Who may import whom", 1)[1].split("```")[1]
    for row, rooms in enumerate(ROWS[:-1]):
        line = next(line for line in table.splitlines() if line.strip().startswith(str(row)))
        for room in rooms:
            if room_exists(room):
                assert room in line.split(), f"row {row} of ARCHITECTURE.md does not name {room}"


def room_exists(room: str) -> bool:
    return room == "_lexel" or any((PACKAGE / name).exists() for name in (room, f"{room}.py"))
