"""Small conversations to render: every text in them is a word that occurs nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.render import Rendered, render
from lexel.chat_templates.sandbox.budget import BudgetExceeded
from lexel.chat_templates.sandbox.errors import template_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TOOLS", "Failure", "OverBudget", "Prober", "answer", "call", "result", "system", "user"]

# Words, so that no tokenizer and no filter takes them apart; Zq begins no word of any language's templates.
_TOOL_NAME = "zqtool"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": _TOOL_NAME,
            "description": "Zqdescribed é",
            "parameters": {
                "type": "object",
                "properties": {"zqcity": {"type": "string", "description": "Zqcity"}},
                "required": ["zqcity"],
            },
        },
    }
]

Message = dict[str, Any]


def system(number: int = 0, role: str = "system") -> Message:
    """Return a message that tells the model what to do."""
    return {"role": role, "content": f"Zqsystem{number}x"}


def user(number: int = 0) -> Message:
    """Return a question."""
    return {"role": "user", "content": f"Zquser{number}x"}


def answer(number: int = 0, *, reasoning: bool = False) -> Message:
    """Return an answer."""
    message = {"role": "assistant", "content": f"Zqanswer{number}x"}
    return {**message, "reasoning_content": f"Zqreason{number}x"} if reasoning else message


def call(number: int = 0, *, as_text: bool = False, content: str | None = "") -> Message:
    """Return a call of the tool, its arguments as a dict or as JSON."""
    value = f"Zqargument{number}x"
    arguments: Any = f'{{"zqcity": "{value}"}}' if as_text else {"zqcity": value}
    function = {"name": _TOOL_NAME, "arguments": arguments}
    message = {
        "role": "assistant",
        "tool_calls": [{"id": f"call{number:05}", "type": "function", "function": function}],
    }
    return message if content is None else {**message, "content": content}


def result(number: int = 0) -> Message:
    """Return what the tool gave for the call of this number."""
    return {"role": "tool", "tool_call_id": f"call{number:05}", "name": _TOOL_NAME, "content": f"Zqresult{number}x"}


def _in_blocks(message: Message) -> Message:
    content = message.get("content")
    return {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message


class OverBudget(Exception):
    """A probe ran away; no other is tried."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A probe that raised."""

    what: str
    """The conversation, in words."""
    error: Any
    refused: bool
    """Whether the template raised by itself."""


@dataclass(slots=True)
class Prober:
    """Renders probes with one template, and keeps what went wrong."""

    source: str
    variables: Mapping[str, Any]
    as_blocks: bool = False
    """Whether texts are passed as lists of one block, for templates that know no other content."""
    failures: list[Failure] = field(default_factory=list)
    _done: dict[str, Rendered | None] = field(default_factory=dict)
    succeeded: int = 0

    def render(self, messages: list[Message], what: str, *, keep: bool = True, **options: Any) -> Rendered | None:
        """Return the render of a conversation, None if it raises.

        Args:
            messages: the conversation.
            what: in words, for the report.
            keep: whether a failure is reported; some probes are expected to fail.
            **options: of `render`.

        Raises:
            OverBudget: the template runs away.
        """
        key = repr((messages, options))
        if key in self._done and (self._done[key] is not None or not keep):
            return self._done[key]
        self._done[key] = None
        if self.as_blocks:
            messages = [_in_blocks(message) for message in messages]
        try:
            rendered = render(self.source, messages, variables=self.variables, **options)
        except template_error() as error:
            if isinstance(error.__cause__, BudgetExceeded):
                raise OverBudget(str(error)) from error
            if keep:
                self.failures.append(Failure(what, error, type(error) is template_error()))
            return None
        self.succeeded += 1
        self._done[key] = rendered
        return rendered

    def text(self, messages: list[Message], what: str, **options: Any) -> str | None:
        """Return the text of a conversation, None if it raises."""
        rendered = self.render(messages, what, **options)
        return None if rendered is None else rendered.text

    def growing(self, messages: list[Message], what: str, **options: Any) -> Iterator[tuple[list[Message], str]]:
        """Yield the beginnings of a conversation that render, with their text."""
        for length in range(1, len(messages) + 1):
            text = self.text(messages[:length], what, keep=False, **options)
            if text is not None:
                yield messages[:length], text
