"""Reads what a model wrote back into a message, as a response template describes it.

`template` checks the description, `delimiters` finds where its fields open and close, `content` turns a field's text
into a value, `arguments` casts tool arguments by their schema, `parser` walks the stream. None needs jinja2.
"""

from lexel.chat_templates.response.parser import ResponseParser, parse_response, parse_responses
from lexel.chat_templates.response.template import ResponseTemplate, load_response_template

__all__ = ["ResponseParser", "ResponseTemplate", "load_response_template", "parse_response", "parse_responses"]
