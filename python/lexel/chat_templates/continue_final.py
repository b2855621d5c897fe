"""Leaves the last message open, so that the model goes on with it instead of answering it.

No template knows this wish. So a tag is put at the end of the message's text, the template renders as always, and the
render is cut where the tag comes out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lexel.chat_templates.plain import REASONING_FIELDS

__all__ = ["FinalMessage", "check_modes", "cut", "open_final"]

# The space tells a template that keeps trailing whitespace from one that trims. The words are those of the reference:
# there are published templates that look for them, to keep the tool calls behind an open text (LFM2.5).
_TAG = "CONTINUE_FINAL_MESSAGE_TAG "


class FinalMessage(NamedTuple):
    """The text to continue."""

    field: str
    text: str


def check_modes(*, continue_final_message: bool | str, add_generation_prompt: bool, assistant_mask: bool) -> None:
    """Refuse combinations that contradict each other.

    Raises:
        ValueError: says which two.
    """
    if continue_final_message and add_generation_prompt:
        raise ValueError(
            "continue_final_message and add_generation_prompt contradict each other: the first leaves the last message "
            "open, the second closes it and opens a new one. Pass one of them"
        )
    if continue_final_message and assistant_mask:
        raise ValueError(
            "continue_final_message and return_assistant_tokens_mask cannot be combined: a message that is cut open "
            "has no complete generation block"
        )


def open_final(messages: list[dict[str, Any]], field: bool | str, template: str) -> FinalMessage:
    """Put the tag at the end of the last message, in place.

    Args:
        messages: plain copies, as `plain_message` makes them.
        field: True for "content", or the name of the field to continue.
        template: its source; it must name the field.

    Raises:
        ValueError: there is no text to continue, or the template never reads the field.
    """
    name = field if isinstance(field, str) else "content"
    if not messages:
        raise ValueError("continue_final_message is set, but the conversation is empty")
    final = messages[-1]
    value = final.get(name)
    if value is None:
        raise ValueError(f"continue_final_message is set, but the final message has no {name!r}: it has {list(final)}")
    # Reasoning stands under several names; the template reads one of them.
    names = [alias for alias in REASONING_FIELDS if final.get(alias) == value] if name in REASONING_FIELDS else [name]
    if not any(alias in template for alias in names):
        raise ValueError(f"continue_final_message names {name!r}, but the chat template never reads this field")
    if isinstance(value, (list, tuple)):
        return FinalMessage(name, _open_last_text(value))
    if not isinstance(value, str):
        raise TypeError(f"continue_final_message: {name!r} of the final message is a {type(value).__name__}, not text")
    for alias in names:
        final[alias] = value + _TAG
    return FinalMessage(name, value)


def _open_last_text(blocks: list[Any] | tuple[Any, ...]) -> str:
    for block in reversed(blocks):
        if isinstance(block, dict) and "text" in block:
            text = block["text"]
            if not isinstance(text, str):
                raise TypeError(
                    f"continue_final_message: the last text of the final message is a {type(text).__name__}, not text"
                )
            block["text"] = text + _TAG
            return text
    raise ValueError("continue_final_message is set, but no block of the final message has a text to continue")


def cut(rendered: str, final: FinalMessage) -> str:
    """Return the render up to the end of the final message.

    Raises:
        ValueError: the message does not come out of the template as it went in.
    """
    tag = _TAG.strip()
    place = rendered.rfind(tag)
    if place < 0 or final.text.strip() not in rendered:
        raise ValueError(
            "continue_final_message is set, but the final message does not appear in the rendered chat: the template "
            f"changes or drops it.\nFinal message: {final.text.strip()}\nRendered chat:\n{rendered.replace(tag, '')}"
        )
    before = rendered[:place]
    # Without its space the tag was trimmed, and so was whatever space the message ended in.
    return before if rendered.startswith(_TAG, place) else before.rstrip()
