"""Write what is told of the code: docs/reference, from the docstrings; the types of the front door, from its table.

    python docs/build.py [FOLDER]

The pages are not kept in the repository, so that they cannot be out of date: `make docs` writes them. The sources are
read, not imported, so nothing need be installed. `python/lexel/__init__.pyi` is kept, because type checkers read it
there; `tests/meta/test_front_door.py` says when it must be written anew.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "lexel"
Definition = ast.ClassDef | ast.FunctionDef

# Page → what it is about, and the rooms whose names it has.
PAGES = {
    "tokenizer": ("The class behind every tokenizer.", ("tokenizer", "added_token", "padding")),
    "loading": ("From a folder or a hub repository to a tokenizer.", ("auto",)),
    "encodings": ("What a call returns.", ("batch_encoding",)),
    "chat": ("Chat templates: to check, to compare, and those that ship.", ("chat_templates",)),
    "backends": ("What a tokenizer runs on.", ("backends", "converters")),
    "families": ("A class for each family of models.", ("families",)),
    "runtime": ("The torch runtime: ids in, ids out.", ("runtime",)),
    "errors": ("What is raised.", ("errors",)),
}
# Fields of a docstring, in their order on the page.
_FIELDS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Example", "Examples", "Source")


@dataclass(slots=True)
class Source:
    """A module: its file, its tree, and where the names it uses come from."""

    name: str
    file: Path | None
    tree: ast.Module
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)

    def find(self, name: str) -> tuple[Source, ast.stmt] | None:
        """Return the definition of a name, here or where it is imported from."""
        for node in self.tree.body:
            if isinstance(node, Definition) and node.name == name:
                return self, node
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and name in _targets(node):
                return self, node
        home = self.imports.get(name)
        return None if home is None else read(home[0]).find(home[1])


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@cache
def read(module: str) -> Source:
    """Return a module of the package (or an empty one, of another package)."""
    path = ROOT.joinpath("python", *module.split("."))
    files = [path / "__init__.py", path.with_suffix(".py"), path.with_suffix(".pyi")]
    file = next((file for file in files if file.is_file()), None)
    source = Source(module, file, ast.parse(file.read_text("utf-8") if file else ""))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "lexel":
            for alias in node.names:
                source.imports[alias.asname or alias.name] = (str(node.module), alias.name)
    return source


def front_door() -> tuple[dict[str, str], dict[str, str]]:
    """Return public name → its module, and other name → public name."""
    sys.path.insert(0, str(PACKAGE.parent))
    import lexel
    from lexel import runtime

    modules = {}
    for name, room in lexel._HOME.items():
        modules[name] = f"lexel.{room}" if room != "runtime" else f"lexel.runtime.{runtime._HOMES[name]}"
    return modules, dict(lexel._ALIASES)


# --- the stub of the front door -----------------------------------------------------------------------------------


def stub() -> str:
    """Return the text of `__init__.pyi`: every public name, from where it is defined."""
    modules, aliases = front_door()
    lines: dict[str, list[str]] = {}
    for name in sorted([*modules, *aliases], key=_by_kind):
        real = aliases.get(name, name)
        lines.setdefault(modules[real], []).append(f"from {modules[real]} import {real} as {name}")
    imports = [line for module in sorted(lines) for line in sorted(lines[module], key=lambda line: line.split()[-1])]
    listed = "\n".join(f'    "{name}",' for name in sorted([*modules, *aliases], key=_by_kind))
    head = '"""The public names and where they are from; at run time they are imported when they are first used."""'
    return "\n".join([head, "", *imports, "", f"__all__ = [\n{listed}\n]", "", "__version__: str", ""])


def _by_kind(name: str) -> tuple[bool, str]:
    # Classes, then functions: the order of the linter.
    return name[0].islower(), name


# --- the pages ----------------------------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """Return file name → text of every page, the list of contents among them."""
    modules, aliases = front_door()
    others: dict[str, list[str]] = {}
    for alias, real in aliases.items():
        others.setdefault(real, []).append(alias)
    made, contents = {}, ["# Reference", "", "Every public name, from its docstring.", ""]
    for page, (about, rooms) in PAGES.items():
        names = sorted(name for name, module in modules.items() if module.split(".")[1] in rooms)
        made[f"{page}.md"] = f"# {page.capitalize()}\n\n{about}\n\n" + "\n".join(
            _entry(name, modules[name], sorted(others.get(name, ()))) for name in names
        )
        contents += [f"## [{page.capitalize()}]({page}.md)", "", about, ""]
        contents += [f"- [`{name}`]({page}.md#{name.lower()}): {_summary(name, modules[name])}" for name in names]
        contents.append("")
    made["README.md"] = "\n".join(contents)
    return made


def _definition(name: str, module: str) -> tuple[Source, ast.stmt]:
    found = read(module).find(name)
    if found is None:
        raise LookupError(f"{module} has no {name}")
    return found


def _summary(name: str, module: str) -> str:
    _, node = _definition(name, module)
    text = (ast.get_docstring(node) if isinstance(node, Definition) else None) or ""
    return " ".join(text.split("\n\n")[0].split())


def _entry(name: str, module: str, others: list[str]) -> str:
    source, node = _definition(name, module)
    assert source.file is not None, "a definition has a file"
    link = f"../../{source.file.relative_to(ROOT).as_posix()}#L{node.lineno}"
    lines = [f"## {name}", "", f"[{source.name}]({link})", ""]
    if others:
        lines += ["Also: " + ", ".join(f"`{other}`" for other in others) + ".", ""]
    if isinstance(node, ast.FunctionDef):
        lines += [_code(f"{name}{_signature(node)}"), "", *_docstring(node)]
    elif isinstance(node, ast.ClassDef):
        lines += [*_docstring(node), *_defaults(node), *_members(name, source, node)]
    else:
        lines += [_code(ast.unparse(node)), ""]
    return "\n".join(lines)


def _defaults(node: ast.ClassDef) -> list[str]:
    """Return the settings a family states."""
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and _targets(item) == ["defaults"] and isinstance(item.value, ast.Dict):
            stated = zip(item.value.keys, item.value.values, strict=True)
            pairs = [(ast.literal_eval(key), ast.unparse(value)) for key, value in stated if key is not None]
            return ["**Defaults**", "", *(f"- `{key}`: `{value}`" for key, value in pairs), ""]
    return []


def _members(name: str, source: Source, node: ast.ClassDef) -> list[str]:
    """Return the public methods and properties of a class, those of its bases after its own."""
    lines: list[str] = []
    seen: set[str] = set()
    for base in _lineage(source, node):
        if base is not node and _is_public(base.name):
            lines += [f"And all of `{base.name}`.", ""]
            break
        for item in base.body:
            if not isinstance(item, ast.FunctionDef) or item.name in seen or not ast.get_docstring(item):
                continue
            if item.name.startswith("_") and item.name != "__call__":
                continue
            seen.add(item.name)
            is_property = any("property" in ast.unparse(decorator) for decorator in item.decorator_list)
            shown = item.name if is_property else f"{item.name}{_signature(item)}"
            lines += [f"### {name}.{item.name}", "", _code(shown), "", *_docstring(item)]
    return lines


def _is_public(name: str) -> bool:
    return name in front_door()[0]


def _lineage(source: Source, node: ast.ClassDef) -> list[ast.ClassDef]:
    """Return a class and its bases in this package, nearest first."""
    found = [node]
    for base in node.bases:
        home = source.find(ast.unparse(base).split("[")[0])
        if home is not None and isinstance(home[1], ast.ClassDef):
            found += [kind for kind in _lineage(home[0], home[1]) if kind not in found]
    return found


def _signature(node: ast.FunctionDef) -> str:
    args = ast.unparse(node.args).removeprefix("self, ").removeprefix("cls, ")
    args = "" if args in ("self", "cls") else args
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"({args}){returns}"
    if len(line) < 90:
        return line
    parts = [part for part in re.split(r", (?![^\[]*\])", args) if part]
    return "(\n" + "".join(f"    {part},\n" for part in parts) + f"){returns}"


def _code(text: str) -> str:
    return f"```text\n{text}\n```"


def _docstring(node: Definition) -> list[str]:
    """Return a docstring as Markdown: its text, then each of its fields."""
    text = ast.get_docstring(node) or ""
    pattern = rf"^({'|'.join(_FIELDS)}):[ ]*(.*)$"
    blocks: list[tuple[str | None, list[str]]] = [(None, [])]
    for line in text.splitlines():
        match = re.match(pattern, line)
        if match:
            blocks.append((match[1], [match[2]] if match[2] else []))
        else:
            blocks[-1][1].append(line)
    lines: list[str] = []
    for title, body in blocks:
        content = textwrap.dedent("\n".join(body)).strip("\n")
        if title is None:
            lines += [content, ""] if content else []
        elif title.startswith("Example"):
            lines += ["**Example**", "", f"```text\n{content}\n```", ""]
        elif title in ("Args", "Attributes", "Raises"):
            lines += [f"**{ {'Args': 'Arguments'}.get(title, title) }**", "", *_items(content), ""]
        else:
            lines += [f"**{title}** {' '.join(content.split())}", ""]
    return lines


def _items(content: str) -> list[str]:
    """Return `name: what it is` lines as a list; lines that go on are joined."""
    items: list[str] = []
    for line in content.splitlines():
        match = re.match(r"^(\*{0,2}[\w.]+):\s+(.*)$", line)
        if match:
            items.append(f"- `{match[1]}`: {match[2]}")
        elif items and line.strip():
            items[-1] += f" {line.strip()}"
        elif line.strip():
            items.append(f"- {line.strip()}")
    return items


def main(folder: Path) -> None:
    """Write the pages into a folder, and the stub to its place."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text.rstrip() + "\n", encoding="utf-8")
    (PACKAGE / "__init__.pyi").write_text(stub(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "reference", help="%(default)s")
    main(parser.parse_args().folder)
