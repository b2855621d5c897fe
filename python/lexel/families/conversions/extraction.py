"""Vocabulary and merges taken out of a SentencePiece model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.converters.merges import generate_merges
from lexel.converters.sentencepiece_proto import read_proto
from lexel.converters.sentencepiece_vocabulary import extract

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["GemmaSentencePieceExtractor", "SentencePieceExtractor"]


class SentencePieceExtractor:
    """Reads a SentencePiece model; `extract` returns its vocabulary and merges.

    Args:
        model: the path of the file.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no SentencePiece model.
    """

    def __init__(self, model: str | os.PathLike[str]) -> None:
        self.proto = read_proto(model)

    def extract(self, model_type: Any = None, **kwargs: Any) -> Any:
        """Return the arguments a class is made with, or a vocabulary with its merges.

        Args:
            model_type: the class of a model of the `tokenizers` library (or its name), None: the file's: the result is
                a dictionary of arguments, see `lexel.converters.sentencepiece_vocabulary.extract`. Scores by piece, as
                a list or a dictionary: the result is (piece → id, merges in order of score).
            **kwargs: arguments there are already.
        """
        if model_type is None or isinstance(model_type, (str, type)):
            kind = model_type if model_type is None or isinstance(model_type, str) else model_type.__name__
            return extract(self.proto, kind, **kwargs)
        return self._scored(self._vocab(), model_type)

    def _vocab(self) -> dict[str, int]:
        return {piece.piece: index for index, piece in enumerate(self.proto.pieces)}

    @staticmethod
    def _scored(
        vocab: dict[str, int], scores: dict[str, float] | Iterable[tuple[str, float]]
    ) -> tuple[dict[str, int], list[tuple[str, str]]]:
        return vocab, generate_merges(vocab, dict(scores))


class GemmaSentencePieceExtractor(SentencePieceExtractor):
    """Reads Gemma's models, of which the first had no tab: the piece of its byte stands in for it."""

    def _vocab(self) -> dict[str, int]:
        vocab = super()._vocab()
        if "\t" not in vocab and "<0x09>" in vocab:
            vocab["\t"] = vocab["<0x09>"]
        return vocab
