"""Turns chat messages into a model's prompt, and its answer back into a message.

`conversations` renders what `apply_chat_template` was given, on top of `render`, which runs one template in the
`sandbox`; `selection` and `files` say which template, `tools` describes functions, `masks` marks the assistant's
tokens, `sanitize` keeps users from writing control tokens, `response` reads answers.

The room knows no tokenizer and no torch; what it needs of a tokenizer comes as an argument. jinja2 is imported when
something is rendered, or when `TemplateError` is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.chat_templates.continue_final import check_modes
from lexel.chat_templates.conversations import Chats, message_ids, render_chats, split_batch
from lexel.chat_templates.diff import RenderDiff, render_diff
from lexel.chat_templates.files import config_value, read_templates, write_templates
from lexel.chat_templates.fitting import FittedChat
from lexel.chat_templates.lint.check import check_template
from lexel.chat_templates.lint.report import Finding, TemplateReport
from lexel.chat_templates.lint.tokens import TokenFacts
from lexel.chat_templates.masks import assistant_masks, check_generation
from lexel.chat_templates.prefix import PrefixChange, PrefixChangedError
from lexel.chat_templates.render import Rendered, clear_cache, render
from lexel.chat_templates.response import ResponseParser, join_deltas, parse_response, parse_responses
from lexel.chat_templates.sandbox.budget import Budget, use_budget
from lexel.chat_templates.sanitize import control_tokens, unmark
from lexel.chat_templates.segments import encode_segments
from lexel.chat_templates.selection import named_templates, select_template
from lexel.chat_templates.shipped import shipped_template, shipped_templates
from lexel.chat_templates.tools import DocstringParsingException, TypeHintParsingException, get_json_schema

if TYPE_CHECKING:
    TemplateError: type[Exception]

__all__ = [
    "Budget",
    "Chats",
    "DocstringParsingException",
    "Finding",
    "FittedChat",
    "PrefixChange",
    "PrefixChangedError",
    "RenderDiff",
    "Rendered",
    "ResponseParser",
    "TemplateError",
    "TemplateReport",
    "TokenFacts",
    "TypeHintParsingException",
    "assistant_masks",
    "check_generation",
    "check_modes",
    "check_template",
    "clear_cache",
    "config_value",
    "control_tokens",
    "encode_segments",
    "get_json_schema",
    "join_deltas",
    "message_ids",
    "named_templates",
    "parse_response",
    "parse_responses",
    "read_templates",
    "render",
    "render_chats",
    "render_diff",
    "select_template",
    "shipped_template",
    "shipped_templates",
    "split_batch",
    "unmark",
    "use_budget",
    "write_templates",
]


def __getattr__(name: str) -> Any:
    # The class derives from jinja2's, and jinja2 is slow to import.
    if name == "TemplateError":
        from lexel.chat_templates.sandbox.errors import template_error

        return template_error()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
