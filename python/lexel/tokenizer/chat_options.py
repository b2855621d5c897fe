"""A tokenizer and the arguments of its chat template, bound once for many conversations: texts, ids, counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from lexel.chat_templates.conversations import render_chats
from lexel.chat_templates.prefix import Fences
from lexel.chat_templates.tools import tool_schemas
from lexel.tokenizer.conversing import Conversing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel.chat_templates.render import Piece
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["BoundChat", "bind", "fences_of"]

# Arguments of `apply_chat_template` that the calls bound here do not have: as variables they would do nothing.
_NOT_VARIABLES = frozenset(
    (
        *("add_generation_prompt", "continue_final_message", "conversation", "max_length", "padding"),
        *("return_assistant_tokens_mask", "return_dict", "return_tensors", "sanitize_control_tokens", "tokenize"),
        *("tokenizer_kwargs", "truncation"),
    )
)
_FENCES: WeakKeyDictionary[Any, tuple[Any, Fences | None]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class BoundChat:
    """What stays the same from one conversation to the next.

    Attributes:
        tokenizer: encodes.
        template: the source; None for a class that makes ids of conversations without a text in between.
        tools: JSON schemas.
        documents: as `apply_chat_template` takes them.
        variables: of the template.
    """

    tokenizer: Tokenizer
    template: str | None
    tools: list[Any] | None
    documents: list[Any] | None
    variables: dict[str, Any]

    def text(self, messages: Sequence[Any], *, add_generation_prompt: bool = False) -> str:
        """Return what the template writes."""
        chats = render_chats(
            self._source(),
            messages,
            add_generation_prompt=add_generation_prompt,
            special_tokens=self.tokenizer.special_tokens_map,
            tools=self.tools,
            documents=self.documents,
            variables=self.variables,
        )
        return chats.rows[0].text

    def trace(self, messages: Sequence[Any], *, add_generation_prompt: bool = False) -> list[Piece]:
        """Return which line of the template writes what."""
        from lexel.chat_templates.render import trace

        return trace(
            self._source(),
            messages,
            add_generation_prompt=add_generation_prompt,
            tools=self.tools,
            documents=self.documents,
            variables={**self.tokenizer.special_tokens_map, **self.variables},
        )

    def _source(self) -> str:
        assert self.template is not None, "asked only where there is a template"
        return self.template

    def encode(self, text: str) -> list[int]:
        """Return the ids `apply_chat_template` has for a text."""
        tokenizer = self.tokenizer
        ids: list[int]
        if tokenizer.split_special_tokens or fences_of(tokenizer)[1] is None:
            ids = tokenizer(text, add_special_tokens=False, verbose=False, **self._split())["input_ids"]
        else:
            # The class has no call of its own, and this one has no detour.
            ids = tokenizer.encode(text, add_special_tokens=False)
        return ids

    def ids(self, messages: Sequence[Any], *, add_generation_prompt: bool = False) -> list[int]:
        """Return the ids of a conversation."""
        if self.template is not None:
            return self.encode(self.text(messages, add_generation_prompt=add_generation_prompt))
        given: dict[str, Any] = {"tools": self.tools, "documents": self.documents}
        ids: list[int] = self.tokenizer.apply_chat_template(
            list(messages),
            add_generation_prompt=add_generation_prompt,
            return_dict=False,
            **{name: value for name, value in given.items() if value is not None},
            **self.variables,
        )
        return ids

    def count(self, messages: Sequence[Any], *, add_generation_prompt: bool = False) -> int:
        """Return how many ids a conversation has; where the backend can, none is made."""
        if self.template is None or self.tokenizer._cutting_words() is None:
            return len(self.ids(messages, add_generation_prompt=add_generation_prompt))
        text = self.text(messages, add_generation_prompt=add_generation_prompt)
        return self.tokenizer.count(text, **self._split())

    def _split(self) -> dict[str, Any]:
        # The control tokens a template writes are control tokens, also where those in plain texts are not.
        return {"split_special_tokens": False} if self.tokenizer.split_special_tokens else {}


def bind(
    tokenizer: Tokenizer,
    *,
    chat_template: str | None,
    tools: list[Any] | None,
    documents: list[Any] | None,
    variables: dict[str, Any],
) -> BoundChat:
    """Choose the template, and keep the arguments.

    Raises:
        ValueError: there is no template.
        TypeError: a variable that is an argument of `apply_chat_template`, and none of these calls.
    """
    wrong = sorted(_NOT_VARIABLES & variables.keys())
    if wrong:
        raise TypeError(f"{wrong[0]}= is an argument of apply_chat_template, which this method does not have")
    opaque = type(tokenizer).apply_chat_template is not Conversing.apply_chat_template
    if opaque:
        given = {} if chat_template is None else {"chat_template": chat_template}
        return BoundChat(tokenizer, None, tools, documents, {**variables, **given})
    template = tokenizer.get_chat_template(chat_template, tools)
    return BoundChat(tokenizer, template, None if tools is None else tool_schemas(tools), documents, variables)


def fences_of(tokenizer: Tokenizer) -> tuple[Any, Fences | None]:
    """Return the state of a tokenizer, and the fences it has in it."""
    state = tokenizer._encoding_state()
    known = _FENCES.get(tokenizer)
    if known is None or known[0] != state:
        words = tokenizer._cutting_words()
        known = _FENCES[tokenizer] = (state, None if words is None else Fences(words))
    return known
