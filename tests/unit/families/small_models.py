"""Small SentencePiece models, written without the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lexel.converters.sentencepiece_model import ModelKind, PieceType, SentencePieceModel

if TYPE_CHECKING:
    from pathlib import Path

_SPECIAL = [("<unk>", PieceType.UNKNOWN), ("<s>", PieceType.CONTROL), ("</s>", PieceType.CONTROL)]
_BYTES = [(f"<0x{byte:02X}>", PieceType.BYTE) for byte in range(256)]
_WORDS = ["▁", "h", "i", "y", "o", "u", "▁h", "hi", "▁hi", "yo", "you", "▁you", ",", "3", "3,"]


def model(kind: ModelKind = ModelKind.BPE, *, own: tuple[str, ...] = (), control: tuple[str, ...] = ()) -> bytes:
    """Return a model; BPE ones fall back to bytes.

    Args:
        kind: how it cuts texts.
        own: symbols its user defined.
        control: control symbols beside the beginning and the end.
    """
    is_bpe = kind == ModelKind.BPE
    symbols = [*((text, PieceType.CONTROL) for text in control), *((text, PieceType.USER_DEFINED) for text in own)]
    named = [*_SPECIAL, *symbols, *(_BYTES if is_bpe else ())]
    pieces = [(text, 0.0, type_) for text, type_ in named]
    words = _WORDS if is_bpe else [*_WORDS, "a", "b"]
    # Longer pieces are likelier; merges have the order of the list.
    scores = [-float(rank) if is_bpe else -10.0 / len(word) for rank, word in enumerate(words)]
    pieces += [(word, score, PieceType.NORMAL) for word, score in zip(words, scores, strict=True)]
    made = SentencePieceModel(pieces)
    made.trainer.kind = int(kind)
    made.trainer.byte_fallback = is_bpe
    made.trainer.vocab_size = len(pieces)
    made.normalizer.remove_extra_whitespaces = not is_bpe
    return made.write()


def write(path: Path, kind: ModelKind = ModelKind.BPE, **symbols: tuple[str, ...]) -> Path:
    """Write a model to a file; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model(kind, **symbols))
    return path
