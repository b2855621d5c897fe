"""Conversations to rows a model is trained on: ids, and labels that are set where the assistant writes.

The steps of `encode_chats_for_training`, imported with its first call. Conversations are rendered, encoded and labelled
a few hundred at a time; what is kept of them are arrays of ids.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lexel.chat_templates.conversations import render_chats
from lexel.chat_templates.labels import conversation_of, flagged, spans_of_turns, spans_of_wanted
from lexel.chat_templates.masks import check_generation, mark_tokens
from lexel.chat_templates.packing import in_order, in_windows
from lexel.chat_templates.render import Rendered
from lexel.chat_templates.sanitize import control_tokens
from lexel.padding import NO_LIMIT, PaddingStrategy
from lexel.tokenizer.chat import encode_renders
from lexel.tokenizer.training_rows import Sequence, TrainingEncoding, TrainingReport, make_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["TrainingCall", "encode_for_training", "stream_for_training"]

_LOGGER = logging.getLogger(__name__)
_AT_A_TIME = 256
_CHOICES = {
    "train_on": ("assistant", "last_assistant", "all"),
    "assistant": ("template", "turns"),
    "on_missing_generation": ("raise", "zeros"),
    "overlong": ("truncate", "drop", "raise", "split"),
    "without_labels": ("keep", "drop", "raise"),
    "packing": ("first_fit_decreasing", "in_order"),
}


@dataclass(frozen=True, slots=True)
class TrainingCall:
    """What `encode_chats_for_training` was asked for; fields are its arguments."""

    max_length: int | None
    packed: bool
    padding: bool | str
    tools: list[Any] | None
    documents: list[dict[str, Any]] | None
    chat_template: str | None
    ignore_index: int
    train_on: str
    assistant: str
    assistant_role: str
    on_missing_generation: Literal["raise", "zeros"]
    overlong: str
    without_labels: str
    packing: str
    pad_to_multiple_of: int | None
    padding_side: str | None
    sanitize: bool
    cu_seqlens: bool
    return_tensors: str | None
    variables: dict[str, Any]

    def check(self) -> None:
        """Refuse what is no choice.

        Raises:
            ValueError: an unknown choice; packing without a length.
        """
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(map(repr, choices))}")
        if self.max_length is not None and self.max_length < 1:
            raise ValueError(f"max_length is {self.max_length}; expected at least 1")
        if self.packed and self.padding_side == "left":
            raise ValueError("packed rows are padded on the right: padding_side='left' is for rows that are not packed")
        if self.cu_seqlens and not self.packed:
            raise ValueError("return_cu_seqlens=True is for packed rows: pass packed=True")


@dataclass(slots=True)
class _Counts:
    conversations: int = 0
    truncated: int = 0
    split: int = 0
    without_labels: int = 0
    dropped: list[int] = field(default_factory=list)
    told: bool = False


class _Ready(NamedTuple):
    """A conversation that is rendered."""

    rendered: Rendered
    spans: list[tuple[int, int]] | None


def encode_for_training(tokenizer: Tokenizer, conversations: Iterable[Any], asked: TrainingCall) -> TrainingEncoding:
    """Encode all conversations; see `encode_chats_for_training`."""
    counts = _Counts()
    rows = list(_rows(tokenizer, conversations, asked, counts, window=None))
    return _made(tokenizer, rows, asked, counts)


def stream_for_training(
    tokenizer: Tokenizer, conversations: Iterable[Any], asked: TrainingCall, batch_rows: int
) -> Iterator[TrainingEncoding]:
    """Return the rows so many at a time; no more conversations are read than that needs."""
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; expected at least 1")
    counts = _Counts()
    rows = _rows(tokenizer, conversations, asked, counts, window=max(8 * batch_rows, _AT_A_TIME))
    batches = iter(lambda: list(islice(rows, batch_rows)), [])
    return (_made(tokenizer, batch, asked, counts) for batch in batches)


def _made(tokenizer: Tokenizer, rows: list[list[Sequence]], asked: TrainingCall, counts: _Counts) -> TrainingEncoding:
    report = TrainingReport(
        conversations=counts.conversations,
        rows=len(rows),
        tokens=sum(len(one.ids) for row in rows for one in row),
        trained_tokens=sum(int((one.labels != asked.ignore_index).sum()) for row in rows for one in row),
        truncated=counts.truncated,
        split=counts.split,
        without_labels=counts.without_labels,
        dropped=tuple(counts.dropped),
    )
    strategy, max_length = _padding(tokenizer, asked)
    return make_rows(
        rows,
        report,
        packed=asked.packed,
        strategy=strategy,
        max_length=max_length,
        multiple=asked.pad_to_multiple_of,
        pad_id=tokenizer.pad_token_id,
        left=not asked.packed and (asked.padding_side or tokenizer.padding_side) == "left",
        ignore_index=asked.ignore_index,
        cu_seqlens=asked.cu_seqlens,
        tensors=asked.return_tensors,
    )


def _padding(tokenizer: Tokenizer, asked: TrainingCall) -> tuple[PaddingStrategy, int | None]:
    limit = _limit(tokenizer, asked)
    strategy, _, length = tokenizer._strategies(asked.padding, False, limit, asked.pad_to_multiple_of, verbose=False)
    return strategy, length


def _limit(tokenizer: Tokenizer, asked: TrainingCall) -> int | None:
    if asked.max_length is not None:
        return asked.max_length
    return tokenizer.model_max_length if tokenizer.model_max_length <= NO_LIMIT else None


def _rows(
    tokenizer: Tokenizer, conversations: Iterable[Any], asked: TrainingCall, counts: _Counts, window: int | None
) -> Iterator[list[Sequence]]:
    _padding(tokenizer, asked)  # what cannot be padded is not encoded first
    sequences = _sequences(tokenizer, conversations, asked, counts)
    if not asked.packed:
        return ([sequence] for sequence in sequences)
    capacity = _limit(tokenizer, asked)
    if capacity is None:
        raise ValueError("packed=True needs max_length=, the length of a row: the tokenizer states no model_max_length")
    if asked.packing == "in_order":
        return in_order(sequences, len, capacity)
    return in_windows(sequences, len, capacity, window)


def _sequences(
    tokenizer: Tokenizer, conversations: Iterable[Any], asked: TrainingCall, counts: _Counts
) -> Iterator[Sequence]:
    if isinstance(conversations, (str, bytes, dict)) or hasattr(conversations, "messages"):
        raise TypeError(
            f"conversations is a {type(conversations).__name__}; expected a list (or any iterable) of conversations"
        )
    limit, given = _limit(tokenizer, asked), iter(conversations)
    while items := list(islice(given, _AT_A_TIME)):
        for ids, labels in _encoded(tokenizer, items, asked, counts.conversations):
            index = counts.conversations
            counts.conversations += 1
            for piece in _cut(Sequence(index, ids, labels), limit, asked, counts, tokenizer.truncation_side):
                if _has_labels(piece, asked, counts):
                    yield piece


def _encoded(tokenizer: Tokenizer, items: list[Any], asked: TrainingCall, first: int) -> Iterator[tuple[Any, Any]]:
    """Yield ids and labels of every conversation, int64 `[length]`."""
    import numpy as np

    added = list(tokenizer.added_tokens_decoder.values())
    ready, control = [], None
    for index, item in enumerate(items, start=first):
        try:
            one, control = _rendered(tokenizer, conversation_of(item, index), asked, added)
        except Exception as error:
            error.add_note(f"in conversation {index}")
            raise
        ready.append(one)
    rows = [Rendered(one.rendered.text, one.spans) for one in ready]
    made = encode_renders(tokenizer, rows, control=control, spans=True)
    lengths = [len(row) for row in made.ids]
    spans = [row.generation_spans for row in made.rows]
    flat: Any
    if asked.train_on == "all":
        flat = np.ones(sum(lengths), dtype=np.int64)
    else:
        flat = mark_tokens(made.offsets, lengths, spans)
    at = 0
    for row in made.ids:
        ids = np.asarray(row, dtype=np.int64)
        yield ids, np.where(flat[at : at + len(ids)] == 1, ids, asked.ignore_index)
        at += len(ids)


def _rendered(
    tokenizer: Tokenizer, conversation: dict[str, Any], asked: TrainingCall, added: list[Any]
) -> tuple[_Ready, tuple[str, ...] | None]:
    tools = conversation.get("tools") or asked.tools
    documents = conversation.get("documents") or asked.documents
    variables = {**asked.variables, **(conversation.get("chat_template_kwargs") or {})}
    template = tokenizer.get_chat_template(asked.chat_template, tools)
    control = control_tokens(template, added, tokenizer.chat_control_tokens) if asked.sanitize else None
    turns = flagged(conversation["messages"], role=asked.assistant_role, last_only=asked.train_on == "last_assistant")

    def render(messages: list[dict[str, Any]], prompt: bool) -> Rendered:
        return render_chats(
            template,
            messages,
            tools=tools,
            documents=documents,
            add_generation_prompt=prompt,
            special_tokens=tokenizer.special_tokens_map,
            variables=variables,
            control_tokens=control,
        ).rows[0]

    whole = render(turns.messages, False)
    if asked.train_on == "all":
        return _Ready(whole, []), control
    if asked.assistant == "turns":
        ends = [token.content for token in added if token.special or token.content in template]
        return _Ready(whole, spans_of_turns(turns, whole, render, ends)), control
    check_generation(template, on_missing_generation=asked.on_missing_generation)
    return _Ready(whole, spans_of_wanted(turns, whole, render)), control


def _cut(sequence: Sequence, limit: int | None, asked: TrainingCall, counts: _Counts, side: str) -> Iterator[Sequence]:
    index, ids, labels = sequence
    if limit is None or len(ids) <= limit:
        yield sequence
        return
    if asked.overlong == "raise":
        raise ValueError(
            f"conversation {index} has {len(ids)} tokens, more than the {limit} of a row: raise max_length=, or choose "
            "overlong='truncate', 'drop' or 'split'"
        )
    if asked.overlong == "drop":
        counts.dropped.append(index)
    elif asked.overlong == "split":
        counts.split += 1
        for start in range(0, len(ids), limit):
            yield Sequence(index, ids[start : start + limit], labels[start : start + limit])
    else:
        counts.truncated += 1
        kept = slice(limit) if side == "right" else slice(len(ids) - limit, None)
        yield Sequence(index, ids[kept], labels[kept])


def _has_labels(sequence: Sequence, asked: TrainingCall, counts: _Counts) -> bool:
    """Say whether a sequence is kept: it is labelled, or that does not matter."""
    if (sequence.labels != asked.ignore_index).any():
        return True
    if asked.without_labels == "raise":
        raise ValueError(
            f"nothing in conversation {sequence.source} is trained on: the assistant writes nothing in it, or "
            "truncation cut that off. without_labels='drop' leaves such conversations out"
        )
    counts.without_labels += 1
    if asked.without_labels == "drop":
        if not counts.dropped or counts.dropped[-1] != sequence.source:
            counts.dropped.append(sequence.source)
        return False
    if not counts.told:
        counts.told = True
        _LOGGER.warning(
            "nothing in conversation %d is trained on (nothing the assistant writes in it is left); "
            "without_labels='drop' leaves such conversations out, and the report counts them",
            sequence.source,
        )
    return True
