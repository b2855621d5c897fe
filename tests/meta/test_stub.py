"""The stub of the core and the binary name the same things."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from lexel import _lexel

STUB = Path(__file__).resolve().parents[2] / "python" / "lexel" / "_lexel.pyi"
TREE = ast.parse(STUB.read_text("utf-8"))
STUB_CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}
# What every Python object has: named in a stub only where its signature matters. How an object is compared, copied and
# pickled shows in what these operations do, not in which of the methods behind them exist.
OBJECT = set(dir(object)) | {"__module__", "__buffer__", "__release_buffer__"}
OBJECT |= {"__copy__", "__deepcopy__", "__getnewargs__", "__getstate__", "__setstate__"}


def stub_names() -> set[str]:
    """Return the names the stub declares; type aliases exist for readers of the stub only."""
    names = set(STUB_CLASSES)
    for node in TREE.body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) != "TypeAlias":
            names.add(ast.unparse(node.target))
    return names


def members(node: ast.ClassDef) -> set[str]:
    found = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    found |= {ast.unparse(item.target) for item in node.body if isinstance(item, ast.AnnAssign)}
    return found


def test_the_module_and_the_stub_have_the_same_names() -> None:
    public = {name for name in dir(_lexel) if not name.startswith("_")} | {
        "__version__",
        "__profile__",
        "__fingerprint__",
    }
    assert {name for name in stub_names() if name != "__all__"} == public
    for name in public:
        assert hasattr(_lexel, name)


@pytest.mark.parametrize("name", sorted(STUB_CLASSES))
def test_a_class_and_its_stub_have_the_same_members(name: str) -> None:
    built = getattr(_lexel, name)
    declared = members(STUB_CLASSES[name]) - OBJECT
    assert declared == {member for member in dir(built) if member not in OBJECT}


@pytest.mark.parametrize("name", sorted(STUB_CLASSES))
def test_parameters_are_named_alike(name: str) -> None:
    built = getattr(_lexel, name)
    for item in STUB_CLASSES[name].body:
        if not isinstance(item, ast.FunctionDef) or item.name.startswith("__"):
            continue
        if any("property" in ast.unparse(decorator) for decorator in item.decorator_list):
            continue
        try:
            signature = inspect.signature(getattr(built, item.name))
        except ValueError:  # a method whose text signature the binary does not carry
            continue
        arguments = item.args
        declared = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        assert [p for p in signature.parameters if p != "self"] == [d for d in declared if d != "self"], item.name
