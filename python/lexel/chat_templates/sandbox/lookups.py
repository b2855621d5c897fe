"""Writes the Python of a template's lookups, tests and conditions: short for plain data (see `codegen`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst

from lexel.chat_templates.sandbox.inline import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NO_CONST", "LookupVisitors", "folding"]

_V = TypeVar("_V", bound="Callable[..., Any]")

_DICT_ATTRIBUTES = frozenset(dir(dict))
# Tests to which a missing key is what None is.
_LENIENT_TESTS = frozenset({"string", "mapping"})
# Kinds for which a test is true; of others it is asked.
_KINDS = {"mapping": ("dict",), "iterable": ("str", "list"), "sequence": ("str", "list")}
_LOOP_NUMBERS = {"index0": "{0}.index0", "index": "({0}.index0 + 1)", "first": "({0}.index0 == 0)"}
_LOOP_OTHERS = frozenset({"last", "length", "revindex", "revindex0", "previtem", "nextitem", "depth", "depth0"})
NO_CONST = object()


def folding(visit: _V) -> _V:
    """Let jinja2 work out an expression at compile time, where it is constant."""
    folded: _V = optimizeconst(visit)
    return folded


class LookupVisitors(CodeGenerator):  # type: ignore[misc]
    """The part of the code generator that writes lookups, tests and conditions."""

    # ---- values ----

    def const_of(self, node: nodes.Expr, frame: Frame) -> Any:
        """Return the value of a constant expression, or `NO_CONST`."""
        try:
            return node.as_const(frame.eval_ctx)
        except Exception:
            return NO_CONST

    def is_const(self, node: nodes.Expr, frame: Frame) -> bool:
        """Say whether an expression depends on nothing but the template."""
        return self.const_of(node, frame) is not NO_CONST

    def small(self, node: nodes.Expr, frame: Frame, otherwise: str) -> None:
        """Write a value, to be handed to a function of `inline` first unless it is a short string."""
        if self.is_const(node, frame):
            self.visit(node, frame)
            return
        name = self.temporary_identifier()
        self.write(f"({name} if type({name} := ")
        self.visit(node, frame)
        self.write(f") is str and len({name}) < {SMALL} else {otherwise}(meter, {name}))")

    def call_inline(self, function: str, *arguments: nodes.Expr, frame: Frame) -> None:
        """Write a call of one of `inline`'s functions."""
        self.write(f"{function}(meter")
        for argument in arguments:
            self.write(", ")
            self.visit(argument, frame)
        self.write(")")

    # ---- lookups ----

    @folding
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """Write ``a.b``."""
        if isinstance(node.node, nodes.Name) and node.node.name == "loop" and self._of_loop(node, frame):
            return
        if node.attr in _DICT_ATTRIBUTES:
            self.write("environment.getattr(")
            self.visit(node.node, frame)
            self.write(f", {node.attr!r})")
            return
        name = self._begin_dict(node.node, frame, "({0}[{1!r}] if type({0} := ", node.attr)
        self.write(f") is dict and {node.attr!r} in {name} else attribute(environment, {name}, {node.attr!r}))")

    def _begin_dict(self, node: nodes.Expr, frame: Frame, opening: str, key: str) -> str:
        name: str = self.temporary_identifier()
        self.write(opening.format(name, key))
        self.visit(node, frame)
        return name

    def _of_loop(self, node: nodes.Getattr, frame: Frame) -> bool:
        short = _LOOP_NUMBERS.get(node.attr) or ("{0}." + node.attr if node.attr in _LOOP_OTHERS else None)
        if short is None:
            return False
        name = self.temporary_identifier()
        self.write(f"({short.format(name)} if type({name} := ")
        self.visit(node.node, frame)
        self.write(f") is ChatLoop else environment.getattr({name}, {node.attr!r}))")
        return True

    @folding
    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """Write ``a[b]``."""
        if isinstance(node.arg, nodes.Slice):
            self.small(node.node, frame, "sliced")
            self.write("[")
            self.visit(node.arg, frame)
            self.write("]")
            return
        key = self.const_of(node.arg, frame)
        if type(key) is str:
            name = self._begin_dict(node.node, frame, "({0}[{1!r}] if type({0} := ", key)
            self.write(f") is dict and {key!r} in {name} else environment.getitem({name}, {key!r}))")
        elif type(key) is int and key.bit_length() < 32:
            name = self._begin_dict(node.node, frame, "({0}[{1}] if type({0} := ", str(key))
            fits = f"len({name}) > {key}" if key >= 0 else f"len({name}) >= {-key}"
            self.write(f") is list and {fits} else environment.getitem({name}, {key!r}))")
        else:
            self.write("item(environment, meter, ")
            self.visit(node.node, frame)
            self.write(", ")
            self.visit(node.arg, frame)
            self.write(")")

    def _key(self, node: nodes.Expr, frame: Frame) -> str | None:
        """Return the key by which an expression looks into what may be a dict, None if it does something else."""
        if isinstance(node, nodes.Getattr):
            of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
            return None if of_loop or node.attr in _DICT_ATTRIBUTES else node.attr
        if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
            key = self.const_of(node.arg, frame)
            return key if type(key) is str else None
        return None

    def lenient(self, node: nodes.Expr, frame: Frame) -> None:
        """Write a lookup for a place where None is as good as a missing key."""
        key = self._key(node, frame)
        if key is None or self.is_const(node, frame):
            self.visit(node, frame)
            return
        name = self._begin_dict(node.node, frame, "({0}.get({1!r}) if type({0} := ", key)
        way = f"attribute(environment, {name}" if isinstance(node, nodes.Getattr) else f"environment.getitem({name}"
        self.write(f") is dict else {way}, {key!r}))")

    # ---- truth ----

    def visit_truth(self, node: nodes.Expr, frame: Frame) -> None:
        """Write an expression of which only the truth counts."""
        if isinstance(node, nodes.Not):
            self.write("(not ")
            self.visit_truth(node.node, frame)
            self.write(")")
        elif isinstance(node, (nodes.And, nodes.Or)):
            self.write("(")
            self.visit_truth(node.left, frame)
            self.write(" and " if isinstance(node, nodes.And) else " or ")
            self.visit_truth(node.right, frame)
            self.write(")")
        else:
            self.lenient(node, frame)

    @folding
    def visit_Or(self, node: nodes.Or, frame: Frame) -> None:
        """Write ``a or b``."""
        self.write("(")
        self.lenient(node.left, frame)
        self.write(" or ")
        self.visit(node.right, frame)
        self.write(")")

    @folding
    def visit_Not(self, node: nodes.Not, frame: Frame) -> None:
        """Write ``not a``."""
        self.visit_truth(node, frame)

    @folding
    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> None:
        """Write ``a if b else c``."""
        inner = frame.soft()
        self.write("(")
        self.visit(node.expr1, inner)
        self.write(" if ")
        self.visit_truth(node.test, inner)
        self.write(" else ")
        if node.expr2 is not None:
            self.visit(node.expr2, inner)
        else:
            told = (
                f"the inline if-expression on {self.position(node)} evaluated to false and no else section was defined."
            )
            self.write(f"cond_expr_undefined({told!r})")
        self.write(")")

    @folding
    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:
        """Write ``a is b``."""
        plain = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if plain and node.name in {"defined", "undefined"}:
            self.write("(not " if node.name == "defined" else "(")
            self._is_undefined(node.node, frame)
            self.write(")")
        elif plain and node.name in {"none", "true", "false"}:
            self.write("(")
            self.visit(node.node, frame)
            self.write(f" is {node.name.title()})")
        elif plain and node.name == "string":
            self.write("isinstance(")
            self.lenient(node.node, frame)
            self.write(", str)")
        elif plain and node.name in _KINDS:
            name, (first, *others) = self.temporary_identifier(), _KINDS[node.name]
            self.write(f"(type({name} := ")
            (self.lenient if node.name in _LENIENT_TESTS else self.visit)(node.node, frame)
            known = "".join(f" or type({name}) is {kind}" for kind in others)
            self.write(f") is {first}{known} or {self.tests[node.name]}({name}))")
        else:
            super().visit_Test(node, frame)

    def _is_undefined(self, node: nodes.Expr, frame: Frame) -> None:
        if isinstance(node, nodes.Name):
            ref = frame.symbols.ref(node.name)
            self.write(f"({ref} is missing or isinstance({ref}, Undefined))")
            return
        key = self._key(node, frame)
        if key is None:
            self.write("isinstance(")
            self.visit(node, frame)
            self.write(", Undefined)")
            return
        name = self.temporary_identifier()
        way = f"attribute(environment, {name}" if isinstance(node, nodes.Getattr) else f"environment.getitem({name}"
        self.write(f"(({key!r} not in {name} or isinstance({name}[{key!r}], Undefined)) if type({name} := ")
        self.visit(node.node, frame)
        self.write(f") is dict else isinstance({way}, {key!r}), Undefined))")
