"""What a call of a tokenizer returns: a dictionary of lists or tensors, and the way back from tokens to the text.

A row knows which characters, words and sequences its tokens come from. Those spans are computed when they are first
asked for, so that a call which only wants ids pays for ids.
"""

from __future__ import annotations

import copy
import logging
from collections import UserDict
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, overload

from lexel.deprecations import warn_once
from lexel.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lexel._lexel import Encoding

__all__ = [
    "BatchEncoding",
    "CharSpan",
    "TensorType",
    "TokenSpan",
    "array_maker",
    "as_lists",
    "framework_of",
    "from_buffer",
]

_LOGGER = logging.getLogger(__name__)


class TensorType(StrEnum):
    """The kind of arrays a call returns."""

    PYTORCH = "pt"
    NUMPY = "np"
    MLX = "mlx"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"{value} is not a valid {cls.__name__}, please select one of {[kind.value for kind in cls]}")


class CharSpan(NamedTuple):
    """Characters of the original text, half-open."""

    start: int
    end: int


class TokenSpan(NamedTuple):
    """Tokens of a row, half-open."""

    start: int
    end: int


class BatchEncoding(UserDict[str, Any]):
    """The encoding of one input or of a batch.

    Behaves as a dictionary (`input_ids`, `attention_mask` …, also as attributes); `be[0]` is the encoding of row 0.
    Every method below takes a row first, or leaves it out to mean row 0; negative indices count from the end, and what
    is out of range gives None.

    Args:
        data: the columns.
        encoding: the rows' encodings, if the tokenizer gives them.
        tensor_type: make arrays of the columns: "np", "pt" or "mlx".
        prepend_batch_axis: wrap every column in a batch of one first.
        n_sequences: 1 or 2, the texts in an input; default: what the encodings say.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        encoding: Encoding | Sequence[Encoding] | None = None,
        tensor_type: str | TensorType | None = None,
        prepend_batch_axis: bool = False,
        n_sequences: int | None = None,
    ) -> None:
        self.data = dict(data) if data is not None else {}
        if encoding is not None and not isinstance(encoding, (list, tuple)):
            encoding = [encoding]  # type: ignore[list-item]
        self._encodings: list[Encoding] | None = list(encoding) if encoding is not None else None
        self._recall: Callable[[], list[Encoding]] | None = None
        if n_sequences is None and self._encodings:
            n_sequences = self._encodings[0].n_sequences
        self._n_sequences = n_sequences
        if tensor_type is not None:
            self.convert_to_tensors(tensor_type, prepend_batch_axis)

    @classmethod
    def lazy(cls, data: dict[str, Any], recall: Callable[[], list[Encoding]], n_sequences: int) -> BatchEncoding:
        """Build the result of a call whose encodings are computed when first asked for.

        Args:
            data: the columns; kept, not copied.
            recall: computes the encodings; called at most once.
            n_sequences: 1 or 2.
        """
        made = cls.__new__(cls)
        made.data = data
        made._encodings = None
        made._recall = recall
        made._n_sequences = n_sequences
        return made

    @property
    def encodings(self) -> list[Encoding] | None:
        """The encoding of every row, None where the tokenizer gives none."""
        if self._recall is not None:
            # Two threads may both compute them; the results are equal.
            self._encodings = self._recall()
            self._recall = None
        return self._encodings

    @property
    def is_fast(self) -> bool:
        """Whether the alignment methods work."""
        return self._encodings is not None or self._recall is not None

    @property
    def n_sequences(self) -> int | None:
        """How many texts an input has: 1, or 2 for pairs; None if unknown."""
        return self._n_sequences

    @overload
    def __getitem__(self, item: str) -> Any: ...
    @overload
    def __getitem__(self, item: int) -> Encoding: ...
    @overload
    def __getitem__(self, item: slice) -> Any: ...
    def __getitem__(self, item: str | int | slice) -> Any:
        if isinstance(item, str):
            return self.data[item]
        encodings = self.encodings
        if encodings is not None:
            return encodings[item]
        if isinstance(item, slice):
            return {key: value[item] for key, value in self.data.items()}
        raise KeyError(
            f"invalid key {item!r}: a column name (str) gives a column, a slice gives rows of every column; "
            "a row index (int) needs the encodings of a tokenizer that computes spans"
        )

    def pop(self, key: str, *default: Any) -> Any:
        """Remove a column and return it. Targets are in `labels`; their former name still works."""
        if key == "input_ids_target" and key not in self.data and "labels" in self.data:
            warn_once("input_ids_target", "the targets are in 'labels', no longer in 'input_ids_target'")
            key = "labels"
        return self.data.pop(key, *default)

    def __getattr__(self, name: str) -> Any:
        # `data` itself is missing while a copy or a pickle is being built.
        if name != "data" and name in self.data:
            return self.data[name]
        raise AttributeError(f"this BatchEncoding has no column or attribute {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        return {"data": self.data, "encodings": self.encodings, "n_sequences": self._n_sequences}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.data = state["data"]
        self._encodings = state["encodings"]
        self._recall = None
        self._n_sequences = state.get("n_sequences")

    def __deepcopy__(self, memo: dict[int, Any]) -> BatchEncoding:
        if self._recall is not None:
            return self.lazy(copy.deepcopy(self.data, memo), self._recall, self._n_sequences or 1)
        made = type(self).__new__(type(self))
        made.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return made

    # --- the way back to the text ---------------------------------------------------------------------------------

    def tokens(self, batch_index: int = 0) -> list[str]:
        """Return the token strings of a row."""
        return self._row("tokens", batch_index).tokens

    def word_ids(self, batch_index: int = 0) -> list[int | None]:
        """Return the word every token of a row belongs to; None for inserted special tokens."""
        return self._row("word_ids", batch_index).word_ids

    def sequence_ids(self, batch_index: int = 0) -> list[int | None]:
        """Return the text (0 or 1) every token of a row comes from; None for inserted special tokens."""
        return self._row("sequence_ids", batch_index).sequence_ids

    def token_to_sequence(self, batch_or_token_index: int, token_index: int | None = None) -> int | None:
        """Return the text (0 or 1) a token comes from."""
        row, index = self._place("token_to_sequence", batch_or_token_index, token_index)
        index = _from_end(index, len(row))
        return row.token_to_sequence(index) if index >= 0 else None

    def token_to_word(self, batch_or_token_index: int, token_index: int | None = None) -> int | None:
        """Return the word a token belongs to."""
        row, index = self._place("token_to_word", batch_or_token_index, token_index)
        index = _from_end(index, len(row))
        return row.token_to_word(index) if index >= 0 else None

    def word_to_tokens(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> TokenSpan | None:
        """Return the tokens of a word, None for a word without tokens."""
        row, index = self._place("word_to_tokens", batch_or_word_index, word_index)
        index = _word(index, row, sequence_index)
        span = row.word_to_tokens(index, sequence_index) if index >= 0 else None
        return TokenSpan(*span) if span is not None else None

    def token_to_chars(self, batch_or_token_index: int, token_index: int | None = None) -> CharSpan | None:
        """Return the characters a token covers, None for inserted special tokens."""
        row, index = self._place("token_to_chars", batch_or_token_index, token_index)
        index = _from_end(index, len(row))
        span = row.token_to_chars(index) if index >= 0 else None
        return CharSpan(*span) if span is not None else None

    def char_to_token(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        """Return the token that covers a character, None where none does."""
        row, index = self._place("char_to_token", batch_or_char_index, char_index)
        return row.char_to_token(index, sequence_index) if index >= 0 else None

    def word_to_chars(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> CharSpan | None:
        """Return the characters of a word, None for a word that is not there."""
        row, index = self._place("word_to_chars", batch_or_word_index, word_index)
        index = _word(index, row, sequence_index)
        span = row.word_to_chars(index, sequence_index) if index >= 0 else None
        return CharSpan(*span) if span is not None else None

    def char_to_word(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        """Return the word a character belongs to, None where it belongs to none."""
        row, index = self._place("char_to_word", batch_or_char_index, char_index)
        return row.char_to_word(index, sequence_index) if index >= 0 else None

    def _row(self, method: str, index: int) -> Encoding:
        encodings = self.encodings
        if encodings is None:
            raise ValueError(f"{method}() is not available when using Python based tokenizers: they compute no spans")
        return encodings[index]

    def _place(self, method: str, first: int, second: int | None) -> tuple[Encoding, int]:
        """Return the row and the index in it: `(b, i)`, or `(i)` for row 0."""
        return (self._row(method, 0), first) if second is None else (self._row(method, first), second)

    # --- tensors --------------------------------------------------------------------------------------------------

    def convert_to_tensors(
        self, tensor_type: str | TensorType | None = None, prepend_batch_axis: bool = False
    ) -> BatchEncoding:
        """Make arrays of all columns, in place; columns that are arrays already stay.

        Raises:
            ValueError: rows of unequal length, or data that are no numbers; names the column.
            MissingDependencyError: the framework is not installed.
        """
        if tensor_type is None:
            return self
        make = array_maker(TensorType(tensor_type))
        for key, value in self.data.items():
            try:
                self.data[key] = make([value] if prepend_batch_axis else value)
            except (ValueError, TypeError, RuntimeError) as error:
                if key == "overflowing_tokens":
                    raise ValueError(
                        "overflowing tokens of different lengths cannot be made a tensor; "
                        "a tokenizer that returns windows as rows (TokenizersBackend) has no such column"
                    ) from error
                raise ValueError(
                    f"Unable to create tensor of {key!r}: you should probably activate truncation and/or padding with "
                    f"'padding=True' 'truncation=True' to have batched tensors with the same length. Or {key!r} is "
                    f"nested too deeply, or holds no numbers ({error})"
                ) from error
        return self

    def to(self, device: Any, *, non_blocking: bool = False) -> BatchEncoding:
        """Move the torch tensors to a device, in place; other values stay."""
        try:
            import torch
        except ImportError as error:
            raise MissingDependencyError("BatchEncoding.to needs torch: pip install 'lexel[torch]'") from error
        if not isinstance(device, (str, int, torch.device)):
            # Some training loops call `.to(dtype)` on everything; ids must not become floats.
            _LOGGER.warning("a BatchEncoding moves between devices only; it was not cast to %s", device)
            return self
        self.data = {
            key: value.to(device=device, non_blocking=non_blocking) if isinstance(value, torch.Tensor) else value
            for key, value in self.data.items()
        }
        return self

    def words(self, batch_index: int = 0) -> list[int | None]:
        """Return `word_ids(batch_index)`. Deprecated name."""
        warn_once("BatchEncoding.words", "BatchEncoding.words() is now word_ids()")
        return self.word_ids(batch_index)


def _from_end(index: int, length: int) -> int:
    return index + length if index < 0 else index


def _word(index: int, row: Encoding, sequence_index: int) -> int:
    """Return a word index, negative ones counted from the last word of that text."""
    if index >= 0:
        return index
    words = [
        word
        for word, sequence in zip(row.word_ids, row.sequence_ids, strict=True)
        if word is not None and sequence == sequence_index
    ]
    return index + max(words, default=-1) + 1


# --- arrays: numpy, torch and MLX, each imported where it is first asked for ---

_INSTALL = {TensorType.PYTORCH: "pip install 'lexel[torch]'", TensorType.MLX: "pip install mlx"}
_MODULE = {TensorType.PYTORCH: "torch", TensorType.NUMPY: "numpy", TensorType.MLX: "mlx"}


def _require(kind: TensorType) -> None:
    if find_spec(_MODULE[kind]) is None:
        raise MissingDependencyError(
            f"return_tensors={kind.value!r} needs {_MODULE[kind]}, which is not installed: {_INSTALL.get(kind, '')}"
        )


def array_maker(kind: TensorType) -> Callable[[Any], Any]:
    """Return the function that makes one array of nested lists (or leaves an array of that kind as it is).

    Ragged lists raise `ValueError`; lists without a number become empty int64 arrays (MLX: int32).
    """
    _require(kind)
    if kind is TensorType.PYTORCH:
        return _torch_tensor
    return _numpy_array if kind is TensorType.NUMPY else _mlx_array


def from_buffer(buffer: Any, kind: TensorType) -> Any:
    """Return an array over a buffer of the core, without a copy where the framework can."""
    _require(kind)
    import numpy as np

    # The buffers are of the C type `long long`, which numpy tells from its own int64 when it shows an array.
    array = np.asarray(buffer).view(np.int64)
    if kind is TensorType.NUMPY:
        return array
    if kind is TensorType.PYTORCH:
        import torch

        return torch.from_numpy(array)
    import mlx.core as mx  # type: ignore[import-not-found, unused-ignore]

    return mx.array(array.astype(np.int32))


def framework_of(value: Any) -> TensorType | None:
    """Return which framework a value is an array of, None for Python data. Imports nothing."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "ndim"):
        return TensorType.NUMPY
    if module == "mlx":
        return TensorType.MLX
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        return TensorType.PYTORCH
    return None


def as_lists(value: Any) -> Any:
    """Return arrays, and lists and dictionaries of arrays, as plain Python data."""
    if isinstance(value, (list, tuple)):
        # A long list of plain numbers is the usual case, and is returned as it is.
        return value if not value or isinstance(value[0], (int, str)) else [as_lists(item) for item in value]
    kind = framework_of(value)
    if kind is TensorType.PYTORCH:
        return value.detach().cpu().tolist()
    return value.tolist() if kind is not None else value


def _is_empty(value: Any) -> bool:
    """Return whether nested lists hold not one element."""
    return isinstance(value, (list, tuple)) and all(_is_empty(item) for item in value)


def _numpy_array(value: Any) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray):
        return value
    # Without a dtype numpy would refuse ragged rows with words about "inhomogeneous shapes", or make objects of them.
    array = np.asarray(value, dtype=np.int64 if _is_empty(value) else None)
    if array.dtype == object:
        raise ValueError("the rows differ in length or type")
    return array


def _torch_tensor(value: Any) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, (list, tuple)) and value:
        # A list of arrays is stacked in numpy first: torch would walk it element by element.
        if framework_of(value[0]) is TensorType.NUMPY:
            return torch.from_numpy(_numpy_array(value))
        if isinstance(value[0], torch.Tensor) and value[0].ndim:
            return torch.stack(list(value))
    if framework_of(value) is TensorType.NUMPY:
        return torch.from_numpy(value)
    return torch.tensor(value, dtype=torch.int64 if _is_empty(value) else None)


def _mlx_array(value: Any) -> Any:
    import mlx.core as mx

    return value if isinstance(value, mx.array) else mx.array(value, dtype=mx.int32 if _is_empty(value) else None)
