"""Renders what `apply_chat_template` was given: one conversation, or a batch of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lexel.chat_templates.plain import plain_message
from lexel.chat_templates.render import Rendered, render_prepared, template_names
from lexel.chat_templates.sanitize import mark
from lexel.chat_templates.tools import tool_schemas

if TYPE_CHECKING:
    from lexel.chat_templates.sandbox.budget import Budget

__all__ = ["Chats", "message_ids", "render_chats", "render_jinja_template", "split_batch"]


class Chats(NamedTuple):
    """The renders, one a conversation."""

    rows: list[Rendered]
    is_batched: bool
    """Whether the caller gave several; a batch of one is a batch."""

    @property
    def text(self) -> str | list[str]:
        """What `apply_chat_template` returns without tokenizing."""
        texts = [row.text for row in self.rows]
        return texts if self.is_batched else texts[0]


def split_batch(conversation: Any) -> tuple[list[Any], bool]:
    """Return the conversations, and whether they are a batch.

    Args:
        conversation: messages, a list of such lists, an object with ``messages``, or a list of such objects.

    Raises:
        ValueError: it is empty.
        TypeError: it is no conversation; says what was found.
    """
    if hasattr(conversation, "messages"):
        return [conversation.messages], False
    if isinstance(conversation, (str, bytes, Mapping)):
        raise TypeError(
            f"the conversation is a {type(conversation).__name__}; expected a list of messages such as "
            "[{'role': 'user', 'content': 'Hello'}]"
        )
    rows = conversation if isinstance(conversation, (list, tuple)) else list(conversation)
    if not rows:
        raise ValueError("cannot apply a chat template to an empty conversation: pass at least one message")
    if isinstance(rows[0], (list, tuple)) or hasattr(rows[0], "messages"):
        return [getattr(row, "messages", row) for row in rows], True
    return [rows], False


def render_chats(
    template: str,
    conversation: Any,
    *,
    tools: Sequence[Any] | None = None,
    documents: Sequence[Any] | None = None,
    add_generation_prompt: bool = False,
    continue_final_message: bool | str = False,
    special_tokens: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    control_tokens: tuple[str, ...] | None = None,
    budget: Budget | None = None,
) -> Chats:
    """Render every conversation.

    Args:
        template: its source.
        conversation: as `split_batch` takes it.
        tools: as `render`.
        documents: as `render`.
        add_generation_prompt: as `render`.
        continue_final_message: as `render`.
        special_tokens: the tokenizer's, by name (``bos_token`` …).
        variables: the caller's own; they win over special tokens.
        control_tokens: mark these in everything the caller passed, for `sanitize.unmark`.
        budget: as `render`, for each conversation.

    Raises:
        TemplateError: as `render`; of a batch, a note says which conversation.
        TypeError: as `render`.
        ValueError: as `render`.
    """
    rows, is_batched = split_batch(conversation)
    schemas = None if tools is None else tool_schemas(tools)
    own = dict(variables or {})
    if control_tokens is not None:
        rows = [[mark(plain_message(message, at), control_tokens) for at, message in enumerate(row)] for row in rows]
        schemas, documents, own = (mark(given, control_tokens) for given in (schemas, documents, own))
    names = template_names(schemas, documents, add_generation_prompt, {**(special_tokens or {}), **own})
    rendered = []
    for index, messages in enumerate(rows):
        try:
            row = render_prepared(
                template, messages, names, continue_final_message=continue_final_message, budget=budget
            )
        except Exception as exc:
            if is_batched:
                exc.add_note(f"in conversation {index} of {len(rows)}")
            raise
        rendered.append(row)
    return Chats(rendered, is_batched)


def render_jinja_template(
    conversations: Sequence[Any],
    tools: Sequence[Any] | None = None,
    documents: Sequence[Any] | None = None,
    chat_template: str | None = None,
    return_assistant_tokens_mask: bool = False,
    continue_final_message: bool | str = False,
    add_generation_prompt: bool = False,
    **kwargs: Any,
) -> tuple[list[str], list[list[tuple[int, int]]]]:
    """Render conversations with a template, as the function of this name in the reference does.

    Args:
        conversations: lists of messages, or objects with ``messages``.
        tools: as `render`.
        documents: as `render`.
        chat_template: its source.
        return_assistant_tokens_mask: whether to say what the assistant wrote.
        continue_final_message: as `render`.
        add_generation_prompt: as `render`.
        **kwargs: variables of the template.

    Returns:
        The texts, and for each of them the (start, end) code points of its generation blocks; no spans where they
        were not asked for.

    Raises:
        TemplateError: as `render`.
        TypeError: as `render`, or there is no template.
        ValueError: as `render`, or the template changes a generation block after writing it.
    """
    if chat_template is None:
        raise TypeError("chat_template is None; pass the source of a template")
    rows = [
        render_chats(
            chat_template,
            [conversation],
            tools=tools,
            documents=documents,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            variables=kwargs,
        ).rows[0]
        for conversation in conversations
    ]
    spans = [row.generation_spans for row in rows] if return_assistant_tokens_mask else []
    if None in spans:
        raise ValueError("the chat template changes the text of a generation block after writing it")
    return [row.text for row in rows], [span for span in spans if span is not None]


def message_ids(ids: Sequence[int], history_ids: Sequence[int]) -> list[int]:
    """Return the ids of the last message: those from where the history's ids end, or first differ.

    Args:
        ids: of the history with the message.
        history_ids: of the history alone.
    """
    place = 0
    for one, other in zip(ids, history_ids, strict=False):
        if one != other:
            break
        place += 1
    return list(ids[place:])
