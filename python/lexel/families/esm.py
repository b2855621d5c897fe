"""ESM 1 and 2: proteins.

Source: transformers 5.23, `EsmTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import PythonBackend
from lexel.families.model_files import read_text, write_files

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["EsmTokenizer"]


class EsmTokenizer(PythonBackend):
    """The tokenizer of ESM: every token of the vocabulary stays whole wherever it stands; `<cls> A <eos>`.

    A pair is `<cls> A <eos> B <eos>`.

    Args:
        vocab_file: the vocabulary, a token a line.
        unk_token: for what the vocabulary lacks.
        cls_token: the beginning.
        pad_token: for padding.
        mask_token: for masked residues.
        eos_token: the end; None: none is written, and there are no pairs.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no text.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        unk_token: Any = "<unk>",
        cls_token: Any = "<cls>",
        pad_token: Any = "<pad>",
        mask_token: Any = "<mask>",
        eos_token: Any = "<eos>",
        **kwargs: Any,
    ) -> None:
        self.all_tokens = [line.strip() for line in read_text(vocab_file, "vocab_file").splitlines()]
        self._ids = {token: index for index, token in enumerate(self.all_tokens)}
        super().__init__(
            unk_token=unk_token,
            cls_token=cls_token,
            pad_token=pad_token,
            mask_token=mask_token,
            eos_token=eos_token,
            **kwargs,
        )
        self.unique_no_split_tokens = self.all_tokens
        self._update_trie(self.unique_no_split_tokens)

    @property
    def vocab_size(self) -> int:
        """How many lines the vocabulary has."""
        return len(self.all_tokens)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self._ids | self.get_added_vocab()

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return text.split()

    def token_to_id(self, token: str) -> int | None:
        """Return the id of a token of the vocabulary, the unknown token's for others."""
        return self._ids.get(token, self._ids.get(str(self.unk_token)))

    def id_to_token(self, index: int) -> str:
        """Return the token of an id, the unknown token for others."""
        return self.all_tokens[index] if 0 <= index < len(self.all_tokens) else str(self.unk_token)

    _convert_token_to_id = token_to_id
    _convert_id_to_token = id_to_token

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the ids of one sequence or of two with the special tokens around.

        Raises:
            ValueError: two sequences, and no end token.
        """
        end = [self.eos_token_id] if self.eos_token_id is not None else []
        if token_ids_1 is not None and not end:
            raise ValueError("two sequences need an end token between them: set eos_token")
        return [self.cls_token_id, *token_ids_0, *end, *([*token_ids_1, *end] if token_ids_1 is not None else [])]

    def get_special_tokens_mask(
        self,
        token_ids_0: Sequence[int],
        token_ids_1: Sequence[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for every special token, 0 for the others: of a finished row, or of what would be made of ids."""
        if already_has_special_tokens:
            return super().get_special_tokens_mask(token_ids_0, token_ids_1, already_has_special_tokens=True)
        second = [] if token_ids_1 is None else [*([0] * len(token_ids_1)), 1]
        return [1, *([0] * len(token_ids_0)), 1, *second]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary; return its path."""
        return write_files(save_directory, filename_prefix, {"vocab.txt": "\n".join(self.all_tokens)})
