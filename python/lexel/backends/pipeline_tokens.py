"""What a pipeline knows of tokens: their ids, and the text they stand for."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any, cast

from lexel.added_token import AddedToken, as_added_token
from lexel.tokenizer import Tokenizer
from lexel.tokenizer.ids import one_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel._lexel import DecodeStream
    from lexel.backends.pipeline_view import PipelineView

__all__ = ["PipelineTokens"]

_LOGGER = logging.getLogger(__name__)
_CLEAN_BPE = "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output"


class PipelineTokens(Tokenizer):
    """A tokenizer whose vocabulary and decoder are those of a pipeline."""

    _core: PipelineView

    @property
    def vocab_size(self) -> int:
        """The size of the model's vocabulary, added tokens left out."""
        return self._core.engine.vocab_size(False)

    def __len__(self) -> int:
        return self._core.engine.vocab_size(True)

    @property
    def max_token_id(self) -> int:
        """The highest id there is, -1 for an empty tokenizer."""
        found = self._core.engine.max_id()
        return -1 if found is None else found

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

    def _convert_id_to_token(self, index: int) -> str | None:
        # Not called here: libraries around tokenizers use it under this name.
        return self._core.engine.id_to_token(int(index))

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
