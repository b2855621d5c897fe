"""The backend of tokenizers written in plain Python.

A subclass says how a text becomes tokens and which ids they have; all else is here: added tokens, special tokens,
truncation, padding, batches, decoding, saving.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from lexel.added_token import AddedToken, as_added_token
from lexel.backends.model_inputs import ModelInputs
from lexel.backends.python_double_bos import with_one_beginning
from lexel.backends.python_inputs import Text, sort_texts
from lexel.backends.sampling import refuse_sampling
from lexel.backends.text_stream import TextStream
from lexel.backends.trie import Trie
from lexel.batch_encoding import BatchEncoding, TensorType
from lexel.errors import UnsupportedError
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer.ids import one_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lexel.backends.model_inputs import Offsets

__all__ = ["PythonBackend"]

_LOGGER = logging.getLogger(__name__)
_NO_PAD = PaddingStrategy.DO_NOT_PAD
_NO_CUT = TruncationStrategy.DO_NOT_TRUNCATE
# What decides where a text is cut; a class with one of its own may do so elsewhere.
_CUTTING = ("__call__", "encode", "_encode_plus", "_row", "_ids_of", "prepare_for_tokenization", "tokenize", "_parts")


class PythonBackend(ModelInputs):
    """A tokenizer whose subclass implements, in Python, `_tokenize`, `_convert_token_to_id`, `_convert_id_to_token`,
    `vocab_size` and `get_vocab`.

    It may also implement `convert_tokens_to_string`, `save_vocabulary`, `prepare_for_tokenization`, the special tokens
    around a sequence (`build_inputs_with_special_tokens`, `get_special_tokens_mask`,
    `create_token_type_ids_from_sequences`), and `_tokenize_with_offsets`: then calls can return offsets.

    Args:
        added_tokens_decoder: id → added token, of a saved tokenizer; these ids are kept.
        special_tokens_pattern: what stands around a sequence: "cls_sep", "eos", "bos", "bos_eos", "cls_double_sep",
            "prefix_suffix" (the lists `prefix_tokens` and `suffix_tokens` of the tokenizer), "none".
        token_type_ids_pattern: "bert_style" (the second sequence has type id 1) or "all_zeros".
        token_type_ids_include_special_tokens: whether special tokens have a type id of their sequence.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        TypeError: an added token that is neither a str nor an AddedToken.
    """

    backend_name: ClassVar[str] = "custom"

    def __init__(self, **kwargs: Any) -> None:
        self.tokens_trie = Trie()
        self.total_vocab_size = 0
        self._added_tokens_decoder: dict[int, AddedToken] = dict(self.__dict__.get("_added_tokens_decoder", {}))
        for index, token in (kwargs.pop("added_tokens_decoder", None) or {}).items():
            self._added_tokens_decoder[int(index)] = as_added_token(token)
        self._added_tokens_encoder = {token.content: index for index, token in self._added_tokens_decoder.items()}
        self.token_type_ids_pattern = kwargs.pop("token_type_ids_pattern", "bert_style")
        self.token_type_ids_include_special_tokens = kwargs.pop("token_type_ids_include_special_tokens", True)
        self.special_tokens_pattern = kwargs.pop("special_tokens_pattern", None)
        kwargs.setdefault("backend", self.backend_name)
        super().__init__(**kwargs)
        # Special tokens that the vocabulary lacks come after it, named ones first.
        missing = [token for token in self.all_special_tokens if token not in self._added_tokens_encoder]
        self._add_tokens(missing, special_tokens=True)

    # --- what a subclass implements -----------------------------------------------------------------------------------

    def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
        """Cut a text without added tokens into tokens."""
        raise NotImplementedError(f"{type(self).__name__} must implement _tokenize(text) -> list of tokens")

    def _convert_token_to_id(self, token: str) -> int | None:
        """Return the id of a token of the vocabulary, the unknown token's for others."""
        raise NotImplementedError(f"{type(self).__name__} must implement _convert_token_to_id(token)")

    def _convert_id_to_token(self, index: int) -> str | None:
        """Return the token of an id of the vocabulary."""
        raise NotImplementedError(f"{type(self).__name__} must implement _convert_id_to_token(index)")

    def _tokenize_with_offsets(self, text: str) -> list[tuple[str, tuple[int, int]]]:
        """Cut a text without added tokens into tokens and the code points each stands for."""
        del text
        raise UnsupportedError(
            f"{type(self).__name__} does not know where its tokens stand in a text: it has no _tokenize_with_offsets; "
            "call it without return_offsets_mapping, or use a backend that runs a tokenizer.json"
        )

    def prepare_for_tokenization(
        self, text: str, is_split_into_words: bool = False, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Change a text before it is tokenized; return it and the arguments that were not used."""
        del is_split_into_words
        return text, kwargs

    # --- vocabulary ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        if self.total_vocab_size == 0:
            self._update_total_vocab_size()
        return self.total_vocab_size

    def _update_total_vocab_size(self) -> None:
        # The keys are counted: with holes among the ids, the highest would say more than there is.
        self.total_vocab_size = len(self.get_vocab())

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Id → added token, ascending by id (a copy); assigning adds or replaces tokens at these ids."""
        return dict(sorted(self._added_tokens_decoder.items()))

    @added_tokens_decoder.setter
    def added_tokens_decoder(self, value: dict[int, Any]) -> None:
        for index, token in value.items():
            if not isinstance(index, int) or not isinstance(token, (str, AddedToken)):
                found = f"{type(index).__name__}: {type(token).__name__}"
                raise TypeError(f"added_tokens_decoder maps int to str or AddedToken, and has an entry {found}")
            self._added_tokens_decoder[index] = as_added_token(token)
            self._added_tokens_encoder[str(token)] = index
        self._update_total_vocab_size()

    def get_added_vocab(self) -> dict[str, int]:
        """Return the added tokens, token → id, ascending by id."""
        return dict(sorted(self._added_tokens_encoder.items(), key=lambda entry: entry[1]))

    def _add_tokens(self, new_tokens: Sequence[Any], special_tokens: bool = False) -> int:
        with self._lock:
            return self._add_tokens_locked(new_tokens, special_tokens)

    def _add_tokens_locked(self, new_tokens: Sequence[Any], special_tokens: bool) -> int:
        known, added = self._known_tokens(), 0
        size, special = len(known), set(self.all_special_tokens)
        for given in new_tokens:
            if not isinstance(given, (str, AddedToken)) and not hasattr(given, "content"):
                raise TypeError(f"a token is a str or an AddedToken, and {given!r} is a {type(given).__name__}")
            if not str(given) or (isinstance(given, str) and given in self._added_tokens_encoder):
                continue
            token = as_added_token(given, special=special_tokens or str(given) in special)
            if not isinstance(given, str) and special_tokens:
                # What was said of `normalized` stays, though for special tokens it is not the rule.
                token = as_added_token(given)
                token = token.replace(special=True, normalized=token.normalized)
            if token.normalized and not token.special and getattr(self, "do_lower_case", False):
                token = token.replace(content=token.content.lower())
            if self._added_tokens_decoder.get(self._added_tokens_encoder.get(token.content, -1)) == token:
                continue
            index = known.get(token.content)
            if index is None:
                index = known[token.content] = size + added
                added += 1
            if token.special and token.content not in special:
                self._special.extra.append(token)
                special.add(token.content)
            self._added_tokens_decoder[index] = token
            self._added_tokens_encoder[token.content] = index
        self._update_trie()
        self._update_total_vocab_size()
        return added

    def _known_tokens(self) -> dict[str, int]:
        """Return token → id of what there is, for tokens to be added to."""
        return dict(self.get_vocab())

    def _update_trie(self, unique_no_split_tokens: Sequence[str] | None = None) -> None:
        self.tokens_trie.update(token.content for token in self._added_tokens_decoder.values())
        self.tokens_trie.update(unique_no_split_tokens or ())

    def _convert_token_to_id_with_added_voc(self, token: str) -> int | None:
        index = self._added_tokens_encoder.get(token)
        return self._convert_token_to_id(token) if index is None else index

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        """Return the token of an id, or the tokens of many."""
        single = one_id(ids)
        if single is not None:
            return self._token_of(single)
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        return [self._token_of(index) for index in map(int, ids) if index not in skipped]

    def _token_of(self, index: int) -> str | None:
        added = self._added_tokens_decoder.get(index)
        return self._convert_id_to_token(index) if added is None else added.content

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that tokens stand for: joined by spaces, unless the class says otherwise."""
        return " ".join(tokens)

    # --- text → tokens ------------------------------------------------------------------------------------------------

    def tokenize(self, text: str, *unused: Any, **kwargs: Any) -> list[str]:
        """Return the tokens of a text; added tokens in it stay whole.

        Args:
            text: the text.
            *unused: accepted for compatibility with other backends.
            **kwargs: `split_special_tokens`, and what `prepare_for_tokenization` takes.
        """
        del unused
        split = kwargs.pop("split_special_tokens", None)
        text, _ = self.prepare_for_tokenization(text, **kwargs)
        if self.split_special_tokens if split is None else split:
            return list(self._tokenize(text))
        tokens: list[str] = []
        for part, _, whole in self._parts(text):
            tokens.extend([part] if whole else self._tokenize(part))
        return tokens

    def _parts(self, text: str) -> list[tuple[str, int, bool]]:
        """Cut a text at added tokens: (part, where it starts, whether it is a token)."""
        parts, at = [], 0
        for part in self.tokens_trie.split(text):
            parts.append((part, at))
            at += len(part)
        for i, (part, start) in enumerate(parts):
            token = self._added_tokens_decoder.get(self._added_tokens_encoder.get(part, -1))
            if token is None:
                continue
            # Whether it is a word of its own is decided by the text as it was, before whitespace was taken from it.
            left = parts[i - 1][0] if i else ""
            right = parts[i + 1][0] if i + 1 < len(parts) else ""
            if token.rstrip and right:
                bare = right.lstrip()
                parts[i + 1] = (bare, parts[i + 1][1] + len(right) - len(bare))
            if token.lstrip and left:
                parts[i - 1] = (left.rstrip(), parts[i - 1][1])
            if token.single_word and left and not left.endswith(" "):
                parts[i - 1], parts[i] = (parts[i - 1][0] + part, parts[i - 1][1]), ("", start)
            elif token.single_word and right and not right.startswith(" "):
                parts[i], parts[i + 1] = ("", start), (part + parts[i + 1][0], start)
        special = set(self.all_special_tokens)
        return [(part, at, part in self._added_tokens_encoder or part in special) for part, at in parts if part]

    def _encoding_state(self) -> Any:
        return tuple(self._added_tokens_decoder.items())

    def _cutting_words(self) -> Mapping[str, int | None] | None:
        kind, ours = type(self), PythonBackend
        same = all(getattr(kind, name) is getattr(ours, name) for name in _CUTTING)
        # A word of its own is decided after the cut, and is mere text of its neighbours then.
        if not same or any(token.single_word for token in self._added_tokens_decoder.values()):
            return None
        return {word: self._added_tokens_encoder.get(word) for word in self.tokens_trie.words}

    def _spans(self, text: str, plain: bool) -> tuple[list[str], Offsets]:
        """Return the tokens of a text and where they stand in it."""
        prepared, _ = self.prepare_for_tokenization(text)
        if prepared != text:
            raise UnsupportedError(f"{type(self).__name__} changes texts before it tokenizes them: no offsets then")
        tokens, offsets = [], []
        for part, start, whole in [(text, 0, False)] if plain else self._parts(text):
            found = [(part, (0, len(part)))] if whole else self._tokenize_with_offsets(part)
            tokens += [token for token, _ in found]
            offsets += [(start + begin, start + end) for _, (begin, end) in found]
        return tokens, offsets

    def _encode_spans(self, text: str, plain: bool) -> tuple[list[int], Offsets]:
        tokens, offsets = self._spans(text, plain)
        return self.convert_tokens_to_ids(tokens), offsets

    # --- text → ids ---------------------------------------------------------------------------------------------------

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
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_offsets_mapping: bool = False,
        **options: Any,
    ) -> BatchEncoding:
        if type(self).prepare_for_tokenization is PythonBackend.prepare_for_tokenization:
            refuse_sampling(options, f"{type(self).__name__} tokenizes in Python")
        rows, batched = sort_texts(text, text_pair, is_split_into_words)
        passed = ("return_token_type_ids", "return_special_tokens_mask", "return_length", "verbose")
        shared: dict[str, Any] = {
            "add_special_tokens": add_special_tokens,
            "truncation": truncation_strategy.value,
            "max_length": max_length,
            "stride": stride,
            "return_overflowing_tokens": return_overflowing_tokens,
            **{key: options.pop(key) for key in passed if key in options},
        }
        tokenize = {key: value for key, value in options.items() if value is not None}
        padding: dict[str, Any] = {
            "padding": padding_strategy.value,
            "max_length": max_length,
            "pad_to_multiple_of": pad_to_multiple_of,
            "padding_side": padding_side,
            "return_attention_mask": return_attention_mask,
        }
        if not batched:
            row = self._row(rows[0], is_split_into_words, return_offsets_mapping, tokenize)
            return self._maker(row, add_special_tokens).prepare_for_model(
                **row, **{**padding, **shared}, return_tensors=return_tensors, prepend_batch_axis=True
            )
        sorted_rows = (self._row(texts, is_split_into_words, return_offsets_mapping, tokenize) for texts in rows)
        made = [
            self._maker(row, add_special_tokens).prepare_for_model(**row, **shared, return_attention_mask=False)
            for row in sorted_rows
        ]
        # A row of which nothing was cut off lacks two columns; the longest row names all.
        lacking: dict[str, Any] = {"overflowing_tokens": [], "num_truncated_tokens": 0}
        keys = max(made, key=len).keys() if made else self.model_input_names
        columns = {key: [row[key] if key in row else lacking[key] for row in made] for key in keys}
        if return_tensors is not None:
            # Rows of what was cut off have no common length.
            columns.pop("overflowing_tokens", None)
            columns.pop("num_truncated_tokens", None)
        padded = self.pad(columns, **padding) if rows else columns
        return BatchEncoding(padded, tensor_type=return_tensors)

    def _maker(self, row: dict[str, Any], add_special_tokens: bool) -> PythonBackend:
        """Return what makes an input of a row: this, or what leaves a second beginning token out."""
        return with_one_beginning(self, row["ids"], row.get("pair_ids")) if add_special_tokens else self

    def _row(
        self, texts: tuple[Text, Text | None], split: bool, offsets: bool, options: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the ids (and offsets) of one input or pair, as `prepare_for_model` takes them."""
        row: dict[str, Any] = {}
        for key, text in zip(("ids", "pair_ids"), texts, strict=True):
            if text is None:
                continue
            if offsets:
                row[key], row[f"{key}_offsets"] = self._with_offsets(text, split)
            else:
                row[key] = self._ids_of(text, split, options)
        return row

    def _ids_of(self, text: Text, split: bool, options: dict[str, Any]) -> list[int]:
        if isinstance(text, str):
            return cast("list[int]", self.convert_tokens_to_ids(self.tokenize(text, **options)))
        if text and isinstance(text[0], int):
            return [int(index) for index in text]
        words = cast("Sequence[str]", text)
        tokens = [token for word in words for token in self.tokenize(word, **options)] if split else list(words)
        return cast("list[int]", self.convert_tokens_to_ids(tokens))

    def _with_offsets(self, text: Text, split: bool) -> tuple[list[int], Offsets]:
        if isinstance(text, str):
            return self._encode_spans(text, plain=self.split_special_tokens)
        if not split:
            raise UnsupportedError("ids and tokens stand in no text: there are offsets for texts and words only")
        ids: list[int] = []
        offsets: Offsets = []
        for word in cast("Sequence[str]", text):
            found, places = self._encode_spans(word, plain=self.split_special_tokens)
            ids, offsets = ids + found, offsets + places
        return ids, offsets

    # --- ids → text ---------------------------------------------------------------------------------------------------

    def _decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **_ignored: Any,
    ) -> str:
        text = self._joined(token_ids, skip_special_tokens)
        wanted = clean_up_tokenization_spaces
        wanted = self.clean_up_tokenization_spaces if wanted is None else wanted
        return self.clean_up_tokenization(text) if wanted else text

    def _joined(self, ids: Any, skip_special_tokens: bool) -> str:
        tokens = self.convert_ids_to_tokens(ids, skip_special_tokens=skip_special_tokens)
        # Ids of padded model heads have no token; other backends drop them too.
        return self.convert_tokens_to_string([token for token in tokens if token is not None])

    def decode_stream(self, *, skip_special_tokens: bool = False) -> Any:
        """Return an object that turns ids into text: `feed(id)` gives the newly final text, `flush()` the rest.

        The texts joined equal `decode` where `convert_tokens_to_string` only appends; clean-up of spaces is not done.
        """
        return TextStream(partial(self._joined, skip_special_tokens=skip_special_tokens))

    # --- files --------------------------------------------------------------------------------------------------------

    def _saved_state(self) -> dict[str, Any]:
        tokens = {str(index): token.__getstate__() for index, token in self.added_tokens_decoder.items()}
        return {"added_tokens_decoder": tokens}

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the attribute `encoder` or `vocab` as JSON, and `bpe_ranks` as merges, where the class has them.

        Returns:
            The paths of the files; none without such attributes.
        """
        vocab = getattr(self, "encoder", None) or getattr(self, "vocab", None)
        if vocab is None:
            return ()
        folder, prefix = Path(save_directory), f"{filename_prefix}-" if filename_prefix else ""
        if not folder.is_dir():
            _LOGGER.error("Vocabulary path (%s) should be a directory", save_directory)
            return ()
        path = folder / f"{prefix}{self.vocab_files_names.get('vocab_file', 'vocab.json')}"
        path.write_text(json.dumps(vocab, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        ranks = getattr(self, "bpe_ranks", None)
        if ranks is None:
            return (str(path),)
        merges = folder / f"{prefix}{self.vocab_files_names.get('merges_file', 'merges.txt')}"
        lines = ["#version: 0.2"] if getattr(self, "add_bpe_version_header", False) else []
        lines += [" ".join(pair) for pair, _ in sorted(ranks.items(), key=lambda entry: entry[1])]
        merges.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return (str(path), str(merges))
