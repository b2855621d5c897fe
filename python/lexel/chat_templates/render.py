"""Renders a chat template: messages in, text out, with the spans the assistant wrote.

The template runs in the room's sandbox, within a budget. jinja2 is imported with the first render. Which template to
render is `selection`'s question, several conversations at once are `conversations`'.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from lexel.chat_templates.continue_final import cut, open_final
from lexel.chat_templates.plain import plain_argument, plain_document, plain_message
from lexel.chat_templates.sandbox.budget import Budget, Meter, current_budget
from lexel.chat_templates.sandbox.errors import require_jinja, template_error, template_line, wrap
from lexel.chat_templates.tools import tool_schemas

if TYPE_CHECKING:
    from lexel.chat_templates.sandbox.environment import Compiled

__all__ = [
    "Piece",
    "Rendered",
    "clear_cache",
    "has_generation",
    "literal_text",
    "render",
    "render_prepared",
    "template_names",
    "trace",
]

_RESERVED = frozenset({"messages", "tools", "documents", "add_generation_prompt"})


class Rendered(NamedTuple):
    """What a template wrote."""

    text: str
    generation_spans: list[tuple[int, int]] | None
    """(start, end) code points of `text` that stand in ``{% generation %}`` blocks, ascending. None if the template
    changes the text of a block after writing it, so that nobody can say where it went."""


def render(
    template: str,
    messages: Iterable[Any],
    *,
    tools: Sequence[Any] | None = None,
    documents: Sequence[Any] | None = None,
    add_generation_prompt: bool = False,
    continue_final_message: bool | str = False,
    variables: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
) -> Rendered:
    """Render one conversation.

    Args:
        template: jinja source.
        messages: dicts, dataclasses or objects with ``model_dump``; they are copied, never changed.
        tools: JSON schemas, or functions that `get_json_schema` understands.
        documents: dicts, by custom with ``title`` and ``text``.
        add_generation_prompt: tell the template to open an assistant message at the end.
        continue_final_message: stop right after the text of the last message: True for its ``content``, or the name
            of a field.
        variables: everything else the template may name: special tokens, switches such as ``enable_thinking``.
        budget: limits for a template nobody vouched for; give a larger one to a trusted template. None for the one
            of `use_budget`, or the default.

    Raises:
        TemplateError: the template does not compile, raises, does something forbidden, or exceeds the budget.
        TypeError: a message, document or variable of a wrong kind; says which.
        ValueError: `continue_final_message` cannot be honoured; says why.
        MissingDependencyError: jinja2 is absent or too old.

    Example:
        >>> render("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}",
        ...        [{"role": "user", "content": "Hi"}]).text
        '<user>Hi'
    """
    names = template_names(tools, documents, add_generation_prompt, variables)
    return render_prepared(template, messages, names, continue_final_message=continue_final_message, budget=budget)


def render_prepared(
    template: str,
    messages: Iterable[Any],
    names: Mapping[str, Any],
    *,
    continue_final_message: bool | str = False,
    budget: Budget | None = None,
) -> Rendered:
    """Render one conversation of several that have all else in common.

    Args:
        template: as `render`.
        messages: as `render`.
        names: what `template_names` returned; no template changes it.
        continue_final_message: as `render`.
        budget: as `render`.

    Raises:
        TemplateError: as `render`.
        TypeError: as `render`.
        ValueError: as `render`.
    """
    if isinstance(messages, (str, bytes, Mapping)):
        raise TypeError(f"messages is a {type(messages).__name__}; expected a list of messages")
    if budget is None:
        budget = current_budget()
    compiled = _compile(template, budget)
    given = {**names, "messages": [plain_message(message, index) for index, message in enumerate(messages)]}
    final = open_final(given["messages"], continue_final_message, template) if continue_final_message else None
    text, spans = _run(compiled, given, budget)
    if final is not None:
        text = cut(text, final)
        spans = spans and [(start, min(end, len(text))) for start, end in spans if start < len(text)]
    return Rendered(text, spans)


class Piece(NamedTuple):
    """A stretch of a render that one statement of the template wrote."""

    start: int
    end: int
    line: int | None
    """Of the template."""
    message: int | None
    """Which one a loop was at."""


class _TracedChunks(list[str]):
    """What a template writes, and where in the template it was when it did."""

    def __init__(self, compiled: Compiled, messages: list[Any]) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._compiled = compiled
        self._messages = messages
        self._place = 0

    def append(self, chunk: str) -> None:
        super().append(chunk)
        frame = sys._getframe(1)
        line = self._compiled.template.get_corresponding_lineno(frame.f_lineno)
        message = _message_index([frame.f_locals], self._compiled.loop_targets, self._messages)
        end = self._place + len(chunk)
        self.pieces.append(Piece(self._place, end, line, message))
        self._place = end


def trace(
    template: str,
    messages: Iterable[Any],
    *,
    tools: Sequence[Any] | None = None,
    documents: Sequence[Any] | None = None,
    add_generation_prompt: bool = False,
    variables: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
) -> list[Piece]:
    """Say which line of a template writes which stretch of the text that `render` returns for these arguments.

    What a template collects in a variable, a macro or a block counts where that is written out.

    Raises:
        TemplateError: as `render`.
    """
    budget = budget or current_budget()
    compiled = _compile(template, budget)
    names = template_names(tools, documents, add_generation_prompt, variables)
    names["messages"] = [plain_message(message, index) for index, message in enumerate(messages)]
    meter = Meter(budget, names)
    meter.chunks = chunks = _TracedChunks(compiled, names["messages"])
    _emit(compiled, names, meter)
    return chunks.pieces


def has_generation(template: str) -> bool:
    """Say whether a template has a ``{% generation %}`` block."""
    return _compile(template, current_budget()).has_generation


@lru_cache(maxsize=128)
def literal_text(template: str) -> str:
    r"""Return all text a template can write by itself: its raw text and string constants, joined by ``"\0"``."""
    _compile(template, current_budget())
    from jinja2 import nodes

    from lexel.chat_templates.sandbox.environment import environment

    tree = environment().parse(template)
    parts = [node.data for node in tree.find_all(nodes.TemplateData)]
    parts += [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
    return "\0".join(parts)


def clear_cache() -> None:
    """Forget all compiled templates."""
    _compiled.cache_clear()
    literal_text.cache_clear()


def _compile(template: str, budget: Budget) -> Compiled:
    if not isinstance(template, str):
        raise TypeError(f"a chat template is a str, not {type(template).__name__}")
    return _compiled(template, budget.template_chars, budget.template_nodes)


@lru_cache(maxsize=128)
def _compiled(template: str, most_chars: int, most_nodes: int) -> Compiled:
    require_jinja()
    from lexel.chat_templates.sandbox.environment import compile_source

    try:
        return compile_source(template, most_chars, most_nodes)
    except (SyntaxError, RecursionError, MemoryError) as exc:
        if isinstance(exc, SyntaxError) and " loop" in exc.msg:
            # jinja2 leaves it to Python to say that a `break` or `continue` stands outside of a loop.
            raise wrap(require_jinja().TemplateSyntaxError(f"the template does not compile: {exc.msg}", 0)) from None
        # The template is fine as jinja, and too deeply nested for the parser, or for the Python it becomes.
        reason = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        raise template_error()(f"the template is nested too deeply to compile ({reason})") from None
    except Exception as exc:
        raise wrap(exc) from exc


def template_names(
    tools: Sequence[Any] | None,
    documents: Sequence[Any] | None,
    add_generation_prompt: bool,
    variables: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return all a template gets to see beside the messages: plain copies.

    Args:
        tools: as `render`.
        documents: as `render`.
        add_generation_prompt: as `render`.
        variables: as `render`.

    Raises:
        TypeError: a tool, document or variable of a wrong kind; says which.
        ValueError: one of them contains itself.
    """
    if documents is not None and isinstance(documents, (str, bytes, Mapping)):
        raise TypeError(f"documents is a {type(documents).__name__}; expected a list of dicts")
    names: dict[str, Any] = plain_argument(variables, "variables") if variables else {}
    if not _RESERVED.isdisjoint(names):
        raise TypeError(f"template variables may not be named {sorted(_RESERVED & set(names))}: they are arguments")
    names["messages"] = None
    names["tools"] = None if tools is None else plain_argument(tool_schemas(tools), "tools")
    names["documents"] = (
        None if documents is None else [plain_document(document, index) for index, document in enumerate(documents)]
    )
    names["add_generation_prompt"] = add_generation_prompt
    return names


def _run(compiled: Compiled, names: dict[str, Any], budget: Budget) -> tuple[str, list[tuple[int, int]] | None]:
    meter = Meter(budget, names)
    text = _emit(compiled, names, meter)
    if not compiled.has_generation:
        return text, []
    if not compiled.buffered_spans:
        return text, sorted(meter.spans)
    # Inside a macro the place in the output is unknown. Render once more with marks around the blocks, and trust them
    # only if the text without them is the text.
    nonce = secrets.randbits(64)  # digits: no filter changes their case
    marked = Meter(budget, names)
    marked.marks = (f"\U000ffff0{nonce}(", f"\U000ffff0{nonce})")
    try:
        return text, _spans_from_marks(_emit(compiled, names, marked), marked.marks, text)
    except template_error():
        # The marks were in the template's way.
        return text, None


def _emit(compiled: Compiled, names: dict[str, Any], meter: Meter) -> str:
    from lexel.chat_templates.sandbox.environment import new_context

    context = new_context(compiled, names, meter)
    try:
        chunks = list(compiled.template.root_render_func(context))
        text = meter.output(chunks)
        if meter.spans and not compiled.buffered_spans:
            meter.spans = _by_character(meter.spans, chunks)
        return text
    except MemoryError:
        raise
    except Exception as exc:
        lineno, frames = template_line(exc.__traceback__)
        index = _message_index(frames, compiled.loop_targets, names["messages"])
        error = wrap(exc, lineno=lineno, message_index=index)
        # The frames hold the whole conversation; whoever keeps the error shall not keep that.
        exc.__traceback__ = None
        # What the template itself raised has no other story to tell.
        raise error from (None if type(exc) is require_jinja().TemplateError else exc)


def _by_character(spans: list[tuple[int, int]], chunks: list[str]) -> list[tuple[int, int]]:
    """Turn places in a list of chunks into places in their text."""
    places = [0, *accumulate(map(len, chunks))]
    return [(places[start], places[end]) for start, end in spans]


def _message_index(frames: list[dict[str, Any]], targets: frozenset[str], messages: list[Any]) -> int | None:
    """Return the message a loop was at, found by identity: every message is an object of its own."""
    places = {id(message): index for index, message in enumerate(messages)}
    for names in reversed(frames):
        # Compiled names are l_LEVEL_NAME; the innermost loop counts.
        loops = [(int(level), name) for _, level, name in (key.split("_", 2) for key in names if key.startswith("l_"))]
        for level, name in sorted(loops, reverse=True):
            index = places.get(id(names[f"l_{level}_{name}"])) if name in targets else None
            if index is not None:
                return index
    return None


def _spans_from_marks(marked: str, marks: tuple[str, str], text: str) -> list[tuple[int, int]] | None:
    pieces = re.split(f"({re.escape(marks[0])}|{re.escape(marks[1])})", marked)
    place, open_at, spans = 0, [], []
    for piece in pieces:
        if piece == marks[0]:
            open_at.append(place)
        elif piece != marks[1]:
            place += len(piece)
        elif open_at:
            spans.append((open_at.pop(), place))
    bare = "".join(piece for piece in pieces if piece not in marks)
    if bare == text:
        return sorted(spans)
    # The template trimmed a block: the marks kept its whitespace. Everything else must agree.
    same = "".join(bare.split()) == "".join(text.split())
    return sorted(_without_trimmed(bare, text, spans)) if same else None


def _without_trimmed(bare: str, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Carry spans of one text over to another that lacks some of its whitespace."""
    solid = [place for place, char in enumerate(text) if not char.isspace()]
    count_before = [0]
    for char in bare:
        count_before.append(count_before[-1] + (not char.isspace()))
    moved = []
    for start, end in spans:
        first, last = count_before[start], count_before[end]
        if first < last:
            moved.append((solid[first], solid[last - 1] + 1))
    return moved
