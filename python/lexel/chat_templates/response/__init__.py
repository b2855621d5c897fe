"""Reads what a model wrote back into a message, as a response template describes it.

`template` checks the description (with `content_args`), `delimiters` finds where its fields open and close (with
`patterns`, for regular expressions), `content` parses a field's text, `values` reshapes what was parsed, `arguments`
casts tool arguments by their schema, `message` collects the values, `parser` walks the stream, `deltas` says what that
adds to the message. None needs jinja2.
"""

from lexel.chat_templates.response.deltas import Deltas, join_deltas
from lexel.chat_templates.response.parser import ResponseParser, parse_response, parse_responses
from lexel.chat_templates.response.template import ResponseTemplate, load_response_template

__all__ = [
    "Deltas",
    "ResponseParser",
    "ResponseTemplate",
    "join_deltas",
    "load_response_template",
    "parse_response",
    "parse_responses",
]
