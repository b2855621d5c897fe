"""Which padding and truncation a call means, and the padding of rows that are already encoded.

Rows that a call encodes are padded by the core; what is here serves collators, which pad later.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NO_LIMIT", "PadValues", "PaddingStrategy", "TruncationStrategy", "merge_rows", "pad_rows", "resolve"]

_LOGGER = logging.getLogger(__name__)

# A `model_max_length` above this means "no limit": files write 1e30 for it.
NO_LIMIT = int(1e20)
_IGNORED = "max-length-is-ignored"


class _Strategy(StrEnum):
    """A word out of a closed set; an unknown one raises a `ValueError` that lists them."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(
            f"{value} is not a valid {cls.__name__}, please select one of {[member.value for member in cls]}"
        )


class PaddingStrategy(_Strategy):
    """Up to which length the rows of a batch are filled."""

    LONGEST = "longest"
    MAX_LENGTH = "max_length"
    DO_NOT_PAD = "do_not_pad"


class TruncationStrategy(_Strategy):
    """Which sequence of an input gives way when it is too long."""

    ONLY_FIRST = "only_first"
    ONLY_SECOND = "only_second"
    LONGEST_FIRST = "longest_first"
    DO_NOT_TRUNCATE = "do_not_truncate"


def resolve(
    padding: bool | str | PaddingStrategy,
    truncation: bool | str | TruncationStrategy | None,
    max_length: int | None,
    pad_to_multiple_of: int | None,
    *,
    model_max_length: int,
    pad_token_id: Callable[[], int | None],
    told: dict[str, bool],
    verbose: bool = True,
) -> tuple[PaddingStrategy, TruncationStrategy, int | None]:
    """Return what a call's padding, truncation and max_length mean together.

    Args:
        padding: False, True (the longest row), or a strategy.
        truncation: None, False, True (the longest text first), or a strategy.
        max_length: None for the model's.
        pad_to_multiple_of: the padded length is rounded up to a multiple of this.
        model_max_length: the model's limit; above `NO_LIMIT` there is none.
        pad_token_id: gives the id to pad with; asked only if something is padded.
        told: the hints given so far, by name; each is given once.
        verbose: whether to log hints.

    Raises:
        ValueError: an unknown strategy; no pad token; a max_length that is no multiple of `pad_to_multiple_of`.
    """
    if max_length is not None and padding is False and truncation is None:
        truncation = TruncationStrategy.LONGEST_FIRST
    if (
        padding is True
        and max_length is not None
        and truncation in (None, False, "do_not_truncate")
        and verbose
        and not told.get(_IGNORED)
    ):
        told[_IGNORED] = True
        _LOGGER.warning(
            "`max_length` is ignored when `padding`=`True` and there is no truncation strategy. "
            "To pad to max length, use `padding='max_length'`."
        )
    pad = _padding_strategy(padding)
    cut = _truncation_strategy(truncation)
    if max_length is None:
        limit = model_max_length if model_max_length <= NO_LIMIT else None
        if pad is PaddingStrategy.MAX_LENGTH:
            pad, max_length = (pad, limit) if limit is not None else (PaddingStrategy.DO_NOT_PAD, None)
        if cut is not TruncationStrategy.DO_NOT_TRUNCATE:
            cut, max_length = (cut, limit) if limit is not None else (TruncationStrategy.DO_NOT_TRUNCATE, max_length)
    if pad is PaddingStrategy.DO_NOT_PAD:
        return pad, cut, max_length
    index = pad_token_id()
    if index is None or index < 0:
        raise ValueError(
            "Asking to pad but the tokenizer does not have a padding token: choose one (tokenizer.pad_token = "
            "tokenizer.eos_token, for instance) or add one (tokenizer.add_special_tokens({'pad_token': '[PAD]'}))"
        )
    if (
        cut is not TruncationStrategy.DO_NOT_TRUNCATE
        and pad_to_multiple_of is not None
        and max_length is not None
        and max_length % pad_to_multiple_of != 0
    ):
        raise ValueError(
            f"Truncation and padding are both activated but truncation length ({max_length}) is not a multiple of "
            f"pad_to_multiple_of ({pad_to_multiple_of})."
        )
    return pad, cut, max_length


def _padding_strategy(padding: bool | str | PaddingStrategy) -> PaddingStrategy:
    if padding is False:
        return PaddingStrategy.DO_NOT_PAD
    return PaddingStrategy.LONGEST if padding is True else PaddingStrategy(padding)


def _truncation_strategy(truncation: bool | str | TruncationStrategy | None) -> TruncationStrategy:
    if truncation is None or truncation is False:
        return TruncationStrategy.DO_NOT_TRUNCATE
    return TruncationStrategy.LONGEST_FIRST if truncation is True else TruncationStrategy(truncation)


@dataclass(frozen=True, slots=True)
class PadValues:
    """What rows are filled with, and on which side; `more` are the fillers of further columns."""

    main: str
    pad_id: int
    pad_type_id: int
    side: str
    more: Mapping[str, int] = field(default_factory=dict)

    def filler(self, key: str) -> int | None:
        """Return what a column is filled with, None for columns that are passed through."""
        if key == self.main:
            return self.pad_id
        if key in self.more:
            return self.more[key]
        return {"attention_mask": 0, "token_type_ids": self.pad_type_id, "special_tokens_mask": 1}.get(key)


def pad_rows(
    columns: Mapping[str, Any],
    values: PadValues,
    strategy: PaddingStrategy,
    max_length: int | None,
    pad_to_multiple_of: int | None,
    *,
    return_attention_mask: bool,
) -> dict[str, Any]:
    """Pad one row, or the rows of a batch, to one length.

    Args:
        columns: lists (one row) or lists of lists (a batch) of numbers.
        values: the main column's name, the fillers and the side.
        strategy: to the longest row, to `max_length`, or not at all.
        max_length: for MAX_LENGTH; a row longer than this is left as it is.
        pad_to_multiple_of: the length is rounded up to a multiple of this.
        return_attention_mask: whether a missing attention mask is made.

    Raises:
        ValueError: the columns differ in their number of rows.
    """
    made = dict(columns)
    single = not isinstance(made[values.main][0], (list, tuple))
    if single:
        made = {key: [value] for key, value in made.items()}
    rows = made[values.main]
    for key, value in made.items():
        if len(value) != len(rows):
            raise ValueError(
                f"all columns need one entry for every row: {values.main!r} has {len(rows)}, {key!r} has {len(value)}"
            )
    if return_attention_mask and "attention_mask" not in made:
        made["attention_mask"] = [[1] * len(row) for row in rows]
    length = max((len(row) for row in rows), default=0) if strategy is PaddingStrategy.LONGEST else max_length
    if strategy is not PaddingStrategy.DO_NOT_PAD and length is not None:
        length = _round_up(length, pad_to_multiple_of)
        gaps = [max(length - len(row), 0) for row in rows]
        for key, value in made.items():
            fill = values.filler(key)
            if fill is not None and (key != "attention_mask" or return_attention_mask):
                if key in values.more and any(map(_differ, value, rows)):
                    # Targets of their own length are filled to the longest of them.
                    own = _round_up(max(map(len, value)), pad_to_multiple_of)
                    made[key] = _fill(value, [own - len(row) for row in value], fill, values.side)
                    continue
                made[key] = _fill(value, gaps, fill, values.side)
    return {key: value[0] for key, value in made.items()} if single else made


def _round_up(length: int, multiple: int | None) -> int:
    return length if multiple is None else -(-length // multiple) * multiple


def _differ(one: Sequence[int], other: Sequence[int]) -> bool:
    return len(one) != len(other)


def _fill(rows: Sequence[Sequence[int]], gaps: Sequence[int], fill: int, side: str) -> list[list[int]]:
    if side == "left":
        return [[fill] * gap + list(row) if gap else list(row) for row, gap in zip(rows, gaps, strict=True)]
    return [list(row) + [fill] * gap if gap else list(row) for row, gap in zip(rows, gaps, strict=True)]


def merge_rows(examples: Any) -> Any:
    """Turn a list of dictionaries (what a collator gets) into one dictionary of lists, by the first one's keys."""
    if isinstance(examples, (list, tuple)) and examples and isinstance(examples[0], Mapping):
        # `keys()` is called by name: some mappings iterate over rows.
        return {key: [example[key] for example in examples] for key in examples[0].keys()}  # noqa: SIM118
    return examples
