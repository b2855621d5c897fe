"""Conversations cut to a budget of tokens: `tok.fit_chat()`."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.fitting import FittedChat, fit, plan_drops, select
from lexel.chat_templates.plain import plain_message
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lexel.tokenizer.chat_options import BoundChat
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["fit_chat"]

_JOINER = "\u200d"


def fit_chat(
    bound: BoundChat,
    messages: Sequence[Any],
    max_tokens: int,
    *,
    keep: Any,
    shorten: Any,
    shortest: int,
    marker: str,
    add_generation_prompt: bool,
) -> FittedChat:
    """Leave out what must be; arguments as in `Tokenizer.fit_chat`."""
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, not {max_tokens}")
    if shortest < 0:
        raise ValueError(f"shortest must not be negative, not {shortest}")
    plain = [plain_message(message, index) for index, message in enumerate(messages)]
    kept, chosen = select(plain, keep, "keep"), select(plain, shorten, "shorten")

    def cuttable() -> list[_Text]:
        count = _counter(bound.tokenizer)
        extra = count(marker)
        found = []
        for index, least in sorted(chosen.items()):
            fewest = shortest if least is True else int(least)
            text = _Text(bound.tokenizer, messages[index], plain[index], index, fewest, marker)
            if text.size > fewest + extra:
                found.append(text)
        return found

    return fit(
        messages,
        max_tokens,
        count=lambda left: bound.count(left, add_generation_prompt=add_generation_prompt),
        drops=plan_drops(plain, kept),
        cuttable=cuttable,
        measure=lambda message: _counter(bound.tokenizer)("".join(_texts(message["content"]))),
    )


def _counter(tokenizer: Tokenizer) -> Callable[[str], int]:
    return lambda text: tokenizer.count(text) if text else 0


class _Text:
    """A message whose text can be cut; see `lexel.chat_templates.fitting.Cuttable`."""

    def __init__(
        self, tokenizer: Tokenizer, message: Any, plain: dict[str, Any], index: int, shortest: int, marker: str
    ) -> None:
        self.index, self.shortest, self._marker = index, shortest, marker
        self._fields: dict[str, Any] = dict(message) if isinstance(message, dict) else plain
        self._content = self._fields.get("content")
        self._text = "".join(_texts(self._content))
        self._ends, self.size = _ends(tokenizer, self._text)

    def cut(self, tokens: int) -> dict[str, Any]:
        """Return the message with at most so many tokens of its text."""
        if tokens >= self.size:
            return self._fields
        place = bisect_right(self._ends, (tokens, len(self._text))) - 1
        end = self._ends[place][1] if place >= 0 else 0
        return {**self._fields, "content": self._until(end)}

    def _until(self, end: int) -> Any:
        if isinstance(self._content, str):
            return self._content[:end] + (self._marker if end else self._marker.lstrip())
        blocks, cut = [], False
        for block in self._content or ():
            text = _block_text(block)
            if text is None:
                blocks.append(block)
            elif not cut:
                cut = len(text) > end
                shorter = text[:end] + (self._marker if cut and end else self._marker.lstrip() if cut else "")
                blocks.append({**block, "text": shorter} if isinstance(block, dict) else shorter)
                end -= min(end, len(text))
        return blocks


def _texts(content: Any) -> list[str]:
    """Return the texts of a content: itself, or those of its parts."""
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, (list, tuple)) else ()
    return [text for text in map(_block_text, parts) if text is not None]


def _block_text(block: Any) -> str | None:
    text = block.get("text") if isinstance(block, dict) else block
    return text if isinstance(text, str) else None


def _ends(tokenizer: Tokenizer, text: str) -> tuple[list[tuple[int, int]], int]:
    """Return where a text may end: (tokens up to there, code points), ascending; and how many tokens it has."""
    if not text:
        return [], 0
    try:
        ids, spans = tokenizer._encode_spans(text, plain=tokenizer.split_special_tokens)
    except (UnsupportedError, NotImplementedError):
        # No spans: words are counted one by one.
        return _counted_ends(tokenizer, text)
    ends = []
    for count, (_, end) in enumerate(spans[:-1], 1):
        # A token may begin within the character that the one before ends in.
        if end <= spans[count][0] and _whole(text, end):
            ends.append((count, end))
    return ends, len(ids)


def _counted_ends(tokenizer: Tokenizer, text: str) -> tuple[list[tuple[int, int]], int]:
    count = _counter(tokenizer)
    ends: list[tuple[int, int]] = []
    tokens = start = 0
    for end in (*(at for at in range(1, len(text)) if text[at].isspace() and not text[at - 1].isspace()), len(text)):
        tokens += count(text[start:end])
        start = end
        ends.append((tokens, end))
    return ends[:-1], count(text)


def _whole(text: str, end: int) -> bool:
    """Return whether a text cut here ends with a whole sign: no accent or joined picture is torn off."""
    if end <= 0 or end >= len(text):
        return True
    following = text[end]
    return (
        following != _JOINER
        and text[end - 1] != _JOINER
        and not unicodedata.category(following).startswith("M")
        and not "\U0001f3fb" <= following <= "\U0001f3ff"
    )
