"""Conversations to text to ids: the steps of `apply_chat_template` around the renderer.

Templates write their own special tokens, so their text is encoded without adding any. The tokenizer imports this with
the first conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.continue_final import check_modes
from lexel.chat_templates.conversations import Chats, message_ids, render_chats
from lexel.chat_templates.masks import assistant_masks, check_generation
from lexel.chat_templates.sanitize import control_tokens, encode_segments, unmark

if TYPE_CHECKING:
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
        check_generation(template)
    encoded = _encode_sanitized(tokenizer, chats, asked) if asked.sanitize else _encode(tokenizer, chats, asked)
    return encoded if asked.return_dict else encoded["input_ids"]


def _encode(tokenizer: Tokenizer, chats: Chats, asked: ChatCall) -> BatchEncoding:
    # The control tokens a template writes are control tokens, also where those in plain texts are not.
    control = {"split_special_tokens": False} if tokenizer.split_special_tokens else {}
    options = {"add_special_tokens": False, **control, **asked.call}
    encoded = tokenizer(chats.text, **options)
    if not asked.assistant_mask:
        return encoded
    rows = encoded.encodings
    if rows is None:
        raise ValueError(f"{type(tokenizer).__name__} computes no spans, so that the assistant's tokens are unknown")
    masks: Any = assistant_masks(
        [row.offsets for row in rows],
        [chat.generation_spans for chat in chats.rows],
        [row.attention_mask for row in rows],
    )
    return _with_masks(encoded, masks, flat=not chats.is_batched, tensors=options.get("return_tensors"))


def _with_masks(encoded: BatchEncoding, masks: Any, *, flat: bool, tensors: Any) -> BatchEncoding:
    encoded["assistant_masks"] = masks if tensors is not None or not flat else masks[0]
    return encoded.convert_to_tensors(tensors)


def _encode_sanitized(tokenizer: Tokenizer, chats: Chats, asked: ChatCall) -> BatchEncoding:
    """Encode renders whose control tokens stand marked where a user wrote them: there they are plain text."""
    options = dict(asked.call)
    if options.pop("add_special_tokens", False) and tokenizer.num_special_tokens_to_add():
        raise NotImplementedError("sanitize_control_tokens=True needs a template that writes the special tokens itself")
    names = tuple(token.content for token in tokenizer.added_tokens_decoder.values())
    cut, side = _truncation(tokenizer, options), tokenizer.truncation_side
    ids, masks = [], []
    for chat in chats.rows:
        plain = unmark(chat, names)
        row, spans = encode_segments(plain.segments, tokenizer._encode_spans, tokenizer.get_added_vocab().get)
        mask = assistant_masks([spans], [plain.generation_spans])[0] if asked.assistant_mask else [0] * len(row)
        kept = slice(None) if cut is None or cut >= len(row) else slice(cut) if side == "right" else slice(-cut, None)
        ids.append(row[kept])
        masks.append(mask[kept])
    tensors = options.get("return_tensors")
    flat = not chats.is_batched and tensors is None
    columns = {"input_ids": ids[0] if flat else ids}
    encoded = tokenizer.pad(
        columns,
        padding=options.get("padding", False),
        max_length=options.get("max_length"),
        pad_to_multiple_of=options.get("pad_to_multiple_of"),
        padding_side=options.get("padding_side"),
        return_attention_mask=options.get("return_attention_mask"),
        return_tensors=tensors,
    )
    if not asked.assistant_mask:
        return encoded
    # Padding is never marked; the masks grow on the side on which the rows grew.
    left = (options.get("padding_side") or tokenizer.padding_side) == "left"
    lengths = [len(encoded["input_ids"])] if flat else [len(row) for row in encoded["input_ids"]]
    grown = [
        [0] * (length - len(mask)) + mask if left else mask + [0] * (length - len(mask))
        for mask, length in zip(masks, lengths, strict=True)
    ]
    return _with_masks(encoded, grown, flat=not chats.is_batched, tensors=tensors)


def _truncation(tokenizer: Tokenizer, options: dict[str, Any]) -> int | None:
    """Return the length rows are cut to, None for none."""
    truncation = options.pop("truncation", None)
    if truncation in (None, False, "do_not_truncate"):
        return None
    *_, limit = tokenizer._strategies(False, truncation, options.get("max_length"), None)
    return limit


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
