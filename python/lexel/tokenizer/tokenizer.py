"""The unified tokenizer class: what every tokenizer can do, whatever runs underneath.

A backend derives from `Tokenizer` and brings the encoding of texts, the decoding of ids and the vocabulary. Here is
all that does not depend on it: arguments and their meaning, special tokens by name, padding, chat, loading, saving.
The special-token names are in `special_tokens`, files in `files`, chat in
`conversing`.
"""

from __future__ import annotations

import copy
import logging
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from lexel.chat_templates.selection import named_templates
from lexel.errors import VocabularyError
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer.budget import TokenBudget
from lexel.tokenizer.conversing import Conversing
from lexel.tokenizer.double_bos import DoubleBos
from lexel.tokenizer.files import TokenizerFiles
from lexel.tokenizer.filling import Filling, side_of
from lexel.tokenizer.ids import rows_of_ids
from lexel.tokenizer.showing import Showing
from lexel.tokenizer.sizes import Sizes
from lexel.tokenizer.special_tokens import SpecialTokens
from lexel.tokenizer.templating import Templating
from lexel.tokenizer.training_chats import TrainingChats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel.batch_encoding import BatchEncoding, TensorType


__all__ = ["Tokenizer"]

_LOGGER = logging.getLogger(__name__)
_VERY_LARGE = int(1e30)
_TOO_LONG = "sequence-length-is-longer-than-the-specified-maximum"
_CLEAN_UP = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)


class Tokenizer(DoubleBos, Showing, TokenBudget, Sizes, Filling, Conversing, Templating, TrainingChats, TokenizerFiles):
    """Text to ids and back. `Tokenizer.from_pretrained(...)` looks at the files and returns the right backend.

    Keyword arguments of the constructor become the tokenizer's settings: special tokens by name (`eos_token="</s>"`,
    also names of your own, `image_token="<image>"`), `extra_special_tokens`, `model_max_length`, `padding_side`,
    `truncation_side`, `model_input_names`, `clean_up_tokenization_spaces`, `split_special_tokens`, `double_bos`,
    `chat_template`.
    Others are kept in `init_kwargs` and saved.

    Raises:
        AttributeError: an argument has the name of a method.
        TypeError: a special token is neither a str nor an AddedToken.
        ValueError: a side is neither "left" nor "right".
    """

    pretrained_vocab_files_map: ClassVar[dict[str, dict[str, str]]] = {}
    model_input_names: list[str] = ["input_ids", "attention_mask"]  # noqa: RUF012  (instances have their own)
    padding_side: str = "right"
    truncation_side: str = "right"
    slow_tokenizer_class: ClassVar[Any] = None

    # Held by those who change the tokenizer; calls take no lock.
    _lock: threading.RLock

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Prepare what exists before any constructor ran: subclasses set attributes before they call ours."""
        self = super().__new__(cls, *args, **options)
        self.__dict__["_lock"] = threading.RLock()
        return self

    def __init__(self, **kwargs: Any) -> None:
        for key in kwargs:
            if callable(getattr(type(self), key, None)):
                raise AttributeError(f"{key} conflicts with the method {key} in {type(self).__name__}")
        if "additional_special_tokens" in kwargs and "extra_special_tokens" not in kwargs:
            kwargs["extra_special_tokens"] = kwargs.pop("additional_special_tokens")
        self.init_inputs: tuple[Any, ...] = ()
        self.init_kwargs: dict[str, Any] = copy.deepcopy(kwargs)
        self.name_or_path = kwargs.pop("name_or_path", "")
        self._processor_class = kwargs.pop("processor_class", None)
        self.verbose = kwargs.pop("verbose", False)
        self._pad_token_type_id = 0
        self._special = SpecialTokens(type(self).SPECIAL_TOKENS_ATTRIBUTES)
        self._special.take(kwargs)
        self.SPECIAL_TOKENS_ATTRIBUTES = self._special.names
        limit = kwargs.pop("model_max_length", kwargs.pop("max_len", None))
        self.model_max_length: int = limit if limit is not None else _VERY_LARGE
        self.padding_side = side_of("Padding", kwargs.pop("padding_side", self.padding_side))
        self.truncation_side = side_of("Truncation", kwargs.pop("truncation_side", self.truncation_side))
        self.model_input_names = list(kwargs.pop("model_input_names", self.model_input_names))
        self.clean_up_tokenization_spaces = kwargs.pop("clean_up_tokenization_spaces", False)
        key = "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output"
        setattr(self, key, kwargs.pop(key, False))
        self.split_special_tokens: bool = kwargs.pop("split_special_tokens", False)
        self.double_bos = kwargs.pop("double_bos", "warn")
        self.chat_template = named_templates(kwargs.pop("chat_template", None))
        self.response_template = kwargs.pop("response_template", None)
        kwargs.pop("response_schema", None)
        self.chat_control_tokens = kwargs.pop("chat_control_tokens", None)
        if self.chat_control_tokens is not None and not isinstance(self.chat_control_tokens, (list, tuple)):
            raise TypeError(f"chat_control_tokens should be a list of strings, got {self.chat_control_tokens!r}")
        self.deprecation_warnings: dict[str, bool] = {}
        self.backend = kwargs.pop("backend", None)
        self.files_loaded = kwargs.pop("files_loaded", [])

    def __bool__(self) -> bool:
        # An empty tokenizer has length 0 and is a tokenizer all the same.
        return True

    def __repr__(self) -> str:
        tokens = "\n\t".join(f"{index}: {token!r}," for index, token in self.added_tokens_decoder.items())
        listed = f"\n\t{tokens}\n" if tokens else ""
        return (
            f"{type(self).__name__}(name_or_path='{self.name_or_path}', vocab_size={self.vocab_size}, "
            f"model_max_length={self.model_max_length}, padding_side='{self.padding_side}', "
            f"truncation_side='{self.truncation_side}', special_tokens={self.special_tokens_map}, "
            f"added_tokens_decoder={{{listed}}})"
        )

    # --- text → ids -----------------------------------------------------------------------------------------------

    def __call__(
        self,
        text: Any = None,
        text_pair: Any = None,
        text_target: Any = None,
        text_pair_target: Any = None,
        add_special_tokens: bool = True,
        padding: bool | str | PaddingStrategy = False,
        truncation: bool | str | TruncationStrategy | None = None,
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
        tokenizer_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> BatchEncoding:
        """Encode a text, a pair of texts, or a batch of either.

        Args:
            text: a str; a list of str (a batch); a list of pairs; with `is_split_into_words`, lists of words.
            text_pair: the second text, or the second texts of a batch.
            text_target: what the model is to answer; its ids are returned as `labels`.
            text_pair_target: the second text of the targets.
            add_special_tokens: whether the post-processor's tokens are written.
            padding: False; True or "longest"; "max_length".
            truncation: None or False; True or "longest_first"; "only_first"; "only_second".
            max_length: in tokens; None for the model's. Given alone, it truncates.
            stride: how many tokens overflow windows share.
            is_split_into_words: the texts are lists of words.
            pad_to_multiple_of: the padded length is rounded up to a multiple of this.
            padding_side: "left" or "right" for this call.
            return_tensors: "np", "pt" or "mlx"; None for lists.
            return_token_type_ids: None: if the model takes them.
            return_attention_mask: None: if the model takes one.
            return_overflowing_tokens: what truncation cuts off follows in rows of its own.
            return_special_tokens_mask: 1 for inserted special tokens and padding.
            return_offsets_mapping: (start, end) code points of the original text for every token; with
                `offsets="bytes"` bytes of its UTF-8 form.
            return_length: the length of every row.
            verbose: whether to log hints.
            tokenizer_kwargs: further arguments of this call; they win over those before.
            **kwargs: `split_special_tokens`, `max_target_length`, arguments of single classes; and to draw one of the
                tokenizations instead of the best: `dropout` (BPE), `alpha` and `nbest_size` (Unigram), `seed`.

        Returns:
            The columns asked for: lists for one text, lists of lists or arrays `[batch, length]` for batches.

        Raises:
            ValueError: no text, unequal lengths, no pad token, or a truncation that cannot be done.
            TypeError: something that is no text.
        """
        max_target_length = None
        if kwargs or tokenizer_kwargs:
            max_target_length = kwargs.pop("max_target_length", None)
            extra = {**(tokenizer_kwargs or {}), **kwargs}
            padding = extra.pop("padding", padding)
            truncation = extra.pop("truncation", truncation)
            max_length = extra.pop("max_length", max_length)
            pad_to_multiple_of = extra.pop("pad_to_multiple_of", pad_to_multiple_of)
            verbose = extra.pop("verbose", verbose)
        else:
            extra = kwargs
        if padding is False and truncation is None and max_length is None:
            pad, cut = PaddingStrategy.DO_NOT_PAD, TruncationStrategy.DO_NOT_TRUNCATE
        else:
            pad, cut, max_length = self._strategies(padding, truncation, max_length, pad_to_multiple_of, verbose)
        options: dict[str, Any] = {
            "add_special_tokens": add_special_tokens,
            "padding_strategy": pad,
            "truncation_strategy": cut,
            "max_length": max_length,
            "stride": stride,
            "is_split_into_words": is_split_into_words,
            "pad_to_multiple_of": pad_to_multiple_of,
            "padding_side": padding_side,
            "return_tensors": return_tensors,
            "return_token_type_ids": return_token_type_ids,
            "return_attention_mask": return_attention_mask,
            "return_overflowing_tokens": return_overflowing_tokens,
            "return_special_tokens_mask": return_special_tokens_mask,
            "return_offsets_mapping": return_offsets_mapping,
            "return_length": return_length,
            "verbose": verbose,
        }
        if extra:
            for key in ("padding_strategy", "truncation_strategy"):
                if key in extra:
                    raise TypeError(f"{key}= is no argument of a call; pass {key.partition('_')[0]}=")
            options.update(extra)
        if text_target is None:
            if text is None:
                raise ValueError("You need to specify either `text` or `text_target`: tok(text), or tok(text_target=…)")
            return self._encode_plus(text, text_pair, **options)
        if text is not None:
            encoded = self._encode_plus(text, text_pair, **options)
        if max_target_length is not None:
            options["max_length"] = max_target_length
        targets = self._encode_target(text_target, text_pair_target, options)
        if text is None:
            return targets
        encoded["labels"] = targets["input_ids"]
        return encoded

    def _encode_target(self, text: Any, pair: Any, options: dict[str, Any]) -> BatchEncoding:
        """Encode what the model is to answer; classes with language prefixes switch them around this."""
        return self._encode_plus(text, pair, **options)

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
        return self(
            text,
            text_pair,
            add_special_tokens=add_special_tokens,
            padding=padding,
            truncation=truncation,
            max_length=max_length,
            stride=stride,
            padding_side=padding_side,
            return_tensors=return_tensors,
            **kwargs,
        )["input_ids"]

    def _warn_too_long(self, length: int) -> None:
        """Log once that a row is longer than the model takes."""
        if not self.deprecation_warnings.get(_TOO_LONG, False):
            self.deprecation_warnings[_TOO_LONG] = True
            _LOGGER.warning(
                "Token indices sequence length is longer than the specified maximum sequence length for this model "
                "(%s > %s). Running this sequence through the model will result in indexing errors",
                *(length, self.model_max_length),
            )

    def convert_tokens_to_ids(self, tokens: str | Sequence[str]) -> Any:
        """Return the id of a token, or the ids of many; for unknown ones the unknown token's, None without one."""
        if isinstance(tokens, str):
            return self._convert_token_to_id_with_added_voc(tokens)
        return [self._convert_token_to_id_with_added_voc(token) for token in tokens]

    # --- ids → text -----------------------------------------------------------------------------------------------

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the text of a row of ids, or the list of texts of many rows.

        Args:
            token_ids: an id; a list or array of ids; a list of rows or a two-dimensional array; the encoding of one
                text.
            skip_special_tokens: whether special tokens are left out.
            clean_up_tokenization_spaces: remove spaces before punctuation; None for the tokenizer's setting.
            **kwargs: arguments of single classes; `errors="strict"` raises for ids that do not exist.

        Raises:
            OverflowError: a negative id.
            VocabularyError: an unknown id, with `errors="strict"`.
            TypeError: the encoding of a batch.
        """
        rows, many = rows_of_ids(token_ids)
        if kwargs.pop("errors", None) == "strict":
            self._check_ids(rows)
        options = {
            "skip_special_tokens": skip_special_tokens,
            "clean_up_tokenization_spaces": clean_up_tokenization_spaces,
            **kwargs,
        }
        return self._decode_rows(rows, **options) if many else self._decode(rows[0], **options)

    def batch_decode(
        self,
        sequences: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Return the texts of many rows, always as a list; a flat list of ids is one row."""
        if isinstance(sequences, (list, tuple)) and not sequences:
            return []
        texts = self.decode(sequences, skip_special_tokens, clean_up_tokenization_spaces, **kwargs)
        return [texts] if isinstance(texts, str) else cast("list[str]", texts)

    def _check_ids(self, rows: Sequence[Any]) -> None:
        for row in rows:
            for index, token in zip(row, self.convert_ids_to_tokens(row), strict=True):
                if token is None:
                    raise VocabularyError(
                        f"the id {int(index)} is not in the vocabulary (highest: {self.max_token_id})"
                    )

    @staticmethod
    def clean_up_tokenization(text: str) -> str:
        """Remove spaces before punctuation and English contractions."""
        for before, after in _CLEAN_UP:
            text = text.replace(before, after)
        return text

    # --- copies ---------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # Hints given so far are no part of a tokenizer: its pickled bytes are the same before and after use.
        state = {key: value for key, value in self.__dict__.items() if key != "_lock"}
        return {**state, "deprecation_warnings": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
