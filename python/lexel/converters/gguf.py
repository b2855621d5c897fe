"""The tokenizer inside a GGUF file, as a specification.

GGUF states tokens, types, merges or scores, and the *name* of the split the model was trained with; the pipeline that
belongs to these is written here, as it stands in the `tokenizer.json` of such models.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.added_token import AddedToken
from lexel.converters.bare import crossing
from lexel.converters.gguf_facts import CONTROL, UNUSED, USER_DEFINED, Facts
from lexel.converters.gguf_splits import SPLITS
from lexel.converters.merges import as_pairs, generate_merges, usable_merges
from lexel.errors import FormatError, UnsupportedError
from lexel.gguf import GGUF
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lexel.converters.gguf_splits import Split

__all__ = ["convert", "matches", "spec_of"]

_PLACEHOLDER = re.compile(r"\[PAD\d+\]")
_SPACE = "▁"
# Tokens of T5 that stand for blanks; files call them by placeholders.
_BLANKS = 100


def matches(head: bytes, name: str) -> bool:
    """Return whether a file is GGUF, by its first bytes."""
    del name
    return head.startswith(b"GGUF")


def convert(path: Path) -> Spec:
    """Read the tokenizer of a GGUF file.

    Raises:
        FormatError: the file is broken, or has no tokenizer.
        UnsupportedError: a model or split that is not known here; names it.
    """
    return spec_of(GGUF.open(path).metadata, str(path))


def spec_of(metadata: Mapping[str, Any], where: str) -> Spec:
    """Return the tokenizer that GGUF metadata describes.

    Args:
        metadata: key → value.
        where: the path of the file, for messages.
    """
    kind = metadata.get("tokenizer.ggml.model")
    if kind is None:
        raise FormatError(f"{where} has no tokenizer (no tokenizer.ggml.model)")
    builder = _BUILDERS.get(kind) if isinstance(kind, str) else None
    if builder is None:
        raise UnsupportedError(f"{where}: tokenizer.ggml.model {kind!r:.60} is none of {sorted(_BUILDERS)}")
    facts = Facts(metadata, where)
    made = builder(facts)
    made.config = {**facts.config(), **made.config}
    return made


def _ends(
    facts: Facts, *, bos: bool, eos: bool = False, sep: bool = False
) -> tuple[str | None, str | None, dict[str, int]]:
    """Return what is written before and behind a text, and their ids.

    Args:
        facts: of the file.
        bos: whether a beginning is written where the file is silent.
        eos: whether an end is.
        sep: whether a separator is, where no end is.
    """
    found: list[str | None] = []
    for flag, default, names in (
        ("add_bos_token", bos, ("bos", "cls")),
        ("add_eos_token", eos, ("eos",)),
        ("add_sep_token", sep, ("seperator", "separator", "eos")),
    ):
        token = facts.token_of(*names) if facts.flag(flag, default) else None
        if token is None and facts.stated(flag) and facts.flag(flag, default):
            raise FormatError(f"{facts.where}: tokenizer.ggml.{flag} is true, and {names[0]}_token_id names no token")
        found.append(token)
    first, last = found[0], found[1] if found[1] is not None else found[2]
    return first, last, {token: facts.ids[token] for token in (first, last) if token is not None}


def _around(first: str | None, last: str | None, ids: dict[str, int]) -> Json | None:
    """Return the post-processor that writes a beginning and an end around each text; None: nothing is written."""
    if first is None and last is None:
        return None

    def one(name: str, type_id: int) -> list[tuple[str, int]]:
        parts = [(first, type_id), (name, type_id), (last, type_id)]
        return [(token, kind) for token, kind in parts if token is not None]

    return spec.template(one("$A", 0), one("$A", 0) + one("$B", 1), ids)


# --- byte-level BPE ---------------------------------------------------------------------------------------------------


def _byte_level(facts: Facts) -> Spec:
    name = facts.text("pre") or "default"
    if name in ("gemma4", "granite-embed-multi-311m"):
        return _gemma(facts)
    split = SPLITS.get(name)
    if split is None:
        raise UnsupportedError(
            f"{facts.where}: the split {name!r:.60} (tokenizer.ggml.pre) is not known; "
            f"known are {', '.join(sorted(SPLITS))}"
        )
    vocab: dict[str, int] = {}
    alphabet = spec.byte_alphabet()
    letters = set(alphabet)
    spelled = {token for token in facts.tokens if letters.issuperset(token)}
    for index, (token, kind) in enumerate(zip(facts.tokens, facts.types, strict=True)):
        if kind not in (CONTROL, USER_DEFINED) and token not in spelled:
            # Some converters write the text itself; beside a token for the same bytes, no text becomes it.
            bytewise = "".join(alphabet[byte] for byte in token.encode("utf-8"))
            token = token if bytewise in spelled else bytewise
        vocab.setdefault(token, index)
    merges = _merges(facts, vocab)
    if name == "default":
        _check_default(facts, merges)
    stages = split.stages()
    return Spec(
        model=spec.bpe(vocab, merges, ignore_merges=split.ignore_merges),
        # Files of 2023 name no split; GPT-NeoX's models all compose.
        normalizer={"type": "NFC"} if split.nfc or facts.architecture == "gptneox" else None,
        pre_tokenizer=stages[0] if len(stages) == 1 else spec.sequence("pretokenizers", *stages),
        post_processor=_byte_level_processor(facts, split),
        decoder=spec.byte_level(add_prefix_space=True),
        added_tokens=facts.added(),
    )


def _byte_level_processor(facts: Facts, split: Split) -> Json:
    first, last, ids = _ends(facts, bos=split.bos, sep=split.sep)
    if split.sep and first is not None and last is not None:
        return spec.roberta((first, ids[first]), (last, ids[last]), trim_offsets=True, add_prefix_space=False)
    trim = spec.byte_level(add_prefix_space=True, trim_offsets=False)
    template = _around(first, last, ids)
    return trim if template is None else spec.sequence("processors", trim, template)


def _merges(facts: Facts, vocab: dict[str, int]) -> list[tuple[str, str]]:
    stated = facts.items("merges", str)
    if stated is not None:
        return usable_merges(vocab, as_pairs(stated))
    if facts.text("pre") == "kimi-k2":
        # Its ids are ranks, and files may leave the merges out.
        return generate_merges(vocab, skip_tokens=[token.content for _, token in facts.added()])
    raise FormatError(f"{facts.where}: a byte-level model needs merges (tokenizer.ggml.merges)")


def _check_default(facts: Facts, merges: list[tuple[str, str]]) -> None:
    """Refuse a file that names no split where its merges are not of GPT-2's."""
    cut = crossing(merges)
    if cut:
        raise UnsupportedError(
            f"{facts.where} does not name its split (tokenizer.ggml.pre), and {len(cut)} of its merges make tokens "
            f"that GPT-2's split would cut, such as {cut[0]!r}; convert the model again, so that the name is there"
        )


# --- sentencepiece, BPE -----------------------------------------------------------------------------------------------


def _sentencepiece_bpe(facts: Facts) -> Spec:
    """A sentencepiece model of type BPE: merges by score, unknown characters as bytes."""
    if facts.architecture.startswith("gemma"):
        return _gemma(facts)
    vocab = dict(facts.ids)
    added = _with_unknown(facts)
    stated = facts.items("merges", str)
    if stated is not None:
        merges = usable_merges(vocab, as_pairs(stated))
    else:
        scores = dict(zip(facts.tokens, facts.scores(), strict=True))
        merges = generate_merges(vocab, scores, [token.content for _, token in facts.added()])
    prefix = facts.flag("add_space_prefix", default=True)
    to_meta = spec.replace(_SPACE, string=" ")
    prepend = {"type": "Prepend", "prepend": _SPACE}
    return Spec(
        model=spec.bpe(vocab, merges, unk_token=facts.unknown(), fuse_unk=True, byte_fallback="<0x00>" in vocab),
        normalizer=spec.sequence("normalizers", prepend, to_meta) if prefix else to_meta,
        post_processor=_around(*_ends(facts, bos=True)),
        decoder=_sentencepiece_decoder(strip=prefix),
        added_tokens=added,
    )


def _gemma(facts: Facts) -> Spec:
    """Gemma's: no space before a text, spaces end words, merges in the order of the tokens they make.

    A beginning is written, as by its `tokenizer.json`, unless the file says otherwise.
    """
    tokens = [_SPACE * len(token) if not token.strip(" ") else token for token in facts.tokens]
    vocab: dict[str, int] = {}
    for index, token in enumerate(tokens):
        vocab.setdefault(token, index)
    added = [(index, token) for index, token in _with_unknown(facts) if token.content in vocab]
    stated = facts.items("merges", str)
    if stated is not None:
        # The parts of a merge may be spaces, written as such or as the character for them.
        pairs = [(left.replace(" ", _SPACE), right.replace(" ", _SPACE)) for left, right in as_pairs(stated)]
        merges = usable_merges(vocab, pairs)
    else:
        special = [token.content for _, token in added if token.special]
        merges = generate_merges(vocab, skip_tokens=special)
    return Spec(
        model=spec.bpe(vocab, merges, unk_token=facts.unknown(), fuse_unk=True, byte_fallback="<0x00>" in vocab),
        normalizer=spec.replace(_SPACE, string=" "),
        pre_tokenizer={
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        },
        post_processor=_around(*_ends(facts, bos=True)),
        decoder=_sentencepiece_decoder(strip=False),
        added_tokens=added,
    )


def _sentencepiece_decoder(*, strip: bool) -> Json:
    steps: list[Json] = [spec.replace(" ", string=_SPACE), {"type": "ByteFallback"}, {"type": "Fuse"}]
    if strip:
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return spec.sequence("decoders", *steps)


def _with_unknown(facts: Facts) -> list[tuple[int, AddedToken]]:
    """Return the added tokens, the unknown one among them."""
    added, unknown = facts.added(), facts.unknown()
    if unknown is not None and unknown not in {token.content for _, token in added}:
        entry = (facts.ids[unknown], AddedToken(unknown, special=True))
        added = sorted([*added, entry], key=lambda pair: pair[0])
    return added


# --- sentencepiece, Unigram -------------------------------------------------------------------------------------------


def _unigram(facts: Facts) -> Spec:
    """A sentencepiece model of type Unigram, its character map inside the file."""
    tokens, scores, added = list(facts.tokens), facts.scores(), facts.added()
    if facts.architecture in ("t5", "t5encoder"):
        added = sorted([*added, *_blanks(tokens)], key=lambda entry: entry[0])
    _drop_placeholders(tokens, facts)
    lowest = min((s for s, kind in zip(scores, facts.types, strict=False) if kind != UNUSED), default=0.0)
    # The price of an unknown character follows from the lowest score; what is never used must not change it.
    pieces = [(token, max(score, lowest)) for token, score in zip(tokens, scores, strict=False)]
    unknown = facts.unknown()
    whole = not facts.flag("remove_extra_whitespaces", default=True)
    scheme = "always" if facts.flag("add_space_prefix", default=True) else "never"
    meta = spec.metaspace(scheme, split=not whole)
    steps = [stage for stage in (spec.precompiled(_charsmap(facts)),) if stage is not None]
    if not whole:
        steps.append(spec.replace(" ", regex=" {2,}"))
    first, last, ids = _ends(facts, bos=False, eos=True)
    processor = _around(first, last, ids)
    if first is not None and last is not None:
        single = [(first, 0), ("$A", 0), (last, 0)]
        processor = spec.template(single, [*single, (last, 0), ("$B", 0), (last, 0)], ids)
    return Spec(
        model=spec.unigram(
            pieces, unk_id=None if unknown is None else facts.ids[unknown], byte_fallback="<0x00>" in facts.ids
        ),
        normalizer=spec.sequence("normalizers", *steps) if steps else None,
        pre_tokenizer=meta if whole else spec.sequence("pretokenizers", {"type": "WhitespaceSplit"}, meta),
        post_processor=processor,
        decoder=spec.metaspace(scheme),
        added_tokens=added,
    )


def _charsmap(facts: Facts) -> bytes | None:
    stated = facts.items("precompiled_charsmap", int)
    return bytes(byte & 0xFF for byte in stated) if stated else None


def _blanks(tokens: list[str]) -> list[tuple[int, AddedToken]]:
    """Give T5's blanks their names, in place; return them as added tokens."""
    places = [index for index, token in enumerate(tokens) if _PLACEHOLDER.fullmatch(token)][:_BLANKS]
    for offset, index in enumerate(places):
        tokens[index] = f"<extra_id_{_BLANKS - 1 - offset}>"
    return [(index, AddedToken(tokens[index], special=True)) for index in places]


def _drop_placeholders(tokens: list[str], facts: Facts) -> None:
    """Take off the end, in place, what only fills the rows of the model's head: texts must not be cut into it."""
    while tokens and facts.types[len(tokens) - 1] == UNUSED and _PLACEHOLDER.fullmatch(tokens[-1]):
        tokens.pop()


# --- WordPiece --------------------------------------------------------------------------------------------------------


def _wordpiece(facts: Facts) -> Spec:
    """BERT's pieces. Files write a space before the first piece of a word, and no `##` before the others."""
    tokens = [_plain_piece(token, kind) for token, kind in zip(facts.tokens, facts.types, strict=True)]
    vocab: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if vocab.setdefault(token, index) != index:
            raise FormatError(f"{facts.where}: the ids {vocab[token]} and {index} are both the piece {token!r}")

    def named(default: str, *names: str) -> str | None:
        index = facts.id_of(*names)
        return tokens[index] if index is not None else default if default in vocab else None

    cls, sep = named("[CLS]", "cls", "bos"), named("[SEP]", "seperator", "separator", "eos")
    names = {"cls": cls, "sep": sep, "unk": named("[UNK]", "unknown"), "pad": named("[PAD]", "padding")}
    names["mask"] = named("[MASK]", "mask")
    unknown = names["unk"]
    if unknown is None:
        raise FormatError(f"{facts.where}: a WordPiece model needs a token for unknown words")
    plain = (token for token, kind in zip(tokens, facts.types, strict=True) if kind == 1 and not _is_bracketed(token))
    # Newer files say it; of older ones the vocabulary does.
    lower = facts.flag("normalizer.lowercase", default=all(token.lower() == token for token in plain))
    accents = (
        facts.flag("normalizer.strip_accents", default=lower) if facts.stated("normalizer.strip_accents") else None
    )
    config: Json = {f"{name}_token": token for name, token in names.items() if token is not None}
    special = {*(token for token in names.values() if token is not None)}
    added = [entry for entry in facts.added() if entry[1].content in vocab]
    added += [
        (vocab[token], AddedToken(token, special=True))
        for token in special - {entry[1].content for entry in added}
        if token in vocab
    ]
    return Spec(
        model=spec.wordpiece(vocab, unk_token=unknown),
        normalizer={
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": accents,
            "lowercase": lower,
        },
        pre_tokenizer={"type": "BertPreTokenizer"},
        post_processor=_bert_processor(facts, cls, sep, vocab),
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
        added_tokens=sorted(added, key=lambda entry: entry[0]),
        config={**config, "do_lower_case": lower},
    )


def _plain_piece(token: str, kind: int) -> str:
    """Return a piece as a `vocab.txt` has it."""
    if token.startswith(_SPACE) and len(token) > 1:
        return token[1:]
    if kind in (2, CONTROL, USER_DEFINED) or _is_bracketed(token):
        return token
    return f"##{token}"


def _is_bracketed(token: str) -> bool:
    return len(token) > 2 and token[0] + token[-1] == "[]"


def _bert_processor(facts: Facts, cls: str | None, sep: str | None, vocab: dict[str, int]) -> Json | None:
    first = cls if facts.flag("add_bos_token", default=True) else None
    last = sep if facts.flag("add_sep_token", default=True) or facts.flag("add_eos_token", default=False) else None
    parts = [(first, 0), ("$A", 0), (last, 0)]
    single = [(token, kind) for token, kind in parts if token is not None]
    pair = [*single, ("$B", 1), *([(last, 1)] if last is not None else [])]
    ids = {token: vocab[token] for token in (first, last) if token is not None}
    return spec.template(single, pair, ids) if ids else None


_BUILDERS = {
    "gpt2": _byte_level,
    "llama": _sentencepiece_bpe,
    "gemma4": _gemma,
    "t5": _unigram,
    "bert": _wordpiece,
}
