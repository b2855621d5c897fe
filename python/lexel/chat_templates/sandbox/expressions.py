"""Writes the Python of a template's operators and calls: counted (see `codegen`)."""

from __future__ import annotations

from jinja2 import nodes
from jinja2.compiler import Frame, operators

from lexel.chat_templates.sandbox.inline import SMALL
from lexel.chat_templates.sandbox.lookups import NO_CONST, LookupVisitors, folding

__all__ = ["ExpressionVisitors"]

# Results that no comparison can be slow with, whatever stands on the other side.
_FLAGS = (nodes.Compare, nodes.Not, nodes.Test)
# More operands than this are added up in parts, so that what is made before it is paid for stays small.
_MOST_UNPAID = 4
# Filters that are a method or a function of the plain value: how they are written, and for what.
_SHORT_FILTERS = {
    "trim": ("{0}.strip()", f"is str and len({{0}}) < {SMALL}"),
    "length": ("len({0})", "is list or type({0}) is str"),
    "count": ("len({0})", "is list or type({0}) is str"),
}


class ExpressionVisitors(LookupVisitors):
    """The part of the code generator that writes expressions."""

    # ---- operators ----

    @folding
    def visit_Add(self, node: nodes.Add, frame: Frame) -> None:
        """Write ``a + b + …``: Python's own, paid for at the end."""
        terms: list[nodes.Expr] = []
        while isinstance(node, nodes.Add):
            terms.append(node.right)
            node = node.left
        terms.append(node)
        self._sum(_merged(terms[::-1]), frame)

    def _sum(self, terms: list[nodes.Expr], frame: Frame) -> None:
        changing = [at for at, term in enumerate(terms) if not isinstance(term, nodes.Const)]
        if len(terms) == 1:
            self.visit(terms[0], frame)
            return
        numbers = all(_is_small_number(term) for term in terms if isinstance(term, nodes.Const))
        is_free = len(changing) == 1 and numbers
        name = self.temporary_identifier()
        self.write("(" if is_free else f"({name} if type({name} := ")
        if len(changing) > _MOST_UNPAID:
            cut = changing[_MOST_UNPAID - 1] + 1
            self._sum(terms[:cut], frame)
            terms = terms[cut:]
        else:
            self.visit(terms[0], frame)
            terms = terms[1:]
        for term in terms:
            self.write(" + ")
            self.visit(term, frame)
        self.write(")" if is_free else f") is str and len({name}) < {SMALL} else paid(meter, {name}))")

    @folding
    def visit_Sub(self, node: nodes.Sub, frame: Frame) -> None:
        """Write ``a - b``."""
        is_free = _is_small_number(node.left) or _is_small_number(node.right)
        self.write("(" if is_free else "paid(meter, ")
        self.visit(node.left, frame)
        self.write(" - ")
        self.visit(node.right, frame)
        self.write(")")

    @folding
    def visit_Mul(self, node: nodes.Mul, frame: Frame) -> None:
        """Write ``a * b``."""
        self._operate(node, frame)

    @folding
    def visit_Pow(self, node: nodes.Pow, frame: Frame) -> None:
        """Write ``a ** b``."""
        self._operate(node, frame)

    @folding
    def visit_Mod(self, node: nodes.Mod, frame: Frame) -> None:
        """Write ``a % b``."""
        if not isinstance(node.right, nodes.Const):
            self._operate(node, frame)
            return
        name = self.temporary_identifier()
        self.write(f"({name} % ")
        self.visit(node.right, frame)
        self.write(f" if type({name} := ")
        self.visit(node.left, frame)
        self.write(f") is int else operate(meter, '%', {name}, ")
        self.visit(node.right, frame)
        self.write("))")

    def _operate(self, node: nodes.BinExpr, frame: Frame) -> None:
        self.call_inline("operate", nodes.Const(node.operator), node.left, node.right, frame=frame)

    @folding
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Write ``a ~ b ~ …``."""
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            join = (
                "(markup_join if context.eval_ctx.volatile else str_join)" if frame.eval_ctx.volatile else "markup_join"
            )
            self.write(f"paid(meter, {join}((")
            for part in node.nodes:
                self.call_inline("printed", part, frame=frame)
                self.write(", ")
            self.write(")))")
            return
        self.write("joined(meter, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    @folding
    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        """Write ``a == b``, ``a in b``, ``a < b < c``."""
        if len(node.ops) > 1:
            self.write("(")
            self.small(node.expr, frame, "whole")
            for operand in node.ops:
                self.write(f" {operators[operand.op]} ")
                self.small(operand.expr, frame, "searched" if "in" in operand.op else "whole")
            self.write(")")
            return
        operator, left, right = node.ops[0].op, node.expr, node.ops[0].expr
        if operator in {"in", "notin"}:
            self._contains(left, right, frame, is_negated=operator == "notin")
            return
        one, other = self.const_of(left, frame), self.const_of(right, frame)
        self.write("(")
        if one is NO_CONST and other is NO_CONST and not isinstance(left, _FLAGS) and not isinstance(right, _FLAGS):
            self.small(left, frame, "whole")
        else:
            self._compared(left, frame, operator, other)
        self.write(f" {operators[operator]} ")
        self._compared(right, frame, operator, one)
        self.write(")")

    def _compared(self, node: nodes.Expr, frame: Frame, operator: str, other: object) -> None:
        """Write a side of a comparison, the other side being this constant or none."""
        # Nothing but None is equal to None, and a missing key is equal to nothing at all.
        is_lenient = operator in {"eq", "ne"} and other is not None and other is not NO_CONST
        (self.lenient if is_lenient else self.visit)(node, frame)

    def _contains(self, left: nodes.Expr, right: nodes.Expr, frame: Frame, *, is_negated: bool) -> None:
        word = "not in" if is_negated else "in"
        item = self.const_of(left, frame)
        if self.is_const(right, frame):
            # A constant box is as short as the template.
            self.write("(")
            self.small(left, frame, "hashed")
            self.write(f" {word} ")
            self.visit(right, frame)
            self.write(")")
        elif type(item) is str:
            name = self.temporary_identifier()
            self.write(f"({item!r} {word} {name} if type({name} := ")
            self.visit(right, frame)
            self.write(f") is dict or type({name}) is str and len({name}) < {SMALL} else ")
            self.write("(not " if is_negated else "(")
            self.write(f"contains(meter, {item!r}, {name})))")
        else:
            self.write("(not " if is_negated else "(")
            self.call_inline("contains", left, right, frame=frame)
            self.write(")")

    # ---- calls ----

    @folding
    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        """Write ``a|b``."""
        bare = node.node is not None and not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if bare and node.name in _SHORT_FILTERS:
            name = self.temporary_identifier()
            short, known = (part.format(name) for part in _SHORT_FILTERS[node.name])
            self.write(f"({short} if type({name} := ")
            self.visit(node.node, frame)
            self.write(f") {known} else {self.filters[node.name]}(context, {name}))")
        else:
            super().visit_Filter(node, frame)

    @folding
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write ``a(b)``."""
        is_method = isinstance(node.node, nodes.Getattr) and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if is_method and not forward_caller and all(self._is_still(argument, frame) for argument in node.args):
            self.write("method(context, ")
            self.visit(node.node.node, frame)
            self.write(f", {node.node.attr!r}")
        else:
            self.write("environment.call(context, ")
            self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    def _is_still(self, node: nodes.Expr, frame: Frame) -> bool:
        """Say whether working an expression out cannot fail, nor change anything."""
        return isinstance(node, nodes.Name) or self.is_const(node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        """Write ``{a: b}``."""
        self.write("{")
        for pair in node.items:
            if isinstance(pair.key, nodes.Const):
                self.visit(pair.key, frame)
            else:
                self.call_inline("hashed", pair.key, frame=frame)
            self.write(": ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")


def _is_small_number(node: nodes.Expr) -> bool:
    if not isinstance(node, nodes.Const) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, float) or (isinstance(node.value, int) and node.value.bit_length() < 64)


def _merged(terms: list[nodes.Expr]) -> list[nodes.Expr]:
    """Return the terms of a sum, strings that stand side by side made one."""
    merged: list[nodes.Expr] = []
    for term in terms:
        before = merged[-1] if merged else None
        if _is_text(term) and before is not None and _is_text(before):
            merged[-1] = nodes.Const(before.value + term.value, lineno=before.lineno)
        else:
            merged.append(term)
    return merged


def _is_text(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Const) and type(node.value) is str
