"""Tells what an answer says as it is written, in the steps chat interfaces send: `{"content": "Hel"}`, then `"lo"`.

A parser's events say what happened to regions of the text; a delta says what that adds to the message. The two differ
where text is stripped at its ends (white space is held back until something follows it), where a field comes again and
only the last counts (what was sent is taken back), and where a value is known at the end alone (it is sent then).
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.response.message import is_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lexel.chat_templates.response.template import Field, ResponseTemplate

__all__ = ["Deltas", "join_deltas"]

Delta = dict[str, Any]


def join_deltas(deltas: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the message that deltas make.

    Texts are appended to texts and lists to lists; anything else replaces what was there, and None takes it back.

    Args:
        deltas: all of one answer, in order.

    Returns:
        What `parse_response` returns for the whole answer, without fields that are None.

    Example:
        >>> join_deltas([{"role": "assistant"}, {"content": "Hel"}, {"content": "lo"}, {"tool_calls": [{"name": "f"}]}])
        {'role': 'assistant', 'content': 'Hello', 'tool_calls': [{'name': 'f'}]}
    """
    texts: dict[str, list[str]] = {}
    message: dict[str, Any] = {}
    for delta in deltas:
        for name, value in delta.items():
            before = message.get(name)
            if isinstance(value, str) and isinstance(before, str):
                texts.setdefault(name, [before]).append(value)
            elif isinstance(value, list) and isinstance(before, list):
                before.extend(value)
            else:
                texts.pop(name, None)
                message[name] = list(value) if isinstance(value, list) else value
    message.update({name: "".join(parts) for name, parts in texts.items()})
    return {name: value for name, value in message.items() if value is not None}


class Deltas:
    """Turns the events of one answer into what they add to the message."""

    def __init__(self, template: ResponseTemplate) -> None:
        """Begin with nothing but the template's defaults, which `defaults` gives."""
        self._fields = template.fields
        self._kept = template.defaults
        # The fields of which something was sent that holds.
        self._sent = {name for name, value in template.defaults.items() if value is not None}
        self._said = False
        self._held: list[str] = []

    def defaults(self) -> list[Delta]:
        """Return the first delta, with what every message has; none if there is nothing."""
        return [deepcopy(dict(self._kept))] if self._kept else []

    def of(self, events: Iterable[Mapping[str, Any]]) -> list[Delta]:
        """Return what events add."""
        out: list[Delta] = []
        for event in events:
            field = self._fields[event["field"]]
            match event["type"]:
                case "region_open":
                    self._said, self._held = False, []
                case "region_chunk" if _flows(field):
                    self._more(out, field, event["text"])
                case "region_close":
                    self._end(out, field, event["value"])
        return out

    def _more(self, out: list[Delta], field: Field, text: str) -> None:
        if field.content_args.get("strip", True):
            said = text.rstrip() if self._said else text.strip()
            if not said:
                if self._said:
                    self._held.append(text)
                return
            said_whole = text if self._said else text.lstrip()
            rest = said_whole[len(said) :]
            text = "".join([*self._held, said])
            self._held = [rest] if rest else []
        if text:
            self._say(out, field, text)

    def _say(self, out: list[Delta], field: Field, text: str) -> None:
        if not self._said and field.name in self._sent:
            if field.join is None:
                out.append({field.name: None})
            elif field.join:
                out.append({field.name: field.join})
        self._said = True
        self._sent.add(field.name)
        out.append({field.name: text})

    def _end(self, out: list[Delta], field: Field, value: Any) -> None:
        if field.join is not None or _flows(field):
            if not _flows(field) or not self._said:
                self._end_text(out, field, value)
        elif field.repeats:
            self._sent.add(field.name)
            out.append({field.name: [value]})
        else:
            self._replace(out, field, value)

    def _end_text(self, out: list[Delta], field: Field, value: str) -> None:
        """Send a text of which nothing was sent yet."""
        if value:
            self._say(out, field, value)
        elif field.join is None:
            self._replace(out, field, value)
        elif field.name in self._sent:
            if field.join:
                out.append({field.name: field.join})
        else:
            # An empty text counts as one that the next is joined to.
            self._sent.add(field.name)
            if field.name in self._kept:
                out.append({field.name: value})

    def _replace(self, out: list[Delta], field: Field, value: Any) -> None:
        if field.name in self._sent:
            out.append({field.name: None})
            self._sent.discard(field.name)
        if value is not None and (field.name in self._kept or not is_empty(value)):
            out.append({field.name: value})
            self._sent.add(field.name)


def _flows(field: Field) -> bool:
    """Whether parts of the text are parts of the value."""
    return field.content == "text" and field.transform is None and (field.join is not None or not field.repeats)
