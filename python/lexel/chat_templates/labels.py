"""Says which characters of a rendered conversation a model is trained to write.

Either the template says it, by its ``{% generation %}`` blocks; or the turns are found by rendering the conversation
up to each of them, which holds only for templates whose text of a conversation begins with the text of its beginning.
That is checked for every turn, and refused with the place where it does not hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from os.path import commonprefix
from typing import Any, NamedTuple

from lexel.chat_templates.plain import plain_message
from lexel.chat_templates.render import Rendered

__all__ = ["FLAGS", "Turns", "conversation_of", "flagged", "spans_of_turns", "spans_of_wanted"]

Span = tuple[int, int]
Render = Callable[[list[dict[str, Any]], bool], Rendered]

# What data sets say of a message: whether to train on it. They are no part of the message, and no template sees them.
FLAGS = ("train", "weight")


class Turns(NamedTuple):
    """A conversation, and which of its messages are trained on."""

    messages: list[dict[str, Any]]
    """Without flags."""
    assistant: list[int]
    """The messages of the assistant, by index."""
    wanted: list[int]
    """Those of them to train on."""


def flagged(messages: Iterable[Any], *, role: str = "assistant", last_only: bool = False) -> Turns:
    """Take the flags of messages off.

    Args:
        messages: the conversation; ``train`` (a bool) or ``weight`` (0 or 1) says of a message of the assistant whether
            to train on it; without either it is trained on.
        role: of the assistant.
        last_only: only the last of the assistant's messages is trained on.

    Raises:
        ValueError: a flag that is none, or one that asks for training on someone else's message.
        TypeError: a message that is none.
    """
    plain, assistant, wanted = [], [], []
    for index, given in enumerate(messages):
        message = plain_message(given, index)
        train = _flag(message, index)
        message = {key: value for key, value in message.items() if key not in FLAGS}
        plain.append(message)
        if message.get("role") == role:
            assistant.append(index)
            if train is not False:
                wanted.append(index)
        elif train is True:
            raise ValueError(
                f"message {index} (role {message.get('role')!r}) says it is to be trained on; only messages of the "
                f"{role!r} can be: name another role with assistant_role=, or remove the flag"
            )
    if last_only:
        wanted = [index for index in wanted if index == assistant[-1]]
    return Turns(plain, assistant, wanted)


def _flag(message: dict[str, Any], index: int) -> bool | None:
    found = {key: message[key] for key in FLAGS if key in message}
    for key, value in found.items():
        if isinstance(value, bool) if key == "train" else value in (0, 1):
            continue
        expected = "True or False" if key == "train" else "0 or 1"
        raise ValueError(f"message {index} has {key}={value!r}; expected {expected}")
    if len({bool(value) for value in found.values()}) > 1:
        raise ValueError(f"message {index} says both: {found}")
    return bool(next(iter(found.values()))) if found else None


def spans_of_wanted(turns: Turns, rendered: Rendered, render: Render) -> list[Span] | None:
    """Return the generation spans of the messages to train on; None where the render has none to tell.

    Which span is whose is told by the number of spans in the renders of the conversation's beginnings.

    Args:
        turns: the conversation.
        rendered: its render.
        render: (messages, whether to add the generation prompt) → a render.

    Raises:
        ValueError: the template's blocks are not those of its messages.
    """
    spans = rendered.generation_spans
    if spans is None or turns.wanted == turns.assistant:
        return spans
    known: dict[int, int] = {0: 0, len(turns.messages): len(spans)}

    def count(messages: int) -> int:
        # Nothing is written for the assistant before its first message.
        if not any(index < messages for index in turns.assistant):
            return 0
        if messages not in known:
            found = render(turns.messages[:messages], False).generation_spans
            known[messages] = -1 if found is None else len(found)
        return known[messages]

    chosen: list[Span] = []
    for index in turns.wanted:
        first, last = count(index), count(index + 1)
        if not 0 <= first <= last <= len(spans):
            raise ValueError(
                f"which {{% generation %}} block is message {index}'s cannot be told: the conversation has "
                f"{len(spans)} blocks, its beginning up to that message {last}. Train on all messages, or change the "
                "template so that it writes the same blocks for a message whatever follows"
            )
        chosen += spans[first:last]
    return chosen


def spans_of_turns(turns: Turns, rendered: Rendered, render: Render, ends: Sequence[str] = ()) -> list[Span]:
    """Return what the assistant adds in the turns to train on, found by rendering the conversation's beginnings.

    A turn begins where the render of the messages before it ends, with a generation prompt, and ends where the render
    that includes it does; whitespace behind its last end token is not the assistant's. Of the beginnings' renders,
    whitespace at the very end may be another.

    Args:
        turns: the conversation.
        rendered: its render.
        render: (messages, whether to add the generation prompt) → a render.
        ends: the control tokens, one of which may end a turn.

    Raises:
        ValueError: a beginning's text is not the beginning of the text; says where they part.
    """
    spans = []
    for index in turns.wanted:
        before = _beginning(turns, index, rendered.text, render, prompt=True)
        until = _beginning(turns, index + 1, rendered.text, render, prompt=False)
        if until < before:
            raise _unstable(index, f"the prompt for it ends at character {before}, the message already at {until}")
        spans.append((before, _without_rest(rendered.text, before, until, ends)))
    return spans


def _beginning(turns: Turns, size: int, text: str, render: Render, *, prompt: bool) -> int:
    index = size if prompt else size - 1
    if size == len(turns.messages):
        return len(text)
    try:
        begun = render(turns.messages[:size], prompt).text
    except ValueError as error:
        raise _unstable(index, f"the template does not render the first {size} messages alone: {error}") from error
    if not text.startswith(begun):
        place = len(commonprefix([text, begun]))
        if not begun[place:].strip():
            # Only whitespace at its end is another: what the template's file ends with, or what parts messages.
            return place
        what = f"the first {size} messages{' with a generation prompt' if prompt else ''}"
        raise _unstable(
            index,
            f"the text of {what} goes on with {begun[place : place + 20]!r} at character {place}, where the "
            f"conversation has {text[place : place + 20]!r}",
        )
    return len(begun)


def _unstable(index: int, reason: str) -> ValueError:
    return ValueError(
        f"what the assistant writes in message {index} cannot be found by rendering beginnings of the conversation: "
        f"{reason}. Put {{% generation %}} … {{% endgeneration %}} around the assistant's text in the template and use "
        "assistant='template'"
    )


def _without_rest(text: str, start: int, end: int, ends: Iterable[str]) -> int:
    last = max(
        (place + len(token) for token in ends if token and (place := text.rfind(token, start, end)) >= 0), default=0
    )
    return last if last and not text[last:end].strip() else end


def conversation_of(item: Any, index: int) -> dict[str, Any]:
    """Return what an entry of a data set says: ``messages``, and perhaps ``tools`` (schemas, or their JSON),
    ``documents`` and ``chat_template_kwargs``.

    Raises:
        TypeError: it is no conversation; says which entry.
        ValueError: tools that are no JSON.
    """
    if hasattr(item, "messages") and not isinstance(item, Mapping):
        return {"messages": item.messages}
    if isinstance(item, Mapping):
        if "messages" in item:
            tools = item.get("tools")
            # Tables hold tools as JSON: schemas differ in their columns.
            return dict(item) | ({"tools": json.loads(tools)} if isinstance(tools, str) else {})
        raise TypeError(
            f"conversation {index} is a dict without 'messages' (it has {sorted(map(str, item))[:6]}); expected a list "
            "of messages, or a dict with one under 'messages'. For one conversation, pass a list of it"
        )
    if isinstance(item, (list, tuple)):
        return {"messages": item}
    raise TypeError(f"conversation {index} is a {type(item).__name__}; expected a list of messages")
