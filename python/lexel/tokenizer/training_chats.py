"""What a tokenizer does with conversations a model is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast, overload

from lexel.tokenizer.backend_contract import BackendContract

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lexel.tokenizer.tokenizer import Tokenizer
    from lexel.tokenizer.training_rows import TrainingEncoding

__all__ = ["TrainingChats"]


class TrainingChats(BackendContract):
    """The method that makes training rows; the steps are in `chat_training`, imported with the first call."""

    @overload
    def encode_chats_for_training(
        self, conversations: Iterable[Any], *, batch_rows: None = None, **options: Any
    ) -> TrainingEncoding: ...
    @overload
    def encode_chats_for_training(
        self, conversations: Iterable[Any], *, batch_rows: int, **options: Any
    ) -> Iterator[TrainingEncoding]: ...
    def encode_chats_for_training(
        self,
        conversations: Iterable[Any],
        *,
        max_length: int | None = None,
        packed: bool = False,
        padding: bool | str = True,
        tools: list[Any] | None = None,
        documents: list[dict[str, Any]] | None = None,
        chat_template: str | None = None,
        ignore_index: int = -100,
        train_on: Literal["assistant", "last_assistant", "all"] = "assistant",
        assistant: Literal["template", "turns"] = "template",
        assistant_role: str = "assistant",
        on_missing_generation: Literal["raise", "zeros"] = "raise",
        overlong: Literal["truncate", "drop", "raise", "split"] = "truncate",
        without_labels: Literal["keep", "drop", "raise"] = "keep",
        packing: Literal["first_fit_decreasing", "in_order"] = "first_fit_decreasing",
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        sanitize_control_tokens: bool = False,
        return_cu_seqlens: bool = False,
        return_tensors: str | None = None,
        batch_rows: int | None = None,
        **kwargs: Any,
    ) -> TrainingEncoding | Iterator[TrainingEncoding]:
        """Encode conversations with labels where the assistant writes, padded or packed into rows.

        A message may say ``"train": False`` (or ``"weight": 0``): its text stays, without labels. Such keys are taken
        off before a template sees the message.

        Args:
            conversations: lists of messages, objects with `messages`, or dicts with ``messages`` and perhaps ``tools``,
                ``documents`` and ``chat_template_kwargs``; any iterable, read once.
            max_length: tokens of a row; None for the model's.
            packed: several conversations to a row, none cut in two unless `overlong` says so. Adds `position_ids`
                that begin anew with each, and `sequence_ids`: 0, 1 … for the conversations of a row, -1 for padding.
            padding: True (the longest row), "max_length", or False.
            tools: functions or schemas, for conversations that bring none.
            documents: for conversations that bring none.
            chat_template: a template, or the name of one of the tokenizer's.
            ignore_index: the label of what is not trained on.
            train_on: "assistant", "last_assistant" (its last message), or "all" (every token).
            assistant: who says what the assistant writes: "template", by its ``{% generation %}`` blocks; "turns", by
                rendering the conversation up to each turn, for templates without blocks. What a turn adds, with the
                token that ends it, is trained on.
            assistant_role: the role of the messages to train on.
            on_missing_generation: "raise" where a template has no blocks; "zeros" logs it, and nothing is trained on.
            overlong: conversations longer than a row are cut at the tokenizer's `truncation_side` ("truncate"), left
                out ("drop"), refused ("raise"), or cut into several sequences ("split").
            without_labels: sequences in which nothing is trained on are kept, with one log warning ("keep"), left out
                ("drop") or refused ("raise"); the report counts them.
            packing: "first_fit_decreasing" wastes least; "in_order" keeps the order of the conversations.
            pad_to_multiple_of: the padded length is rounded up to a multiple of this.
            padding_side: "left" or "right"; packed rows are padded on the right.
            sanitize_control_tokens: control tokens typed in messages are encoded as text.
            return_cu_seqlens: of packed rows, add `cu_seqlens`, where sequences end if all rows are laid end to end
                (int32, begins with 0, padding is a sequence of its own), and `max_seqlen`.
            return_tensors: "np", "pt" or "mlx"; None for lists.
            batch_rows: return an iterator over batches of so many rows, which reads conversations as it goes; packing
                looks at a few hundred at a time then.
            **kwargs: variables of the template.

        Returns:
            `input_ids`, `attention_mask` and `labels`, `[rows, length]`, with `report` (counts of what was cut, dropped
            or not labelled) and `sources` (which conversations a row has).

        Raises:
            ValueError: no generation block; turns that cannot be found; an unknown choice; packing without a length;
                what `overlong` and `without_labels` refuse.
            TypeError: a conversation that is none; a note says which.
            TemplateError: the template refuses a conversation; a note says which.
            UnsupportedError: a tokenizer that does not know where its tokens stand in a text.
        """
        # Imported with the first call: it needs a good part of a room.
        from lexel.tokenizer.chat_training import TrainingCall, encode_for_training, stream_for_training

        asked = TrainingCall(
            max_length=max_length,
            packed=packed,
            padding=padding,
            tools=tools,
            documents=documents,
            chat_template=chat_template,
            ignore_index=ignore_index,
            train_on=train_on,
            assistant=assistant,
            assistant_role=assistant_role,
            on_missing_generation=on_missing_generation,
            overlong=overlong,
            without_labels=without_labels,
            packing=packing,
            pad_to_multiple_of=pad_to_multiple_of,
            padding_side=padding_side,
            sanitize=sanitize_control_tokens,
            cu_seqlens=return_cu_seqlens,
            return_tensors=return_tensors,
            variables=kwargs,
        )
        asked.check()
        tokenizer = cast("Tokenizer", self)
        if batch_rows is None:
            return encode_for_training(tokenizer, conversations, asked)
        return stream_for_training(tokenizer, conversations, asked, batch_rows)
