"""Decides which of a tokenizer's templates is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["named_templates", "select_template"]


def named_templates(value: Any) -> str | dict[str, str] | None:
    """Return a `chat_template` value in its two lasting forms: one source, or sources by name.

    Args:
        value: None, a source, a mapping of names to sources, or a list of ``{"name": …, "template": …}`` as configs
            write it.

    Raises:
        TypeError: none of these.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        named = dict(value)
    elif isinstance(value, Sequence) and all(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            if not {"name", "template"} <= item.keys():
                raise TypeError(f"chat_template[{index}] has the keys {sorted(item)}; expected 'name' and 'template'")
        named = {item["name"]: item["template"] for item in value}
    else:
        raise TypeError(
            f"chat_template is a {type(value).__name__}; expected a str, a dict of names to templates, or a list of "
            "{'name': …, 'template': …}"
        )
    for name, source in named.items():
        if not isinstance(name, str) or not isinstance(source, str):
            raise TypeError(f"the chat template {name!r} is a {type(source).__name__}; name and template must be str")
    return named


def select_template(
    templates: str | Mapping[str, str] | None, chat_template: str | None = None, tools: Any = None
) -> str:
    """Return the source of the template to use.

    Args:
        templates: what the tokenizer has.
        chat_template: the caller's wish: a name among ``templates``, or a source.
        tools: anything but None prefers the template named "tool_use".

    Raises:
        ValueError: there is no template, or there are several and nothing says which.
    """
    if chat_template is not None and not isinstance(chat_template, str):
        raise TypeError(f"chat_template is a {type(chat_template).__name__}; expected a template or the name of one")
    if isinstance(templates, Mapping):
        if chat_template is not None:
            return templates.get(chat_template, chat_template)
        for name in ("tool_use", "default") if tools is not None else ("default",):
            if name in templates:
                return templates[name]
        raise ValueError(
            f"this tokenizer has several chat templates and no default: pass chat_template= one of {sorted(templates)}"
        )
    source = templates if chat_template is None else chat_template
    if source is None:
        raise ValueError(
            "this tokenizer has no chat template: set `tokenizer.chat_template`, or pass `chat_template=`. Base models "
            "have none; take the template of the chat model they were tuned into"
        )
    return source
