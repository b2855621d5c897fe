"""Puts the counting into a template's syntax tree, and the `generation` tag into its language.

jinja2's sandbox decides *what* a template may touch; it does not see loops, comparisons or ``~``. These become visible
by small internal filters around the nodes: a filter that takes the context compiles to one plain function call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.visitor import NodeTransformer

from lexel.chat_templates.sandbox.filters import takes_context

if TYPE_CHECKING:
    from lexel.chat_templates.sandbox.budget import Meter

__all__ = ["INTERNAL_FILTERS", "GenerationTag", "instrument", "spans_are_buffered"]

# Names no template can write as a filter; the environment refuses them where a filter is named by a string.
_TICK, _WHOLE, _WALKED, _SLICED, _SEARCHED, _HASHED = "tick ", "whole ", "walked ", "sliced ", "searched ", "hashed "
_OPEN, _CLOSE = "generation open ", "generation close "
_STEP = 10


@takes_context
def _tick(context: Any, units: int) -> None:
    """Pay for one pass through a loop or macro body."""
    context.meter.spend(units)


@takes_context
def _whole(context: Any, value: Any) -> Any:
    """Pay for a value that is printed, compared or joined."""
    context.meter.touch_whole(value)
    return value


@takes_context
def _walked(context: Any, value: Any) -> Any:
    """Pay for a value that a loop walks: its items may be passed over by a test, and never reach the body."""
    if hasattr(value, "__len__"):
        context.meter.spend(2 * len(value))
    return value


@takes_context
def _sliced(context: Any, value: Any) -> Any:
    """Pay for a value that is sliced: at most all of it is copied."""
    if hasattr(value, "__len__"):
        context.meter.touch(len(value) if isinstance(value, str) else 8 * len(value))
    return value


@takes_context
def _searched(context: Any, value: Any) -> Any:
    """Pay for a value that something is looked for in: a list compares its items, the others do not."""
    return _whole(context, value) if isinstance(value, (str, list, tuple)) else value


@takes_context
def _hashed(context: Any, value: Any) -> Any:
    """Pay for a key: hashing a tuple walks everything in it."""
    if isinstance(value, tuple):
        context.meter.touch_whole(value)
    return value


@takes_context
def _open(context: Any, value: str) -> str:
    meter: Meter = context.meter
    if meter.marks is not None:
        return meter.marks[0]
    meter.spans.append((meter.emitted, -1))
    return value


@takes_context
def _close(context: Any, value: str) -> str:
    meter: Meter = context.meter
    if meter.marks is not None:
        return meter.marks[1]
    # The innermost block that is still open.
    for index in range(len(meter.spans) - 1, -1, -1):
        start, end = meter.spans[index]
        if end < 0:
            meter.spans[index] = (start, meter.emitted)
            break
    return value


INTERNAL_FILTERS = {
    _TICK: _tick,
    _WHOLE: _whole,
    _WALKED: _walked,
    _SLICED: _sliced,
    _SEARCHED: _searched,
    _HASHED: _hashed,
    _OPEN: _open,
    _CLOSE: _close,
}


def _filter(name: str, node: nodes.Expr | None, value: Any = None) -> nodes.Filter:
    lineno = node.lineno if node is not None else None
    return nodes.Filter(nodes.Const(value) if node is None else node, name, [], [], None, None, lineno=lineno)


class GenerationTag(Extension):  # type: ignore[misc]
    """``{% generation %} … {% endgeneration %}``: what the assistant is trained to write.

    The block is a scope of its own. What it writes goes straight to the output, between two marks that are empty
    strings: when they pass by, the characters emitted so far are the span.
    """

    tags: ClassVar[set[str]] = {"generation"}

    def parse(self, parser: Any) -> list[nodes.Node]:
        """Parse one block."""
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return [
            nodes.Output([_filter(_OPEN, None, "")], lineno=lineno),
            nodes.Scope(body, lineno=lineno),
            nodes.Output([_filter(_CLOSE, None, "")], lineno=lineno),
        ]


def _has_generation(node: nodes.Node) -> bool:
    return any(item.name == _OPEN for item in node.find_all(nodes.Filter))


def spans_are_buffered(tree: nodes.Template) -> bool | None:
    """Say whether a generation block writes into a buffer, where the position in the output is unknown.

    Returns:
        None if the template has no generation block.
    """
    if not _has_generation(tree):
        return None
    buffers = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Block)
    return any(
        _has_generation(node)
        for node in tree.find_all((*buffers, nodes.For))
        if not isinstance(node, nodes.For) or node.recursive
    )


def instrument(tree: nodes.Template) -> None:
    """Put the counting into the tree."""
    _Instrument().visit(tree)


def _cost(body: list[nodes.Node]) -> int:
    """Return what one pass through a body costs: its steps and the text it writes."""
    units = _STEP
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        units += 1 + (len(node.data) >> 4 if isinstance(node, nodes.TemplateData) else 0)
        stack.extend(node.iter_child_nodes())
    return units


class _Instrument(NodeTransformer):  # type: ignore[misc]
    def _ticking(self, node: Any) -> Any:
        units = _cost(node.body)
        self.generic_visit(node)
        node.body.insert(0, nodes.ExprStmt(_filter(_TICK, None, units), lineno=node.lineno))
        return node

    visit_Macro = visit_CallBlock = visit_Block = _ticking

    def visit_For(self, node: nodes.For) -> nodes.For:
        self._ticking(node)
        node.iter = _filter(_WALKED, node.iter)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        self.generic_visit(node)
        node.nodes = [_whole_unless_constant(child) for child in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Concat:
        self.generic_visit(node)
        node.nodes = [_whole_unless_constant(child) for child in node.nodes]
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        node.expr = _whole_unless_constant(node.expr)
        for operand in node.ops:
            membership = operand.op in {"in", "notin"}
            operand.expr = _filter(_SEARCHED, operand.expr) if membership else _whole_unless_constant(operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            if not _is_constant(node.node):
                node.node = _filter(_SLICED, node.node)
        elif not isinstance(node.arg, nodes.Const):
            node.arg = _filter(_HASHED, node.arg)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Pair:
        self.generic_visit(node)
        if not isinstance(node.key, nodes.Const):
            node.key = _filter(_HASHED, node.key)
        return node


def _whole_unless_constant(node: nodes.Expr) -> nodes.Expr:
    return node if _is_constant(node) else _filter(_WHOLE, node)


def _is_constant(node: nodes.Expr) -> bool:
    """Say whether a value depends on nothing but the template, so that jinja2 may compute it at compile time."""
    variable = (nodes.Name, nodes.Call, nodes.Filter, nodes.Test)
    if isinstance(node, nodes.Filter) and node.name in {_OPEN, _CLOSE}:
        return True
    return not isinstance(node, variable) and next(node.find_all(variable), None) is None
