"""A SentencePiece model as a tokenizer: what the library of that name does, and what comes close to it elsewhere.

A `tokenizer.json` cannot say exactly what SentencePiece does. The stages it has are written as close as they come, for
readers that know no others; the exact ones stand under the key `lexel` of its model, and are what runs here: ids,
tokens, offsets and decoded texts are those of SentencePiece 0.2.3.
"""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.converters.sentencepiece_model import ModelKind, Normalization, PieceType, SentencePieceModel
from lexel.errors import FormatError, UnsupportedError
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    import os

__all__ = ["convert", "matches", "spec_of"]

_KINDS = {ModelKind.BPE: "BPE", ModelKind.UNIGRAM: "Unigram", ModelKind.WORD: "Word", ModelKind.CHAR: "Char"}
_NAMED = ("bos", "eos", "unk", "pad")


def matches(head: bytes, name: str) -> bool:
    """Return whether a file is a SentencePiece model: it begins with a piece, and that with its text."""
    del name
    return head[:1] == b"\n" and head[2:3] == b"\n"


def convert(path: str | os.PathLike[str] | bytes) -> Spec:
    """Read the tokenizer of a SentencePiece model, from a file or from the bytes of one.

    Special tokens in a text are text, as they are to the library, unless `split_special_tokens=False` says otherwise;
    no bos and eos are written unless asked for.

    Raises:
        LoadError: there is no such file.
        FormatError: it is no SentencePiece model, or one the library refuses.
        UnsupportedError: two of its pieces are the same text.
    """
    model = SentencePieceModel.read(path)
    where = "the model" if isinstance(path, bytes) else str(path)
    try:
        return spec_of(model)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from None
    except UnsupportedError as error:
        raise UnsupportedError(f"{where}: {error}") from None


def spec_of(model: SentencePieceModel) -> Spec:
    """Return the tokenizer of a model.

    Raises:
        FormatError: the library refuses it.
        UnsupportedError: two of its pieces are the same text.
    """
    model.check()
    _check_texts(model)
    facts = _Facts(model, model.by_type())
    made = Spec(
        _model(facts),
        normalizer=_portable_normalizer(model),
        pre_tokenizer=_portable_split(model),
        post_processor=spec.texts_alone(),
        decoder=_portable_decoder(facts),
    )
    made.model["lexel"] = {
        "reference": "sentencepiece",
        "normalizer": _normalizer(model.normalizer, facts),
        "pre_tokenizer": None,
        "decoder": _decoder(facts),
        "model": _exact_model(facts),
    }
    special = facts.ids[PieceType.CONTROL] + facts.ids[PieceType.UNKNOWN]
    made.added_tokens = spec.special_entries((index, model.pieces[index][0]) for index in special)
    made.config = {"split_special_tokens": True}
    for name in _NAMED:
        index = getattr(model, f"{name}_id")
        if index >= 0:
            made.config[f"{name}_token"] = model.pieces[index][0]
    return made


@dataclass(frozen=True, slots=True)
class _Facts:
    """A model, and the ids of its pieces by type (but for normal ones)."""

    model: SentencePieceModel
    ids: dict[PieceType, list[int]]

    def texts(self, kind: PieceType) -> list[str]:
        return [self.model.pieces[index][0] for index in self.ids[kind]]

    @property
    def unknown(self) -> int | None:
        return next(iter(self.ids[PieceType.UNKNOWN]), None)

    @property
    def unk_token(self) -> str | None:
        return next(iter(self.texts(PieceType.UNKNOWN)), None)


def _check_texts(model: SentencePieceModel) -> None:
    seen: dict[str, int] = {}
    if len({piece for piece, _, _ in model.pieces}) == len(model.pieces):
        return
    for index, (piece, _, _) in enumerate(model.pieces):
        if seen.setdefault(piece, index) != index:
            raise UnsupportedError(
                f"the pieces {seen[piece]} and {index} are both {piece!r}, and a vocabulary has a text once; "
                "SentencePieceBackend runs the model with its own library"
            )


# --- what runs here ---------------------------------------------------------------------------------------------------


def _normalizer(rules: Normalization, facts: _Facts | None) -> Json:
    """Return the normalizer of a model; without one that of decoded texts."""
    return {
        "type": "SentencePiece",
        "charsmap": b64encode(rules.charsmap).decode("ascii") if rules.charsmap else None,
        "add_dummy_prefix": rules.add_dummy_prefix,
        "remove_extra_whitespaces": rules.remove_extra_whitespaces,
        "escape_whitespaces": rules.escape_whitespaces,
        "treat_whitespace_as_suffix": facts is not None and facts.model.treat_whitespace_as_suffix,
        "user_defined": facts.texts(PieceType.USER_DEFINED) if facts is not None else [],
    }


def _decoder(facts: _Facts) -> Json:
    model, after = facts.model, facts.model.denormalizer
    return {
        "type": "SentencePiece",
        "control": facts.texts(PieceType.CONTROL),
        "unk_token": facts.unk_token,
        "unk_surface": model.unk_surface,
        "byte_fallback": model.byte_fallback,
        "add_dummy_prefix": model.add_dummy_prefix,
        "remove_extra_whitespaces": model.remove_extra_whitespaces,
        "denormalizer": _normalizer(after, None) if after is not None and after.charsmap else None,
    }


def _exact_model(facts: _Facts) -> Json:
    model, of = facts.model, facts.ids
    special = sorted([*of[PieceType.CONTROL], *of[PieceType.UNKNOWN], *of[PieceType.BYTE], *model.dropped()])
    made: Json = {"kind": _KINDS[model.kind], "unk_id": facts.unknown, "byte_fallback": model.byte_fallback}
    unused, user_defined = of[PieceType.UNUSED], of[PieceType.USER_DEFINED]
    for name, ids in (("special_ids", special), ("unused_ids", unused), ("user_defined_ids", user_defined)):
        if ids:
            made[name] = ids
    if model.kind == ModelKind.BPE:
        made["merge_by"] = "scores"
        scores: list[Any] = _comparable([score for _, score, _ in model.pieces])
        for index in special:
            scores[index] = None
        made["scores"] = scores
    return made


def _comparable(scores: list[float]) -> list[float]:
    """Return scores that JSON can hold; where those of a file are not, numbers that compare as the library compares."""
    if all(math.isfinite(score) and (score or math.copysign(1, score) > 0) for score in scores):
        return scores
    # It compares 32 bits as numbers with a sign; of two below zero the larger comes first.
    keys = []
    for score in scores:
        bits = struct.unpack("<i", struct.pack("<f", score))[0]
        keys.append(bits if bits >= 0 else -(bits & 0x7FFFFFFF) - 1)
    ranks = {key: float(rank) for rank, key in enumerate(sorted(set(keys)), 1)}
    return [ranks[key] for key in keys]


# --- what comes close, for other readers ------------------------------------------------------------------------------


def _model(facts: _Facts) -> Json:
    model, of = facts.model, facts.ids
    if model.kind == ModelKind.UNIGRAM:
        if any(not math.isfinite(score) for _, score, _ in model.pieces):
            raise FormatError("a score is no finite number")
        if sum(map(len, of.values())) - len(of[PieceType.USER_DEFINED] + of[PieceType.UNUSED]) == len(model.pieces):
            raise FormatError("no piece is for text")
        pieces = [(piece, score) for piece, score, _ in model.pieces]
        return spec.unigram(pieces, unk_id=facts.unknown, byte_fallback=model.byte_fallback)
    vocab = {piece: index for index, (piece, _, _) in enumerate(model.pieces)}
    if model.kind == ModelKind.WORD:
        return {"type": "WordLevel", "vocab": vocab, "unk_token": facts.unk_token or "<unk>"}
    return spec.bpe(vocab, unk_token=facts.unk_token, fuse_unk=True, byte_fallback=model.byte_fallback)


def _portable_normalizer(model: SentencePieceModel) -> Json | None:
    steps = [step for step in (spec.precompiled(model.charsmap),) if step is not None]
    if model.remove_extra_whitespaces:
        # Spaces alone: the Strip of a tokenizer.json would take line ends and tabs as well.
        steps += [spec.replace("", regex=r"\A +| +\z"), spec.replace(" ", regex=" {2,}")]
    if model.kind in (ModelKind.BPE, ModelKind.CHAR) and model.escape_whitespaces:
        if model.add_dummy_prefix and not model.treat_whitespace_as_suffix:
            steps.append({"type": "Prepend", "prepend": "▁"})
        steps.append(spec.replace("▁", string=" "))
    return spec.sequence("normalizers", *steps) if steps else None


def _portable_split(model: SentencePieceModel) -> Json | None:
    if model.kind not in (ModelKind.UNIGRAM, ModelKind.WORD) or not model.escape_whitespaces:
        return None
    prefixed = model.add_dummy_prefix and not model.treat_whitespace_as_suffix
    return spec.metaspace("always" if prefixed else "never")


def _portable_decoder(facts: _Facts) -> Json:
    model = facts.model
    steps = [spec.replace(" ", string="▁")]
    if facts.unk_token is not None:
        steps.insert(0, spec.replace(model.unk_surface, string=facts.unk_token))
    if model.byte_fallback:
        steps.append({"type": "ByteFallback"})
    steps.append({"type": "Fuse"})
    if model.add_dummy_prefix and not model.treat_whitespace_as_suffix:
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return spec.sequence("decoders", *steps)
