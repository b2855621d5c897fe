"""Writes the Python of a template's expressions: counted, and short for plain data (see `codegen`)."""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators, optimizeconst

from lexel.chat_templates.sandbox.inline import SMALL

__all__ = ["ExpressionVisitors"]

_DICT_ATTRIBUTES = frozenset(dir(dict))
# Results that no comparison can be slow with, whatever stands on the other side.
_FLAGS = (nodes.Compare, nodes.Not, nodes.Test)
# More operands than this are added up in parts, so that what is made before it is paid for stays small.
_MOST_UNPAID = 4
# Arguments whose evaluation cannot fail, nor change anything.
_STILL = (nodes.Const, nodes.Name)
# Tests to which a missing key is what None is.
_LENIENT_TESTS = frozenset({"string", "mapping"})
# Kinds for which a test is true; of others it is asked.
_KINDS = {"mapping": ("dict",), "iterable": ("str", "list"), "sequence": ("str", "list")}
_LOOP_NUMBERS = {"index0": "{0}.index0", "index": "({0}.index0 + 1)", "first": "({0}.index0 == 0)"}
_LOOP_OTHERS = frozenset({"last", "length", "revindex", "revindex0", "previtem", "nextitem", "depth", "depth0"})
_IMPOSSIBLE = object()


class ExpressionVisitors(CodeGenerator):  # type: ignore[misc]
    """The part of the code generator that writes expressions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Names of the values that are being written to the output.
        self._printing: list[str] = []

    # ---- values ----

    def _const(self, node: nodes.Expr, frame: Frame) -> Any:
        """Return the value of a constant expression, or `_IMPOSSIBLE`."""
        try:
            return node.as_const(frame.eval_ctx)
        except Exception:
            return _IMPOSSIBLE

    def _is_const(self, node: nodes.Expr, frame: Frame) -> bool:
        return self._const(node, frame) is not _IMPOSSIBLE

    def _small(self, node: nodes.Expr, frame: Frame, otherwise: str) -> None:
        """Write a value, to be handed to a function of `inline` first unless it is a short string."""
        if self._is_const(node, frame):
            self.visit(node, frame)
            return
        name = self.temporary_identifier()
        self.write(f"({name} if type({name} := ")
        self.visit(node, frame)
        self.write(f") is str and len({name}) < {SMALL} else {otherwise}(meter, {name}))")

    def _call(self, function: str, *arguments: nodes.Expr, frame: Frame) -> None:
        """Write a call of one of `inline`'s functions."""
        self.write(f"{function}(meter")
        for argument in arguments:
            self.write(", ")
            self.visit(argument, frame)
        self.write(")")

    # ---- lookups ----

    @optimizeconst
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

    @optimizeconst
    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """Write ``a[b]``."""
        if isinstance(node.arg, nodes.Slice):
            self._small(node.node, frame, "sliced")
            self.write("[")
            self.visit(node.arg, frame)
            self.write("]")
            return
        key = self._const(node.arg, frame)
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
            return None if node.attr in _DICT_ATTRIBUTES else node.attr
        if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
            key = self._const(node.arg, frame)
            return key if type(key) is str else None
        return None

    def _lenient(self, node: nodes.Expr, frame: Frame) -> None:
        """Write a lookup for a place where None is as good as a missing key."""
        key = self._key(node, frame)
        if key is None or self._is_const(node, frame):
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
            self._lenient(node, frame)

    @optimizeconst
    def visit_Or(self, node: nodes.Or, frame: Frame) -> None:
        """Write ``a or b``."""
        self.write("(")
        self._lenient(node.left, frame)
        self.write(" or ")
        self.visit(node.right, frame)
        self.write(")")

    @optimizeconst
    def visit_Not(self, node: nodes.Not, frame: Frame) -> None:
        """Write ``not a``."""
        self.visit_truth(node, frame)

    @optimizeconst
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
            told = f"the inline if-expression on {self.position(node)} evaluated to false and no else section was defined."
            self.write(f"cond_expr_undefined({told!r})")
        self.write(")")

    @optimizeconst
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
            self._lenient(node.node, frame)
            self.write(", str)")
        elif plain and node.name in _KINDS:
            name, (first, *others) = self.temporary_identifier(), _KINDS[node.name]
            self.write(f"(type({name} := ")
            (self._lenient if node.name in _LENIENT_TESTS else self.visit)(node.node, frame)
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

    # ---- operators ----

    @optimizeconst
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

    @optimizeconst
    def visit_Sub(self, node: nodes.Sub, frame: Frame) -> None:
        """Write ``a - b``."""
        is_free = _is_small_number(node.left) or _is_small_number(node.right)
        self.write("(" if is_free else "paid(meter, ")
        self.visit(node.left, frame)
        self.write(" - ")
        self.visit(node.right, frame)
        self.write(")")

    @optimizeconst
    def visit_Mul(self, node: nodes.Mul, frame: Frame) -> None:
        """Write ``a * b``."""
        self._operate(node, frame)

    @optimizeconst
    def visit_Pow(self, node: nodes.Pow, frame: Frame) -> None:
        """Write ``a ** b``."""
        self._operate(node, frame)

    @optimizeconst
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
        self._call("operate", nodes.Const(node.operator), node.left, node.right, frame=frame)

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Write ``a ~ b ~ …``."""
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            join = "(markup_join if context.eval_ctx.volatile else str_join)" if frame.eval_ctx.volatile else "markup_join"
            self.write(f"paid(meter, {join}((")
            for part in node.nodes:
                self._call("printed", part, frame=frame)
                self.write(", ")
            self.write(")))")
            return
        self.write("joined(meter, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    @optimizeconst
    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        """Write ``a == b``, ``a in b``, ``a < b < c``."""
        if len(node.ops) > 1:
            self.write("(")
            self._small(node.expr, frame, "whole")
            for operand in node.ops:
                self.write(f" {operators[operand.op]} ")
                self._small(operand.expr, frame, "searched" if "in" in operand.op else "whole")
            self.write(")")
            return
        operator, left, right = node.ops[0].op, node.expr, node.ops[0].expr
        if operator in {"in", "notin"}:
            self._contains(left, right, frame, is_negated=operator == "notin")
            return
        self.write("(")
        one, other = self._const(left, frame), self._const(right, frame)
        is_short = _IMPOSSIBLE is not one or other is not _IMPOSSIBLE or isinstance(left, _FLAGS) or isinstance(right, _FLAGS)
        lenient = operator in {"eq", "ne"}
        if not is_short:
            self._small(left, frame, "whole")
        else:
            (self._lenient if lenient and other is not None and other is not _IMPOSSIBLE else self.visit)(left, frame)
        self.write(f" {operators[operator]} ")
        (self._lenient if lenient and one is not None and one is not _IMPOSSIBLE else self.visit)(right, frame)
        self.write(")")

    def _contains(self, left: nodes.Expr, right: nodes.Expr, frame: Frame, *, is_negated: bool) -> None:
        word = "not in" if is_negated else "in"
        item = self._const(left, frame)
        if self._is_const(right, frame):
            # A constant box is as short as the template.
            self.write("(")
            self._small(left, frame, "hashed")
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
            self._call("contains", left, right, frame=frame)
            self.write(")")

    # ---- calls ----

    @optimizeconst
    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        """Write ``a|b``."""
        bare = node.node is not None and not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if bare and node.name in {"trim", "length", "count"}:
            name = self.temporary_identifier()
            if node.name == "trim":
                self.write(f"({name}.strip() if type({name} := ")
                known = f") is str and len({name}) < {SMALL}"
            else:
                self.write(f"(len({name}) if type({name} := ")
                known = f") is list or type({name}) is str"
            self.visit(node.node, frame)
            self.write(f"{known} else {self.filters[node.name]}(context, {name}))")
        else:
            super().visit_Filter(node, frame)

    @optimizeconst
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write ``a(b)``."""
        is_method = isinstance(node.node, nodes.Getattr) and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if is_method and not forward_caller and all(isinstance(argument, _STILL) for argument in node.args):
            self.write("method(context, ")
            self.visit(node.node.node, frame)
            self.write(f", {node.node.attr!r}")
        else:
            self.write("environment.call(context, ")
            self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        """Write ``{a: b}``."""
        self.write("{")
        for pair in node.items:
            if isinstance(pair.key, nodes.Const):
                self.visit(pair.key, frame)
            else:
                self._call("hashed", pair.key, frame=frame)
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
