"""Calls of a pipeline: texts to ids, and to all that goes with them."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any, cast

from lexel.backends import columns
from lexel.backends.fallback import written_in_python
from lexel.backends.inputs import sort_inputs
from lexel.backends.pipeline_tokens import PipelineTokens
from lexel.backends.sampling import sampling_of
from lexel.batch_encoding import BatchEncoding, TensorType
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer.tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel._lexel import Field, Padding, Side, Strategy, Truncation
    from lexel.backends.engine import AnyEngine

__all__ = ["PipelineCalls"]

_LOGGER = logging.getLogger(__name__)
# Settings of `double_bos` that change no ids.
_UNWATCHED = ("warn", "ignore")
# Rows of a batch that are looked at for a hint.
_LOOKED_AT = 64
_NO_PAD = PaddingStrategy.DO_NOT_PAD
_NO_CUT = TruncationStrategy.DO_NOT_TRUNCATE
_FIELDS: tuple[tuple[str, Field], ...] = (
    ("input_ids", "ids"),
    ("token_type_ids", "type_ids"),
    ("attention_mask", "attention_mask"),
    ("special_tokens_mask", "special_tokens_mask"),
)


class PipelineCalls(PipelineTokens):
    """A tokenizer whose calls run a pipeline; options are arguments of the engine, and nothing is kept of them."""

    def encode(
        self,
        text: Any,
        text_pair: Any = None,
        add_special_tokens: bool = True,
        padding: bool | str | PaddingStrategy = False,
        truncation: bool | str | TruncationStrategy | None = None,
        max_length: int | None = None,
        stride: int = 0,
        padding_side: str | None = None,
        return_tensors: str | TensorType | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the `input_ids` of the call with these arguments: a list of ids, a list of lists, or an array."""
        if (
            type(text) is str
            and text_pair is None
            and max_length is None
            and return_tensors is None
            and padding is False
            and not truncation
            and not kwargs
        ):
            # The call most often made, without the detour over columns.
            engine = self._core.engine
            if self._double_bos not in _UNWATCHED:
                engine = self._watched(engine)
            ids = engine.encode(
                text, add_special_tokens=add_special_tokens, split_special_tokens=self.split_special_tokens
            )
            if len(ids) > self.model_max_length:
                self._warn_too_long(len(ids))
            if not ids or ids[0] == ids[1 % len(ids)]:
                self._hint(text, ids)
            return ids
        return super().encode(
            text,
            text_pair,
            add_special_tokens,
            padding,
            truncation,
            max_length,
            stride,
            padding_side,
            return_tensors,
            **kwargs,
        )

    def count(self, text: str, *, add_special_tokens: bool = False, split_special_tokens: bool | None = None) -> int:
        """Return how many tokens a text has; no ids are made."""
        split = self.split_special_tokens if split_special_tokens is None else split_special_tokens
        engine = self._watched(self._core.engine)
        counted: int = engine.count(text, add_special_tokens=add_special_tokens, split_special_tokens=split)
        return counted

    def tokenize(
        self, text: str, pair: str | None = None, add_special_tokens: bool = False, **kwargs: Any
    ) -> list[str]:
        """Return the token strings of a text (of both texts of a pair), in the vocabulary's own writing."""
        return self(text, pair, add_special_tokens=add_special_tokens, verbose=False, **kwargs).tokens()

    def _encode_plus(
        self,
        text: Any,
        text_pair: Any = None,
        add_special_tokens: bool = True,
        padding_strategy: PaddingStrategy = _NO_PAD,
        truncation_strategy: TruncationStrategy = _NO_CUT,
        max_length: int | None = None,
        stride: int = 0,
        is_split_into_words: bool = False,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | TensorType | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
        verbose: bool = True,
        split_special_tokens: bool | None = None,
        offsets: str = "chars",
        num_threads: int | None = None,
        dropout: float | None = None,
        alpha: float | None = None,
        nbest_size: int | None = None,
        seed: int | None = None,
        keep_batch: list[Any] | None = None,
        **_ignored: Any,
    ) -> BatchEncoding:
        core = self._core.compiled
        engine = self._watched(core.engine)
        in_bytes = _counts_bytes(offsets)
        return_offsets_mapping = bool(return_offsets_mapping) or in_bytes
        sampling = sampling_of(dropout, alpha, nbest_size, seed, draws=core.draws, reason=core.reason)
        if split_special_tokens is None:
            split_special_tokens = self.split_special_tokens
        wanted = (
            True,
            "token_type_ids" in self.model_input_names if return_token_type_ids is None else return_token_type_ids,
            "attention_mask" in self.model_input_names if return_attention_mask is None else return_attention_mask,
            return_special_tokens_mask,
        )
        plain = (
            padding_strategy is _NO_PAD
            and truncation_strategy is _NO_CUT
            and return_tensors is None
            and keep_batch is None
        )
        if (
            plain
            and sampling is None
            and type(text) is str
            and (text_pair is None or (type(text_pair) is str and not text_pair))
            and not (
                wanted[1]
                or return_special_tokens_mask
                or return_offsets_mapping
                or return_overflowing_tokens
                or return_length
                or is_split_into_words
            )
        ):
            # One text to lists: no batch is made.
            ids = engine.encode(text, add_special_tokens=add_special_tokens, split_special_tokens=split_special_tokens)
            if verbose and len(ids) > self.model_max_length > 0:
                self._warn_too_long(len(ids))
            if verbose and (not ids or ids[0] == ids[1 % len(ids)]):
                self._hint(text, ids)
            return columns.one(engine, text, ids, wanted[2], add_special_tokens, split_special_tokens)
        rows, pairs, batched = sort_inputs(text, text_pair, is_split_into_words)
        options: dict[str, Any] = {
            "pairs": pairs,
            "is_split_into_words": is_split_into_words,
            "add_special_tokens": add_special_tokens,
            "split_special_tokens": split_special_tokens,
        }
        if in_bytes:
            options["byte_offsets"] = True
        if sampling is not None:
            options["sampling"] = sampling
        if truncation_strategy is not _NO_CUT:
            options["truncation"] = self._truncation(truncation_strategy, max_length, stride, add_special_tokens)
        if padding_strategy is not _NO_PAD:
            options["padding"] = self._padding(padding_strategy, max_length, padding_side, pad_to_multiple_of)
        batch: Any = engine.encode_batch(
            rows,
            offsets=return_offsets_mapping or keep_batch is not None,
            windows=bool(return_overflowing_tokens),
            num_threads=num_threads,
            **options,
        )
        if return_overflowing_tokens:
            batch = batch.windows()
        lengths = batch.lengths()
        if max_length is None and verbose and lengths and max(lengths) > self.model_max_length > 0:
            self._warn_too_long(next(length for length in lengths if length > self.model_max_length))

        fields = list(itertools.compress(_FIELDS, wanted))
        if return_tensors is None:
            flat = not batched and not return_overflowing_tokens
            data = columns.lists(batch, fields, offsets=return_offsets_mapping, flat=flat)
        else:
            data = columns.arrays(batch, fields, offsets=return_offsets_mapping, kind=TensorType(return_tensors))
        if return_length:
            data["length"] = lengths
        if return_overflowing_tokens:
            data["overflow_to_sample_mapping"] = batch.sample_mapping()
        self._look_at_beginnings(rows, pairs, batch, wanted=add_special_tokens and verbose)
        recall = columns.Recall(engine, rows, options, return_overflowing_tokens).keeping(batch, keep_batch)
        made = BatchEncoding.lazy(data, recall, 2 if pairs else 1)
        if return_tensors is not None and (return_length or return_overflowing_tokens):
            made.convert_to_tensors(return_tensors)
        return made

    def _hint(self, text: str, ids: list[int]) -> None:
        """Tell once of ids that are probably not meant: none for a text, or two beginning tokens."""
        told = self.deprecation_warnings
        if not ids and text.strip() and not told.get("text-without-ids"):
            told["text-without-ids"] = True
            _LOGGER.warning(
                "%r has no ids: this tokenizer knows none of its characters and has no unknown token (an empty "
                "tokenizer is trained first: train_new_from_iterator)",
                text[:40],
            )
        elif len(ids) > 1 and ids[0] == self.bos_token_id:
            self._warn_two_bos()

    def _look_at_beginnings(self, rows: list[Any], pairs: bool, batch: Any, *, wanted: bool) -> None:
        """Tell once of rows with two beginning tokens; of many rows the first are looked at."""
        bos = self.bos_token
        if not wanted or bos is None or self._double_bos != "warn" or self.deprecation_warnings.get("two-bos-tokens"):
            return
        for at, row in enumerate(rows[: min(_LOOKED_AT, len(batch))]):
            text = row[0] if pairs else row
            if (text.startswith(bos) if type(text) is str else bool(text) and text[0] == bos) and (
                batch.row(at).ids[:2] == [self.bos_token_id] * 2
            ):
                self._warn_two_bos()
                return

    def _watched(self, engine: AnyEngine) -> Any:
        """Return the engine of a call: itself, or one that looks for two beginning tokens."""
        if self._double_bos in _UNWATCHED or (index := self.bos_token_id) is None:
            return engine
        return self._core.watched(str(self.bos_token), index, refuse=self._double_bos == "raise")

    def _encode_spans(self, text: str, plain: bool) -> tuple[list[int], list[tuple[int, int]]]:
        batch = self._plain_batch([text], plain, spans=True)
        return batch.lists("ids")[0], batch.offset_lists()[0]

    def _encode_texts(self, texts: list[str], *, plain: bool, spans: bool) -> tuple[list[list[int]], Any]:
        batch = self._plain_batch(texts, plain, spans=spans)
        return batch.lists("ids"), columns.flat_spans(batch) if spans else None

    def _plain_batch(self, texts: list[str], plain: bool, *, spans: bool) -> Any:
        engine = self._core.engine
        if plain:
            # Shares the model; only the added tokens, which are looked for in the text, are gone.
            engine = engine.with_added_token_ids([])
        return engine.encode_batch(texts, add_special_tokens=False, offsets=spans, windows=False)

    def _normalized_tokens(self) -> list[int]:
        if self._core.engine.component("normalizer") in (None, "null"):
            return []
        return [index for index, token in self.added_tokens_decoder.items() if token.normalized]

    def _encode_placed(self, texts: str | list[str], **options: Any) -> tuple[BatchEncoding, list[int], Any]:
        kept: list[Any] = []
        made = self(texts, keep_batch=kept, **options)
        if not kept:
            # A class whose calls are its own does not hand the argument on.
            return super()._encode_placed(texts, **options)
        return made, kept[0].lengths(), columns.flat_spans(kept[0])

    def _encoding_state(self) -> Any:
        return self._core.engine

    def _cutting_words(self) -> Mapping[str, int | None] | None:
        kind, engine = type(self), self._core.engine
        ours = (kind.encode, kind._encode_plus) == (PipelineCalls.encode, PipelineCalls._encode_plus)
        if not ours or kind.__call__ is not Tokenizer.__call__:
            return None
        if self._core.reason is not None and written_in_python(engine):
            return None
        words: dict[str, int | None] = {}
        for index, (content, single_word, _, _, normalized, _) in engine.added_tokens():
            # Those that are looked for in normalized text are found in what the others leave.
            if not normalized:
                words[content] = None if single_word else index
        # Other names count as cuts only: the flags are those of the token.
        return words | dict.fromkeys((name for name, _ in engine.added_token_aliases()), None)

    def _truncation(
        self, strategy: TruncationStrategy, max_length: int | None, stride: int, special: bool
    ) -> Truncation:
        assert max_length is not None, "a truncation is resolved together with its length"
        if stride:
            # Said before anything is cut, as the reference does; of equality the core speaks where windows are made.
            written = self._core.engine.num_special_tokens_to_add(False) if special else 0
            if stride > max_length - written >= 0:
                raise ValueError(
                    f"tokenizer stride set to {stride}, which is greater than its effective max length of "
                    f"{max_length - written} (= {max_length} original max length - {written} added special tokens)"
                )
        return (max_length, cast("Strategy", strategy.value), stride, cast("Side", self.truncation_side))

    def _padding(
        self, strategy: PaddingStrategy, max_length: int | None, side: str | None, multiple: int | None
    ) -> Padding:
        side = self.padding_side if side is None else side
        if side not in ("left", "right"):
            raise ValueError(f"padding_side should be 'left' or 'right', not {side!r}")
        return (
            max_length if strategy is PaddingStrategy.MAX_LENGTH else None,
            self._pad_id() or 0,
            self.pad_token_type_id,
            self.pad_token,
            cast("Side", side),
            multiple,
        )


def _counts_bytes(offsets: str) -> bool:
    if offsets not in ("chars", "bytes"):
        raise ValueError(f"offsets should be 'chars' or 'bytes', not {offsets!r}")
    return offsets == "bytes"
