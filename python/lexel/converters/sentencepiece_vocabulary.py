"""What classes take from a SentencePiece model: its vocabulary and symbols, not its way of cutting texts.

A class states its own pipeline; where there is no class, `plain_spec` builds the one that other readers of the
`tokenizers` library build. The exact pipeline of a `.model` is in `spm.py`.

Source: transformers 5.23, `SentencePieceExtractor` and `SpmConverter.build_tokenizer_from_spm_proto`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.added_token import AddedToken
from lexel.converters.merges import generate_merges
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.converters.sentencepiece_proto import Proto

__all__ = ["extract", "plain_spec"]

_CONTROL, _USER_DEFINED = 3, 4


def extract(proto: Proto, kind: str | None, **kwargs: Any) -> dict[str, Any]:
    """Return the constructor arguments that a model gives a class.

    Args:
        proto: the model.
        kind: the kind of the class's model ("BPE", "Unigram" …), None: as the file is.
        **kwargs: arguments there are already; the file's win.

    Returns:
        `vocab` (piece → id, with `merges`, for BPE; else (piece, score) pairs, with `unk_id`), the file's control and
        user-defined symbols as `additional_special_tokens` (the former special), and `_spm_precompiled_charsmap`.
    """
    wanted = kind or ("Unigram" if proto.trainer_spec.model_type == 1 else "BPE")
    if wanted == "BPE":
        vocab = {piece.piece: index for index, piece in enumerate(proto.pieces)}
        found: dict[str, Any] = {"vocab": vocab, "merges": generate_merges(vocab)}
    else:
        found = {
            "unk_id": proto.trainer_spec.unk_id,
            "vocab": [(piece.piece, piece.score) for piece in proto.pieces],
        }
    symbols = [
        AddedToken(piece.piece, normalized=False, special=piece.type == _CONTROL)
        for piece in proto.pieces
        if piece.type in (_CONTROL, _USER_DEFINED)
    ]
    charsmap = proto.normalizer_spec.precompiled_charsmap or None
    found |= {"additional_special_tokens": symbols, "_spm_precompiled_charsmap": charsmap}
    return {**kwargs, **found}


def plain_spec(proto: Proto, options: dict[str, Any]) -> Spec:
    """Return the pipeline of a model for which no class states one.

    Args:
        proto: the model.
        options: what `extract` gave; `added_tokens_decoder` renames pieces that hold a place. Vocabulary and merges are
            taken out, and the names of the beginning, the end and the unknown piece put in where there are none.
    """
    told = proto.trainer_spec
    vocab, merges = options.pop("vocab"), options.pop("merges", [])
    options.pop("unk_id", None)
    charsmap = spec.precompiled(options.pop("_spm_precompiled_charsmap", None))
    if isinstance(vocab, dict):
        vocab = _renamed(vocab, options.get("added_tokens_decoder") or {})
        unknown = told.unk_piece if told.unk_piece in vocab else None
        model = spec.bpe(vocab, merges, unk_token=unknown, fuse_unk=True, byte_fallback=told.byte_fallback)
    else:
        model = spec.unigram(vocab, unk_id=told.unk_id, byte_fallback=told.byte_fallback)
    for name, index, piece in (
        ("bos_token", told.bos_id, told.bos_piece or "<s>"),
        ("eos_token", told.eos_id, told.eos_piece or "</s>"),
        ("unk_token", told.unk_id, told.unk_piece or "<unk>"),
    ):
        if index >= 0:
            options.setdefault(name, piece)
    steps = [charsmap] if charsmap is not None else []
    bytes_back: list[spec.Json] = [{"type": "ByteFallback"}, {"type": "Fuse"}] if told.byte_fallback else []
    return Spec(
        model=model,
        normalizer=spec.sequence("normalizers", *steps, spec.replace("▁", string=" ")),
        decoder=spec.sequence("decoders", spec.replace(" ", string="▁"), *bytes_back),
    )


def _renamed(vocab: dict[str, int], named: dict[int, Any]) -> dict[str, int]:
    """Return a vocabulary whose pieces have the names that added tokens give to their ids."""
    by_id = {index: piece for piece, index in vocab.items()}
    made = dict(vocab)
    for index, token in named.items():
        text, piece = str(token), by_id.get(int(index))
        if piece is not None and piece != text and text not in made:
            made[text] = made.pop(piece)
            by_id[int(index)] = text
    return made
