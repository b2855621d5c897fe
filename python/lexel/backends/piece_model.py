"""A SentencePiece model inside a tokenizer written in Python: texts to pieces, and pieces to texts.

Unlike a tokenizer it gives the pieces of a text as they stand in it, those that are not in its vocabulary too: the
tokenizer has a vocabulary of its own. Our core runs it; the library does where its processor has settings (sampling),
or where the model has what the core does not take.

Source: SentencePiece 0.2.3, `EncodeAsPieces` and `DecodePieces`, measured.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.backends.engine import compile_json
from lexel.backends.surrogates import replace_surrogates
from lexel.converters.sentencepiece_model import PieceType, SentencePieceModel
from lexel.converters.spm import spec_of
from lexel.errors import FormatError, LoadError, MissingDependencyError, UnsupportedError

if TYPE_CHECKING:
    import os

__all__ = ["PieceModel"]

_SPACE = "▁"


class PieceModel:
    """A SentencePiece model.

    Args:
        path: its file.
        settings: arguments of the library's processor: `enable_sampling`, `nbest_size`, `alpha` … ; with any of them
            the library runs the model.

    Raises:
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
        MissingDependencyError: the library `sentencepiece` is needed and not installed.
    """

    def __init__(self, path: str | os.PathLike[str], settings: dict[str, Any] | None = None) -> None:
        if not Path(path).is_file():
            raise LoadError(f"{str(path)!r} is not a file; a SentencePiece model is expected there")
        self.content = Path(path).read_bytes()
        self._settings = dict(settings or {})
        self._name = str(path)
        self._make()

    def _make(self) -> None:
        self._library: Any = None
        self._engine: Any = None
        try:
            self._model = SentencePieceModel.read(self.content)
            # Texts of these are made by rules the core has for ids alone.
            rare = self._model.denormalizer is not None or self._model.treat_whitespace_as_suffix
            if not self._settings and not rare:
                self._engine = compile_json(spec_of(self._model).to_json()).engine
        except UnsupportedError:
            pass
        except FormatError as error:
            raise FormatError(f"{self._name} is no SentencePiece model: {error}") from error
        if self._engine is None:
            self._library = self._processor()
        self._ids = {piece: index for index, (piece, _, _) in enumerate(self._model.pieces)}

    def _processor(self) -> Any:
        try:
            from sentencepiece import SentencePieceProcessor
        except ImportError as error:
            raise MissingDependencyError(
                f"{self._name} is run with the library sentencepiece: pip install 'lexel[sentencepiece]'"
            ) from error
        made = SentencePieceProcessor(**self._settings)
        made.LoadFromSerializedProto(self.content)
        return made

    def __len__(self) -> int:
        return len(self._model.pieces)

    def encode(self, text: str) -> list[str]:
        """Return the pieces of a text; lone surrogates become U+FFFD."""
        text = replace_surrogates(text)
        if self._library is not None:
            return list(self._library.encode(text, out_type=str))
        batch = self._engine.encode_batch([text], add_special_tokens=False, split_special_tokens=True)
        tokens: list[str] = batch.row(0).tokens
        return tokens

    def decode(self, pieces: list[str]) -> str:
        """Return the text that pieces stand for; pieces that are not in the vocabulary stand for themselves."""
        pieces = [piece.encode("utf-8", "replace").decode() for piece in pieces]
        if self._library is not None:
            return str(self._library.decode_pieces(pieces))
        rules = self._model.normalizer
        drops = rules.add_dummy_prefix or rules.remove_extra_whitespaces
        text, begins = "", True
        for in_bytes, run in groupby(pieces, key=self._is_byte):
            if in_bytes:
                text += _text_of(bytes(int(piece[3:5], 16) for piece in run))
                continue
            for piece in run:
                begins = begins and not text
                part, began = self._surface(piece, begins and drops)
                text += part
                begins = begins and not (began and not rules.remove_extra_whitespaces)
        return text

    def _type(self, piece: str) -> PieceType | None:
        index = self._ids.get(piece)
        return None if index is None else self._model.pieces[index][2]

    def _is_byte(self, piece: str) -> bool:
        return self._type(piece) is PieceType.BYTE

    def _surface(self, piece: str, begins: bool) -> tuple[str, bool]:
        """Return the text of a piece, and whether a space was taken from its beginning."""
        kind = self._type(piece)
        if kind is None:
            return piece, False
        if kind is PieceType.CONTROL:
            return "", False
        if kind is PieceType.UNKNOWN:
            return self._model.unk_surface, False
        began = begins and piece.startswith(_SPACE)
        return (piece[1:] if began else piece).replace(_SPACE, " "), began

    def id_of(self, piece: str) -> int:
        """Return the id of a piece, the unknown piece's for others."""
        index = self._ids.get(piece)
        return index if index is not None else max(self._model.unk_id, 0)

    def piece_of(self, index: int) -> str | None:
        """Return the piece of an id, None for ids there are not."""
        return self._model.pieces[index][0] if 0 <= index < len(self) else None

    def __getstate__(self) -> dict[str, Any]:
        # The library's own pickles forget how it was set up; all else is made of the content again.
        return {"content": self.content, "_settings": self._settings, "_name": self._name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._make()


def _text_of(content: bytes) -> str:
    """Return the text of bytes; each that belongs to no character becomes U+FFFD."""
    escaped = content.decode("utf-8", "surrogateescape")
    return "".join("\ufffd" if 0xDC80 <= ord(char) <= 0xDCFF else char for char in escaped)
