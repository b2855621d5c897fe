"""Writes the Python a chat template becomes: jinja2's code generator, with counting, and short ways to plain data.

jinja2's sandbox decides *what* a template may touch; it does not see loops, comparisons or ``~``. Here they count: a
loop or macro body pays for a pass through it in one subtraction, and an operation that can make or search something
large calls one of `inline`'s functions, unless what it meets is small. Messages are plain dicts of plain strings, so a
lookup by a name that no dict has as an attribute asks the dict itself; everything else goes to the sandbox.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import DependencyFinderVisitor, Frame, find_undeclared

from lexel.chat_templates.sandbox.expressions import ExpressionVisitors
from lexel.chat_templates.sandbox.generation import CLOSE, OPEN
from lexel.chat_templates.sandbox.inline import EXPORTED

__all__ = ["ChatCodeGenerator"]

# What resolving a name again for a block needs the context to know.
_RESOLVING = (nodes.Block, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_SPECIAL = frozenset({"loop", "caller", "varargs", "kwargs", "self", "super"})
_LOOP_NAMES = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "depth", "depth0"}
    | {"cycle", "changed"}
)
_STEP = 10
_TICK = "tick "
_MARKS = frozenset({_TICK, OPEN, CLOSE})
# Nodes that may make, or look through, a value of `SMALL` size without further payment.
_MAKING = (nodes.Add, nodes.Sub, nodes.Mod, nodes.Filter, nodes.Slice)


class ChatCodeGenerator(ExpressionVisitors):
    """Statements; expressions are `ExpressionVisitors`'."""

    # ---- functions ----

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """Write the module."""
        self._keeps_variables = node.find(_RESOLVING) is not None
        self._free_names = _names_never_set(node)
        self._is_root_written = False
        for block in node.find_all(nodes.Block):
            _tick(block)
        self._has_parent = node.find(nodes.Extends) is not None
        self.writeline(f"from lexel.chat_templates.sandbox.inline import {', '.join(EXPORTED)}")
        super().visit_Template(node, frame)

    def write_commons(self) -> None:
        """Write how every function begins."""
        self.writeline("resolve = context.resolve_or_missing")
        self.writeline("undefined = environment.undefined")
        self.writeline("cond_expr_undefined = Undefined")
        self.writeline("meter = context.meter")
        self.writeline("concat = meter.concat")

    def pull_dependencies(self, nodes: Any) -> None:
        """Write the filters and tests that are used: those that exist as they are."""
        finder = DependencyFinderVisitor()
        for node in nodes:
            finder.visit(node)
        for known, names, kind in ((self.filters, finder.filters, "filters"), (self.tests, finder.tests, "tests")):
            for name in sorted(names - _MARKS):
                known.setdefault(name, self.temporary_identifier())
                if name in getattr(self.environment, kind):
                    self.writeline(f"{known[name]} = environment.{kind}[{name!r}]")
                    continue
                self.writeline(f"def {known[name]}(*unused):")
                self.indent()
                self.writeline(f"raise TemplateRuntimeError({f'No {kind[:-1]} named {name!r} found.'!r})")
                self.outdent()

    def enter_frame(self, frame: Frame) -> None:
        """Write the loading of variables; the root and blocks begin a list of chunks."""
        if frame.rootlevel:
            # What is set nowhere is loaded once, and not again in every pass through a loop.
            for name in self._free_names:
                frame.symbols.load(name)
        super().enter_frame(frame)
        if frame.rootlevel:
            frame.buffer = self.temporary_identifier()
            self.writeline(f"{frame.buffer} = meter.chunks")
        elif frame.block_frame:
            self.buffer(frame)

    def leave_frame(self, frame: Frame, with_python_scope: bool = False) -> None:
        """Write the end of a scope: the root returns its chunks, a block yields its text."""
        super().leave_frame(frame, with_python_scope)
        if frame.rootlevel:
            self.writeline(f"yield from {frame.buffer}" if self._has_parent else f"return {frame.buffer}")
        elif frame.block_frame:
            self.writeline(f"yield concat({frame.buffer})")

    def pop_assign_tracking(self, frame: Frame) -> None:
        """Write what the context has to know of an assignment: nothing, unless blocks resolve names by it."""
        if self._keeps_variables and not frame.loop_frame and not frame.block_frame:
            super().pop_assign_tracking(frame)
        else:
            self._assign_stack.pop()

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:
        """Write a macro."""
        _tick(node)
        if self._keeps_variables:
            super().visit_Macro(node, frame)
            return
        macro_frame, macro_ref = self.macro_body(node, frame)
        self.writeline(f"{frame.symbols.ref(node.name)} = ")
        self.macro_def(macro_ref, macro_frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        """Write a ``{% call %}`` block."""
        _tick(node)
        super().visit_CallBlock(node, frame)

    # ---- statements ----

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> None:
        """Write an expression for its effect; the payments and marks of this room among them."""
        name = node.node.name if isinstance(node.node, nodes.Filter) else ""
        if name == _TICK:
            self.writeline(f"meter.remaining -= {node.node.node.value}", node)
            self.writeline("if meter.remaining < 0: meter.extend()")
        elif name == OPEN:
            self.writeline(f"meter.open({frame.buffer})", node)
        elif name == CLOSE:
            self.writeline(f"meter.close({frame.buffer})", node)
        else:
            super().visit_ExprStmt(node, frame)

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        """Write a condition."""
        inner = frame.soft()
        word = "if"
        for branch in (node, *node.elif_):
            self.writeline(f"{word} ", branch)
            self.visit_truth(branch.test, inner)
            self.write(":")
            self._indented(branch.body, inner)
            word = "elif"
        if node.else_:
            self.writeline("else:")
            self._indented(node.else_, inner)

    def _indented(self, body: list[nodes.Node], frame: Frame) -> None:
        self.indent()
        self.blockvisit(body, frame)
        self.outdent()

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        """Write a loop."""
        is_simple = not node.recursive and _asks_only_where(node.body)
        _tick(node)
        if node.recursive:
            super().visit_For(node, frame)
            return
        loop_frame, test_frame, else_frame = frame.inner(), frame.inner(), frame.inner()
        loop_frame.loop_frame = True
        has_loop = "loop" in find_undeclared(node.body, ("loop",)) or any(b.scoped for b in node.find_all(nodes.Block))
        loop_ref = loop_frame.symbols.declare_parameter("loop") if has_loop else None
        loop_frame.symbols.analyze_node(node, for_branch="body")
        if node.else_:
            else_frame.symbols.analyze_node(node, for_branch="else")
        selected = self._loop_test(node, test_frame, loop_frame) if node.test else None
        if loop_ref:
            self.writeline(f"{loop_ref} = missing")
        for name in node.find_all(nodes.Name):
            if name.ctx == "store" and name.name == "loop":
                self.fail("Can't assign to special loop variable in for-loop target", name.lineno)
        is_empty = self.temporary_identifier() if node.else_ else None
        if is_empty:
            self.writeline(f"{is_empty} = 1")
        self.writeline("for ", node)
        self.visit(node.target, loop_frame)
        kind = "ChatLoop" if is_simple else "LoopContext"
        self.write(f", {loop_ref} in {kind}(" if loop_ref else " in ")
        self.write(f"{selected}(walk(meter, " if selected else "walk(meter, ")
        self.visit(node.iter, frame)
        self.write("))" if selected else ")")
        self.write((", undefined)._walk():" if is_simple else ", undefined):") if loop_ref else ":")
        self.indent()
        self.enter_frame(loop_frame)
        self.blockvisit(node.body, loop_frame)
        if is_empty:
            self.writeline(f"{is_empty} = 0")
        self.outdent()
        self.leave_frame(loop_frame)
        if is_empty:
            self.writeline(f"if {is_empty}:")
            self.indent()
            self.enter_frame(else_frame)
            self.blockvisit(node.else_, else_frame)
            self.leave_frame(else_frame)
            self.outdent()
        if self._assign_stack:
            # What a loop assigns ends with it.
            self._assign_stack[-1].difference_update(loop_frame.symbols.stores)

    def _loop_test(self, node: nodes.For, frame: Frame, loop_frame: Frame) -> str:
        """Write the generator that passes on the items a loop's condition holds for; return its name."""
        name: str = self.temporary_identifier()
        frame.symbols.analyze_node(node, for_branch="test")
        self.writeline(f"def {name}(fiter):", node.test)
        self.indent()
        self.enter_frame(frame)
        self.writeline("for ")
        self.visit(node.target, loop_frame)
        self.write(" in fiter:")
        self.indent()
        self.visit_ExprStmt(_payment([node.test], node.test.lineno), frame)
        self.writeline("if ", node.test)
        self.visit_truth(node.test, frame)
        self.write(":")
        self.indent()
        self.writeline("yield ")
        self.visit(node.target, loop_frame)
        self.outdent(3)
        self.leave_frame(frame, with_python_scope=True)
        return name

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        """Write what is printed: each piece a chunk, constant ones together."""
        if frame.require_output_check:
            if self.has_known_extends:
                return
            self.writeline("if parent_template is None:")
            self.indent()
        constant: list[str] = []
        for child in node.nodes:
            try:
                constant.append(self._output_child_to_const(child, frame, self._make_finalize()))
            except Exception:
                # It depends on the conversation, or fails where the template does.
                self._write_constant(constant, frame)
                constant = []
                self._write_printed(child, frame)
        self._write_constant(constant, frame)
        if frame.require_output_check:
            self.outdent()

    def _write_constant(self, parts: list[str], frame: Frame) -> None:
        if parts:
            self.writeline(f"{frame.buffer}.append({self._output_const_repr(parts)})")

    def _write_printed(self, node: nodes.Expr, frame: Frame) -> None:
        self.writeline(f"{frame.buffer}.append(", node)
        if frame.eval_ctx.volatile:
            self.write("(escaped if context.eval_ctx.autoescape else text)(meter, ")
            self.visit(node, frame)
            self.write("))")
        elif frame.eval_ctx.autoescape:
            self.call_inline("escaped", node, frame=frame)
            self.write(")")
        else:
            name = self.temporary_identifier()
            self.write(f"{name} if type({name} := ")
            self.visit(node, frame)
            self.write(f") is str else text(meter, {name}))")


def _payment(body: list[nodes.Node], lineno: int) -> nodes.ExprStmt:
    """Return the statement that pays for one pass through a body."""
    return nodes.ExprStmt(nodes.Filter(nodes.Const(_cost(body)), _TICK, [], [], None, None), lineno=lineno)


def _tick(node: Any) -> None:
    """Let every pass through the body of a loop, macro or block pay for itself."""
    node.body.insert(0, _payment(node.body, node.lineno))


def _cost(body: list[nodes.Node]) -> int:
    """Return what one pass through a body costs: its steps, the text it writes, and what it may make unpaid."""
    units = _STEP
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        units += 1 + (len(node.data) >> 4 if isinstance(node, nodes.TemplateData) else 0)
        units += 16 * isinstance(node, _MAKING)
        stack.extend(node.iter_child_nodes())
    return units


def _names_never_set(tree: nodes.Template) -> list[str]:
    """Return the names a template uses and sets nowhere, not even as a parameter."""
    used: set[str] = set()
    given = set(_SPECIAL)
    for name in tree.find_all(nodes.Name):
        (used if name.ctx == "load" else given).add(name.name)
    given.update(node.name for node in tree.find_all((nodes.Macro, nodes.NSRef)))
    if tree.find((nodes.Import, nodes.FromImport)) is not None:
        return []
    return sorted(used - given)


def _asks_only_where(body: list[nodes.Node]) -> bool:
    """Say whether all that a loop's body asks of ``loop`` is where it is."""
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "loop":
            if node.attr not in _LOOP_NAMES:
                return False
        elif isinstance(node, nodes.Name) and node.name == "loop":
            return False
        elif isinstance(node, nodes.For):
            # In there it is another loop's.
            stack.extend([node.iter, *node.else_])
        elif isinstance(node, nodes.Block):
            return False
        else:
            stack.extend(node.iter_child_nodes())
    return True
