"""Walks the text of a model and sorts it into the fields of a message.

At any moment one region is open: a field between its delimiters, or what lies outside all fields. Outside, every
opening is watched for; inside, only the field's own close. What arrives is passed on as soon as no delimiter can begin
in it, so that a reader sees the text while it is written; the message is the same however the text was cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lexel.chat_templates.response.arguments import cast_calls, tool_parameters
from lexel.chat_templates.response.content import STREAMED
from lexel.chat_templates.response.delimiters import Watch
from lexel.chat_templates.response.message import Message
from lexel.chat_templates.response.patterns import PatternTime
from lexel.chat_templates.response.template import Field, ResponseTemplate, load_response_template
from lexel.chat_templates.response.values import field_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lexel.chat_templates.response.delimiters import Found

__all__ = ["ResponseParser", "parse_response", "parse_responses"]

Event = dict[str, Any]

_NO_PREFIX = (
    "pass prefix= with the prompt the model was given: chat templates often write the beginning of the answer, such as "
    'an opening <think>, and without it the answer is read wrongly. prefix="" says that nothing was written'
)


# Text that is held back is searched again when it has grown by this part, so that it is not read over and over.
_HELD, _PART = 4096, 8


class _Border(NamedTuple):
    found: Found
    field: Field
    opens: bool

    def rank(self) -> tuple[int, int, bool, str]:
        """Earliest first, then longest, opening before closing."""
        return self.found.start, -self.found.end, not self.opens, self.field.name


class ResponseParser:
    """Reads one answer as it is written.

    Events are dicts: ``region_open`` with a ``field``; ``region_chunk`` with further ``text``, which is ``dirty`` if
    the value can only be told at the end; ``region_close`` with the ``value``.

    Example:
        >>> parser = ResponseParser({"start_anchor": "A:", "fields": {"content": {}}}, prefix="A:")
        >>> [event["type"] for event in parser.feed("Hello")]
        ['region_open', 'region_chunk']
        >>> parser.finalize()[0]
        {'content': 'Hello'}
    """

    def __init__(
        self,
        response_template: Mapping[str, Any] | ResponseTemplate,
        prefix: str | None = None,
        *,
        tools: Sequence[Any] | None = None,
    ) -> None:
        """Start with what the prompt wrote of the answer; see `initial_events`.

        Raises:
            ValueError: the template is wrong, or ``prefix`` is None.
        """
        self._template = load_response_template(response_template)
        if prefix is None:
            raise ValueError(_NO_PREFIX)
        self._parameters = tool_parameters(tools)
        self._collected = Message(self._template)
        self._clock = PatternTime()
        fields = self._template.fields.values()
        opens = [Watch(field.open, field, self._clock, opens=True) for field in fields if field.open is not None]
        self._closes = {
            field.name: [Watch(field.close, field, self._clock, opens=False)] if field.close is not None else []
            for field in fields
        }
        implicit = self._template.implicit
        self._watched_outside = opens if implicit is None else opens + self._closes[implicit]
        self._text, self._place, self._dropped = "", 0, 0
        # What arrived and was not looked at yet, and how much of it to wait for.
        self._arrived: list[str] = []
        self._awaited = 0
        self._opened_at = -1
        self._finished = False
        self._outside()
        self.initial_events: list[Event] = self.feed(self._template.after_anchor(prefix))

    @property
    def template(self) -> ResponseTemplate:
        """The template the answer is read by."""
        return self._template

    def feed(self, text: str) -> list[Event]:
        """Take further text; return what became certain.

        Raises:
            RuntimeError: after `finalize`.
            ValueError: a field that closed does not hold what its description says.
        """
        self._refuse_if_finished()
        self._arrived.append(text)
        self._awaited -= len(text)
        events: list[Event] = []
        if self._awaited <= 0:
            self._walk(events, at_end=False)
        return events

    def finalize(self) -> tuple[dict[str, Any], list[Event]]:
        """Close what is open; return the message and the last events.

        Raises:
            RuntimeError: called twice.
            ValueError: a field that is not optional is missing.
        """
        self._refuse_if_finished()
        events: list[Event] = []
        self._walk(events, at_end=True)
        message = self._collected.complete()
        self._finished = True
        return message, events

    def _refuse_if_finished(self) -> None:
        if self._finished:
            raise RuntimeError("ResponseParser already finalized: make a new one for the next response")

    def _outside(self) -> None:
        name = self._template.implicit
        self._field = None if name is None else self._template.fields[name]
        self._watched = self._watched_outside
        self._groups: Mapping[str, str] = {}
        self._body: list[str] = []
        # The region outside opens with its first character, so that an empty one leaves no trace.
        self._opened = False

    def _walk(self, events: list[Event], *, at_end: bool) -> None:
        self._look_at_what_arrived()
        while True:
            border, certain = self._next_border(at_end=at_end)
            if border is None:
                self._take(events, certain)
                break
            self._take(events, border.found.start)
            self._place = border.found.end
            was_open = self._opened
            self._close(events)
            if border.opens:
                self._open(events, border)
            elif not was_open and border.found.start == border.found.end:
                # An empty close of an empty region would come again for ever.
                break
        if at_end:
            self._close(events)
        self._forget()

    def _look_at_what_arrived(self) -> None:
        text = self._arrived[0] if len(self._arrived) == 1 else "".join(self._arrived)
        self._arrived.clear()
        self._text = self._text + text
        self._clock.earn(len(text))

    def _next_border(self, *, at_end: bool) -> tuple[_Border | None, int]:
        """Return the border to act on, and up to where the text is certain to be in the open region."""
        certain = len(self._text)
        best: _Border | None = None
        for watch in self._watched:
            found = watch.next(self._text, self._place, at_end=at_end)
            if found is None:
                continue
            if found.pending:
                certain = min(certain, found.start)
            else:
                border = _Border(found, watch.field, watch.opens)
                best = border if best is None else min(best, border, key=_Border.rank)
        if best is not None and best.found.start >= certain:
            best = None
        return best, certain

    def _take(self, events: list[Event], end: int) -> None:
        text = self._text[self._place : end]
        self._place = max(end, self._place)
        field = self._field
        if not text or field is None:
            return
        if not self._opened:
            events.append({"type": "region_open", "field": field.name})
            self._opened = True
        self._body.append(text)
        dirty = field.content not in STREAMED
        events.append({"type": "region_chunk", "field": field.name, "text": text, "dirty": dirty})

    def _open(self, events: list[Event], border: _Border) -> None:
        # Where a field without any text opened last: from the same place it would go the same way again.
        place = self._dropped + self._place if border.found.start == border.found.end else -1
        if place >= 0 and place == self._opened_at:
            raise ValueError(
                f"field {border.field.name!r}: its delimiters match without any text, so that it would open and close "
                "for ever at the same place"
            )
        self._opened_at = place
        self._field, self._groups, self._opened = border.field, border.found.groups, True
        self._watched = self._closes[border.field.name]
        events.append({"type": "region_open", "field": border.field.name})

    def _close(self, events: list[Event]) -> None:
        field = self._field
        if field is not None and self._opened:
            value = field_value("".join(self._body), field, self._groups, self._clock)
            if self._parameters:
                value = cast_calls(value, self._parameters)
            self._collected.add(field, value)
            events.append({"type": "region_close", "field": field.name, "value": value})
        self._outside()

    def _forget(self) -> None:
        """Drop text that was passed on, except what an expression may look back at."""
        if self._place > self._template.keeps + 4096:
            passed = self._place - self._template.keeps
            self._text, self._place = self._text[passed:], self._template.keeps
            self._dropped += passed
        held = len(self._text) - self._place
        self._awaited = held // _PART if held > _HELD else 0


def parse_response(
    text: str,
    response_template: Mapping[str, Any] | ResponseTemplate,
    *,
    prefix: str | None = None,
    tools: Sequence[Any] | None = None,
) -> dict[str, Any]:
    """Return the message a complete answer stands for.

    Args:
        text: what the model wrote.
        response_template: the tokenizer's.
        prefix: the prompt; mandatory, "" to say that it wrote nothing of the answer.
        tools: as `render` takes them; arguments of calls are cast by their schemas.

    Raises:
        ValueError: the template is wrong, the answer does not fit it, or ``prefix`` is None.
    """
    parser = ResponseParser(response_template, prefix, tools=tools)
    parser.feed(text)
    return parser.finalize()[0]


def parse_responses(
    response: Any,
    response_template: Mapping[str, Any] | ResponseTemplate | None,
    *,
    prefix: Any,
    decode: Callable[[Any], Any],
    tools: Sequence[Any] | None = None,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Do what `Tokenizer.parse_response` promises: text or ids, one or many.

    Args:
        response: a str, ids, or a list of either; a batch gives a list.
        response_template: the caller's or the tokenizer's.
        prefix: the prompt in the same forms; one serves all responses.
        decode: ids to text, rows of ids to texts.
        tools: as `parse_response`.

    Raises:
        AttributeError: there is no response template.
        ValueError: as `parse_response`, or there is not one prefix for each response.
    """
    if response_template is None:
        raise AttributeError("this tokenizer has no response_template: set it, or pass schema=")
    if prefix is None:
        raise ValueError(_NO_PREFIX)
    template = load_response_template(response_template)
    texts, batched = _texts(response, decode)
    prefixes, several = ([""], False) if isinstance(prefix, (list, tuple)) and not prefix else _texts(prefix, decode)
    if not several:
        prefixes = prefixes * len(texts)
    elif len(prefixes) != len(texts):
        raise ValueError(f"{len(texts)} responses and {len(prefixes)} prefixes: pass one prefix, or one for each")
    parsed = [
        parse_response(text, template, prefix=before, tools=tools) for text, before in zip(texts, prefixes, strict=True)
    ]
    return parsed if batched else parsed[0]


def _texts(value: Any, decode: Callable[[Any], Any]) -> tuple[list[str], bool]:
    if isinstance(value, str):
        return [value], False
    if isinstance(value, (list, tuple)) and (not value or isinstance(value[0], str)):
        return list(value), True
    decoded = decode(value)
    return ([decoded], False) if isinstance(decoded, str) else (list(decoded), True)
