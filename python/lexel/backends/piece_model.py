"""A SentencePiece model inside a tokenizer written in Python: texts to pieces, and pieces to texts.

Unlike a tokenizer it gives the pieces of a text as they stand in it, those that are not in its vocabulary too: the
tokenizer has a vocabulary of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.errors import FormatError, LoadError, MissingDependencyError

if TYPE_CHECKING:
    import os

__all__ = ["PieceModel"]


class PieceModel:
    """A SentencePiece model.

    Args:
        path: its file.
        settings: arguments of the library's processor: `enable_sampling`, `nbest_size`, `alpha` …

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
        MissingDependencyError: the library `sentencepiece` is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], settings: dict[str, Any] | None = None) -> None:
        if not Path(path).is_file():
            raise LoadError(f"{str(path)!r} is not a file; a SentencePiece model is expected there")
        self.content = Path(path).read_bytes()
        self._settings = dict(settings or {})
        self._name = str(path)
        self._processor = self._made()

    def _made(self) -> Any:
        try:
            from sentencepiece import SentencePieceProcessor
        except ImportError as error:
            raise MissingDependencyError(
                "this tokenizer runs a SentencePiece model with the library of that name: "
                "pip install 'lexel[sentencepiece]'"
            ) from error
        made = SentencePieceProcessor(**self._settings)
        try:
            made.LoadFromSerializedProto(self.content)
        except RuntimeError as error:
            raise FormatError(f"{self._name} is no SentencePiece model: {error}") from error
        return made

    def __len__(self) -> int:
        return int(self._processor.get_piece_size())

    def encode(self, text: str) -> list[str]:
        """Return the pieces of a text; lone surrogates become U+FFFD."""
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return list(self._processor.encode(text, out_type=str))

    def decode(self, pieces: list[str]) -> str:
        """Return the text that pieces stand for."""
        return str(self._processor.decode_pieces([piece.encode("utf-8", "replace").decode() for piece in pieces]))

    def id_of(self, piece: str) -> int:
        """Return the id of a piece, the unknown piece's for others."""
        return int(self._processor.piece_to_id(piece.encode("utf-8", "replace").decode()))

    def piece_of(self, index: int) -> str | None:
        """Return the piece of an id, None for ids there are not."""
        return str(self._processor.id_to_piece(index)) if 0 <= index < len(self) else None

    def __getstate__(self) -> dict[str, Any]:
        # The library's own pickles forget how it was set up.
        return {key: value for key, value in vars(self).items() if key != "_processor"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._processor = self._made()
