"""Texts with the entities they speak of: what the tokenizer of LUKE adds.

An entity is a span of characters; its own id is that of its name in a vocabulary of entities, or a mask's. It gets the
positions of the tokens in its span.

Source: transformers 5.23, `LukeTokenizer`, measured.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from lexel.backends.truncation import truncate
from lexel.batch_encoding import BatchEncoding
from lexel.errors import UnsupportedError
from lexel.families.family import Family
from lexel.padding import PaddingStrategy, TruncationStrategy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TASKS", "WithEntities"]

Spans = "list[tuple[int, int]]"
# What a model does with entities → how many there are in a text; None: as many as the settings say.
TASKS: dict[str | None, int | None] = {
    None: None,
    "entity_classification": 1,
    "entity_pair_classification": 2,
    "entity_span_classification": None,
}
_COLUMNS = ("entity_ids", "entity_position_ids", "entity_start_positions", "entity_end_positions")
_MORE = ("entity_attention_mask", "entity_token_type_ids")


class _Side(NamedTuple):
    """One of two texts: its ids, its entities, and the tokens each of these covers (first, behind the last)."""

    ids: list[int]
    entities: list[int] | None
    spans: list[tuple[int, int]]


class WithEntities(Family):
    """A family whose calls take the entities of texts.

    A class has `task`, `max_entity_length` and `max_mention_length` among its settings, and sets `entity_vocab`,
    `entity_unk_token_id`, `entity_pad_token_id`, `entity_mask_token_id` and `entity_mask2_token_id`.
    """

    def __call__(  # type: ignore[override]
        self,
        text: Any = None,
        text_pair: Any = None,
        entity_spans: Any = None,
        entity_spans_pair: Any = None,
        entities: Any = None,
        entities_pair: Any = None,
        max_entity_length: int | None = None,
        **options: Any,
    ) -> Any:
        """Encode texts and their entities, as columns `entity_ids`, `entity_position_ids` and `entity_attention_mask`.

        Args:
            text: a text, or several.
            text_pair: a second text, or several.
            entity_spans: (start, end) code points of every entity; of several texts a list for each.
            entity_spans_pair: those of the second text.
            entities: the name of every entity; None: they are masked.
            entities_pair: those of the second text.
            max_entity_length: how many entities a text may have; None: as the settings say.
            **options: as for `Tokenizer`. Without spans, and without a task, the call is that of every tokenizer.

        Raises:
            ValueError: spans that the task does not have, or that are no spans.
            TypeError: no list of spans.
            UnsupportedError: words, offsets or windows together with entities.
        """
        given = (entity_spans, entity_spans_pair, entities, entities_pair)
        if self.task is None and all(value is None for value in given):
            return super().__call__(text, text_pair, **options)
        for name in ("return_offsets_mapping", "is_split_into_words", "return_overflowing_tokens", "text_target"):
            if options.pop(name, None):
                raise UnsupportedError(f"{name} is not available when texts have entities")
        many = isinstance(text, (list, tuple))
        columns = (text, text_pair, *given)
        rows = list(zip(*(_spread(column, len(text)) for column in columns), strict=True)) if many else [columns]
        return self._encoded(rows, many, max_entity_length, options)

    def _encoded(
        self, rows: list[tuple[Any, ...]], many: bool, most: int | None, options: dict[str, Any]
    ) -> BatchEncoding:
        padding, cutting, limit = self._strategies(
            options.pop("padding", False),
            options.pop("truncation", None),
            options.pop("max_length", None),
            options.get("pad_to_multiple_of"),
        )
        most = self.max_entity_length if most is None else most
        made = [self._row(row, cutting, limit, most, options) for row in rows]
        tensors = options.get("return_tensors")
        data: Any = {key: [row[key] for row in made] for key in made[0]} if many and made else made[0] if made else {}
        padded = self.pad(
            data,
            padding=padding,
            max_length=limit,
            max_entity_length=most,
            pad_to_multiple_of=options.get("pad_to_multiple_of"),
            padding_side=options.get("padding_side"),
            return_attention_mask=options.get("return_attention_mask"),
        )
        columns = dict(padded)
        if options.get("return_length"):
            lengths = [len(row) for row in columns["input_ids"]] if many else len(columns["input_ids"])
            columns["length"] = lengths
        return BatchEncoding(columns, tensor_type=tensors, prepend_batch_axis=not many and tensors is not None)

    def _row(
        self,
        row: tuple[Any, ...],
        cutting: TruncationStrategy,
        limit: int | None,
        most: int,
        options: dict[str, Any],
    ) -> dict[str, Any]:
        """Return the columns of one text or pair, not padded."""
        text, pair, spans, pair_spans, names, pair_names = row
        first = self._marked(text, spans) if self.task is not None else self._side(text, spans, names)
        second = None if pair is None or self.task is not None else self._side(pair, pair_spans, pair_names)
        special = options.get("add_special_tokens", True)
        first_ids, second_ids = first.ids, second.ids if second is not None else None
        total = len(first_ids) + len(second_ids or ())
        total += self.num_special_tokens_to_add(pair=second is not None) if special else 0
        if limit is not None and cutting is not TruncationStrategy.DO_NOT_TRUNCATE and total > limit:
            stride, side = options.get("stride", 0), self.truncation_side
            first_ids, second_ids, _ = truncate(first_ids, second_ids, total - limit, cutting, stride, side)
        cls, sep = ([self.cls_token_id], [self.sep_token_id]) if special else ([], [])
        made: dict[str, Any] = {"input_ids": [*cls, *first_ids, *sep]}
        mask = [*[1] * len(cls), *[0] * len(first_ids), *[1] * len(sep)]
        if second_ids is not None:
            made["input_ids"] += [*sep, *second_ids, *sep]
            mask += [*[1] * len(sep), *[0] * len(second_ids), *[1] * len(sep)]
        types = options.get("return_token_type_ids")
        if types:
            made["token_type_ids"] = [0] * len(made["input_ids"])
        if options.get("return_special_tokens_mask"):
            made["special_tokens_mask"] = mask
        if first.entities is not None:
            sides = [(first, first_ids, len(cls))]
            if second is not None and second.entities is not None:
                sides.append((second, second_ids or [], len(first_ids) + len(cls) + 2 * len(sep)))
            self._add_entities(made, sides, cutting, most)
            if types:
                made["entity_token_type_ids"] = [0] * len(made["entity_ids"])
        return made

    # --- texts and spans ----------------------------------------------------------------------------------------------

    def _text_ids(self, text: str) -> list[int]:
        # By way of the tokens: what a model does not know is the unknown token here, whatever id the model gives it.
        tokens = super().__call__(text, add_special_tokens=False, verbose=False).tokens() if text else []
        return cast("list[int]", self.convert_tokens_to_ids(tokens))

    def _cut(self, text: str, spans: list[tuple[int, int]]) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the ids of a text, cut where spans begin and end, and the tokens each span covers."""
        outside = [span for span in spans if not 0 <= span[0] <= span[1] <= len(text)]
        if outside:
            raise ValueError(f"the span {outside[0]} is not in the text, which has {len(text)} characters")
        ids: list[int] = []
        places: dict[int, int] = {}
        at = 0
        for place in sorted({*chain(*spans)}):
            # The space before a word belongs to its first token.
            cut = place - 1 if place > 0 and text[place - 1 : place] == " " else place
            if cut != at:
                ids += self._text_ids(text[at:cut])
                at = cut
            places[place] = len(ids)
        return ids + self._text_ids(text[at:]), [(places[start], places[end]) for start, end in spans]

    def _side(self, text: str, spans: Any, names: Any) -> _Side:
        if spans is None:
            return _Side(self._text_ids(text), None, [])
        _check(spans, names)
        ids, covered = self._cut(text, spans)
        if names is None:
            return _Side(ids, [self.entity_mask_token_id] * len(spans), covered)
        return _Side(ids, [self.entity_vocab.get(name, self.entity_unk_token_id) for name in names], covered)

    def _marked(self, text: str, spans: Any) -> _Side:
        """Return a text as the task has it: with marks around the entities that are asked about."""
        count = TASKS[self.task]
        if not isinstance(spans, list) or not spans or not all(isinstance(span, tuple) for span in spans):
            raise ValueError(f"{self.task} needs entity_spans, a list of (start, end) tuples of characters")
        if count is not None and len(spans) != count:
            raise ValueError(f"{self.task} is about {count} entities of a text, and entity_spans has {len(spans)}")
        ids, covered = self._cut(text, spans)
        if count is None:
            return _Side(ids, [self.entity_mask_token_id] * len(spans), covered)
        marks = [self.entity_1_token_id, self.entity_2_token_id][:count]
        masks = [self.entity_mask_token_id, self.entity_mask2_token_id][:count]
        around = list(covered)
        # From the last to the first, so that the places of those before do not move.
        order = sorted(range(count), key=lambda index: (covered[index][0], -index), reverse=True)
        for rank, index in enumerate(order):
            start, end = covered[index]
            ids = [*ids[:start], marks[index], *ids[start:end], marks[index], *ids[end:]]
            before = 2 * (count - 1 - rank)
            around[index] = (start + before, end + 2 + before)
        return _Side(ids, masks, around)

    # --- columns of entities ------------------------------------------------------------------------------------------

    def _add_entities(
        self, made: dict[str, Any], sides: list[tuple[_Side, list[int], int]], cutting: TruncationStrategy, most: int
    ) -> None:
        kept = [
            [(index, (start + offset, end + offset)) for index, (start, end) in _entries(side) if end <= len(ids)]
            for side, ids, offset in sides
        ]
        total = sum(map(len, kept))
        if cutting is not TruncationStrategy.DO_NOT_TRUNCATE and total > most:
            second = kept[1] if len(kept) > 1 else None
            first, rest, _ = truncate(kept[0], second, total - most, cutting, 0, self.truncation_side)
            kept = [first, rest or []]
        entries = list(chain(*kept))
        longest = self.max_mention_length
        made["entity_ids"] = [index for index, _ in entries]
        made["entity_position_ids"] = [
            [*range(start, end)][:longest] + [-1] * (longest - end + start) for _, (start, end) in entries
        ]
        if self.task == "entity_span_classification":
            made["entity_start_positions"] = [start for _, (start, _) in entries]
            made["entity_end_positions"] = [end - 1 for _, (_, end) in entries]

    def pad(
        self, encoded_inputs: Any, *args: Any, max_entity_length: int | None = None, **options: Any
    ) -> BatchEncoding:
        """Pad rows that are encoded already, as `Tokenizer.pad` does; entities too, to `max_entity_length`."""
        columns = encoded_inputs
        if isinstance(columns, (list, tuple)) and columns:
            columns = {key: [row[key] for row in columns] for key in columns[0]}
        if "entity_ids" not in columns:
            return super().pad(columns, *args, **options)
        tensors = options.pop("return_tensors", None)
        columns = {key: _listed(columns[key]) for key in columns}
        own = {key: columns.pop(key) for key in (*_COLUMNS, *_MORE) if key in columns}
        made = dict(super().pad(columns, *args, **options))
        many = bool(made["input_ids"]) and isinstance(made["input_ids"][0], list)
        own = own if many else {key: [column] for key, column in own.items()}
        strategy = self._strategies(
            options.get("padding", args[0] if args else True), None, options.get("max_length"), None
        )[0]
        size = self._entity_size(strategy, own["entity_ids"], max_entity_length, options.get("pad_to_multiple_of"))
        masks = options.get("return_attention_mask")
        if ("attention_mask" in self.model_input_names if masks is None else masks) and _MORE[0] not in own:
            own[_MORE[0]] = [[1] * len(row) for row in own["entity_ids"]]
        left = (options.get("padding_side") or self.padding_side) == "left"
        fill = {"entity_ids": self.entity_pad_token_id, "entity_position_ids": [-1] * self.max_mention_length}
        for key, column in own.items():
            rows = [_filled(row, size, fill.get(key, 0), left) for row in column]
            made[key] = rows if many else rows[0]
        return BatchEncoding(made, tensor_type=tensors)

    def _entity_size(
        self, strategy: PaddingStrategy, rows: list[list[int]], most: int | None, multiple: int | None
    ) -> int:
        if strategy is PaddingStrategy.DO_NOT_PAD:
            return 0
        size = max(map(len, rows), default=0)
        if strategy is not PaddingStrategy.LONGEST:
            size = self.max_entity_length if most is None else most
        return size if not multiple else -(-size // multiple) * multiple


def _entries(side: _Side) -> list[tuple[int, tuple[int, int]]]:
    return list(zip(side.entities or (), side.spans, strict=True))


def _filled(row: list[Any], size: int, value: Any, left: bool) -> list[Any]:
    fill = [value] * (size - len(row))
    return [*fill, *row] if left else [*row, *fill]


def _listed(column: Any) -> Any:
    tolist: Callable[[], Any] | None = getattr(column, "tolist", None)
    return column if tolist is None else tolist()


def _spread(column: Any, count: int) -> Sequence[Any]:
    """Return a value for each row; None for all where there is none."""
    if column is None:
        return [None] * count
    if len(column) != count:
        raise ValueError(f"there are {count} texts, and {len(column)} second texts, lists of spans or of entities")
    return list(column)


def _check(spans: Any, names: Any) -> None:
    if not isinstance(spans, list):
        raise TypeError("entity_spans should be given as a list")
    if not all(isinstance(span, tuple) for span in spans):
        raise ValueError("entity_spans should be given as a list of tuples of the start and end of each entity")
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("entities should be given as a list of names")
    if len(names) != len(spans):
        raise ValueError("entities and entity_spans must be the same length")
