"""Names of the reference's module `utils.chat_template_utils`."""

from lexel.chat_templates.conversations import render_jinja_template
from lexel.chat_templates.tools import DocstringParsingException, TypeHintParsingException, get_json_schema

__all__ = ["DocstringParsingException", "TypeHintParsingException", "get_json_schema", "render_jinja_template"]
