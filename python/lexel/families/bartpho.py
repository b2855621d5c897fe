"""BARTpho, syllables.

Source: transformers 5.23, `BartphoTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import SentencePieceBackend
from lexel.families.marked import taking_space
from lexel.families.model_files import read_text, write_files

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["BartphoTokenizer"]


class BartphoTokenizer(SentencePieceBackend):
    """The tokenizer of BARTpho: a multilingual SentencePiece model, of whose pieces only those of a list have ids.

    `<s> A </s>` and `<s> A </s></s> B </s>`, all type ids 0.

    Args:
        vocab_file: the SentencePiece model.
        monolingual_vocab_file: the list, a piece a line.
        bos_token: the beginning of a text.
        eos_token: the end of a text.
        sep_token: behind every sequence.
        cls_token: before the first sequence.
        unk_token: for pieces that are not in the list.
        pad_token: for padding.
        mask_token: for masked words.
        sp_model_kwargs: arguments of the SentencePiece model: `enable_sampling` …
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "monolingual_vocab_file": "dict.txt",
    }

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        monolingual_vocab_file: str | os.PathLike[str],
        bos_token: Any = "<s>",
        eos_token: Any = "</s>",
        sep_token: Any = "</s>",
        cls_token: Any = "<s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        mask_token: Any = "<mask>",
        sp_model_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.monolingual_vocab_file = monolingual_vocab_file
        first = (bos_token, pad_token, eos_token, unk_token, sep_token, cls_token)
        listed = [line.split()[0] for line in _lines(monolingual_vocab_file)]
        ids = {token: index for index, token in enumerate(dict.fromkeys(map(str, first)))}
        for token in listed:
            # A piece that comes twice has the later id, and the ids of the others are as if it were new.
            ids[token] = len(ids)
        ids.setdefault(str(mask_token), len(ids))
        self.fairseq_tokens_to_ids = ids
        self.fairseq_ids_to_tokens = {index: token for token, index in ids.items()}
        kwargs.setdefault("special_tokens_pattern", "cls_double_sep")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(
            vocab_file=vocab_file,
            bos_token=bos_token,
            eos_token=eos_token,
            unk_token=unk_token,
            sep_token=sep_token,
            cls_token=cls_token,
            pad_token=pad_token,
            mask_token=taking_space(mask_token),
            sp_model_kwargs=sp_model_kwargs or {},
            **kwargs,
        )

    @property
    def vocab_size(self) -> int:
        """How many tokens have ids."""
        return len(self.fairseq_ids_to_tokens)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self.get_added_vocab() | self.fairseq_tokens_to_ids

    def _convert_token_to_id(self, token: str) -> int:
        found = self.fairseq_tokens_to_ids.get(token)
        return self.fairseq_tokens_to_ids[str(self.unk_token)] if found is None else found

    def _convert_id_to_token(self, index: int) -> str | None:
        return self.fairseq_ids_to_tokens.get(index)

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the model and the list; return their paths."""
        paths = super().save_vocabulary(save_directory, filename_prefix)
        special: Sequence[str] = self.all_special_tokens
        pieces = [token for token in self.fairseq_tokens_to_ids if token not in special]
        listed = {self.vocab_files_names["monolingual_vocab_file"]: "".join(f"{token} \n" for token in pieces)}
        return (*paths, *write_files(save_directory, filename_prefix, listed))


def _lines(path: str | os.PathLike[str]) -> list[str]:
    return [line for line in read_text(path, "monolingual_vocab_file").split("\n") if line.strip()]
