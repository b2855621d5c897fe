"""A SentencePiece model in the words of its own file format, as converters name its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lexel.converters.sentencepiece_model import SentencePieceModel

if TYPE_CHECKING:
    import os

__all__ = ["NormalizerSpec", "Piece", "Proto", "TrainerSpec", "proto_of", "read_proto"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece; the types are 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte."""

    piece: str
    score: float
    type: int


@dataclass(frozen=True, slots=True)
class TrainerSpec:
    """What the trainer was told; the model types are 1 Unigram, 2 BPE, 3 words, 4 characters."""

    model_type: int
    byte_fallback: bool
    unk_id: int
    bos_id: int
    eos_id: int
    pad_id: int
    unk_piece: str
    bos_piece: str
    eos_piece: str
    pad_piece: str


@dataclass(frozen=True, slots=True)
class NormalizerSpec:
    """How texts are normalized."""

    precompiled_charsmap: bytes
    add_dummy_prefix: bool
    remove_extra_whitespaces: bool
    escape_whitespaces: bool


@dataclass(frozen=True, slots=True)
class Proto:
    """The file."""

    pieces: list[Piece]
    trainer_spec: TrainerSpec
    normalizer_spec: NormalizerSpec


def proto_of(model: SentencePieceModel) -> Proto:
    """Return a model in these words."""
    told, rules = model.trainer, model.normalizer

    def index(field: int, default: int) -> int:
        stated = told.message.number(field)
        return default if stated is None else stated

    return Proto(
        pieces=[Piece(piece, score, int(kind)) for piece, score, kind in model.pieces],
        trainer_spec=TrainerSpec(
            model_type=told.kind,
            byte_fallback=told.byte_fallback,
            unk_id=index(40, 0),
            bos_id=index(41, 1),
            eos_id=index(42, 2),
            pad_id=index(43, -1),
            unk_piece=told.unk_piece,
            bos_piece=told.bos_piece,
            eos_piece=told.eos_piece,
            pad_piece=told.pad_piece,
        ),
        normalizer_spec=NormalizerSpec(
            precompiled_charsmap=rules.charsmap,
            add_dummy_prefix=rules.add_dummy_prefix,
            remove_extra_whitespaces=rules.remove_extra_whitespaces,
            escape_whitespaces=rules.escape_whitespaces,
        ),
    )


def read_proto(path: str | os.PathLike[str]) -> Proto:
    """Read a model in these words.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no SentencePiece model.
    """
    return proto_of(SentencePieceModel.read(path))
