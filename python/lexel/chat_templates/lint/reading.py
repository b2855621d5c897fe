"""Findings from reading a template: what fails when it is reached, what depends on the engine, what is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from lexel.chat_templates.lint.report import Finding
from lexel.chat_templates.sandbox.environment import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lexel.chat_templates.lint.tree import Tree

__all__ = ["check_source", "syntax_advice"]

_MUTATING = {
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "update",
    "setdefault",
    "popitem",
    "sort",
    "reverse",
}
_TAGS = {
    "do": "the tag 'do' is no part of chat templates: write {% set _ = … %}",
    "trans": "translations are no part of chat templates: write the text",
    "debug": "the tag 'debug' is no part of chat templates: remove it",
}


def syntax_advice(message: str) -> str:
    """Return what to do about a syntax error."""
    for tag, advice in _TAGS.items():
        if f"'{tag}'" in message:
            return advice
    if "nested too deeply" in message or "characters, more than" in message or "nodes, more than" in message:
        return "make it smaller and flatter: macros and loops instead of nested and repeated statements"
    if "No filter named" in message or "No test named" in message:
        return "use what jinja2 itself has; filters and tests of other environments do not exist here"
    return "correct the line; every {% if %}, {% for %}, {% macro %} and {% generation %} needs its end tag"


def check_source(tree: Tree) -> Iterator[Finding]:
    """Look at the source alone."""
    yield from _other_files(tree)
    yield from _mutations(tree)
    yield from _clock(tree)
    yield from _ascii(tree)
    yield from _trimming(tree)
    yield from _left_over(tree)
    yield from _quadratic(tree)


def _other_files(tree: Tree) -> Iterator[Finding]:
    for node in tree.of(nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends):
        yield Finding(
            "other-files",
            "error",
            node.lineno,
            f"{{% {type(node).__name__.lower().replace('fromimport', 'from … import')} %}} reads another template, and "
            "a chat template is alone: this line raises",
            "write the other template's text here",
        )


def _mutations(tree: Tree) -> Iterator[Finding]:
    for node in tree.of(nodes.Call):
        if isinstance(node.node, nodes.Getattr) and node.node.attr in _MUTATING:
            yield Finding(
                "changes-a-value",
                "error",
                node.lineno,
                f".{node.node.attr}() changes a list or dict, which the sandbox of chat templates refuses: it raises",
                "build a new value: {% set items = items + [item] %}, in a namespace if it is inside a loop",
            )
    for node in tree.of(nodes.Getattr):
        if node.attr.startswith("_"):
            yield Finding(
                "internal-attribute",
                "error",
                node.lineno,
                f".{node.attr} is an internal attribute, which the sandbox of chat templates refuses: it raises",
                "do without it",
            )


def _clock(tree: Tree) -> Iterator[Finding]:
    for use in tree.uses.get("strftime_now", [])[:1]:
        if isinstance(tree.parents.get(id(use)), nodes.Test):
            use = next((u for u in tree.uses["strftime_now"] if isinstance(tree.parents[id(u)], nodes.Call)), use)
        yield Finding(
            "not-reproducible",
            "warning",
            use.lineno,
            "strftime_now writes the present date: the same conversation has other ids tomorrow",
            "let callers pass the date as a variable, and take the present one only where none is given",
        )


def _ascii(tree: Tree) -> Iterator[Finding]:
    for node in tree.of(nodes.Filter):
        for option in node.kwargs if node.name == "tojson" else ():
            if option.key == "ensure_ascii" and isinstance(option.value, nodes.Const) and option.value.value:
                yield Finding(
                    "ascii-json",
                    "warning",
                    node.lineno,
                    "tojson(ensure_ascii=true) writes é as \\u00e9: text that is not English becomes many tokens",
                    "leave ensure_ascii out: the default writes text as it is",
                )


def _trimming(tree: Tree) -> Iterator[Finding]:
    plain = environment().overlay(trim_blocks=False, lstrip_blocks=False).parse(tree.source)
    ours = "".join(node.data for node in tree.root.find_all(nodes.TemplateData))
    theirs = "".join(node.data for node in plain.find_all(nodes.TemplateData))
    if ours != theirs:
        yield Finding(
            "needs-trimmed-blocks",
            "hint",
            None,
            "the template relies on newlines and indents around {% … %} being removed (trim_blocks, lstrip_blocks): an "
            f"engine without these settings writes {len(theirs) - len(ours)} more characters of whitespace",
            "write {%- … -%} and {{- … -}}, which trim everywhere",
        )


def _left_over(tree: Tree) -> Iterator[Finding]:
    for node in tree.of(nodes.Macro):
        if node.name not in tree.uses:
            yield Finding("unused", "hint", node.lineno, f"the macro {node.name} is never called", "remove it")
    for node in tree.of(nodes.Assign):
        name = node.target.name if isinstance(node.target, nodes.Name) else ""
        # A call may be there for what it raises.
        if name and not name.startswith("_") and name not in tree.uses and not list(node.node.find_all(nodes.Call)):
            yield Finding("unused", "hint", node.lineno, f"{name} is set and never read", "remove it")


def _quadratic(tree: Tree) -> Iterator[Finding]:
    loops = [node for node in tree.of(nodes.For) if tree.is_conversation(node.iter)]
    walking = {up.name for loop in loops for up in tree.ancestors(loop) if isinstance(up, nodes.Macro)}
    for outer in loops:
        for inner in outer.find_all((nodes.For, nodes.Call, nodes.Filter, nodes.Getitem)):
            if (
                (isinstance(inner, nodes.For) and tree.is_conversation(inner.iter))
                or (isinstance(inner, nodes.Call) and getattr(inner.node, "name", None) in walking)
                or (
                    isinstance(inner, nodes.Getitem)
                    and isinstance(inner.arg, nodes.Slice)
                    and tree.is_conversation(inner)
                )
                or (
                    isinstance(inner, nodes.Filter)
                    and inner.name in {"selectattr", "rejectattr", "map", "list", "reverse", "tojson"}
                    and inner.node is not None
                    and tree.is_conversation(inner.node)
                )
            ):
                # The iterable of the outer loop itself is walked once.
                if any(up is outer.iter for up in (inner, *tree.ancestors(inner))):
                    continue
                yield Finding(
                    "quadratic",
                    "hint",
                    inner.lineno,
                    f"for each message (loop of line {outer.lineno}) the template walks all messages again: its cost "
                    "grows with the square of their number",
                    "compute it once before the loop",
                )
                return
