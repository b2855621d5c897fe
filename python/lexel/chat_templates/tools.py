"""Describes Python functions to a model: a JSON schema from the signature and the docstring."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, get_type_hints

from lexel.chat_templates.type_hints import TypeHintParsingException, hint_schema
from lexel.errors import LexelError

__all__ = ["DocstringParsingException", "TypeHintParsingException", "get_json_schema", "tool_schemas"]

_SECTIONS = ("Args:", "Returns:", "Raises:")
_NAMED_LINE = re.compile(r"([ \t]*)(\w+):\s*")
_CHOICES = re.compile(r"\(choices:\s*(.*?)\)\s*$", re.IGNORECASE)


class DocstringParsingException(LexelError, ValueError):
    """A tool has no docstring, or the docstring leaves an argument out."""


def tool_schemas(tools: Sequence[Any]) -> list[Any]:
    """Return the tools as schemas: functions and other callables are described, schemas pass as they are.

    Raises:
        ValueError: a tool is neither a schema nor a function; says which.
    """
    if isinstance(tools, (str, bytes, Mapping)) or callable(tools):
        raise ValueError(f"tools is a {type(tools).__name__}; expected a list of functions or JSON schemas")
    return [_tool_schema(tool, index) for index, tool in enumerate(tools)]


def _tool_schema(tool: Any, index: int) -> Any:
    if isinstance(tool, Mapping) or callable(getattr(tool, "model_dump", None)):
        return tool
    if callable(tool) and not isinstance(tool, type):
        return get_json_schema(tool)
    raise ValueError(
        f"tool {index} is a {type(tool).__name__}; expected a JSON schema (dict), or a function with type hints and a "
        "docstring"
    )


def get_json_schema(func: Callable[..., Any]) -> dict[str, Any]:
    """Return the schema of a function, in the form chat templates expect tools in.

    The docstring is mandatory and in Google style: a description, and under ``Args:`` a text for every argument. A text
    that ends in ``(choices: ["a", "b"])`` becomes an ``enum``. Every argument needs a type hint.

    An object that can be called is described by its ``__call__``, a `functools.partial` by its function without the
    arguments that are bound already.

    Raises:
        DocstringParsingException: no docstring, an argument without a text, choices that are no JSON list.
        TypeHintParsingException: an argument without a type hint, or with one that JSON cannot express.

    Example:
        >>> def add(a: int, b: int = 0) -> int:
        ...     '''Add two numbers.
        ...
        ...     Args:
        ...         a: First number.
        ...         b: Second number.
        ...     '''
        ...     return a + b
        >>> get_json_schema(add)["function"]["parameters"]["required"]
        ['a']
    """
    name, doc, hints, arguments = _read(func)
    if not doc:
        raise DocstringParsingException(f"the tool {name} has no docstring, so the model cannot know what it does")
    parameters, returned = _signature_schema(name, hints, arguments)
    texts = _argument_texts(doc)
    for argument, schema in parameters["properties"].items():
        if argument not in texts:
            raise DocstringParsingException(
                f"the docstring of the tool {name} does not describe the argument {argument!r}: add a line "
                f"'{argument}: …' under 'Args:'"
            )
        _describe(schema, texts[argument], f"argument {argument!r} of the tool {name}")
    function = {"name": name, "description": _before_section(doc, _SECTIONS).strip(), "parameters": parameters}
    if returned is not None:
        text = _section(doc, "Returns:", ends=("Raises:",))
        if text is not None:
            returned["description"] = text.strip()
        function["return"] = returned
    return {"type": "function", "function": function}


class _Reading(NamedTuple):
    """What a callable says of itself."""

    name: str
    doc: str
    hints: dict[str, Any]
    parameters: Mapping[str, inspect.Parameter]


def _read(func: Any) -> _Reading:
    own = getattr(func, "__dict__", {})
    if inspect.isroutine(func) or isinstance(func, type) or "__annotations__" in own:
        name = getattr(func, "__name__", "operation")
        return _Reading(name, _doc(func), get_type_hints(func), inspect.signature(func).parameters)
    if isinstance(func, partial):
        inner = _read(func.func)
        free = {name: one for name, one in inspect.signature(func).parameters.items() if name not in func.keywords}
        hints = {name: hint for name, hint in inner.hints.items() if name in free or name == "return"}
        return _Reading(inner.name, _doc(func) if "__doc__" in own else inner.doc, hints, free)
    method = func.__call__
    # A method without a text of its own would inherit that of `type`.
    return _read(method)._replace(name=type(func).__name__, doc=_doc(method if method.__doc__ else func))


def _doc(func: Any) -> str:
    return (inspect.getdoc(func) or "").strip()


def _signature_schema(
    name: str, hints: dict[str, Any], parameters: Mapping[str, inspect.Parameter]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    first = next(iter(parameters.values()), None)
    receiver = first.name if first is not None and first.name in {"self", "cls"} and _bare(first) else None
    required = []
    for parameter in parameters.values():
        if parameter.name == receiver:
            continue
        if _bare(parameter):
            raise TypeHintParsingException(f"the argument {parameter.name!r} of the tool {name} has no type hint")
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
    returned = _return_schema(hints.pop("return")) if "return" in hints else None
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {argument: hint_schema(hint) for argument, hint in hints.items() if argument != receiver},
    }
    if required:
        schema["required"] = required
    return schema, returned


def _bare(parameter: inspect.Parameter) -> bool:
    return parameter.annotation is inspect.Parameter.empty


def _return_schema(hint: Any) -> dict[str, Any] | None:
    # The model never writes the result, so a hint JSON cannot express does not make the tool unusable.
    try:
        return hint_schema(hint)
    except TypeHintParsingException:
        return None


def _describe(schema: dict[str, Any], text: str, owner: str) -> None:
    choices = _CHOICES.search(text)
    if choices:
        try:
            values = json.loads(choices[1])
        except ValueError as exc:
            raise DocstringParsingException(f"the choices of {owner} are no JSON list: {choices[1]} ({exc})") from None
        schema["enum"] = [value.strip() if isinstance(value, str) else value for value in values]
        text = text[: choices.start()].strip()
    schema["description"] = text


def _before_section(text: str, ends: Sequence[str]) -> str:
    places = [place for place in map(text.find, ends) if place >= 0]
    return text[: min(places)] if places else text


def _section(doc: str, title: str, ends: Sequence[str]) -> str | None:
    # A section title stands alone on its line, and never on the first.
    start = re.search(rf"\n\s*{title}\n", doc)
    return None if start is None else _before_section(doc[start.end() :], ends)


def _argument_texts(doc: str) -> dict[str, str]:
    """Return the text of every argument under ``Args:``, each in one line."""
    texts: dict[str, list[str]] = {}
    name, indent = None, ""
    for line in (_section(doc, "Args:", ends=("Returns:", "Raises:")) or "").split("\n"):
        if not line.strip():
            continue
        head = _NAMED_LINE.match(line)
        # A line that looks like a name but is indented deeper belongs to the text before it.
        deeper = name is not None and line.startswith((indent + " ", indent + "\t"))
        if head and not deeper:
            indent, name = head[1], head[2]
            texts[name] = [line[head.end() :]]
        elif name is not None:
            texts[name].append(line)
    return {name: " ".join(part.strip() for part in parts if part.strip()) for name, parts in texts.items()}
