"""The Rust core's Python face: text in; ids, spans and buffers out.

Everything here is immutable but `DecodeStream`. Spans are code points of the original text, half-open.
Heavy calls release the GIL. Errors are the classes of `lexel.errors`.
"""

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, final

__version__: str
__profile__: str
# of the core's source: compiled files of another one are not read
__fingerprint__: str

Side: TypeAlias = Literal["left", "right"]
Strategy: TypeAlias = Literal["longest_first", "only_first", "only_second"]
# content, single_word, lstrip, rstrip, normalized, special
TokenFlags: TypeAlias = tuple[str, bool, bool, bool, bool, bool]
# one text; or (text, pair); where the call says `is_split_into_words`, each text is a sequence of words
Input: TypeAlias = str | Sequence[str] | tuple[str, str] | tuple[Sequence[str], Sequence[str]]
# max_length, strategy, stride, side
Truncation: TypeAlias = tuple[int, Strategy, int, Side]
# fixed length or None for the longest row, pad id, pad type id, pad token, side, multiple of or None
Padding: TypeAlias = tuple[int | None, int, int, str, Side, int | None]
# dropout (BPE; None: the file's), alpha and nbest_size (Unigram), seed (None: a fresh one)
Sampling: TypeAlias = tuple[float | None, float | None, int | None, int | None]
Field: TypeAlias = Literal["ids", "type_ids", "attention_mask", "special_tokens_mask"]
Component: TypeAlias = Literal["normalizer", "pre_tokenizer", "post_processor", "decoder", "truncation", "padding"]

def content_hash(data: bytes) -> str:
    """Return the BLAKE3 hash of some bytes as 64 hexadecimal digits."""

def file_hash(path: str | PathLike[str]) -> str:
    """Return the BLAKE3 hash of a file, which is never in memory as a whole."""

@final
class Engine:
    """A compiled, immutable tokenizer: the five stages of one `tokenizer.json`."""

    @staticmethod
    def from_json(data: str | bytes, *, path: str | None = None) -> Engine:
        """Compile the text of a `tokenizer.json`.

        Raises:
            FormatError: not JSON, or not a tokenizer; says the JSON path, what was expected, what was found.
            UnsupportedError: a component or pattern this engine cannot reproduce exactly; names it.
        """
    @staticmethod
    def from_compiled(path: str | PathLike[str], key: str) -> tuple[Engine, bytes]:
        """Read a file of what `to_compiled` gave for the same key; also return the note in it.

        Raises:
            FormatError: it is anything else: cut off, changed, of another build or key.
            OSError: there is no such file, or it cannot be opened.
        """
    def to_compiled(self, key: str, note: bytes | None = None) -> bytes | None:
        """Return the tables as a file for `from_compiled`; None: this tokenizer has no such form.

        Args:
            key: 64 hexadecimal digits that say what it was made of.
            note: kept beside them.
        """
    def to_json(self, *, pretty: bool = False) -> str: ...
    def component(self, name: Component) -> str | None:
        """Return the JSON of one stage, None where the file has none."""
    def with_component(self, name: Component, json: str | None) -> Engine:
        """Return an engine with one stage replaced; the model's tables are shared."""
    def model_info(self) -> str:
        """Return the JSON of the model without its vocabulary and merges (`type` and the options)."""
    def merges(self) -> list[tuple[str, str]]: ...
    def with_added_tokens(self, tokens: Sequence[TokenFlags]) -> tuple[Engine, int]:
        """Return an engine with more added tokens, and how many ids did not exist before."""
    def with_added_token_ids(self, tokens: Sequence[tuple[int, TokenFlags]]) -> Engine:
        """Return an engine whose added tokens are exactly these, at these ids."""
    def added_tokens(self) -> list[tuple[int, TokenFlags]]:
        """Return the added tokens by ascending id."""
    def unlike_ranks(self) -> str | None:
        """Return why merging by ids, as tiktoken does, may give other tokens than this model; None: it never does."""
    @staticmethod
    def is_tiktoken_pattern(pattern: str) -> bool:
        """Return whether a split means the same in the dialect of a `tokenizer.json` and in tiktoken's."""
    def added_token_aliases(self) -> list[tuple[str, int]]:
        """Return other names of added tokens, found in texts as their contents are, and their ids."""

    def vocab_size(self, with_added: bool = True) -> int: ...
    def max_id(self) -> int | None:
        """Return the highest id of the vocabulary with its added tokens, None where that is empty."""
    def vocab(self, with_added: bool = True) -> dict[str, int]:
        """Return token → id, ascending by id. Builds a new dict."""
    def token_to_id(self, token: str) -> int | None: ...
    def id_to_token(self, id: int) -> str | None: ...
    def tokens_to_ids(self, tokens: Sequence[str]) -> list[int | None]: ...
    def ids_to_tokens(self, ids: Sequence[int]) -> list[str | None]: ...
    def is_special(self, id: int) -> bool: ...
    def num_special_tokens_to_add(self, pair: bool = False) -> int: ...
    def encode(
        self,
        text: str,
        *,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        sampling: Sampling | None = None,
    ) -> list[int]:
        """Encode one text to ids: the shortest way, no spans computed.

        Args:
            text: the text.
            add_special_tokens: whether the post-processor puts its special tokens in.
            split_special_tokens: whether special tokens in the text are split like any other text.
            sampling: draw one of the text's tokenizations; the seed gives what the same seed gives row 0 of a batch.

        Raises:
            ValueError: a sampling this model does not have, or a dropout that is no probability.
        """
    def encode_array(
        self,
        text: str,
        *,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        sampling: Sampling | None = None,
    ) -> Buffer:
        """Encode one text to a `uint32` buffer of ids, shape [n]."""
    def count(
        self,
        text: str,
        *,
        add_special_tokens: bool = False,
        split_special_tokens: bool = False,
        sampling: Sampling | None = None,
    ) -> int: ...
    def encode_batch(
        self,
        inputs: Sequence[Input],
        *,
        pairs: bool = False,
        is_split_into_words: bool = False,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        truncation: Truncation | None = None,
        padding: Padding | None = None,
        offsets: bool = True,
        byte_offsets: bool = False,
        windows: bool = True,
        num_threads: int | None = None,
        sampling: Sampling | None = None,
    ) -> Batch:
        """Encode many inputs, in parallel, the GIL released.

        Args:
            inputs: one `Input` a row; all pairs if `pairs`, else all singles. Items may be any sequence type.
            offsets: whether spans, word ids and sequence ids are computed. Without them `Encoding.offsets` is empty.
            byte_offsets: whether spans count bytes of the UTF-8 text instead of code points. The methods of an encoding
                that take or give characters do so too then.
            windows: whether what truncation cuts off is kept, as `Encoding.overflowing` and for `Batch.windows()`. The
                windows of two long texts multiply.
            num_threads: threads to use; None: the machine's, within what the environment allows.
            sampling: draw one of the tokenizations of each row; rows draw from streams of their own, derived from the
                seed and the row's number, so results do not depend on threads.

        Raises:
            TypeError: an input of another type; says which row and what was found.
            ValueError: a truncation that cannot be done (stride, only_second without pair, too short).
        """
    def post_process(
        self, first: Encoding, second: Encoding | None = None, *, add_special_tokens: bool = True
    ) -> Encoding: ...
    def decode(self, ids: Sequence[int] | Any, *, skip_special_tokens: bool = False) -> str:
        """Decode one row: a sequence of ints, or any buffer of int32/int64/uint32. Unknown ids are dropped.

        Raises:
            OverflowError: a negative id, or one above 2**32 - 1.
        """
    def decode_batch(
        self, rows: Sequence[Any], *, skip_special_tokens: bool = False, num_threads: int | None = None
    ) -> list[str]: ...
    def decode_tokens(self, tokens: Sequence[str]) -> str:
        """Apply the decoder to token strings; without a decoder they are joined by spaces."""
    def token_bytes(self, id: int) -> bytes | None:
        """Return the bytes an id contributes to a decoded text, wherever it stands; None if there is no such id.

        Tokens joined give the decoded text but for its edges: the space that a decoder takes off at the start (or the
        last token's suffix, which it drops) is still there, and bytes that are no UTF-8 are U+FFFD in a text. Of a
        special token it is the content.

        Raises:
            UnsupportedError: what a token contributes depends on its neighbours (CTC, patterns in joined text).
        """
    def token_bytes_table(self) -> tuple[bytes, Buffer]:
        """Return `token_bytes` of all ids: the bytes in one, and a `uint32` buffer of where those of each id begin.

        The buffer has one offset more than there are ids, the end of all. Ids that do not exist have no bytes.
        """
    def decode_stream(self, *, skip_special_tokens: bool = False) -> DecodeStream: ...
    def normalize(self, text: str) -> str:
        """Return the normalized text (added tokens are not looked for)."""
    def pre_tokenize(self, text: str) -> list[tuple[str, tuple[int, int]]]:
        """Normalize nothing; split the text as the pre-tokenizer does: (piece, span)."""

    def train_bpe(
        self,
        texts: Iterable[str | Sequence[str]],
        *,
        vocab_size: int = 30000,
        min_frequency: int = 0,
        special_tokens: Sequence[TokenFlags] = (),
        limit_alphabet: int | None = None,
        initial_alphabet: Sequence[str] = (),
        continuing_subword_prefix: str | None = None,
        end_of_word_suffix: str | None = None,
        max_token_length: int | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Engine:
        """Return an engine with the same stages and a BPE model trained on the texts.

        Args:
            texts: strings, or sequences of strings (batches).
            special_tokens: first in the vocabulary, added tokens of the result.
            progress: called as (stage, done, total), total 0 where unknown.

        Raises:
            TrainingError: the corpus or the settings cannot yield a vocabulary.
            TypeError: an item that is no string; says which.
        """

    def __getstate__(self) -> bytes: ...
    def __reduce__(self) -> Any: ...

@final
class Batch:
    """What `encode_batch` returns: rows of encodings, read out as lists or as buffers."""

    def __len__(self) -> int: ...
    def row(self, index: int) -> Encoding: ...
    def lists(self, field: Field) -> list[list[int]]: ...
    def offset_lists(self) -> list[list[tuple[int, int]]]: ...
    def lengths(self) -> list[int]: ...
    def sample_mapping(self) -> list[int]:
        """Return, for every row, the index of the input it comes from (rows multiply with overflow windows)."""
    def windows(self) -> Batch:
        """Return a batch in which every overflow window is a row of its own, window 0 first."""
    def rectangular(self) -> bool: ...
    def array(self, field: Field) -> Buffer:
        """Return an `int64` buffer, shape [rows, length].

        Raises:
            ValueError: the rows differ in length.
        """
    def offset_array(self) -> Buffer:
        """Return an `int64` buffer, shape [rows, length, 2]."""
    def flat_offset_array(self) -> Buffer:
        """Return an `int64` buffer, shape [tokens, 2]: the rows behind each other, whatever their lengths."""

@final
class Encoding:
    """One encoded input: a row of columns of equal length."""

    @property
    def ids(self) -> list[int]: ...
    @property
    def type_ids(self) -> list[int]: ...
    @property
    def tokens(self) -> list[str]: ...
    @property
    def offsets(self) -> list[tuple[int, int]]: ...
    @property
    def attention_mask(self) -> list[int]: ...
    @property
    def special_tokens_mask(self) -> list[int]: ...
    @property
    def word_ids(self) -> list[int | None]: ...
    @property
    def words(self) -> list[int | None]: ...
    @property
    def sequence_ids(self) -> list[int | None]: ...
    @property
    def n_sequences(self) -> int: ...
    @property
    def overflowing(self) -> list[Encoding]: ...
    def __len__(self) -> int: ...
    def char_to_token(self, char_pos: int, sequence_index: int = 0) -> int | None: ...
    def char_to_word(self, char_pos: int, sequence_index: int = 0) -> int | None: ...
    def token_to_chars(self, token_index: int) -> tuple[int, int] | None: ...
    def token_to_sequence(self, token_index: int) -> int | None: ...
    def token_to_word(self, token_index: int) -> int | None: ...
    def word_to_chars(self, word_index: int, sequence_index: int = 0) -> tuple[int, int] | None: ...
    def word_to_tokens(self, word_index: int, sequence_index: int = 0) -> tuple[int, int] | None: ...
    def pad(
        self, length: int, *, direction: Side = "right", pad_id: int = 0, pad_type_id: int = 0, pad_token: str = "[PAD]"
    ) -> None: ...
    def truncate(self, max_length: int, stride: int = 0, direction: Side = "right") -> None: ...
    def set_sequence_id(self, sequence_id: int) -> None: ...
    @staticmethod
    def merge(encodings: Sequence[Encoding], growing_offsets: bool = True) -> Encoding: ...
    def __getstate__(self) -> Any: ...
    def __setstate__(self, state: Any) -> None: ...

def restore_encoding(engine: Engine, columns: Any, windows: Sequence[Encoding], pad_token: str | None) -> Encoding:
    """Rebuild a pickled `Encoding`; pickle calls this."""

@final
class DecodeStream:
    """Turns ids into text step by step; the texts concatenated equal the full decode."""

    def feed(self, id: int | Sequence[int]) -> str:
        """Take the next id (or ids); return the newly final text, "" while a character is incomplete."""
    def flush(self) -> str:
        """Return what is left, with replacement characters for a broken tail; the stream starts anew."""
    def fork(self) -> DecodeStream:
        """Return an independent copy of the state."""

@final
class Buffer:
    """A contiguous array that numpy and torch read without a copy (the buffer protocol)."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def format(self) -> str: ...
    def tolist(self) -> list[Any]: ...
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
