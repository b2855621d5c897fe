"""The names a template reads: arguments, special tokens, its own, options of the caller, and mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from lexel.chat_templates.lint.report import Finding
from lexel.chat_templates.sandbox.environment import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lexel.chat_templates.lint.report import Level
    from lexel.chat_templates.lint.tree import Tree

__all__ = ["ARGUMENTS", "SPECIAL_TOKENS", "check_variables", "options"]

ARGUMENTS = ("messages", "tools", "documents", "add_generation_prompt")
SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_PRESENCE = {"defined", "undefined", "none", "true", "false", "boolean"}
_TYPES = {"string", "mapping", "iterable", "sequence", "number", "integer", "callable"}


def options(tree: Tree, known: frozenset[str]) -> tuple[str, ...]:
    """Return the names a template reads that neither lexel nor the template gives a value, or only in their absence."""
    names = {*tree.without_value, *_replaced(tree)}
    return tuple(sorted(names - known - environment().globals.keys() - _lost(tree).keys()))


def _replaced(tree: Tree) -> set[str]:
    """Return the names that get a value if the caller gave none: {% set x = x if x is defined else 1 %}."""
    found = set()
    for node in tree.of(nodes.Assign):
        if isinstance(node.target, nodes.Name):
            name = node.target.name
            around = tree.ancestors(node)
            tests = [up.test for up in around if isinstance(up, nodes.If)]
            inside = any(isinstance(up, (nodes.For, nodes.Macro)) for up in around)
            if not inside and any(_asks(test, name) for test in (*tests, node.node)):
                found.add(name)
    return found


def _asks(test: nodes.Node, name: str) -> bool:
    """Say whether an expression asks whether a name has a value."""
    asking = [
        node
        for node in (test, *test.find_all((nodes.Test, nodes.Filter)))
        if isinstance(node, (nodes.Test, nodes.Filter))
    ]
    presence = [node for node in asking if node.name in _PRESENCE | {"default", "d"}]
    return any(isinstance(node.node, nodes.Name) and node.node.name == name for node in presence)


def _lost(tree: Tree) -> dict[str, int]:
    """Return names that are set inside a loop and read outside of it only, with the line of the former."""
    found: dict[str, int] = {}
    for node in tree.of(nodes.Assign, nodes.AssignBlock):
        if isinstance(node.target, nodes.Name) and any(isinstance(up, nodes.For) for up in tree.ancestors(node)):
            found.setdefault(node.target.name, node.lineno)
    return {name: line for name, line in found.items() if name in tree.without_value}


def check_variables(
    tree: Tree, names: tuple[str, ...], known: frozenset[str], unset: frozenset[str]
) -> Iterator[Finding]:
    """Look at names without a value.

    Args:
        tree: the template.
        names: its `options`.
        known: names that have a value.
        unset: special tokens the tokenizer does not have.
    """
    for name, line in _lost(tree).items():
        yield Finding(
            "set-in-loop-is-lost",
            "warning",
            tree.without_value[name][0].lineno,
            f"{name} is set inside a loop (line {line}) and read outside of it, where it has no value",
            "keep it in a namespace: {% set ns = namespace() %}, then {% set ns." + name + " = … %}",
        )
    for name in names:
        uses = tree.without_value.get(name, [])
        place = uses[0].lineno if uses else None
        if name in unset:
            yield from _unset_token(tree, name, place)
        elif meant := _meant(name, known):
            # A tokenizer may have tokens under names of its own.
            level: Level = "warning" if name.endswith("_token") or _asked_for(tree, uses) else "error"
            yield Finding(
                "misspelt-variable",
                level,
                place,
                f"{name} has no value; it looks like {meant}",
                f"write {meant}, or pass {name}= with every call",
            )
        elif not _asked_for(tree, uses) and not all(_is_harmless(tree, use) for use in uses):
            yield Finding(
                "unknown-variable",
                "warning",
                place,
                f"{name} is read, and has no value unless the caller passes {name}=",
                f"ask first: {{% if {name} is defined %}}, or give a default: {{{{ {name} | default('…') }}}}",
            )


def _unset_token(tree: Tree, name: str, line: int | None) -> Iterator[Finding]:
    if not _asked_for(tree, tree.without_value.get(name, [])):
        yield Finding(
            "special-token-unset",
            "warning",
            line,
            f"the template reads {name}, which the tokenizer does not have: nothing is written there",
            f"set tokenizer.{name}, or take the template of this tokenizer's model",
        )


def _asked_for(tree: Tree, uses: list[nodes.Node]) -> bool:
    """Say whether the template asks somewhere whether a name has a value."""
    for use in uses:
        parent = tree.parents.get(id(use))
        if isinstance(parent, nodes.Test) and parent.name in _PRESENCE:
            return True
        if isinstance(parent, nodes.Filter) and parent.name in {"default", "d"}:
            return True
    return False


def _is_harmless(tree: Tree, use: nodes.Node) -> bool:
    """Say whether a use of an undefined name does the expected: a truth test, or a place behind one."""
    child, name = use, use.name
    for parent in tree.ancestors(use):
        match parent:
            case nodes.If() | nodes.CondExpr():
                if child is parent.test or _tests(parent.test, name):
                    return True
            case nodes.For() if child is parent.test:
                return True
            case nodes.And() | nodes.Or():
                if child is parent.left or _tests(parent.left, name):
                    return True
            case nodes.Test() if parent.name in _PRESENCE | _TYPES:
                return True
            case nodes.Compare() if child is parent.expr:
                return True
        child = parent
    return False


def _tests(test: nodes.Node, name: str) -> bool:
    if isinstance(test, nodes.Name):
        return bool(test.name == name)
    return any(node.name == name for node in test.find_all(nodes.Name))


def _meant(name: str, known: frozenset[str]) -> str | None:
    return next((good for good in sorted(known) if _is_one_slip_away(name, good)), None)


def _is_one_slip_away(name: str, good: str) -> bool:
    """Say whether one letter is missing, too many or wrong, or two neighbours are swapped."""
    if abs(len(name) - len(good)) > 1 or name == good or len(good) < 5:
        return False
    start = next((i for i, (a, b) in enumerate(zip(name, good, strict=False)) if a != b), min(len(name), len(good)))
    rest, goal = name[start:], good[start:]
    # eot_token is a name of its own, and one letter from eos_token.
    wrong = rest[1:] == goal[1:] and not name.endswith("_token")
    return rest[1:] == goal or rest == goal[1:] or wrong or (rest[:2] == goal[1::-1] and rest[2:] == goal[2:])
