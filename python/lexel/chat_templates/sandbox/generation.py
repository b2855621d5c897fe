"""The `generation` tag, which says what the assistant writes.

The block is a scope of its own. What it writes goes where everything goes, into a list of chunks. The code generator
(`codegen`) notes how long the list was where the block opens and where it closes. Inside a macro, or anything else
whose text is handled before it is written, the list is not the output's, and `render` looks for marks instead.
"""

from __future__ import annotations

from typing import Any, ClassVar

from jinja2 import nodes
from jinja2.ext import Extension

__all__ = ["CLOSE", "OPEN", "GenerationTag", "spans_are_buffered"]

# Names no template can write as a filter, and no environment knows as one.
OPEN, CLOSE = "generation open ", "generation close "


class GenerationTag(Extension):  # type: ignore[misc]
    """``{% generation %} … {% endgeneration %}``."""

    tags: ClassVar[set[str]] = {"generation"}

    def parse(self, parser: Any) -> list[nodes.Node]:
        """Parse one block."""
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return [_mark(OPEN, lineno), nodes.Scope(body, lineno=lineno), _mark(CLOSE, lineno)]


def _mark(name: str, lineno: int) -> nodes.ExprStmt:
    return nodes.ExprStmt(nodes.Filter(nodes.Const(None), name, [], [], None, None), lineno=lineno)


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


def _has_generation(node: nodes.Node) -> bool:
    return any(item.name == OPEN for item in node.find_all(nodes.Filter))
