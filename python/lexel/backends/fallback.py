"""The second engine: the `tokenizers` library behind the methods of our own core.

For tokenizers the core refuses: a component written in Python, a regex with back-references. The library keeps
truncation, padding and the splitting of special tokens as state of the object, so every call here holds a lock, sets
what it needs, and the object is never shown to anyone else. Slower than the core, and the ids are the same.
"""

from __future__ import annotations

import json
import threading
from operator import index
from typing import TYPE_CHECKING, Any

from lexel.added_token import AddedToken
from lexel.backends.byte_spans import in_bytes
from lexel.backends.fallback_batch import FallbackBatch, FallbackDecodeStream
from lexel.backends.stored_limits import padding_json, padding_of, truncation_json, truncation_of
from lexel.backends.surrogates import replace_surrogates
from lexel.errors import FormatError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lexel._lexel import Component, Padding, TokenFlags, Truncation

__all__ = ["FallbackEngine", "written_in_python"]

_STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")


def written_in_python(engine: Any) -> bool:
    """Return whether a stage of a pipeline is an object of a user, which may do with a text whatever it likes."""
    try:
        for stage in _STAGES:
            engine.component(stage)
    except UnsupportedError:
        return True
    return False


class FallbackEngine:
    """A tokenizer of the `tokenizers` library, with the methods of `lexel._lexel.Engine`.

    Args:
        library: the object to run on; it is owned from now on.
    """

    def __init__(self, library: Any) -> None:
        self._library = library
        self._lock = threading.RLock()
        # What the file states; calls set their own and never these.
        self._truncation = library.truncation
        self._padding = library.padding

    @staticmethod
    def from_json(data: str | bytes, *, path: str | None = None) -> FallbackEngine:
        """Build from the text of a `tokenizer.json`.

        Raises:
            FormatError: the library does not accept it; has its words.
        """
        import tokenizers

        text = data.decode("utf-8") if isinstance(data, bytes) else data
        try:
            return FallbackEngine(tokenizers.Tokenizer.from_str(text))
        except Exception as error:
            # The library raises bare exceptions.
            where = f"{path}: " if path else ""
            raise FormatError(f"{where}the tokenizers library cannot load this tokenizer: {error}") from error

    # --- the stages -----------------------------------------------------------------------------------------------

    def to_json(self, *, pretty: bool = False) -> str:
        """Return the text of the `tokenizer.json`.

        Raises:
            UnsupportedError: a component written in Python has no such form.
        """
        with self._lock:
            self._restore()
            try:
                return str(self._library.to_str(pretty=pretty))
            except Exception as error:
                raise UnsupportedError(f"this tokenizer cannot be written as tokenizer.json: {error}") from error

    def _restore(self) -> None:
        """Put back the truncation and padding the file states."""
        self._set(self._truncation, self._padding, self._library.encode_special_tokens)

    def component(self, name: Component) -> str | None:
        """Return the JSON of one stage, None where there is none."""
        if name in _STAGES:
            part = getattr(self._library, name)
            if part is None:
                return None
            try:
                return str(part.__getstate__().decode("utf-8"))
            except Exception as error:
                raise UnsupportedError(f"this {name} is written in Python and has no JSON form: {error}") from error
        if name == "truncation":
            return None if self._truncation is None else truncation_json(**self._truncation)
        return None if self._padding is None else padding_json(**self._padding)

    def with_component(self, name: Component, json: str | None) -> FallbackEngine:
        """Return an engine with one stage replaced."""
        try:
            return FallbackEngine.from_json(_with_stage(self.to_json(), name, json))
        except UnsupportedError:
            # Another stage is written in Python; the stages are moved into a new object by reference.
            made = self._rebuilt()
            if name in _STAGES:
                setattr(made, name, None if json is None else _part(name, json))
            else:
                _set_limit(made, name, json)
            return FallbackEngine(made)

    def with_live_component(self, name: str, part: Any) -> FallbackEngine:
        """Return an engine with one stage replaced by an object of the library (written in Python, perhaps)."""
        made = self._copy()._library
        setattr(made, name, part)
        return FallbackEngine(made)

    def _model(self) -> dict[str, Any]:
        import tokenizers

        # The model is never written in Python, even where another stage is.
        model: dict[str, Any] = json.loads(tokenizers.Tokenizer(self._library.model).to_str())["model"]
        return model

    def model_info(self) -> str:
        """Return the JSON of the model without its vocabulary and merges."""
        model = self._model()
        return json.dumps({key: value for key, value in model.items() if key not in ("vocab", "merges")})

    def merges(self) -> list[tuple[str, str]]:
        """Return the merges of the model in order, empty if it has none."""
        pairs = self._model().get("merges", ())
        return [(pair[0], pair[1]) if not isinstance(pair, str) else _split_merge(pair) for pair in pairs]

    def live(self) -> Any:
        """Return the object this runs on, to read parts of it."""
        return self._library

    def library(self) -> Any:
        """Return an independent object of the library."""
        import tokenizers

        return tokenizers.Tokenizer.from_str(self.to_json())

    # --- vocabulary -----------------------------------------------------------------------------------------------

    def with_added_tokens(self, tokens: Sequence[TokenFlags]) -> tuple[FallbackEngine, int]:
        """Return an engine with more added tokens, and how many ids did not exist before."""
        made = self._copy()
        before = made._library.get_vocab_size(with_added_tokens=True)
        made._library.add_tokens([_library_token(flags) for flags in tokens])
        return made, made._library.get_vocab_size(with_added_tokens=True) - before

    def with_added_token_ids(self, tokens: Sequence[tuple[int, TokenFlags]]) -> FallbackEngine:
        """Return an engine whose added tokens are exactly these, at these ids."""
        content = json.loads(self.to_json())
        content["added_tokens"] = [
            {"id": index, **AddedToken.from_flags(flags).__getstate__()} for index, flags in tokens
        ]
        return FallbackEngine.from_json(json.dumps(content, ensure_ascii=False))

    def added_token_aliases(self) -> list[tuple[str, int]]:
        """Return other names of added tokens: there are none here."""
        return []

    def added_tokens(self) -> list[tuple[int, TokenFlags]]:
        """Return the added tokens by ascending id."""
        found = self._library.get_added_tokens_decoder()
        return [
            (index, (t.content, t.single_word, t.lstrip, t.rstrip, t.normalized, t.special))
            for index, t in sorted(found.items())
        ]

    def _copy(self) -> FallbackEngine:
        try:
            return FallbackEngine.from_json(self.to_json())
        except UnsupportedError:
            # A Python component cannot be copied; the parts are moved into a new object by reference.
            return FallbackEngine(self._rebuilt())

    def _rebuilt(self) -> Any:
        """Return a new object that shares the stages of ours: one written in Python has no serial form."""
        import tokenizers

        made = tokenizers.Tokenizer(self._library.model)
        for name in _STAGES:
            part = getattr(self._library, name)
            if part is not None:
                setattr(made, name, part)
        if self._truncation is not None:
            made.enable_truncation(**self._truncation)
        if self._padding is not None:
            made.enable_padding(**self._padding)
        made.add_tokens([token for _, token in sorted(self._library.get_added_tokens_decoder().items())])
        return made

    def vocab_size(self, with_added: bool = True) -> int:
        """Return how many tokens there are."""
        return int(self._library.get_vocab_size(with_added_tokens=with_added))

    def vocab(self, with_added: bool = True) -> dict[str, int]:
        """Return token → id, ascending by id."""
        return dict(sorted(self._library.get_vocab(with_added_tokens=with_added).items(), key=lambda entry: entry[1]))

    def max_id(self) -> int | None:
        """Return the highest id, None where there is none."""
        return max(self._library.get_vocab(with_added_tokens=True).values(), default=None)

    def token_to_id(self, token: str) -> int | None:
        """Return the id of a token."""
        found: int | None = self._library.token_to_id(token)
        return found

    def id_to_token(self, id: int) -> str | None:
        """Return the token of an id."""
        found: str | None = self._library.id_to_token(id)
        return found

    def tokens_to_ids(self, tokens: Sequence[str]) -> list[int | None]:
        """Return the id of every token."""
        return [self._library.token_to_id(token) for token in tokens]

    def ids_to_tokens(self, ids: Sequence[int]) -> list[str | None]:
        """Return the token of every id."""
        return [self._library.id_to_token(int(index)) for index in ids]

    def is_special(self, id: int) -> bool:
        """Return whether an id is that of a special added token."""
        token = self._library.get_added_tokens_decoder().get(id)
        return token is not None and bool(token.special)

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """Return how many special tokens the post-processor writes."""
        return int(self._library.num_special_tokens_to_add(pair))

    # --- text → ids -----------------------------------------------------------------------------------------------

    def _set(self, truncation: Any, padding: Any, split_special_tokens: bool) -> None:
        """Bring the object's state to what a call needs; the caller holds the lock."""
        library = self._library
        if library.truncation != truncation:
            library.no_truncation() if truncation is None else library.enable_truncation(**truncation)
        if library.padding != padding:
            library.no_padding() if padding is None else library.enable_padding(**padding)
        if library.encode_special_tokens != split_special_tokens:
            library.encode_special_tokens = split_special_tokens

    def encode(self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False) -> list[int]:
        """Encode one text to ids."""
        with self._lock:
            self._set(None, None, split_special_tokens)
            return list(self._library.encode(_text(text, 0, False), add_special_tokens=add_special_tokens).ids)

    def encode_array(self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False) -> Any:
        """Encode one text to an array of ids, uint32 `[n]`."""
        import numpy as np

        ids = self.encode(text, add_special_tokens=add_special_tokens, split_special_tokens=split_special_tokens)
        return np.asarray(ids, dtype=np.uint32)

    def count(self, text: str, *, add_special_tokens: bool = False, split_special_tokens: bool = False) -> int:
        """Return how many tokens a text has."""
        return len(self.encode(text, add_special_tokens=add_special_tokens, split_special_tokens=split_special_tokens))

    def encode_batch(
        self,
        inputs: Sequence[Any],
        *,
        pairs: bool = False,
        is_split_into_words: bool = False,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        truncation: Truncation | None = None,
        padding: Padding | None = None,
        offsets: bool = True,  # noqa: ARG002  (the library always computes spans)
        byte_offsets: bool = False,
        windows: bool = True,  # noqa: ARG002  (the library always keeps them)
        num_threads: int | None = None,  # noqa: ARG002  (its pool is sized by the environment)
        sampling: None = None,  # noqa: ARG002  (refused before)
    ) -> FallbackBatch:
        """Encode many inputs; arguments as in the core."""
        rows = [_row(item, index, pairs, is_split_into_words) for index, item in enumerate(inputs)]
        cut = None
        if truncation is not None:
            _check_truncation(truncation, pairs, self.num_special_tokens_to_add(pairs) if add_special_tokens else 0)
            cut = dict(zip(("max_length", "strategy", "stride", "direction"), truncation, strict=True))
        fill = None
        if padding is not None:
            names = ("length", "pad_id", "pad_type_id", "pad_token", "direction", "pad_to_multiple_of")
            fill = dict(zip(names, padding, strict=True))
        with self._lock:
            self._set(cut, fill, split_special_tokens)
            try:
                encodings = self._library.encode_batch(
                    rows, is_pretokenized=is_split_into_words, add_special_tokens=add_special_tokens
                )
            except Exception as error:
                if type(error) is not Exception:
                    raise
                raise ValueError(str(error)) from error
        if not byte_offsets:
            return FallbackBatch(encodings)
        return FallbackBatch(
            encodings,
            spans=lambda row, source: in_bytes(row, rows[source], pairs=pairs, split=is_split_into_words),
        )

    def post_process(self, first: Any, second: Any = None, *, add_special_tokens: bool = True) -> Any:
        """Join encodings and write the special tokens around them."""
        with self._lock:
            self._set(None, None, False)
            return self._library.post_process(first, second, add_special_tokens)

    # --- ids → text -----------------------------------------------------------------------------------------------

    def decode(self, ids: Any, *, skip_special_tokens: bool = False) -> str:
        """Decode one row of ids."""
        return str(self._library.decode([index(value) for value in ids], skip_special_tokens=skip_special_tokens))

    def decode_batch(
        self, rows: Sequence[Any], *, skip_special_tokens: bool = False, num_threads: int | None = None
    ) -> list[str]:
        """Decode many rows of ids."""
        del num_threads
        return [self.decode(row, skip_special_tokens=skip_special_tokens) for row in rows]

    def decode_tokens(self, tokens: Sequence[str]) -> str:
        """Apply the decoder to token strings."""
        decoder = self._library.decoder
        return " ".join(tokens) if decoder is None else str(decoder.decode(list(tokens)))

    def token_bytes(self, id: int) -> bytes | None:
        """Refuse: the library does not say what a single token contributes."""
        raise UnsupportedError(f"the bytes of single tokens (here of {id}) need the core; see tok.engine_reason")

    def token_bytes_table(self) -> Any:
        """Refuse, as `token_bytes`."""
        return self.token_bytes(0)

    def decode_stream(self, *, skip_special_tokens: bool = False) -> FallbackDecodeStream:
        """Return a step-by-step decoder."""
        return FallbackDecodeStream(self, skip_special_tokens)

    def normalize(self, text: str) -> str:
        """Return the normalized text."""
        normalizer = self._library.normalizer
        return text if normalizer is None else str(normalizer.normalize_str(text))

    def pre_tokenize(self, text: str) -> list[tuple[str, tuple[int, int]]]:
        """Split a text as the pre-tokenizer does."""
        splitter = self._library.pre_tokenizer
        return [(text, (0, len(text)))] if splitter is None else list(splitter.pre_tokenize_str(text))

    # --- training, copies -----------------------------------------------------------------------------------------

    def train_bpe(
        self,
        texts: Iterable[str | Sequence[str]],
        *,
        special_tokens: Sequence[TokenFlags] = (),
        progress: Callable[[str, int, int], None] | None = None,
        **settings: Any,
    ) -> FallbackEngine:
        """Return an engine with the same stages and a BPE model trained on the texts."""
        from tokenizers import trainers

        del progress
        settings = {key: value for key, value in settings.items() if value is not None}
        trainer = trainers.BpeTrainer(
            special_tokens=[_library_token(flags) for flags in special_tokens], show_progress=False, **settings
        )
        made = self._copy()
        made._library.train_from_iterator(texts, trainer=trainer)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (FallbackEngine.from_json, (self.to_json(),))

    def __deepcopy__(self, memo: dict[int, Any]) -> FallbackEngine:
        return self


def _library_token(flags: TokenFlags) -> Any:
    import tokenizers

    return tokenizers.AddedToken(**AddedToken.from_flags(flags).__getstate__())


def _with_stage(text: str, name: str, stage: str | None) -> str:
    content = json.loads(text)
    content[name] = None if stage is None else json.loads(stage)
    return json.dumps(content, ensure_ascii=False)


def _part(name: str, stage: str) -> Any:
    """Return a stage as an object of the library."""
    import tokenizers

    empty = tokenizers.Tokenizer(tokenizers.models.BPE()).to_str()
    return getattr(tokenizers.Tokenizer.from_str(_with_stage(empty, name, stage)), name)


def _set_limit(library: Any, name: str, stage: str | None) -> None:
    """State a truncation or padding on an object of the library."""
    if name == "truncation":
        found = truncation_of(stage)
        library.no_truncation() if found is None else library.enable_truncation(**found)
    else:
        found = padding_of(stage)
        library.no_padding() if found is None else library.enable_padding(**found)


def _split_merge(pair: str) -> tuple[str, str]:
    left, _, right = pair.partition(" ")
    return left, right


def _row(item: Any, index: int, pairs: bool, split: bool) -> Any:
    """Return an input as the library takes it; says which row is none."""
    if pairs:
        if not isinstance(item, (list, tuple)) or len(item) != 2:
            raise TypeError(f"row {index}: a pair of texts was expected, found {item!r:.80}")
        return tuple(_text(part, index, split) for part in item)
    return _text(item, index, split)


def _text(value: Any, index: int, split: bool) -> Any:
    if split:
        if isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value):
            return [_text(word, index, False) for word in value]
        raise TypeError(f"row {index}: a list of words was expected, found {type(value).__name__}: {value!r:.80}")
    if isinstance(value, str):
        return replace_surrogates(value)
    hint = "; decode it first: text.decode('utf-8')" if isinstance(value, (bytes, bytearray)) else ""
    raise TypeError(f"row {index}: a text (str) was expected, found {type(value).__name__}: {value!r:.80}{hint}")


def _check_truncation(truncation: Truncation, pairs: bool, special: int) -> None:
    """Refuse what the library would answer with a panic or by not truncating at all."""
    max_length, strategy, stride, _ = truncation
    if max_length < special:
        raise ValueError(f"max_length={max_length} is less than the {special} special tokens that are added")
    if strategy == "only_second" and not pairs:
        raise ValueError("truncation 'only_second' needs a second text, and none was given")
    if stride and stride >= max_length - special:
        raise ValueError(f"stride={stride} must be less than the {max_length - special} tokens that max_length leaves")
