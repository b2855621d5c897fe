"""SentencePiece's `.model` files, read and written without that library.

The file is one protobuf message: the pieces, how they were trained, how texts are normalized. What this package has no
use for (most of how it was trained) is kept and written again.

Source: `sentencepiece_model.proto` of SentencePiece 0.2.3; what makes a model unusable: its `model_interface.cc`.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lexel.converters.protobuf import BYTES, FIXED32, Message, decode, read_float, read_varint, write_varint
from lexel.errors import FormatError, LoadError

if TYPE_CHECKING:
    import os

__all__ = ["ModelKind", "Normalization", "PieceType", "SentencePieceModel"]

DEFAULT_UNK_SURFACE = " ⁇ "
_PIECES, _TRAINER, _NORMALIZER, _DENORMALIZER = 1, 2, 3, 5
# The library refuses longer ones.
_MAX_PIECE_BYTES = 8000

T = TypeVar("T", str, int, bool, bytes)


class ModelKind(IntEnum):
    """How a model cuts texts."""

    UNIGRAM = 1
    BPE = 2
    WORD = 3
    CHAR = 4


class PieceType(IntEnum):
    """What a piece is for."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class _Field(Generic[T]):
    """One field of a message as an attribute; a value that is the default and was not there is not written."""

    def __init__(self, number: int, default: T) -> None:
        self.number = number
        self.default: T = default

    def __get__(self, owner: _Settings, _: Any = None) -> T:
        value: Any
        if isinstance(self.default, bytes):
            value = owner.message.last(self.number, BYTES)
        elif isinstance(self.default, str):
            value = owner.message.text(self.number)
        else:
            value = owner.message.number(self.number)
        made: T = self.default if value is None else type(self.default)(value)
        return made

    def __set__(self, owner: _Settings, value: T) -> None:
        if value != self.default or self.number in owner.message.fields:
            owner.message.put(self.number, int(value) if isinstance(value, bool) else value)


class _Settings:
    """A message whose fields are attributes."""

    def __init__(self, message: Message) -> None:
        self.message = message


class Normalization(_Settings):
    """How texts are rewritten before they are cut, or after they were put together.

    Attributes:
        charsmap: rules from texts to texts as a double array, empty for none.
        add_dummy_prefix: whether a text gets a space in front (or at its end, for `treat_whitespace_as_suffix`).
        remove_extra_whitespaces: whether spaces at the ends and further ones inside are dropped.
        escape_whitespaces: whether spaces are written as U+2581.
    """

    name = _Field(1, "")
    charsmap = _Field(2, b"")
    add_dummy_prefix = _Field(3, True)
    remove_extra_whitespaces = _Field(4, True)
    escape_whitespaces = _Field(5, True)


class _Training(_Settings):
    kind = _Field(3, int(ModelKind.UNIGRAM))
    vocab_size = _Field(4, 8000)
    treat_whitespace_as_suffix = _Field(24, False)
    byte_fallback = _Field(35, False)
    unk_surface = _Field(44, DEFAULT_UNK_SURFACE)
    unk_piece = _Field(45, "<unk>")
    bos_piece = _Field(46, "<s>")
    eos_piece = _Field(47, "</s>")
    pad_piece = _Field(48, "<pad>")


class SentencePieceModel:
    """A SentencePiece model: pieces by id, and its settings.

    Attributes:
        pieces: (piece, score, type) by id.
        normalizer: how texts are rewritten before they are cut.
        denormalizer: how decoded texts are rewritten, None: not at all.
        trainer: how it was trained, and what of that is needed to use it.
    """

    def __init__(self, pieces: list[tuple[str, float, PieceType]] | None = None) -> None:
        self.pieces = pieces if pieces is not None else []
        self.trainer = _Training(Message("trainer_spec"))
        self.normalizer = Normalization(Message("normalizer_spec"))
        self.denormalizer: Normalization | None = None
        # Fields of the file, and of single pieces, that are not known here.
        self._rest = Message("the model")
        self._piece_rest: dict[int, tuple[str, bytes]] = {}

    @classmethod
    def read(cls, source: str | os.PathLike[str] | bytes) -> SentencePieceModel:
        """Read a model from a file, or from the bytes of one.

        Raises:
            LoadError: there is no such file.
            FormatError: the bytes are no such model: cut off, lengths beyond the end, fields of other types, texts that
                are no UTF-8; says where.
        """
        name = "the model"
        if isinstance(source, bytes):
            data = source
        else:
            name = str(source)
            try:
                data = Path(source).read_bytes()
            except OSError as error:
                raise LoadError(f"{name} cannot be read: {error.strerror or error}") from error
        try:
            return cls._parse(data)
        except FormatError as error:
            raise FormatError(f"{name} is no SentencePiece model: {error}") from None

    @classmethod
    def _parse(cls, data: bytes) -> SentencePieceModel:
        if not data:
            raise FormatError("it is empty")
        model = cls()
        at = model._read_pieces(data)
        rest = model._rest
        rest.read(data, at)
        for value in rest.all(_PIECES, BYTES):
            if isinstance(value, bytes):
                model._add_piece(value)
        rest.fields.pop(_PIECES, None)
        if not model.pieces:
            raise FormatError("it has no pieces")
        for number, settings in ((_TRAINER, model.trainer), (_NORMALIZER, model.normalizer)):
            settings.message = rest.part(number, settings.message.name) or settings.message
        denormalizer = rest.part(_DENORMALIZER, "denormalizer_spec")
        model.denormalizer = Normalization(denormalizer) if denormalizer is not None else None
        for number in (_TRAINER, _NORMALIZER, _DENORMALIZER):
            rest.fields.pop(number, None)
        model._check_settings()
        return model

    def _read_pieces(self, data: bytes) -> int:
        """Read the pieces a file begins with; return where the first other field is."""
        add, types, unpack = self.pieces.append, list(PieceType), struct.Struct("<f").unpack_from
        at, end = 0, len(data)
        while at + 4 <= end and data[at] == 0x0A:
            # A piece as the library writes it: its text, its score, and its type if that is not the usual one. Each
            # field number below 16 and each length below 128 is one byte.
            size, length = data[at + 1], data[at + 3]
            text, after, stop = at + 4, at + 4 + length, at + 2 + size
            usual = size <= 0x7F and stop <= end and data[at + 2] == 0x0A and after + 5 <= stop and data[after] == 0x15
            if usual and after + 5 == stop:
                kind = PieceType.NORMAL
            elif usual and after + 7 == stop and data[after + 5] == 0x18 and 1 <= data[after + 6] <= len(types):
                kind = types[data[after + 6] - 1]
            else:
                size, text = read_varint(data, at + 1, end, "the model")
                if size > end - text:
                    raise FormatError(f"byte {at}: a piece is to have {size} bytes, and {end - text} are left")
                self._add_piece(data[text : text + size])
                at = text + size
                continue
            add((decode(data[text:after], f"piece {len(self.pieces)}"), unpack(data, after + 1)[0], kind))
            at = stop
        return at

    def _add_piece(self, data: bytes) -> None:
        index = len(self.pieces)
        message = Message(f"piece {index}")
        message.read(data)
        score, kind = message.last(2, FIXED32), message.number(3)
        if kind is not None and kind not in PieceType.__members__.values():
            raise FormatError(f"piece {index} has the type {kind}; there are 1 to {len(PieceType)}")
        value = read_float(score) if isinstance(score, bytes) else 0.0
        piece = message.text(1) or ""
        self.pieces.append((piece, value, PieceType(kind or PieceType.NORMAL)))
        for number in (1, 2, 3):
            message.fields.pop(number, None)
        if message.fields:
            self._piece_rest[index] = (piece, message.write())

    def _check_settings(self) -> None:
        """Read every setting once, so that errors are raised where a file is read."""
        if self.trainer.kind not in ModelKind.__members__.values():
            raise FormatError(f"its model_type is {self.trainer.kind}; there are 1 to {len(ModelKind)}")
        for settings in (self.trainer, self.normalizer, self.denormalizer):
            for name, value in vars(type(settings)).items():
                if isinstance(value, _Field):
                    getattr(settings, name)

    def write(self) -> bytes:
        """Return the bytes of the file; what was read and not changed means the same to the library."""
        parts: list[bytes] = []
        for index, (piece, score, kind) in enumerate(self.pieces):
            text = piece.encode()
            body = b"\n" + write_varint(len(text)) + text + b"\x15" + struct.pack("<f", score)
            if kind != PieceType.NORMAL:
                body += b"\x18" + write_varint(kind)
            kept = self._piece_rest.get(index)
            if kept is not None and kept[0] == piece:
                body += kept[1]
            parts += (b"\n", write_varint(len(body)), body)
        whole = Message("the model")
        whole.fields = dict(self._rest.fields)
        whole.put(_TRAINER, self.trainer.message.write() or None)
        whole.put(_NORMALIZER, self.normalizer.message.write() or None)
        whole.put(_DENORMALIZER, self.denormalizer.message.write() if self.denormalizer is not None else None)
        return b"".join(parts) + whole.write()

    def check(self) -> None:
        """Refuse what the library refuses to load.

        Raises:
            FormatError: empty, overlong or repeated pieces, no unknown piece or several, bytes that are missing; says
                which.
        """
        by_type = self.by_type()
        by_bytes, unknown = self.byte_fallback, by_type[PieceType.UNKNOWN]
        self._check_texts()
        names = {self.pieces[index][0] for index in by_type[PieceType.BYTE]}
        for index in by_type[PieceType.BYTE]:
            piece = self.pieces[index][0]
            if not by_bytes or self.byte_of(piece) is None:
                what = "byte_fallback is off" if not by_bytes else "it is not <0x00> to <0xFF>"
                raise FormatError(f"piece {index}, {piece!r}, is of type BYTE, and {what}")
        if len(unknown) > 1:
            raise FormatError(f"pieces {unknown[:8]} are all of type UNKNOWN, and there is one such piece")
        if not unknown and not by_bytes:
            raise FormatError("no piece is of type UNKNOWN")
        if by_bytes and len(names) < 256:
            raise FormatError(f"byte_fallback asks for 256 pieces of type BYTE, and there are {len(names)}")

    def _check_texts(self) -> None:
        dropped = set(self.dropped())
        texts = [piece for piece, _, _ in self.pieces]
        if not dropped and len(set(texts)) == len(texts) and "" not in texts and "\0" not in "".join(texts):
            # As nearly always; what is left is how long they are.
            longest = max(texts, key=len, default="")
            if 4 * len(longest) < _MAX_PIECE_BYTES:
                return
        for_text = (PieceType.NORMAL, PieceType.USER_DEFINED, PieceType.UNUSED)
        one_table = self.kind == ModelKind.BPE
        seen: dict[tuple[str, bool], int] = {}
        for index, (piece, _, kind) in enumerate(self.pieces):
            if not piece or len(piece.encode()) >= _MAX_PIECE_BYTES:
                what = "is empty" if not piece else f"has more than {_MAX_PIECE_BYTES - 1} bytes"
                raise FormatError(f"piece {index} {what}")
            if index in dropped:
                continue
            if "\0" in piece:
                raise FormatError(f"piece {index}, {piece!r}, has a null character")
            # Of a model by merges all pieces are in one table, else those no text becomes have their own.
            key = (piece, one_table or kind in for_text)
            if seen.setdefault(key, index) != index:
                raise FormatError(f"pieces {seen[key]} and {index} are both {piece!r}")

    def by_type(self) -> dict[PieceType, list[int]]:
        """Return the ids of the pieces of each type but the normal one; none of those that only hold their place."""
        made: dict[PieceType, list[int]] = {kind: [] for kind in PieceType}
        dropped = self.dropped()
        for index in [index for index, (_, _, kind) in enumerate(self.pieces) if kind != PieceType.NORMAL]:
            if index not in dropped:
                made[self.pieces[index][2]].append(index)
        return made

    def dropped(self) -> list[int]:
        """Return the ids of pieces that only hold their place: a null character, useless beside byte fallback."""
        by_bytes = self.byte_fallback
        found = [index for index, (piece, _, _) in enumerate(self.pieces) if piece == "\0"]
        return [index for index in found if by_bytes or self.pieces[index][2] == PieceType.UNUSED]

    @staticmethod
    def byte_of(piece: str) -> int | None:
        """Return the byte that a piece such as `<0x0A>` stands for, None if it is no such piece."""
        digits = piece[3:5]
        if len(piece) != 6 or piece != f"<0x{digits}>" or digits != digits.upper():
            return None
        return int(digits, 16) if all(digit in "0123456789ABCDEF" for digit in digits) else None

    def id_of(self, piece: str, kind: PieceType) -> int:
        """Return the id of a piece of this type, -1 if there is none."""
        return next((index for index in self.by_type()[kind] if self.pieces[index][0] == piece), -1)

    @property
    def kind(self) -> ModelKind:
        """How the model cuts texts."""
        return ModelKind(self.trainer.kind)

    @property
    def byte_fallback(self) -> bool:
        """Whether unknown characters become the pieces of their bytes."""
        return self.trainer.byte_fallback

    @property
    def unk_surface(self) -> str:
        """What the unknown piece stands for in decoded texts."""
        return self.trainer.unk_surface

    @property
    def treat_whitespace_as_suffix(self) -> bool:
        """Whether the space of a word stands at its end."""
        return self.trainer.treat_whitespace_as_suffix

    @property
    def charsmap(self) -> bytes:
        """The rules texts are rewritten by."""
        return self.normalizer.charsmap

    @property
    def add_dummy_prefix(self) -> bool:
        """Whether a text gets a space in front."""
        return self.normalizer.add_dummy_prefix

    @property
    def remove_extra_whitespaces(self) -> bool:
        """Whether spaces at the ends and further ones inside are dropped."""
        return self.normalizer.remove_extra_whitespaces

    @property
    def escape_whitespaces(self) -> bool:
        """Whether spaces are written as U+2581."""
        return self.normalizer.escape_whitespaces

    @property
    def unk_id(self) -> int:
        """The id of the unknown piece as the library reports it, -1 without one."""
        return self.id_of(self.trainer.unk_piece or "<unk>", PieceType.UNKNOWN)

    @property
    def bos_id(self) -> int:
        """The id of the piece that begins a text, -1 without one."""
        return self.id_of(self.trainer.bos_piece or "<s>", PieceType.CONTROL)

    @property
    def eos_id(self) -> int:
        """The id of the piece that ends a text, -1 without one."""
        return self.id_of(self.trainer.eos_piece or "</s>", PieceType.CONTROL)

    @property
    def pad_id(self) -> int:
        """The id of the piece that fills rows up, -1 without one."""
        return self.id_of(self.trainer.pad_piece or "<pad>", PieceType.CONTROL)
