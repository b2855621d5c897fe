"""Conversations to text to ids: the steps of `apply_chat_template` around the renderer.

Templates write their own special tokens, so their text is encoded without adding any. The tokenizer imports this with
the first conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lexel.batch_encoding import as_lists
from lexel.chat_templates.continue_final import check_modes
from lexel.chat_templates.conversations import Chats, message_ids, render_chats
from lexel.chat_templates.masks import check_generation, mark_tokens, split_rows
from lexel.chat_templates.render import Rendered
from lexel.chat_templates.sanitize import control_tokens, unmark
from lexel.chat_templates.segments import encode_segments
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel.batch_encoding import BatchEncoding
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["ChatCall", "apply_template", "encode_message"]


@dataclass(frozen=True, slots=True)
class ChatCall:
    """What `apply_chat_template` was asked for beside the conversation; fields are its arguments."""

    tools: list[Any] | None
    documents: list[dict[str, Any]] | None
    add_generation_prompt: bool
    continue_final_message: bool | str
    tokenize: bool
    sanitize: bool
    return_dict: bool
    assistant_mask: bool
    on_missing_generation: Literal["zeros", "raise"]
    variables: dict[str, Any]
    call: dict[str, Any]

    def check(self) -> None:
        """Refuse options that exclude each other."""
        if self.assistant_mask and not (self.return_dict and self.tokenize):
            raise ValueError("return_assistant_tokens_mask=True requires return_dict=True and tokenize=True")
        check_modes(
            continue_final_message=self.continue_final_message,
            add_generation_prompt=self.add_generation_prompt,
            assistant_mask=self.assistant_mask,
        )
        if self.sanitize and not self.tokenize:
            raise ValueError("sanitize_control_tokens=True requires tokenize=True: what is sanitized are the ids")


def apply_template(tokenizer: Tokenizer, conversation: Any, chat_template: str | None, asked: ChatCall) -> Any:
    """Render a conversation or a batch of them, and encode it if asked for."""
    asked.check()
    template = tokenizer.get_chat_template(chat_template, asked.tools)
    hidden = None
    if asked.sanitize:
        tokens = tokenizer.added_tokens_decoder.values()
        hidden = control_tokens(template, tokens, tokenizer.chat_control_tokens)
    chats = render_chats(
        template,
        conversation,
        tools=asked.tools,
        documents=asked.documents,
        add_generation_prompt=asked.add_generation_prompt,
        continue_final_message=asked.continue_final_message,
        special_tokens=tokenizer.special_tokens_map,
        variables=asked.variables,
        control_tokens=hidden,
    )
    if not asked.tokenize:
        return chats.text
    if asked.assistant_mask:
        check_generation(template, on_missing_generation=asked.on_missing_generation)
    encoded = _encode(tokenizer, chats, asked) if hidden is None else _encode_sanitized(tokenizer, chats, hidden, asked)
    return encoded if asked.return_dict else encoded["input_ids"]


def _encode(tokenizer: Tokenizer, chats: Chats, asked: ChatCall) -> BatchEncoding:
    # The control tokens a template writes are control tokens, also where those in plain texts are not.
    control = {"split_special_tokens": False} if tokenizer.split_special_tokens else {}
    options = {"add_special_tokens": False, **control, **asked.call}
    if not asked.assistant_mask:
        return tokenizer(chats.text, **options)
    try:
        encoded, lengths, offsets = tokenizer._encode_placed(chats.text, **options)
    except UnsupportedError as error:
        raise ValueError(
            f"{type(tokenizer).__name__} does not know where its tokens stand in a text ({error}), so that the "
            "assistant's tokens are unknown: use a tokenizer with spans (Tokenizer.from_pretrained)"
        ) from error
    spans = [chat.generation_spans for chat in chats.rows]
    if options.get("offsets") == "bytes":
        spans = [_in_bytes(row.text, row.generation_spans) for row in chats.rows]
    if "overflow_to_sample_mapping" in encoded:
        spans = [spans[source] for source in as_lists(encoded["overflow_to_sample_mapping"])]
    masks = split_rows(mark_tokens(offsets, lengths, spans), lengths)
    flat = not chats.is_batched and "overflow_to_sample_mapping" not in encoded
    return _with_masks(encoded, masks, flat=flat, tensors=options.get("return_tensors"))


def _in_bytes(text: str, spans: Any) -> Any:
    return spans and [tuple(len(text[:place].encode("utf-8", "replace")) for place in span) for span in spans]


def _with_masks(encoded: BatchEncoding, masks: Any, *, flat: bool, tensors: Any) -> BatchEncoding:
    encoded["assistant_masks"] = masks if tensors is not None or not flat else masks[0]
    return encoded.convert_to_tensors(tensors)


def encode_renders(
    tokenizer: Tokenizer, rows: Sequence[Rendered], *, control: tuple[str, ...] | None, spans: bool
) -> Encoded:
    """Encode renders, writing no special tokens.

    Args:
        tokenizer: encodes.
        rows: the renders.
        control: these tokens stand marked where a user wrote them, and are plain text there; None: nothing is marked.
        spans: whether to compute where the tokens stand.

    Raises:
        UnsupportedError: spans of a tokenizer that does not know them.
        ValueError: a control token a user wrote cannot be made plain text.
    """
    if control is None:
        ids, offsets = tokenizer._encode_texts([row.text for row in rows], plain=False, spans=spans)
        return Encoded(ids, offsets, list(rows))
    added = tokenizer.added_tokens_decoder
    plain = [unmark(row, tuple(token.content for token in added.values())) for row in rows]
    variants = {
        index: added[index].content for index in tokenizer._normalized_tokens() if added[index].content in control
    }
    variants.pop(tokenizer.unk_token_id, None)  # what it is unlike is all that is unknown
    segments = [row.segments for row in plain]
    to_id = tokenizer.get_added_vocab().get
    pieces = encode_segments(segments, tokenizer._encode_texts, to_id, spans=spans, normalized=variants)
    return Encoded(pieces.ids, pieces.offsets, [Rendered(row.text, row.generation_spans) for row in plain])


class Encoded(NamedTuple):
    """Renders and their ids."""

    ids: list[list[int]]
    offsets: Any
    """(start, end) code points of every token in its row's text, rows behind each other, int64 `[tokens, 2]`; None
    if they were not asked for."""
    rows: list[Rendered]
    """The renders, without marks."""


def _encode_sanitized(tokenizer: Tokenizer, chats: Chats, control: tuple[str, ...], asked: ChatCall) -> BatchEncoding:
    """Encode renders whose control tokens stand marked where a user wrote them: there they are plain text."""
    options = dict(asked.call)
    if options.pop("add_special_tokens", False) and tokenizer.num_special_tokens_to_add():
        raise NotImplementedError("sanitize_control_tokens=True needs a template that writes the special tokens itself")
    tensors, wants_spans = options.get("return_tensors"), options.get("return_offsets_mapping", False)
    made = encode_renders(tokenizer, chats.rows, control=control, spans=wants_spans or asked.assistant_mask)
    lengths = [len(row) for row in made.ids]
    more: dict[str, list[list[Any]]] = {}  # columns `pad` does not know
    if wants_spans:
        pairs = split_rows(made.offsets, lengths)
        more["offset_mapping"] = [[(start, end) for start, end in row] for row in pairs]
    if asked.assistant_mask:
        spans = [row.generation_spans for row in made.rows]
        more["assistant_masks"] = split_rows(mark_tokens(made.offsets, lengths, spans), lengths)
    kept = _kept(tokenizer, options)
    columns = {"input_ids": [row[kept] for row in made.ids]}
    if options.get("return_token_type_ids"):
        columns["token_type_ids"] = [[0] * len(row) for row in columns["input_ids"]]
    if options.get("return_special_tokens_mask"):
        columns["special_tokens_mask"] = [[0] * len(row) for row in columns["input_ids"]]
    names = ("padding", "max_length", "pad_to_multiple_of", "padding_side", "return_attention_mask")
    encoded = tokenizer.pad(columns, **{name: options[name] for name in names if name in options})
    left = (options.get("padding_side") or tokenizer.padding_side) == "left"
    for name, rows in more.items():
        nothing: Any = (0, 0) if name == "offset_mapping" else 0
        gaps = [[nothing] * (len(ids) - len(row[kept])) for ids, row in zip(encoded["input_ids"], rows, strict=True)]
        encoded[name] = [gap + row[kept] if left else row[kept] + gap for gap, row in zip(gaps, rows, strict=True)]
    if options.get("return_length"):
        encoded["length"] = [len(row) for row in encoded["input_ids"]]
    if not chats.is_batched and tensors is None:
        for name in encoded:
            encoded[name] = encoded[name][0]
    return encoded.convert_to_tensors(tensors)


def _kept(tokenizer: Tokenizer, options: dict[str, Any]) -> slice:
    """Return what truncation leaves of a row."""
    truncation = options.get("truncation")
    if truncation in (None, False, "do_not_truncate"):
        return slice(None)
    *_, limit = tokenizer._strategies(False, truncation, options.get("max_length"), None)
    if limit is None:
        return slice(None)
    return slice(limit) if tokenizer.truncation_side == "right" else slice(-limit, None)


def encode_message(
    tokenizer: Tokenizer, message: dict[str, Any], history: list[dict[str, Any]] | None, **options: Any
) -> list[int]:
    """Return the ids one message adds to a conversation.

    Args:
        tokenizer: encodes.
        message: the new message.
        history: the messages before it.
        **options: further arguments of `apply_chat_template`.

    Raises:
        ValueError: `add_generation_prompt` is passed; add the prompt separately.
    """
    if "add_generation_prompt" in options:
        raise ValueError("encode_message_with_chat_template takes no add_generation_prompt; add the prompt separately")

    def ids_of(messages: list[dict[str, Any]]) -> list[int]:
        ids: list[int] = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False, **options)
        return ids

    if not history:
        return ids_of([message])
    return message_ids(ids_of([*history, message]), ids_of(history))
