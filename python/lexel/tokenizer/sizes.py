"""How many tokens there are, and how many fit: the numbers people mix up, each under a name of its own."""

from __future__ import annotations

from lexel.errors import VocabularyError
from lexel.tokenizer.backend_contract import BackendContract

__all__ = ["Sizes"]


class Sizes(BackendContract):
    """Sizes of a tokenizer: `vocab_size` (the model's), `len(tok)` (with added tokens), `embedding_size()` (rows)."""

    model_max_length: int

    @property
    def max_len_single_sentence(self) -> int:
        """How many tokens of one text fit beside its special tokens."""
        return self.model_max_length - self.num_special_tokens_to_add(pair=False)

    @max_len_single_sentence.setter
    def max_len_single_sentence(self, value: int) -> None:
        self._refuse_length("max_len_single_sentence", value)

    @property
    def max_len_sentences_pair(self) -> int:
        """How many tokens of two texts fit beside their special tokens."""
        return self.model_max_length - self.num_special_tokens_to_add(pair=True)

    @max_len_sentences_pair.setter
    def max_len_sentences_pair(self, value: int) -> None:
        self._refuse_length("max_len_sentences_pair", value)

    def _refuse_length(self, name: str, value: int) -> None:
        if value != getattr(self, name):
            raise ValueError(f"{name} follows from model_max_length and cannot be set; set model_max_length")

    @property
    def max_token_id(self) -> int:
        """The highest id there is, -1 for an empty tokenizer."""
        return max(self.get_vocab().values(), default=-1)

    def embedding_size(self, pad_to_multiple_of: int = 1) -> int:
        """Return how many rows an embedding needs for every id, rounded up to a multiple."""
        return -(-(self.max_token_id + 1) // pad_to_multiple_of) * pad_to_multiple_of

    def check_embedding(self, rows: int) -> None:
        """Check that an embedding of so many rows has one for every id; call it after adding tokens.

        Args:
            rows: the first dimension of the embedding, `model.get_input_embeddings().weight.shape[0]`.

        Raises:
            VocabularyError: tokens have ids beyond; names them and the size that is needed.
        """
        if self.max_token_id < rows:
            return
        beyond = {token: index for token, index in self.get_vocab().items() if index >= rows}
        if beyond:
            named = ", ".join(f"{token!r} ({index})" for token, index in list(beyond.items())[:5])
            raise VocabularyError(
                f"an embedding of {rows} rows has none for {len(beyond)} tokens: {named}; resize it to "
                f"{self.embedding_size()} rows, model.resize_token_embeddings(tokenizer.embedding_size(64))"
            )
