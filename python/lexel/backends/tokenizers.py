"""The backend of nearly every tokenizer: a `tokenizer.json` pipeline on our core.

The pipeline is that of the file, the object or the class, and is never rebuilt. Options of a call are arguments of the
engine, so any number of threads may share a tokenizer. Where the core cannot compile a pipeline exactly, the
`tokenizers` library runs it, and `engine_reason` says why.
"""

from __future__ import annotations

import itertools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from lexel import training
from lexel._lexel import Engine
from lexel.added_token import AddedToken, as_added_token
from lexel.backends import columns, sources
from lexel.backends.engine import Compiled, compile_json
from lexel.backends.inputs import sort_inputs
from lexel.backends.pipeline_view import PipelineView, view_of
from lexel.backends.post_processor import with_ends, writes_any_ends, writes_ends
from lexel.backends.sampling import sampling_of
from lexel.backends.seed import Seed, split_options, stored_defaults
from lexel.batch_encoding import BatchEncoding, TensorType
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer import Tokenizer
from lexel.tokenizer.config import generic_name
from lexel.tokenizer.ids import one_id

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lexel._lexel import DecodeStream, Field, Padding, Side, Strategy, Truncation
    from lexel.backends.engine import AnyEngine
    from lexel.hub import ModelFiles
    from lexel.tokenizer.config import Compat

__all__ = ["TokenizersBackend"]

_LOGGER = logging.getLogger(__name__)
_NO_PAD = PaddingStrategy.DO_NOT_PAD
_NO_CUT = TruncationStrategy.DO_NOT_TRUNCATE
_FIELDS: tuple[tuple[str, Field], ...] = (
    ("input_ids", "ids"),
    ("token_type_ids", "type_ids"),
    ("attention_mask", "attention_mask"),
    ("special_tokens_mask", "special_tokens_mask"),
)
_CLEAN_BPE = "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output"


class TokenizersBackend(Tokenizer):
    """A tokenizer that runs a `tokenizer.json` pipeline.

    Args:
        tokenizer_object: a `tokenizers.Tokenizer`, or a tokenizer of ours; it stays independent.
        tokenizer_file: the path of a `tokenizer.json`.
        gguf_file: the path of a GGUF file.
        vocab: without any of those: token → id (a BPE model), or (piece, score) pairs (a Unigram model); or the path of
            a file that holds one.
        merges: the merges of a BPE vocabulary, or their file.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        ValueError: there is nothing to make a tokenizer of.
        FormatError: a file is not what it claims to be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json"}

    def __init__(self, **kwargs: Any) -> None:
        seed: Seed | None = self.__dict__.pop("_seed", None)
        if seed is not None:
            kwargs = {**seed.options, **kwargs}
        from_vocab = self._take_source(seed, kwargs)
        stored_defaults(self._core.engine, kwargs)
        if from_vocab:
            kwargs.setdefault("bos_token", "<s>")
            kwargs.setdefault("eos_token", "</s>")
        kwargs.setdefault("backend", "tokenizers")
        processor = kwargs.pop("post_processor", None)
        if processor is not None:
            self._core.post_processor = processor
        stated = kwargs.get("added_tokens_decoder") or {}
        vocab_file = kwargs.get("vocab_file")
        ends = (kwargs.get("add_bos_token"), kwargs.get("add_eos_token"))
        super().__init__(**kwargs)
        if vocab_file is not None:
            self.vocab_file = vocab_file
        if "add_prefix_space" not in self.__dict__:
            self.add_prefix_space = kwargs.get("add_prefix_space", False)
        self._add_missing_tokens({int(index): as_added_token(token) for index, token in stated.items()})
        self._complete_pipeline()
        if ends != (None, None):
            self._write_given_ends(*ends)

    def _take_source(self, seed: Seed | None, kwargs: dict[str, Any]) -> bool:
        """Find the pipeline among the arguments; return whether it was made of a bare vocabulary."""
        library = kwargs.pop("tokenizer_object", None)
        path = kwargs.pop("tokenizer_file", None)
        gguf = kwargs.pop("gguf_file", None)
        vocab, merges = kwargs.pop("vocab", None), kwargs.pop("merges", None)
        if seed is not None:
            self._core = PipelineView(seed.compiled)
        elif library is not None:
            self._core = view_of(library)
        elif path is not None:
            self._core = PipelineView(sources.read_tokenizer_json(Path(path)))
        elif gguf is not None:
            compiled, config = sources.read_gguf(Path(gguf))
            self._core = PipelineView(compiled)
            for key, value in config.items():
                kwargs.setdefault(key, value)
        elif "_core" not in self.__dict__ and vocab is not None:
            self._core = PipelineView(sources.from_vocab(vocab, merges, unk_id=kwargs.pop("unk_id", 0)))
            return True
        elif "_core" not in self.__dict__:
            raise ValueError(
                f"{type(self).__name__} needs a pipeline: tokenizer_object= (a tokenizers.Tokenizer), tokenizer_file= "
                "(a tokenizer.json), gguf_file=, or vocab= with merges=; to load a folder or a hub repository use "
                f"{type(self).__name__}.from_pretrained(...)"
            )
        return False

    def _complete_pipeline(self) -> None:
        """Finish a pipeline of the class's own, now that every special token has its id."""

    def _add_missing_tokens(self, stated: dict[int, AddedToken]) -> None:
        """Add the tokens that settings name and the pipeline lacks: those with ids, the named, the extra."""
        present = {flags[0]: AddedToken.from_flags(flags) for _, flags in self._core.engine.added_tokens()}
        named = {str(token) for token in self._special.named.values() if token is not None}
        # What has a name among the special tokens is special, whatever the file says.
        fresh = {text: token for text, token in present.items() if text in named and not token.special}
        fresh |= {token.content: token for _, token in sorted(stated.items()) if token.content not in present}
        fresh = {text: token.replace(special=True) if text in named else token for text, token in fresh.items()}
        for token in self._special.tokens():
            if token.content and token.content not in present:
                fresh.setdefault(token.content, token)
        if fresh:
            self._core.add(list(fresh.values()))

    # --- the engine -------------------------------------------------------------------------------------------------

    @property
    def _engine(self) -> AnyEngine:
        return self._core.engine

    @property
    def engine(self) -> str:
        """What runs underneath: "native" (our core) or "tokenizers" (the library)."""
        return "native" if self._core.reason is None else "tokenizers"

    @property
    def engine_reason(self) -> str | None:
        """Why the core does not run this tokenizer; None: it does."""
        return self._core.reason

    @property
    def backend_tokenizer(self) -> PipelineView:
        """The stages, readable and changeable in the words of the `tokenizers` library."""
        return self._core

    @property
    def _tokenizer(self) -> PipelineView:
        return self.__dict__.get("_core")  # type: ignore[return-value]

    @_tokenizer.setter
    def _tokenizer(self, source: Any) -> None:
        self._core = view_of(source)

    def to_tokenizers(self) -> Any:
        """Return an independent `tokenizers.Tokenizer` equal to this one."""
        return self._core.to_tokenizers()

    @property
    def decoder(self) -> Any:
        """The decoder stage, a live object of the `tokenizers` library."""
        return self._core.decoder

    @property
    def is_fast(self) -> bool:
        """Whether encodings know their spans."""
        return True

    def set_truncation_and_padding(
        self,
        padding_strategy: PaddingStrategy,
        truncation_strategy: TruncationStrategy,
        max_length: int,
        stride: int,
        pad_to_multiple_of: int | None,
        padding_side: str | None,
    ) -> None:
        """State truncation and padding in the pipeline, for users of `backend_tokenizer`; calls do not need it."""
        if truncation_strategy == _NO_CUT:
            self._core.no_truncation()
        else:
            self._core.enable_truncation(max_length, stride, str(truncation_strategy), self.truncation_side)
        if padding_strategy == _NO_PAD:
            self._core.no_padding()
        else:
            self._core.enable_padding(
                padding_side or self.padding_side,
                self._pad_id() or 0,
                self.pad_token_type_id,
                self.pad_token or "",
                max_length if padding_strategy == PaddingStrategy.MAX_LENGTH else None,
                pad_to_multiple_of,
            )

    # --- vocabulary -------------------------------------------------------------------------------------------------

    @property
    def vocab_size(self) -> int:
        """The size of the model's vocabulary, added tokens left out."""
        return self._core.engine.vocab_size(False)

    def __len__(self) -> int:
        return self._core.engine.vocab_size(True)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included, ascending by id."""
        return self._core.engine.vocab(True)

    @property
    def vocab(self) -> dict[str, int]:
        """The vocabulary, as `get_vocab()` returns it."""
        return self.get_vocab()

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Id → added token, ascending by id (a copy)."""
        return self._core.get_added_tokens_decoder()

    def _add_tokens(self, new_tokens: Sequence[Any], special_tokens: bool = False) -> int:
        return self._core.add([as_added_token(token, special=special_tokens) for token in new_tokens])

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """Return how many special tokens a call adds to one text, or to a pair."""
        return self._core.engine.num_special_tokens_to_add(pair)

    def _convert_token_to_id_with_added_voc(self, token: str) -> int | None:
        index = self._core.engine.token_to_id(token)
        return self._unknown_id() if index is None else index

    def _unknown_id(self) -> int | None:
        unknown = self._special.named.get("unk_token")
        return None if unknown is None else self._core.engine.token_to_id(str(unknown))

    def convert_tokens_to_ids(self, tokens: str | Sequence[str]) -> Any:
        """Return the id of a token, or the ids of many; for unknown ones the unknown token's, None without one."""
        if isinstance(tokens, str):
            return self._convert_token_to_id_with_added_voc(tokens)
        ids = self._core.engine.tokens_to_ids(list(tokens))
        if None in ids:
            unknown = self._unknown_id()
            return [unknown if index is None else index for index in ids]
        return ids

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        """Return the token of an id, or the tokens of many; None for ids that do not exist."""
        single = one_id(ids)
        if single is not None:
            return self._core.engine.id_to_token(single)
        row = [int(index) for index in ids]
        if skip_special_tokens:
            special = set(self.all_special_ids)
            row = [index for index in row if index not in special]
        return self._core.engine.ids_to_tokens(row)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that token strings stand for."""
        if isinstance(tokens, str):
            raise TypeError(f"a list of token strings was expected, not one str: {tokens!r:.80}")
        return self._core.engine.decode_tokens(list(tokens))

    # --- beginning and end tokens -------------------------------------------------------------------------------------

    @property
    def add_bos_token(self) -> bool:
        """Whether the post-processor begins a text with the bos token; setting it edits the post-processor."""
        return self._ends()[0]

    @add_bos_token.setter
    def add_bos_token(self, value: bool) -> None:
        self._write_ends(value, None)

    @property
    def add_eos_token(self) -> bool:
        """Whether the post-processor ends a text with the eos token; setting it edits the post-processor."""
        return self._ends()[1]

    @add_eos_token.setter
    def add_eos_token(self, value: bool) -> None:
        self._write_ends(None, value)

    def _ends(self) -> tuple[bool, bool]:
        return writes_ends(self._core.engine.component("post_processor"), self.bos_token, self.eos_token)

    def _write_given_ends(self, bos: bool | None, eos: bool | None) -> None:
        """Do as the constructor's arguments say; a class whose own template writes the ends does nothing."""
        self._write_ends(bos, eos)

    def _write_ends(self, bos: bool | None, eos: bool | None) -> None:
        """Write bos and eos or not; None leaves what is, and so does a token that is not set."""
        first, last = self._end("bos_token", bos), self._end("eos_token", eos)
        if first is not None or last is not None:
            stage = self._core.engine.component("post_processor")
            self._core.set_component("post_processor", with_ends(stage, first, last, self.all_special_tokens))

    def _end(self, name: str, wanted: bool | None) -> tuple[tuple[str, int], bool] | None:
        text, index = getattr(self, name), getattr(self, f"{name}_id")
        return None if wanted is None or text is None or index is None else ((text, index), bool(wanted))

    def update_post_processor(self) -> None:
        """Write the beginning and end tokens of today, after `bos_token` or `eos_token` was changed."""
        ends = writes_any_ends(self._core.engine.component("post_processor"))
        self._write_ends(*(True if there else None for there in ends))

    # --- text → ids ---------------------------------------------------------------------------------------------------

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
            ids = self._core.engine.encode(
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

    def count(self, text: str, *, add_special_tokens: bool = False) -> int:
        """Return how many tokens a text has; no ids are made."""
        return self._core.engine.count(
            text, add_special_tokens=add_special_tokens, split_special_tokens=self.split_special_tokens
        )

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
        **_ignored: Any,
    ) -> BatchEncoding:
        core = self._core.compiled
        engine = core.engine
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
        plain = padding_strategy is _NO_PAD and truncation_strategy is _NO_CUT and return_tensors is None
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
            offsets=return_offsets_mapping,
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
        recall = columns.Recall(engine, rows, options, return_overflowing_tokens)
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
        elif len(ids) > 1 and ids[0] == self.bos_token_id and not told.get("two-bos-tokens"):
            told["two-bos-tokens"] = True
            _LOGGER.warning(
                "The text begins with %r, and the tokenizer writes one more: encode it with add_special_tokens=False "
                "(chat templates write their own)",
                self.bos_token,
            )

    def _encode_spans(self, text: str, plain: bool) -> tuple[list[int], list[tuple[int, int]]]:
        engine = self._core.engine
        if plain:
            # Shares the model; only the added tokens, which are looked for in the text, are gone.
            engine = engine.with_added_token_ids([])
        batch: Any = engine.encode_batch([text], add_special_tokens=False, offsets=True)
        return batch.lists("ids")[0], batch.offset_lists()[0]

    def _truncation(
        self, strategy: TruncationStrategy, max_length: int | None, stride: int, special: bool
    ) -> Truncation:
        assert max_length is not None, "a truncation is resolved together with its length"
        if stride:
            # Said before anything is cut: whether windows can advance must not depend on how long a text is.
            written = self._core.engine.num_special_tokens_to_add(False) if special else 0
            if stride >= max_length - written >= 0:
                raise ValueError(
                    f"tokenizer stride set to {stride}, which is greater than or equal to its effective max length of "
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

    # --- ids → text ---------------------------------------------------------------------------------------------------

    def _decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **_ignored: Any,
    ) -> str:
        text = self._core.engine.decode(token_ids, skip_special_tokens=skip_special_tokens)
        return self._cleaned(text) if self._wants_clean_up(clean_up_tokenization_spaces) else text

    def _decode_rows(
        self,
        rows: Sequence[Any],
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        num_threads: int | None = None,
        **_ignored: Any,
    ) -> list[str]:
        texts = self._core.engine.decode_batch(rows, skip_special_tokens=skip_special_tokens, num_threads=num_threads)
        return list(map(self._cleaned, texts)) if self._wants_clean_up(clean_up_tokenization_spaces) else texts

    def _wants_clean_up(self, asked: bool | None) -> bool:
        return self.clean_up_tokenization_spaces if asked is None else asked

    def _cleaned(self, text: str) -> str:
        """Remove spaces before punctuation, unless the model is BPE: its spaces are the text's own."""
        if self._core.model_type != "BPE" or getattr(self, _CLEAN_BPE):
            return self.clean_up_tokenization(text)
        if not self.deprecation_warnings.get("clean-up-of-bpe"):
            self.deprecation_warnings["clean-up-of-bpe"] = True
            _LOGGER.warning(
                "Ignoring clean_up_tokenization_spaces=True for BPE tokenizer %s: it removes spaces that belong to the "
                "text. Set %s=True to have it all the same",
                *(type(self).__name__, _CLEAN_BPE),
            )
        return text

    def token_bytes(self, index: int) -> bytes | None:
        """Return the exact bytes an id contributes to a decoded text, wherever it stands; None if there is no such id.

        The tokens of a text joined give it but for its edges: the space that a decoder takes off at the start is there.
        Of a special token it is the content.

        Raises:
            UnsupportedError: what a token contributes depends on its neighbours (CTC, patterns in joined text), or the
                tokenizer does not run on the core.
        """
        return self._core.engine.token_bytes(index)

    def token_bytes_table(self) -> list[bytes]:
        """Return `token_bytes` of every id, by id (what grammar engines need); b"" for ids that do not exist.

        Raises:
            UnsupportedError: as `token_bytes`.
        """
        data, offsets = self._core.engine.token_bytes_table()
        ends = offsets.tolist()
        return [data[start:end] for start, end in itertools.pairwise(ends)]

    def decode_stream(self, *, skip_special_tokens: bool = False) -> DecodeStream:
        """Return an object that turns ids into text: `feed(id)` gives the newly final text, `flush()` the rest."""
        return cast("DecodeStream", self._core.engine.decode_stream(skip_special_tokens=skip_special_tokens))

    # --- training -----------------------------------------------------------------------------------------------------

    def train_new_from_iterator(
        self,
        text_iterator: Iterable[Any],
        vocab_size: int,
        length: int | None = None,
        new_special_tokens: Sequence[Any] | None = None,
        special_tokens_map: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Return a tokenizer of the same class, stages and special tokens, its vocabulary trained on new texts.

        Args:
            text_iterator: strings, or sequences of strings (batches).
            vocab_size: how many tokens, special ones included.
            length: how many items there are, for a progress bar.
            new_special_tokens: special tokens this tokenizer does not have.
            special_tokens_map: special token → its new text.
            **kwargs: settings of the trainer: `min_frequency`, `limit_alphabet`, `max_token_length` …

        Raises:
            TrainingError: the corpus or the settings cannot yield a vocabulary.
        """
        new = list(new_special_tokens or ())
        trained = training.train_anew(
            self._core.engine,
            text_iterator,
            compile_json=lambda text: compile_json(text).engine,
            vocab_size=vocab_size,
            length=length,
            new_special_tokens=new,
            renamed=special_tokens_map,
            settings=kwargs,
        )
        # What kept the core away may have gone with the vocabulary.
        compiled = Compiled(trained) if isinstance(trained, Engine) else compile_json(trained.to_json())
        options = {**self.init_kwargs, **self._renamed_tokens(special_tokens_map or {})}
        if "added_tokens_decoder" in options:
            # Tokens a loaded file adds that are not special are found in texts still.
            added = self.added_tokens_decoder
            options["added_tokens_decoder"] = {index: token for index, token in added.items() if not token.special}
        extra = [*self._special.extra, *new]
        if extra:
            options["extra_special_tokens"] = extra
        return self._from_seed(compiled, (), options)

    def _renamed_tokens(self, renamed: dict[str, str]) -> dict[str, Any]:
        """Return the named special tokens under their new texts, flags kept."""
        made: dict[str, Any] = {}
        for name, value in self._special.named.items():
            if isinstance(value, AddedToken):
                made[name] = value.replace(content=renamed.get(value.content, value.content), special=True)
            elif value is not None:
                made[name] = renamed.get(value, value)
        return made

    # --- files --------------------------------------------------------------------------------------------------------

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        loaded = sources.load(files, given, cls.vocab_files_names, cls._edited_settings())
        if loaded.compiled is None:
            return cls(*(init_inputs or loaded.init_inputs), **loaded.options)
        made = cls._from_seed(loaded.compiled, init_inputs or loaded.init_inputs, loaded.options)
        made.init_kwargs.pop("vocab", None)
        return made

    @classmethod
    def _edited_settings(cls) -> Collection[str] | None:
        """Return the arguments of loading that may change stages of a pipeline; None: all that can."""
        return None

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Load a tokenizer from one file (`tokenizer.json` or GGUF); its format is found from its bytes.

        Raises:
            UnsupportedError: a file of another format; names it.
            FormatError: a broken file.
        """
        compiled, config = sources.read_file(Path(path))
        return cls._from_seed(compiled, (), {"name_or_path": str(path), **config, **kwargs})

    @classmethod
    def _from_seed(cls, compiled: Compiled, init_inputs: tuple[Any, ...], options: dict[str, Any]) -> Self:
        """Make a tokenizer of this class that runs a given pipeline, whatever its constructor would build.

        A constructor gets the settings it has parameters for; the others reach ours behind its back, so that a class
        whose `__init__` takes only its own can be loaded too.
        """
        self = cls.__new__(cls, *init_inputs)
        accepted, rest = split_options(cls.__init__, options)
        self.__dict__["_seed"] = Seed(compiled, rest)
        self.__init__(*init_inputs, **accepted)  # type: ignore[misc]
        return self

    def _save_backend(self, folder: Path, prefix: str, legacy_format: bool | None) -> tuple[str, ...]:
        del legacy_format  # accepted for compatibility: there is one format
        path = folder / f"{prefix}tokenizer.json"
        self._core.save(path)
        return (str(path),)

    def _backend_state(self) -> str:
        return self._core.engine.to_json()

    def _saved_class_name(self, compat: Compat, stated: Mapping[str, Any]) -> str:
        del stated
        name = type(self).__name__
        return generic_name(compat) if name == "TokenizersBackend" else name.removesuffix("Fast")

    @property
    def can_save_slow_tokenizer(self) -> bool:
        """Whether `save_vocabulary` can write the original vocabulary files."""
        return True

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary as `vocab.json` and `merges.txt`, or `vocab.txt`, whichever fits the model."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        return sources.write_vocabulary(self._core.engine, Path(save_directory), prefix)


def _counts_bytes(offsets: str) -> bool:
    if offsets not in ("chars", "bytes"):
        raise ValueError(f"offsets should be 'chars' or 'bytes', not {offsets!r}")
    return offsets == "bytes"
