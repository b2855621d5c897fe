"""What a tokenizer does with conversations: rendering and encoding them, and reading what a model answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from lexel.chat_templates.selection import select_template
from lexel.tokenizer.backend_contract import BackendContract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lexel.batch_encoding import TensorType
    from lexel.chat_templates.fitting import FittedChat
    from lexel.chat_templates.response import ResponseParser
    from lexel.padding import PaddingStrategy, TruncationStrategy
    from lexel.tokenizer.chat_builder import ChatBuilder
    from lexel.tokenizer.response_stream import ResponseStream
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["Conversing"]


class Conversing(BackendContract):
    """The methods of a tokenizer that are about chat; the steps are in `chat`, imported with the first conversation.

    Attributes:
        chat_template: a template, or templates by name; None where there is none.
        response_template: how an answer of the model is read; None where nothing says it.
    """

    chat_template: str | dict[str, str] | None
    response_template: dict[str, Any] | None

    def apply_chat_template(
        self,
        conversation: Any,
        tools: list[Any] | None = None,
        documents: list[dict[str, Any]] | None = None,
        chat_template: str | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        tokenize: bool = True,
        sanitize_control_tokens: bool = False,
        padding: bool | str | PaddingStrategy = False,
        truncation: bool | str | TruncationStrategy | None = False,
        max_length: int | None = None,
        return_tensors: str | TensorType | None = None,
        return_dict: bool = True,
        return_assistant_tokens_mask: bool = False,
        tokenizer_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Render a conversation with the model's template, and encode it.

        Args:
            conversation: messages (`{"role": …, "content": …}`), or a list of conversations.
            tools: functions or JSON schemas the model may call.
            documents: texts for models that read them (`{"title": …, "text": …}`).
            chat_template: a template, or the name of one of the tokenizer's.
            add_generation_prompt: end where the assistant's answer begins.
            continue_final_message: end inside the last message, so that the model goes on with it; a string names the
                field.
            tokenize: whether to return ids; False for the text.
            sanitize_control_tokens: control tokens typed by users are encoded as text.
            padding: as in a call.
            truncation: as in a call.
            max_length: as in a call.
            return_tensors: as in a call.
            return_dict: whether to return a `BatchEncoding`; False for the ids alone.
            return_assistant_tokens_mask: add `assistant_masks`, 1 for what the assistant said.
            tokenizer_kwargs: further arguments of the call.
            **kwargs: variables of the template; and `on_missing_generation`, what becomes of `assistant_masks` if no
                ``{% generation %}`` block says what the assistant writes: "zeros" and a log warning, or "raise".

        Raises:
            ValueError: no template, an empty conversation, or options that exclude each other.
            TypeError: a message that is none.
            TemplateError: the template is broken or refuses the conversation.
        """
        # Imported with the first conversation: rendering needs a good part of a room.
        from lexel.tokenizer import chat

        call = {
            "padding": padding,
            "truncation": truncation,
            "max_length": max_length,
            "return_tensors": return_tensors,
            **(tokenizer_kwargs or {}),
        }
        asked = chat.ChatCall(
            tools=tools,
            documents=documents,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            tokenize=tokenize,
            sanitize=sanitize_control_tokens,
            return_dict=return_dict and tokenize,
            assistant_mask=return_assistant_tokens_mask,
            on_missing_generation=kwargs.pop("on_missing_generation", "zeros"),
            variables=kwargs,
            call=call,
        )
        return chat.apply_template(cast("Tokenizer", self), conversation, chat_template, asked)

    def get_chat_template(self, chat_template: str | None = None, tools: list[Any] | None = None) -> str:
        """Return the template a conversation is rendered with; the argument is a name or a template."""
        return select_template(self.chat_template, chat_template, tools)

    def encode_message_with_chat_template(
        self, message: dict[str, Any], conversation_history: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> list[int]:
        """Return the ids one message adds to a conversation (at best effort: templates need not be additive)."""
        from lexel.tokenizer import chat

        return chat.encode_message(cast("Tokenizer", self), message, conversation_history, **kwargs)

    def chat(
        self,
        messages: Iterable[Any] | None = None,
        *,
        tools: list[Any] | None = None,
        documents: list[dict[str, Any]] | None = None,
        chat_template: str | None = None,
        on_change: Literal["raise", "reencode"] = "raise",
        **variables: Any,
    ) -> ChatBuilder:
        """Begin a conversation that grows message by message, of which only what is new is encoded.

        Args:
            messages: the first ones, added in one step.
            tools: as in `apply_chat_template`.
            documents: as in `apply_chat_template`.
            chat_template: a template, or the name of one of the tokenizer's.
            on_change: what happens when a template changes what it wrote for earlier messages. "raise" says where;
                "reencode" goes on, and `chat.kept` says how many leading ids are still valid.
            **variables: of the template.

        Raises:
            ValueError: no template, or another `on_change`.
            TypeError: a variable that is an argument of `apply_chat_template` which makes no sense here.
            TemplateError: the template is broken or refuses the messages.

        Example:
            >>> from lexel import AutoTokenizer
            >>> from lexel.serving.demo import TINY_MODEL
            >>> tok = AutoTokenizer.from_pretrained(TINY_MODEL)
            >>> chat = tok.chat().system("Be brief.").user("Who bakes the bread?")
            >>> before = chat.ids
            >>> chat.assistant("Bram.").user("Where?").ids[: len(before)] == before
            True
        """
        from lexel.tokenizer.chat_builder import ChatBuilder
        from lexel.tokenizer.chat_options import bind

        bound = bind(
            cast("Tokenizer", self),
            chat_template=chat_template,
            tools=tools,
            documents=documents,
            variables=variables,
        )
        return ChatBuilder(bound, messages, on_change=on_change)

    def count_chat(
        self,
        messages: Any,
        *,
        tools: list[Any] | None = None,
        documents: list[dict[str, Any]] | None = None,
        chat_template: str | None = None,
        add_generation_prompt: bool = False,
        **variables: Any,
    ) -> int | list[int]:
        """Return how many tokens `apply_chat_template` makes of a conversation; of a batch, a list of counts.

        Args:
            messages: as in `apply_chat_template`, as are all other arguments.
            tools: functions or JSON schemas the model may call.
            documents: texts for models that read them.
            chat_template: a template, or the name of one of the tokenizer's.
            add_generation_prompt: count the beginning of the answer too.
            **variables: of the template.

        Raises:
            ValueError: no template, or an empty conversation.
            TypeError: a message that is none, or a variable that is another argument of `apply_chat_template`.
            TemplateError: the template is broken or refuses the conversation.
        """
        from lexel.chat_templates.conversations import split_batch
        from lexel.tokenizer.chat_options import bind

        bound = bind(
            cast("Tokenizer", self),
            chat_template=chat_template,
            tools=tools,
            documents=documents,
            variables=variables,
        )
        rows, is_batched = split_batch(messages)
        counts = [bound.count(row, add_generation_prompt=add_generation_prompt) for row in rows]
        return counts if is_batched else counts[0]

    def fit_chat(
        self,
        messages: Sequence[Any],
        max_tokens: int,
        *,
        keep: Any = ("system", "last"),
        shorten: Any = None,
        shortest: int = 32,
        marker: str = "\n[…]",
        tools: list[Any] | None = None,
        documents: list[dict[str, Any]] | None = None,
        chat_template: str | None = None,
        add_generation_prompt: bool = False,
        **variables: Any,
    ) -> FittedChat:
        """Leave the oldest turns out of a conversation until it has at most `max_tokens` tokens.

        A call of a tool and its results go together, and so do a question and its answers; of a question, the calls go
        before it does. As few turns are dropped as possible.

        Args:
            messages: one conversation.
            max_tokens: the budget, by `count_chat` with the arguments given here.
            keep: what is never dropped: roles, indices, "first_user", "last_user", "last", functions of (message,
                index), or one of these. What it answers is kept with it.
            shorten: messages whose text may be cut before any turn is dropped, named as in `keep`; a dict or a function
                may say the fewest tokens for each. The oldest are cut first, no more and no further than needed.
            shortest: the fewest tokens a text is cut to where `shorten` says nothing else.
            marker: what is written where a text was cut.
            tools: as in `apply_chat_template`; they count.
            documents: as in `apply_chat_template`; they count.
            chat_template: a template, or the name of one of the tokenizer's.
            add_generation_prompt: leave room for the beginning of the answer.
            **variables: of the template.

        Returns:
            What is left, its exact size, and what was done to it.

        Raises:
            ValueError: even what is kept does not fit; has its size. Or no template, an empty conversation, a word in
                `keep` or `shorten` that is no role.
            TypeError: a message that is none, or a variable that is another argument of `apply_chat_template`.
            TemplateError: the template is broken or refuses the conversation.
        """
        from lexel.chat_templates.conversations import split_batch
        from lexel.tokenizer.chat_fitting import fit_chat
        from lexel.tokenizer.chat_options import bind

        bound = bind(
            cast("Tokenizer", self),
            chat_template=chat_template,
            tools=tools,
            documents=documents,
            variables=variables,
        )
        rows, is_batched = split_batch(messages)
        if is_batched:
            raise ValueError("fit_chat takes one conversation: call it for each of a batch")
        return fit_chat(
            bound,
            rows[0],
            max_tokens,
            keep=keep,
            shorten=shorten,
            shortest=shortest,
            marker=marker,
            add_generation_prompt=add_generation_prompt,
        )

    def parse_response(
        self, response: Any, schema: dict[str, Any] | None = None, *, prefix: Any = None, tools: list[Any] | None = None
    ) -> Any:
        """Return the message an answer of the model stands for, as `response_template` describes it.

        Args:
            response: a text or ids; a list of either gives a list of messages.
            schema: a response template instead of the tokenizer's.
            prefix: the prompt, which may have begun the answer already; "" if it has not.
            tools: as in `apply_chat_template`; arguments of calls are cast by their schemas.

        Raises:
            AttributeError: there is no response template.
            ValueError: the template is wrong, the answer does not fit it, or `prefix` is missing.
        """
        from lexel.chat_templates.response import parse_responses

        template = self.response_template if schema is None else schema
        return parse_responses(response, template, prefix=prefix, decode=cast("Tokenizer", self).decode, tools=tools)

    def stream_response(
        self,
        pieces: Iterable[Any] | None = None,
        *,
        response_template: dict[str, Any] | None = None,
        prefix: Any = None,
        tools: list[Any] | None = None,
        events: bool = False,
    ) -> ResponseStream:
        """Read an answer while the model writes it: iterate over what each id adds to the message.

        Deltas are dicts such as `{"content": "Hel"}` or `{"tool_calls": [{…}]}`: text as soon as it is certain, tool
        calls and other parsed values when they are complete. `lexel.chat_templates.join_deltas` of all is the message.
        Ids become text as in `decode_stream`: special tokens stay, and no spaces are cleaned up.

        Args:
            pieces: ids, rows of ids or texts as they come; without them, `push` each and `finish`.
            response_template: instead of the tokenizer's.
            prefix: the prompt, as text or one row of ids; "" if it wrote nothing of the answer.
            tools: as in `parse_response`.
            events: yield the parser's events instead, which have the text of unfinished tool calls too (`dirty`).

        Raises:
            AttributeError: there is no response template.
            ValueError: the template is wrong or `prefix` is missing; while reading, the answer does not fit.
        """
        from lexel.tokenizer.response_stream import ResponseStream

        parser = self.get_response_parser(response_template, prefix=prefix, tools=tools)
        return ResponseStream(pieces, parser, self, events=events)

    def get_response_parser(
        self, response_template: dict[str, Any] | None = None, *, prefix: Any = None, tools: list[Any] | None = None
    ) -> ResponseParser:
        """Return a parser that reads an answer as it is generated; arguments as in `parse_response`."""
        from lexel.chat_templates.response import ResponseParser

        template = self.response_template if response_template is None else response_template
        if template is None:
            raise AttributeError("this tokenizer has no response_template: set it, or pass response_template=")
        if prefix is not None and not isinstance(prefix, str):
            prefix = cast("Tokenizer", self).decode(prefix)
            if not isinstance(prefix, str):
                raise ValueError("prefix is one text or one row of ids; a parser reads one answer")
        return ResponseParser(template, prefix, tools=tools)
