"""A tokenizer as a SentencePiece model, where there is one that does the same.

Exactly the same does the model of a tokenizer that was read from one, and one of byte pairs whose stages are those of
SentencePiece and whose merges can be told from scores. What comes close is written too, with a list of what differs.

Two ways of merging differ where a token can be made of two pairs that overlap in a text: SentencePiece takes the
leftmost pair, a list of merges the one it names first. Two pairs x y and y z overlap and make one token only if the
token begins with y and ends with y; `_overlap` looks for such tokens.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from lexel.converters.sentencepiece_model import ModelKind, Normalization, PieceType, SentencePieceModel
from lexel.errors import UnsupportedError
from lexel.spec import Json, leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["sentencepiece_of"]

_SPACE = "▁"
_KINDS = {"BPE": ModelKind.BPE, "Unigram": ModelKind.UNIGRAM, "Word": ModelKind.WORD, "Char": ModelKind.CHAR}


def sentencepiece_of(content: Json, named: Mapping[str, str | None]) -> tuple[SentencePieceModel, list[str]]:
    """Return the SentencePiece model that comes closest to a tokenizer, and what it does otherwise; nothing: equal.

    Args:
        content: the tokenizer as a `tokenizer.json` states it.
        named: the texts of its special tokens: `bos_token`, `eos_token`, `pad_token`, `unk_token`.

    Raises:
        UnsupportedError: a stage has no counterpart; names it.
    """
    model = content["model"]
    kind = model.get("type")
    exact = model.get("lexel") or {}
    is_exact = exact.get("reference") == "sentencepiece"
    if not is_exact and kind not in ("BPE", "Unigram"):
        raise UnsupportedError(f"the model {kind} has no counterpart in SentencePiece, whose are BPE and Unigram")
    made = SentencePieceModel(_read_back(model, exact) if is_exact else _pieces(content, named))
    differs: list[str] = []
    if is_exact:
        _set_exact(made, exact)
    else:
        made.trainer.kind = int(_KINDS[kind])
        made.trainer.byte_fallback = bool(model.get("byte_fallback"))
        differs += _without_some_bytes(made)
        differs += _set_closest(made, content)
        plain = {piece for piece, _, kind_of in made.pieces if kind_of == PieceType.NORMAL}
        differs += _merging(model, plain) if kind == "BPE" else ["sums of scores are rounded otherwise in Unigram"]
    differs += _add_tokens(made, content, is_exact)
    for role in ("unk", "bos", "eos", "pad"):
        _name(made, role, named.get(f"{role}_token"))
    made.trainer.vocab_size = len(made.pieces)
    made.check()
    return made, differs


def _without_some_bytes(made: SentencePieceModel) -> list[str]:
    """Switch bytes off where there are not all of them, which SentencePiece asks for; return what differs then."""
    count = sum(kind == PieceType.BYTE for _, _, kind in made.pieces)
    if not made.trainer.byte_fallback or count == 256:
        return []
    made.trainer.byte_fallback = False
    made.pieces = [
        (piece, score, PieceType.UNUSED if kind == PieceType.BYTE else kind) for piece, score, kind in made.pieces
    ]
    return [f"{256 - count} of the 256 bytes are no pieces, so unknown characters do not become bytes"]


def _name(made: SentencePieceModel, role: str, text: str | None) -> None:
    """Tell which piece begins a text, ends it, fills it up or is the unknown one."""
    kinds = (PieceType.UNKNOWN,) if role == "unk" else (PieceType.CONTROL,)
    index = next((at for at, (piece, _, kind) in enumerate(made.pieces) if piece == text and kind in kinds), -1)
    if role == "unk" and index < 0:
        index = next((at for at, (_, _, kind) in enumerate(made.pieces) if kind == PieceType.UNKNOWN), -1)
    if index >= 0:
        setattr(made.trainer, f"{role}_piece", made.pieces[index][0])
    number = {"unk": 40, "bos": 41, "eos": 42, "pad": 43}[role]
    made.trainer.message.put(number, index)


# --- read from a model ------------------------------------------------------------------------------------------------


def _read_back(model: Json, exact: Json) -> list[tuple[str, float, PieceType]]:
    """Return the pieces of a tokenizer that was read from a model."""
    told, control = exact["model"], set(exact["decoder"].get("control") or ())
    pieces = _scored(model, told.get("scores"))
    special, unused, user_defined = (
        set(told.get(key) or ()) for key in ("special_ids", "unused_ids", "user_defined_ids")
    )

    def kind(index: int, piece: str) -> PieceType:
        if index == told.get("unk_id"):
            return PieceType.UNKNOWN
        if index in user_defined:
            return PieceType.USER_DEFINED
        if index in unused or piece == "\0":
            return PieceType.UNUSED
        if piece in control:
            return PieceType.CONTROL
        return PieceType.BYTE if index in special else PieceType.NORMAL

    return [(piece, score, kind(index, piece)) for index, (piece, score) in enumerate(pieces)]


def _scored(model: Json, scores: Sequence[float | None] | None) -> list[tuple[str, float]]:
    vocab = model["vocab"]
    if isinstance(vocab, list):
        return [(piece, score) for piece, score in vocab]
    ordered = sorted(vocab, key=vocab.__getitem__)
    _check_dense(vocab)
    if scores is None:
        return [(piece, -float(index)) for index, piece in enumerate(ordered)]
    return [(piece, score or 0.0) for piece, score in zip(ordered, scores, strict=True)]


def _check_dense(vocab: Mapping[str, int]) -> None:
    if set(vocab.values()) != set(range(len(vocab))):
        raise UnsupportedError("the ids of the vocabulary have holes, and those of a SentencePiece model have none")


def _set_exact(made: SentencePieceModel, exact: Json) -> None:
    told, decoder = exact["model"], exact["decoder"]
    made.trainer.kind = int(_KINDS[told["kind"]])
    made.trainer.byte_fallback = bool(told["byte_fallback"])
    made.trainer.unk_surface = decoder["unk_surface"]
    made.trainer.treat_whitespace_as_suffix = bool(exact["normalizer"]["treat_whitespace_as_suffix"])
    _set_rules(made.normalizer, exact["normalizer"])
    after = decoder.get("denormalizer")
    if after is not None:
        made.denormalizer = SentencePieceModel().normalizer
        _set_rules(made.denormalizer, after)


def _set_rules(rules: Normalization, stated: Json) -> None:
    rules.charsmap = b64decode(stated["charsmap"]) if stated.get("charsmap") else b""
    for name in ("add_dummy_prefix", "remove_extra_whitespaces", "escape_whitespaces"):
        setattr(rules, name, bool(stated[name]))


# --- what comes close -------------------------------------------------------------------------------------------------


def _pieces(content: Json, named: Mapping[str, str | None]) -> list[tuple[str, float, PieceType]]:
    """Return the pieces of a tokenizer that states no types: they are told by what its added tokens say."""
    model = content["model"]
    special = {token["content"] for token in content["added_tokens"] if token["special"]}
    plain = {token["content"] for token in content["added_tokens"] if not token["special"]}
    is_bpe = isinstance(model["vocab"], dict)
    pieces = _scored(model, _scores_of_merges(model) if is_bpe else None)
    unknown = model.get("unk_token") if is_bpe else None
    if not is_bpe and model.get("unk_id") is not None:
        unknown = pieces[model["unk_id"]][0]
    unknown = unknown or named.get("unk_token")

    def kind(piece: str) -> PieceType:
        if piece == unknown:
            return PieceType.UNKNOWN
        if model.get("byte_fallback") and SentencePieceModel.byte_of(piece) is not None:
            return PieceType.BYTE
        if piece in special:
            return PieceType.CONTROL
        return PieceType.USER_DEFINED if piece in plain else PieceType.NORMAL

    return [(piece, score, kind(piece)) for piece, score in pieces]


def _scores_of_merges(model: Json) -> list[float | None]:
    """Return scores that make the tokens of merges in their order; those of others, which are never made, are less."""
    vocab: dict[str, int] = model["vocab"]
    rank: dict[str, int] = {}
    for index, pair in enumerate(model["merges"]):
        rank.setdefault("".join(_parts(pair)), index)
    behind = len(model["merges"])
    return [-float(rank.get(token, behind + vocab[token])) for token in sorted(vocab, key=vocab.__getitem__)]


def _parts(pair: Any) -> tuple[str, str]:
    if not isinstance(pair, str):
        return pair[0], pair[1]
    left, _, right = pair[1:].partition(" ")
    return pair[0] + left, right


def _set_closest(made: SentencePieceModel, content: Json) -> list[str]:
    """Set how texts are normalized; return what differs."""
    rules, differs = made.normalizer, []
    rules.add_dummy_prefix = rules.remove_extra_whitespaces = False
    escaped = False
    for stage in leaves(content["normalizer"] or {"normalizers": []}):
        match stage:
            case {"type": "Prepend", "prepend": "▁"} if not escaped:
                rules.add_dummy_prefix = True
            case {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}:
                escaped = True
            case {"type": "Precompiled"}:
                rules.charsmap = b64decode(stage["precompiled_charsmap"])
                differs.append("Precompiled rewrites some sequences of combining characters otherwise")
            case {"type": "Strip"} | {"type": "Replace", "pattern": {"Regex": " {2,}"}}:
                rules.remove_extra_whitespaces = True
                differs.append(f"{stage['type']} drops spaces in another order than SentencePiece")
            case _:
                raise UnsupportedError(f"the normalizer {stage['type']} has no counterpart in SentencePiece")
    for stage in leaves(content["pre_tokenizer"] or {"pretokenizers": []}):
        match stage:
            case {"type": "Metaspace", "replacement": "▁"}:
                escaped = True
                rules.add_dummy_prefix = stage["prepend_scheme"] != "never"
                differs.append("Metaspace puts no space before a text that begins with one")
            case {"type": "WhitespaceSplit"}:
                rules.remove_extra_whitespaces = True
                differs.append("WhitespaceSplit drops white space of every kind")
            case {"type": "Split", "pattern": {"String": " "}} if escaped:
                # No space is left to split at.
                continue
            case _:
                raise UnsupportedError(f"the pre-tokenizer {stage['type']} has no counterpart in SentencePiece")
    if not escaped:
        rules.escape_whitespaces = False
    return differs


def _merging(model: Json, plain: set[str]) -> list[str]:
    """Return what keeps scores from merging as a list of merges does; `plain` are the pieces that merge."""
    if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        raise UnsupportedError("a prefix or suffix of pieces within words has no counterpart in SentencePiece")
    if model.get("dropout"):
        raise UnsupportedError("dropout is no part of a SentencePiece model")
    differs = []
    if model.get("ignore_merges"):
        differs.append("ignore_merges takes whole words that merges do not lead to")
    if not model.get("byte_fallback") and not (model.get("unk_token") and model.get("fuse_unk")):
        differs.append("unknown characters are not one unknown token")
    ranks: dict[tuple[str, str], int] = {}
    for index, pair in enumerate(model["merges"]):
        ranks.setdefault(_parts(pair), index)
    missing = next((pair for token in sorted(plain) for pair in _splits(token, plain) if pair not in ranks), None)
    if missing is not None:
        differs.append(f"the merge of {missing[0]!r} and {missing[1]!r} is not in the list, and scores make it")
    mixed = _interleaved(ranks)
    if mixed is not None:
        differs.append(f"merges to {mixed!r} stand in two places of the list")
    overlap = next((token for token in sorted(plain) if _overlap(token, ranks)), None)
    if overlap is not None:
        differs.append(f"{overlap!r} is made of pairs that overlap, of which the leftmost counts in SentencePiece")
    return differs


def _splits(token: str, plain: set[str]) -> list[tuple[str, str]]:
    """Return the pairs that SentencePiece makes a token of; a single character need be no piece."""
    parts = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
    return [pair for pair in parts if all(len(part) == 1 or part in plain for part in pair)]


def _interleaved(ranks: Mapping[tuple[str, str], int]) -> str | None:
    """Return a token whose merges do not follow each other, None if there is none."""
    done: set[str] = set()
    last = None
    for pair in sorted(ranks, key=ranks.__getitem__):
        token = "".join(pair)
        if token != last and token in done:
            return token
        done.add(token)
        last = token
    return None


def _overlap(token: str, ranks: Mapping[tuple[str, str], int]) -> bool:
    """Return whether a text may hold x y z, both x y and y z are this token, and the list prefers the latter."""
    size = len(token)
    for cut in range(1, size):
        first, second = (token[:cut], token[cut:]), (token[: size - cut], token[size - cut :])
        both = first != second and first[1] == second[0] and first in ranks and second in ranks
        if both and ranks[second] < ranks[first]:
            return True
    return False


# --- added tokens -----------------------------------------------------------------------------------------------------


def _add_tokens(made: SentencePieceModel, content: Json, is_exact: bool) -> list[str]:
    """Append the special tokens behind the vocabulary as control symbols; return what differs."""
    known, differs = {piece for piece, _, _ in made.pieces}, []
    for token in sorted(content["added_tokens"], key=lambda entry: entry["id"]):
        text, index = token["content"], token["id"]
        if text in known:
            if not token["special"] and not is_exact:
                differs.append(f"the added token {text!r} is cut out before texts are normalized")
            continue
        if index != len(made.pieces):
            raise UnsupportedError(
                f"the added token {text!r} has the id {index}, and the next of a SentencePiece model is "
                f"{len(made.pieces)}"
            )
        if not token["special"]:
            differs.append(f"the added token {text!r} is cut out before texts are normalized")
        made.pieces.append((text, 0.0, PieceType.CONTROL if token["special"] else PieceType.USER_DEFINED))
        known.add(text)
    return differs
