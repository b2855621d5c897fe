"""What stands in a template: its syntax tree, with parents, and which names are messages."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from lexel.chat_templates.lint.report import Refusal, clip
from lexel.chat_templates.sandbox.environment import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Tree"]

_CALLED = (nodes.Macro, nodes.CallBlock)
_SCOPES = (nodes.For, *_CALLED, nodes.FilterBlock, nodes.AssignBlock, nodes.With, nodes.Block, nodes.Scope)
_ROUNDS = 8
_CONDITION = re.compile(r"\{%[-+]?\s*(?:el)?if\b.*?%\}")
_LOOKING_AHEAD = {"last", "length", "revindex", "revindex0", "nextitem"}


class Tree:
    """A template, parsed."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.splitlines()
        self.root = environment().parse(source)
        self.parents: dict[int, nodes.Node] = {}
        self.all: list[nodes.Node] = []
        pending: list[nodes.Node] = [self.root]
        while pending:
            node = pending.pop()
            self.all.append(node)
            children = list(node.iter_child_nodes())
            self.parents.update((id(child), node) for child in children)
            # In the order of the template.
            pending.extend(reversed(children))
        self.all.sort(key=lambda node: node.lineno or 0)
        self._conversations, self._messages = self._message_names()

    def of(self, *kinds: type[nodes.Node]) -> list[Any]:
        """Return the nodes of some kinds, in the order of their lines."""
        return [node for node in self.all if isinstance(node, kinds)]

    def ancestors(self, node: nodes.Node) -> list[nodes.Node]:
        """Return what a node stands in, from the inside out."""
        found = []
        while (parent := self.parents.get(id(node))) is not None:
            found.append(parent)
            node = parent
        return found

    def line_of(self, text: str) -> int | None:
        """Return the first line that contains a text."""
        return next((number for number, line in enumerate(self.lines, 1) if text in line), None)

    # --- names of messages ----------------------------------------------------------------------------------------

    def _message_names(self) -> tuple[set[str], set[str]]:
        """Return the names that hold all messages, and those that hold one; macros hand them on."""
        whole: set[str] = {"messages"}
        single: set[str] = set()
        macros = {macro.name: [arg.name for arg in macro.args] for macro in self.of(nodes.Macro)}
        steps = self.of(nodes.Assign, nodes.For, nodes.Call)
        # Names are nearly always given before they are handed on; a chain that runs backwards is followed so far.
        for _ in range(_ROUNDS):
            before = len(whole) + len(single)
            for node in steps:
                for name, kind in self._handed_on(node, macros, whole, single):
                    (whole if kind == "whole" else single).add(name)
            if len(whole) + len(single) == before:
                break
        return whole, single

    def _handed_on(
        self, node: Any, macros: dict[str, list[str]], whole: set[str], single: set[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the names a statement gives to messages, with their kinds."""
        pairs: Iterable[tuple[str, nodes.Node]] = ()
        if isinstance(node, nodes.Call):
            pairs = zip(
                macros.get(node.node.name, ()) if isinstance(node.node, nodes.Name) else (), node.args, strict=False
            )
        elif isinstance(node.target, nodes.Name):
            pairs = [(node.target.name, node.iter if isinstance(node, nodes.For) else node.node)]
        for name, value in pairs:
            kind = self._kind(value, whole, single)
            if isinstance(node, nodes.For):
                kind = "single" if kind == "whole" else None
            if kind is not None:
                yield name, kind

    def _kind(self, node: nodes.Node, whole: set[str], single: set[str]) -> str | None:
        match node:
            case nodes.Name():
                return "whole" if node.name in whole else "single" if node.name in single else None
            case nodes.Getitem():
                if self._kind(node.node, whole, single) != "whole":
                    return None
                return "whole" if isinstance(node.arg, nodes.Slice) else "single"
            case nodes.Filter() if node.node is not None and node.name not in {"length", "count", "tojson", "join"}:
                kind = self._kind(node.node, whole, single)
                return "single" if kind == "whole" and node.name in {"first", "last"} else kind
            case nodes.CondExpr() | nodes.Add() | nodes.Or():
                return next(
                    (kind for child in node.iter_child_nodes() if (kind := self._kind(child, whole, single))), None
                )
        return None

    def is_message(self, node: nodes.Node) -> bool:
        """Say whether an expression is one message."""
        return self._kind(node, self._conversations, self._messages) == "single"

    def is_conversation(self, node: nodes.Node) -> bool:
        """Say whether an expression is all messages, or a part of them."""
        return self._kind(node, self._conversations, self._messages) == "whole"

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields of messages that are read."""
        found = set()
        for node in self.of(nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Compare):
            match node:
                case nodes.Getattr() if node.attr not in {"get", "items", "keys"} and self.is_message(node.node):
                    found.add(node.attr)
                case nodes.Getitem(arg=nodes.Const(value=str(name))) if self.is_message(node.node):
                    found.add(name)
                case nodes.Call(node=nodes.Getattr(attr="get"), args=[nodes.Const(value=str(name)), *_]) if (
                    self.is_message(node.node.node)
                ):
                    found.add(name)
                case nodes.Compare(expr=nodes.Const(value=str(name))) if self.is_message(node.ops[0].expr):
                    found.add(name)
        return tuple(sorted(found))

    @cached_property
    def literals(self) -> str:
        """All text the template can write by itself."""
        parts = [node.data for node in self.of(nodes.TemplateData)]
        return "\0".join([*parts, *(node.value for node in self.of(nodes.Const) if isinstance(node.value, str))])

    # --- places ---------------------------------------------------------------------------------------------------

    @cached_property
    def looking_ahead(self) -> list[tuple[int, str]]:
        """Where the template asks what follows a message: (line, expression)."""
        found = []
        for node in self.of(nodes.Getattr, nodes.Getitem, nodes.Filter):
            match node:
                case nodes.Getattr(node=nodes.Name(name="loop")) if node.attr in _LOOKING_AHEAD:
                    found.append((node.lineno, f"loop.{node.attr}"))
                case nodes.Getitem(arg=nodes.Neg()) if self.is_conversation(node.node):
                    found.append((node.lineno, "messages[-…]"))
                case nodes.Getitem(arg=nodes.Slice(step=nodes.Neg())) if self.is_conversation(node.node):
                    found.append((node.lineno, "messages[::-1]"))
                case nodes.Filter() if (
                    node.name in {"last", "length", "count", "reverse"}
                    and node.node is not None
                    and self.is_conversation(node.node)
                ):
                    found.append((node.lineno, f"messages | {node.name}"))
        return found

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """Where it raises by itself."""
        found = []
        for node in self.of(nodes.Call):
            if isinstance(node.node, nodes.Name) and node.node.name == "raise_exception" and node.args:
                found.append(Refusal(node.lineno, _said(node.args[0]), self._condition(node)))
        return tuple(found)

    def _condition(self, node: nodes.Node) -> str:
        test = next((up for up in self.ancestors(node) if isinstance(up, (nodes.If, nodes.CondExpr))), None)
        if test is None or not 0 < test.lineno <= len(self.lines):
            return ""
        line = self.lines[test.lineno - 1]
        # A template may be one line: the last condition before the call counts.
        before = line.partition("raise_exception")[0] if test.lineno == node.lineno else line
        tags = _CONDITION.findall(before)
        return str(tags[-1]) if tags else clip(line.strip(), 80)

    @cached_property
    def uses(self) -> dict[str, list[nodes.Node]]:
        """Where each name is read; an attribute set on a namespace reads the namespace."""
        found: defaultdict[str, list[nodes.Node]] = defaultdict(list)
        for node in self.of(nodes.Name, nodes.NSRef):
            if isinstance(node, nodes.NSRef) or node.ctx == "load":
                found[node.name].append(node)
        return dict(found)

    @cached_property
    def without_value(self) -> dict[str, list[nodes.Node]]:
        """Where names are read to which nothing in their scope, or around it, ever gives a value."""
        given = self._given()
        found = {}
        for name, uses in self.uses.items():
            bare = [
                use
                for use in uses
                if not any(name in given[id(scope)] for scope in self.ancestors(use) if id(scope) in given)
            ]
            if bare:
                found[name] = bare
        return found

    def _given(self) -> dict[int, set[str]]:
        """Return the names each scope gives a value to. What a loop sets is forgotten behind it."""
        given: dict[int, set[str]] = {id(node): set() for node in self.of(nodes.Template, *_SCOPES)}
        for node in self.of(nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport, *_SCOPES):
            if isinstance(node, _CALLED):
                given[id(node)] |= {"caller", "varargs", "kwargs"}
            if isinstance(node, nodes.For):
                given[id(node)].add("loop")
            names = _names_given(node)
            if not names:
                continue
            scopes = [up for up in self.ancestors(node) if id(up) in given]
            # The target of a block that is set stands in the block, and belongs to what is around it.
            own = isinstance(self.parents.get(id(node)), nodes.AssignBlock)
            given[id(scopes[1 if own else 0])] |= names
        return given


def _names_given(node: nodes.Node) -> set[str]:
    match node:
        case nodes.Name():
            return {node.name} if node.ctx in {"store", "param"} else set()
        case nodes.Macro():
            return {node.name}
        case nodes.Import():
            return {node.target}
        case nodes.FromImport():
            return {name if isinstance(name, str) else name[1] for name in node.names}
    return set()


def _said(node: nodes.Node) -> str:
    match node:
        case nodes.Const():
            return str(node.value)
        case nodes.Add() | nodes.Concat():
            return "".join(_said(child) for child in node.iter_child_nodes())
        case nodes.TemplateData():
            return str(node.data)
    return "…"
