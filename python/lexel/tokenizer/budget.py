"""Texts and their length in tokens: counting, and cutting to a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.tokenizer.backend_contract import BackendContract

if TYPE_CHECKING:
    from lexel.tokenizer.cutting import Chunk

__all__ = ["TokenBudget"]


class TokenBudget(BackendContract):
    """What a tokenizer says about the length of texts."""

    truncation_side: str
    split_special_tokens: bool

    def count(self, text: str, *, add_special_tokens: bool = False, split_special_tokens: bool | None = None) -> int:
        """Return how many tokens a text has.

        Args:
            text: the text.
            add_special_tokens: whether to count those the post-processor writes.
            split_special_tokens: whether special tokens in the text are mere text; None for the tokenizer's setting.
        """
        tokenizer: Any = self
        split = {} if split_special_tokens is None else {"split_special_tokens": split_special_tokens}
        return len(tokenizer.encode(text, add_special_tokens=add_special_tokens, verbose=False, **split))

    def truncate_text(self, text: str, max_tokens: int, *, side: str | None = None) -> str:
        """Return the part of a text that has at most `max_tokens` tokens, cut where it encodes to the ids it had.

        Args:
            text: the text.
            max_tokens: the budget; special tokens the post-processor would write are not counted.
            side: "right" keeps the beginning, "left" the end; None for `truncation_side`.

        Returns:
            The longest such part (of a text in which hardly any cut holds: a long one); "" if none is that short.

        Raises:
            ValueError: another side, or a negative budget.
        """
        from lexel.tokenizer.cutting import truncate_text

        return truncate_text(text, max_tokens, self.truncation_side if side is None else side, self._plain_spans)

    def chunk(self, text: str, max_tokens: int, *, overlap: int = 0) -> list[Chunk]:
        """Cut a text into parts of at most `max_tokens` tokens, where they encode to the ids they have in the whole.

        Args:
            text: the text.
            max_tokens: the budget of a part; special tokens the post-processor would write are not counted.
            overlap: how many tokens neighbouring parts share; fewer where no part can begin there.

        Returns:
            The parts in order, each with `text`, `start` and `end` (code points of the whole), `ids`, and `exact`,
            which is False for parts of a word longer than the budget if the tokenizer has no such cut in it. What lies
            between parts is whitespace that has no token of its own.

        Raises:
            ValueError: a budget below 1, an overlap not below the budget, or a character with more tokens than that.
        """
        from lexel.tokenizer.cutting import chunk

        return chunk(text, max_tokens, overlap, self._plain_spans)

    def words_of(self, text: str, *, add_special_tokens: bool = True) -> list[int | None]:
        """Return the word of the text each token of it belongs to, whatever the pipeline splits texts into.

        Args:
            text: the text; its words are letters and digits in a row, and every other sign but spaces.
            add_special_tokens: whether the tokens of `tok(text)` are meant, or those without special ones.

        Returns:
            An entry for every id: the number of the word, None for special tokens that are written and for spaces.

        Raises:
            UnsupportedError: a tokenizer that does not know where its tokens stand.
        """
        from lexel.tokenizer.words import words_of_spans

        made = self._encode_plus(
            text, add_special_tokens=add_special_tokens, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        words = words_of_spans(text, made["offset_mapping"])
        return [None if mask else word for mask, word in zip(made["special_tokens_mask"], words, strict=True)]

    def _plain_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        return self._encode_spans(text, plain=self.split_special_tokens)
