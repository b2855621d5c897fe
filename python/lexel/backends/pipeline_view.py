"""`tok.backend_tokenizer`: the stages of a tokenizer, readable and changeable in the words of the `tokenizers` library.

Getters return live objects of that library. A part that was read or set is watched: before each call its state (a few
hundred bytes) is compared with what was compiled, and if it differs the engine is compiled anew. A tokenizer whose
parts nobody touched has nothing to watch and pays nothing.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel import training
from lexel.added_token import AddedToken, SpecialToken, as_added_token
from lexel.backends.double_bos import WatchedEngine
from lexel.backends.engine import AnyEngine, Compiled, compile_json, compile_library
from lexel.backends.fallback import FallbackEngine
from lexel.backends.stored_limits import (
    padding_json,
    padding_of,
    padding_tuple,
    truncation_json,
    truncation_of,
    truncation_tuple,
)
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from lexel._lexel import Component

__all__ = ["PipelineView", "view_of"]

_MODEL_OPTIONS = (
    "dropout",
    "unk_token",
    "continuing_subword_prefix",
    "end_of_word_suffix",
    "fuse_unk",
    "byte_fallback",
    "ignore_merges",
    "max_input_chars_per_word",
)
# The state of a part that is written in Python: there is nothing to compare.
_LIVE = "live"
_NOT_COMPILED = object()


class PipelineView:
    """The engine of a tokenizer and the parts handed out of it.

    Args:
        compiled: the engine, and why it is not the core.
    """

    __slots__ = ("_compiled", "_lock", "_model_type", "_parts", "_watched", "encode_special_tokens")

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._parts: dict[str, list[Any]] | None = None  # name → [object, compiled state]
        self._lock = threading.RLock()
        self._model_type: tuple[AnyEngine, str] | None = None
        self._watched: tuple[Any, WatchedEngine] | None = None
        self.encode_special_tokens = False

    @property
    def compiled(self) -> Compiled:
        """The present state: the engine, and what is known of it."""
        return self._compiled if self._parts is None else self._sync()

    @property
    def engine(self) -> AnyEngine:
        """The engine of the present state."""
        return self.compiled.engine

    def watched(self, bos: str, bos_id: int, *, refuse: bool) -> WatchedEngine:
        """Return the engine of the present state, which looks for two beginning tokens."""
        compiled = self.compiled
        key, known = (compiled, bos, bos_id, refuse), self._watched
        if known is None or known[0][0] is not compiled or known[0] != key:
            known = self._watched = (key, WatchedEngine(compiled, bos, bos_id, refuse=refuse))
        return known[1]

    @property
    def reason(self) -> str | None:
        """Why the engine is not the core; None: it is."""
        return self.compiled.reason

    @property
    def model_type(self) -> str:
        """The kind of the model: BPE, Unigram, WordPiece or WordLevel."""
        engine = self.engine
        known = self._model_type
        if known is None or known[0] is not engine:
            known = self._model_type = (engine, str(json.loads(engine.model_info())["type"]))
        return known[1]

    def replace(self, compiled: Compiled) -> None:
        """Swap the engine; parts handed out before are no longer watched."""
        with self._lock:
            self._compiled = compiled
            self._parts = None

    # --- parts ----------------------------------------------------------------------------------------------------

    def _sync(self) -> Compiled:
        """Compile what changed in watched parts; return the present state."""
        with self._lock:
            for name, entry in (self._parts or {}).items():
                part, known = entry
                state = _state(name, part)
                if state != known:
                    self._compiled = _with_part(self._compiled, name, part, state)
                    entry[1] = state
            return self._compiled

    def _get(self, name: str) -> Any:
        with self._lock:
            if self._parts is not None and name in self._parts:
                return self._parts[name][0]
            engine = self.engine
            part = getattr(_library_with(engine, name), name)
            if part is not None:
                self._parts = self._parts if self._parts is not None else {}
                self._parts[name] = [part, _state(name, part)]
            return part

    def _set(self, name: str, part: Any) -> None:
        if part is not None and type(part).__module__.partition(".")[0] != "tokenizers":
            raise TypeError(f"the {name} is an object of the tokenizers library or None, not {type(part).__name__}")
        with self._lock:
            self._parts = self._parts if self._parts is not None else {}
            self._parts[name] = [part, _NOT_COMPILED]

    @property
    def normalizer(self) -> Any:
        """What happens to the text first; an object of the library, None if nothing."""
        return self._get("normalizer")

    @normalizer.setter
    def normalizer(self, part: Any) -> None:
        self._set("normalizer", part)

    @property
    def pre_tokenizer(self) -> Any:
        """How the text is split before the model."""
        return self._get("pre_tokenizer")

    @pre_tokenizer.setter
    def pre_tokenizer(self, part: Any) -> None:
        self._set("pre_tokenizer", part)

    @property
    def model(self) -> Any:
        """The model with its vocabulary (built anew when first read: it is big)."""
        return self._get("model")

    @model.setter
    def model(self, part: Any) -> None:
        self._set("model", part)

    @property
    def post_processor(self) -> Any:
        """What writes the special tokens."""
        return self._get("post_processor")

    @post_processor.setter
    def post_processor(self, part: Any) -> None:
        self._set("post_processor", part)

    @property
    def decoder(self) -> Any:
        """What makes text of tokens."""
        return self._get("decoder")

    @decoder.setter
    def decoder(self, part: Any) -> None:
        self._set("decoder", part)

    # --- stored truncation and padding: used by the methods below, not by calls of the tokenizer --------------------

    @property
    def truncation(self) -> dict[str, Any] | None:
        """The truncation the file states."""
        return truncation_of(self.engine.component("truncation"))

    @property
    def padding(self) -> dict[str, Any] | None:
        """The padding the file states."""
        return padding_of(self.engine.component("padding"))

    def enable_truncation(
        self, max_length: int, stride: int = 0, strategy: str = "longest_first", direction: str = "right"
    ) -> None:
        """State a truncation."""
        self.set_component("truncation", truncation_json(max_length, stride, strategy, direction))

    def no_truncation(self) -> None:
        """State that nothing is truncated."""
        self.set_component("truncation", None)

    def enable_padding(
        self,
        direction: str = "right",
        pad_id: int = 0,
        pad_type_id: int = 0,
        pad_token: str = "[PAD]",
        length: int | None = None,
        pad_to_multiple_of: int | None = None,
    ) -> None:
        """State a padding."""
        stage = padding_json(direction, pad_id, pad_type_id, pad_token, length, pad_to_multiple_of)
        self.set_component("padding", stage)

    def no_padding(self) -> None:
        """State that nothing is padded."""
        self.set_component("padding", None)

    def set_component(self, name: Component, stage: str | None) -> None:
        """Replace one stage by its JSON form; a part of that name is no longer watched."""
        with self._lock:
            self._compiled = _with_stage(self._sync(), name, stage)
            if self._parts is not None:
                self._parts.pop(name, None)

    # --- texts and ids ----------------------------------------------------------------------------------------------

    def encode(
        self, sequence: Any, pair: Any = None, is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> Any:
        """Encode one text or pair, with the stored truncation and padding; return its encoding."""
        item = sequence if pair is None else (sequence, pair)
        return self._batch([item], pair is not None, is_pretokenized, add_special_tokens).row(0)

    def encode_batch(
        self, input: Sequence[Any], is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> list[Any]:
        """Encode many texts or pairs, with the stored truncation and padding; return their encodings."""
        rows = list(input)
        kinds = {_is_pair(row, is_pretokenized) for row in rows}
        if len(kinds) < 2:
            batch = self._batch(rows, kinds == {True}, is_pretokenized, add_special_tokens)
            return [batch.row(index) for index in range(len(batch))]
        # Single texts and pairs in one batch: row by row, then padded together.
        found = [
            self._batch([row], _is_pair(row, is_pretokenized), is_pretokenized, add_special_tokens).row(0)
            for row in rows
        ]
        padding = self.padding
        if padding is not None and padding["length"] is None:
            longest, multiple = max(map(len, found)), padding["pad_to_multiple_of"] or 1
            keys = ("direction", "pad_id", "pad_type_id", "pad_token")
            for encoding in found:
                encoding.pad(-(-longest // multiple) * multiple, **{key: padding[key] for key in keys})
        return found

    encode_batch_fast = encode_batch

    def _batch(self, rows: list[Any], pairs: bool, is_pretokenized: bool, add_special_tokens: bool) -> Any:
        engine = self.engine
        return engine.encode_batch(
            rows,
            pairs=pairs,
            is_split_into_words=is_pretokenized,
            add_special_tokens=add_special_tokens,
            split_special_tokens=self.encode_special_tokens,
            truncation=truncation_tuple(engine.component("truncation")),
            padding=padding_tuple(engine.component("padding")),
        )

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """Decode one row of ids."""
        return self.engine.decode(ids, skip_special_tokens=skip_special_tokens)

    def decode_batch(self, sequences: Sequence[Sequence[int]], skip_special_tokens: bool = True) -> list[str]:
        """Decode many rows of ids."""
        return self.engine.decode_batch(sequences, skip_special_tokens=skip_special_tokens)

    def post_process(self, encoding: Any, pair: Any = None, add_special_tokens: bool = True) -> Any:
        """Join encodings and write the special tokens around them."""
        return self.engine.post_process(encoding, pair, add_special_tokens=add_special_tokens)

    def num_special_tokens_to_add(self, is_pair: bool) -> int:
        """Return how many special tokens are written."""
        return self.engine.num_special_tokens_to_add(is_pair)

    # --- vocabulary -------------------------------------------------------------------------------------------------

    def get_vocab(self, with_added_tokens: bool = True) -> dict[str, int]:
        """Return token → id."""
        return self.engine.vocab(with_added_tokens)

    def get_vocab_size(self, with_added_tokens: bool = True) -> int:
        """Return how many tokens there are."""
        return self.engine.vocab_size(with_added_tokens)

    def get_added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Return id → added token."""
        return {index: AddedToken.from_flags(flags) for index, flags in self.engine.added_tokens()}

    def token_to_id(self, token: str) -> int | None:
        """Return the id of a token."""
        return self.engine.token_to_id(token)

    def id_to_token(self, id: int) -> str | None:
        """Return the token of an id."""
        return self.engine.id_to_token(id)

    def add_tokens(self, tokens: Sequence[SpecialToken]) -> int:
        """Add tokens; return how many ids did not exist before."""
        return self.add([as_added_token(token) for token in tokens])

    def add_special_tokens(self, tokens: Sequence[SpecialToken]) -> int:
        """Add special tokens; return how many ids did not exist before."""
        return self.add([as_added_token(token, special=True) for token in tokens])

    def add(self, tokens: Sequence[AddedToken]) -> int:
        """Add tokens with the flags they have; return how many ids did not exist before."""
        flags = [token.flags for token in tokens if token.content]
        if not flags:
            return 0
        with self._lock:
            compiled = self._sync()
            engine, count = compiled.engine.with_added_tokens(flags)
            self._compiled = Compiled(engine, compiled.reason)
        return count

    # --- training and files -----------------------------------------------------------------------------------------

    def train(self, files: str | Sequence[str], trainer: Any = None) -> None:
        """Train the model, in place, on text files."""
        paths = [files] if isinstance(files, str) else list(files)
        self.train_from_iterator(training.lines_of(paths), trainer=trainer)

    def train_from_iterator(self, iterator: Iterable[Any], trainer: Any = None, length: int | None = None) -> None:
        """Train the model, in place, on texts or batches of texts.

        Args:
            iterator: strings, or sequences of strings.
            trainer: of the library; None: the one that fits the model, with its defaults. `BpeTrainer` runs on our
                own trainer, with the same result.
            length: how many items there are, for the progress bar.
        """
        with self._lock:
            before = self._sync().engine
            trained = training.train(before, iterator, trainer, length)
            self.replace(compile_json(trained) if isinstance(trained, str) else Compiled(trained))
            # The trainer's special tokens come first in the vocabulary; tokens that were added before and are not
            # among them follow it.
            known = {flags[0] for _, flags in self.engine.added_tokens()}
            self.add([AddedToken.from_flags(flags) for _, flags in before.added_tokens() if flags[0] not in known])

    def to_str(self, pretty: bool = False) -> str:
        """Return the text of the `tokenizer.json`."""
        return self.engine.to_json(pretty=pretty)

    def save(self, path: str | os.PathLike[str], pretty: bool = True) -> None:
        """Write the `tokenizer.json`."""
        Path(path).write_text(self.to_str(pretty), encoding="utf-8")

    def to_tokenizers(self) -> Any:
        """Return an independent object of the library, equal to this."""
        return _library(self.engine)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (self._sync(), self.encode_special_tokens))

    def __deepcopy__(self, memo: dict[int, Any]) -> PipelineView:
        # Engines are immutable: copies share them.
        return _restore(self._sync(), self.encode_special_tokens)

    def __repr__(self) -> str:
        engine = "native" if self.reason is None else "tokenizers"
        return f"PipelineView(model={self.model_type}, vocab_size={self.get_vocab_size()}, engine={engine!r})"


def _is_pair(row: Any, is_pretokenized: bool) -> bool:
    """Return whether an input is two texts: two strings, or two lists of words."""
    if not isinstance(row, (list, tuple)):
        return False
    return not is_pretokenized or (len(row) == 2 and isinstance(row[0], (list, tuple)))


def _restore(compiled: Compiled, encode_special_tokens: bool) -> PipelineView:
    made = PipelineView(compiled)
    made.encode_special_tokens = encode_special_tokens
    return made


def _state(name: str, part: Any) -> Any:
    """Return what is compared to know whether a part changed."""
    if part is None:
        return None
    if name == "model":
        # Its vocabulary cannot be changed through its own methods; its options can.
        return (id(part), *(getattr(part, option, None) for option in _MODEL_OPTIONS))
    try:
        return part.__getstate__().decode("utf-8")
    except Exception:
        # The library raises a bare exception for parts written in Python: they have no serial form.
        return _LIVE


def _with_part(compiled: Compiled, name: str, part: Any, state: Any) -> Compiled:
    if name == "model":
        return _with_model(compiled, part)
    if state == _LIVE:
        engine = compiled.engine
        base = engine if isinstance(engine, FallbackEngine) else FallbackEngine.from_json(engine.to_json())
        return Compiled(base.with_live_component(name, part), f"the {name} is written in Python")
    return _with_stage(compiled, name, state)


def _with_stage(compiled: Compiled, name: Any, stage: str | None) -> Compiled:
    """Return an engine with one stage replaced: the core if it can, else the library."""
    engine = compiled.engine
    if not isinstance(engine, FallbackEngine):
        try:
            return Compiled(engine.with_component(name, stage))
        except UnsupportedError as error:
            return Compiled(FallbackEngine.from_json(engine.to_json()).with_component(name, stage), str(error))
    # What kept the core away may be the very stage that goes.
    try:
        return compile_json(engine.with_component(name, stage).to_json())
    except UnsupportedError:
        return Compiled(engine.with_component(name, stage), compiled.reason)


def _with_model(compiled: Compiled, model: Any) -> Compiled:
    import tokenizers

    content = json.loads(compiled.engine.to_json())
    content["model"] = json.loads(tokenizers.Tokenizer(model).to_str())["model"]
    return compile_json(json.dumps(content, ensure_ascii=False))


def _library(engine: AnyEngine) -> Any:
    if isinstance(engine, FallbackEngine):
        return engine.library()
    import tokenizers

    return tokenizers.Tokenizer.from_str(engine.to_json())


def _library_with(engine: AnyEngine, name: str) -> Any:
    """Return a library object that has one part of an engine: all of it for the model, else a small one."""
    import tokenizers

    if name == "model":
        return _library(engine)
    try:
        stage = engine.component(name)  # type: ignore[arg-type]
    except UnsupportedError:
        # Written in Python: there is only the one object.
        return engine.live() if isinstance(engine, FallbackEngine) else None
    empty = json.loads(tokenizers.Tokenizer(tokenizers.models.BPE()).to_str())
    empty[name] = None if stage is None else json.loads(stage)
    return tokenizers.Tokenizer.from_str(json.dumps(empty, ensure_ascii=False))


def view_of(source: Any) -> PipelineView:
    """Return a view of anything that is a tokenizer: a library object, a view, an engine, a tokenizer of ours."""
    if isinstance(source, PipelineView):
        return _restore(source._sync(), False)
    inner = getattr(source, "backend_tokenizer", None)
    if isinstance(inner, PipelineView):
        return view_of(inner)
    if hasattr(source, "to_str"):
        return PipelineView(compile_library(source))
    if hasattr(source, "to_json"):
        return PipelineView(Compiled(source, None if not isinstance(source, FallbackEngine) else "given so"))
    raise TypeError(
        f"a tokenizer was expected (tokenizers.Tokenizer, or a tokenizer of ours), not {type(source).__name__}"
    )
