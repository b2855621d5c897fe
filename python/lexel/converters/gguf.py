"""The tokenizer inside a GGUF file, as a specification.

GGUF states tokens, types, merges or scores, and the *name* of the split the model was trained with; the pipeline that
belongs to the name is written here, as it stands in the `tokenizer.json` of those models. A name that is not in the
table is refused: another split would give other ids.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.added_token import AddedToken
from lexel.converters.merges import as_pairs, generate_merges, usable_merges
from lexel.errors import FormatError, UnsupportedError
from lexel.gguf import GGUF
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["convert", "matches", "spec_of"]

_CONTROL, _USER_DEFINED = 3, 4


@dataclass(frozen=True, slots=True)
class Split:
    """How a byte-level model splits text.

    Attributes:
        pattern: the split; None: the one of GPT-2 that the byte-level stage itself has.
        digits: every digit is a piece of its own first.
        nfc: the text is composed first.
        ignore_merges: a piece that is a token is that token, whatever the merges say.
        bos: whether a bos token is written where the file says nothing about it.
    """

    pattern: str | None = None
    digits: bool = False
    nfc: bool = False
    ignore_merges: bool = False
    bos: bool = False


_LLAMA3 = Split(spec.LLAMA3_SPLIT, ignore_merges=True, bos=True)
_SPLITS: dict[str, Split] = {
    **dict.fromkeys(("default", "gpt-2"), Split()),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell"), Split(digits=True)),
    **dict.fromkeys(("llama3", "llama-v3", "llama-bpe"), _LLAMA3),
    **dict.fromkeys(("falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"), _LLAMA3),
    **dict.fromkeys(("dbrx", "smaug-bpe"), Split(spec.LLAMA3_SPLIT)),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez"), Split(spec.QWEN2_SPLIT, nfc=True)),
}


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
    facts = _Facts(metadata, where)
    kind = facts.get("model")
    if kind == "gpt2":
        made = _byte_level(facts)
    elif kind == "llama":
        made = _sentencepiece_bpe(facts)
    elif kind == "t5":
        made = _unigram(facts)
    elif kind is None:
        raise FormatError(f"{where} has no tokenizer (no tokenizer.ggml.model)")
    else:
        raise UnsupportedError(f"{where}: tokenizer.ggml.model {kind!r} is none of 'gpt2', 'llama', 't5'")
    made.config = facts.config()
    return made


class _Facts:
    """The tokenizer's part of GGUF metadata, checked."""

    def __init__(self, metadata: Mapping[str, Any], where: str) -> None:
        self._metadata = metadata
        self.where = where
        self.tokens: list[str] = list(self.get("tokens") or ())
        if not self.tokens:
            raise FormatError(f"{where} has no tokens (tokenizer.ggml.tokens)")
        types = self.get("token_type")
        self.types: list[int] = [int(kind) for kind in types] if types is not None else [1] * len(self.tokens)
        if len(self.types) != len(self.tokens):
            raise FormatError(f"{where}: {len(self.tokens)} tokens and {len(self.types)} token types")

    def get(self, name: str) -> Any:
        return self._metadata.get(f"tokenizer.ggml.{name}")

    def scores(self) -> list[float]:
        scores = self.get("scores")
        if scores is None or len(scores) != len(self.tokens):
            raise FormatError(f"{self.where}: {len(self.tokens)} tokens need as many scores (tokenizer.ggml.scores)")
        return [float(score) for score in scores]

    def token(self, name: str) -> str | None:
        """Return the token a key such as `bos` names by id."""
        index: int | None = self.get(f"{name}_token_id")
        if index is None:
            return None
        if not 0 <= index < len(self.tokens):
            raise FormatError(f"{self.where}: tokenizer.ggml.{name}_token_id is {index}, of {len(self.tokens)} tokens")
        return self.tokens[index]

    def added(self) -> list[tuple[int, AddedToken]]:
        """Return the tokens that are found in the text itself: control tokens, and those users defined."""
        return [
            (index, AddedToken(token, special=kind == _CONTROL, normalized=False))
            for index, (token, kind) in enumerate(zip(self.tokens, self.types, strict=True))
            if kind in (_CONTROL, _USER_DEFINED) and token
        ]

    def config(self) -> Json:
        """Return what a `tokenizer_config.json` would say."""
        names = {
            "bos_token": "bos",
            "eos_token": "eos",
            "unk_token": "unknown",
            "sep_token": "seperator",
            "pad_token": "padding",
            "cls_token": "cls",
            "mask_token": "mask",
        }
        found = {key: self.token(name) for key, name in names.items()}
        config: Json = {key: token for key, token in found.items() if token is not None}
        template = self._metadata.get("tokenizer.chat_template")
        if template:
            config["chat_template"] = template
        return config

    def template(self, *, bos: bool, eos: bool = False) -> Json | None:
        """Return the post-processor that writes bos and eos, None where nothing is written."""
        first = self.token("bos") if _flag(self.get("add_bos_token"), bos) else None
        last = self.token("eos") if _flag(self.get("add_eos_token"), eos) else None
        if first is None and last is None:
            return None

        def around(name: str, type_id: int) -> list[tuple[str, int]]:
            parts = [(first, type_id), (name, type_id), (last, type_id)]
            return [(token, kind) for token, kind in parts if token is not None]

        ids = {token: self.tokens.index(token) for token in (first, last) if token is not None}
        return spec.template(around("$A", 0), around("$A", 0) + around("$B", 1), ids)


def _flag(stated: Any, default: bool) -> bool:
    return default if stated is None else bool(stated)


def _byte_level(facts: _Facts) -> Spec:
    name = facts.get("pre") or "default"
    split = _SPLITS.get(name)
    if split is None:
        raise UnsupportedError(
            f"{facts.where}: the split {name!r} (tokenizer.ggml.pre) is not known; known are {sorted(_SPLITS)}"
        )
    vocab: dict[str, int] = {}
    alphabet = spec.byte_alphabet()
    letters = set(alphabet)
    for index, (token, kind) in enumerate(zip(facts.tokens, facts.types, strict=True)):
        if kind not in (_CONTROL, _USER_DEFINED) and not letters.issuperset(token):
            # Some converters write the text itself.
            token = "".join(alphabet[byte] for byte in token.encode("utf-8"))
        vocab.setdefault(token, index)
    merges = facts.get("merges")
    if merges is None:
        raise FormatError(f"{facts.where}: a byte-level model needs merges (tokenizer.ggml.merges)")
    stages = [{"type": "Digits", "individual_digits": True}] if split.digits else []
    if split.pattern is not None:
        stages.append(spec.regex_split(split.pattern))
    stages.append(spec.byte_level(use_regex=split.pattern is None))
    trim = spec.byte_level(add_prefix_space=True, trim_offsets=False)
    template = facts.template(bos=split.bos)
    return Spec(
        model=spec.bpe(vocab, usable_merges(vocab, as_pairs(merges)), ignore_merges=split.ignore_merges),
        normalizer={"type": "NFC"} if split.nfc else None,
        pre_tokenizer=stages[0] if len(stages) == 1 else spec.sequence("pretokenizers", *stages),
        post_processor=trim if template is None else spec.sequence("processors", trim, template),
        decoder=spec.byte_level(add_prefix_space=True),
        added_tokens=facts.added(),
    )


def _sentencepiece_bpe(facts: _Facts) -> Spec:
    """A sentencepiece model of type BPE: merges by score, unknown characters as bytes."""
    vocab: dict[str, int] = {}
    for index, token in enumerate(facts.tokens):
        vocab.setdefault(token, index)
    stated = facts.get("merges")
    if stated is not None:
        merges = usable_merges(vocab, as_pairs(stated))
    else:
        scores = dict(zip(facts.tokens, facts.scores(), strict=True))
        merges = generate_merges(vocab, scores, [token.content for _, token in facts.added()])
    prefix = _flag(facts.get("add_space_prefix"), True)
    to_meta = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    prepend = {"type": "Prepend", "prepend": "▁"}
    steps: list[Json] = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if prefix:
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    added = facts.added()
    unknown = facts.token("unknown")
    if unknown is not None and unknown not in {token.content for _, token in added}:
        added = sorted([*added, (vocab[unknown], AddedToken(unknown, special=True))], key=lambda entry: entry[0])
    return Spec(
        model=spec.bpe(vocab, merges, unk_token=unknown, fuse_unk=True, byte_fallback="<0x00>" in vocab),
        normalizer=spec.sequence("normalizers", prepend, to_meta) if prefix else to_meta,
        post_processor=facts.template(bos=True),
        decoder=spec.sequence("decoders", *steps),
        added_tokens=added,
    )


def _unigram(facts: _Facts) -> Spec:
    """A sentencepiece model of type Unigram, its character map inside the file."""
    unknown = facts.get("unknown_token_id")
    charsmap = facts.get("precompiled_charsmap")
    steps: list[Json] = []
    if charsmap is not None and len(charsmap):
        packed = base64.b64encode(struct.pack(f"{len(charsmap)}B", *(int(byte) & 0xFF for byte in charsmap)))
        steps.append({"type": "Precompiled", "precompiled_charsmap": packed.decode("ascii")})
    if _flag(facts.get("remove_extra_whitespaces"), False):
        steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    scheme = "always" if _flag(facts.get("add_space_prefix"), True) else "never"
    return Spec(
        model={
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": [[token, score] for token, score in zip(facts.tokens, facts.scores(), strict=True)],
            "byte_fallback": "<0x00>" in facts.tokens,
        },
        normalizer=spec.sequence("normalizers", *steps) if steps else None,
        pre_tokenizer=spec.sequence("pretokenizers", {"type": "WhitespaceSplit"}, spec.metaspace(scheme)),
        post_processor=facts.template(bos=False, eos=True),
        decoder=spec.metaspace(scheme),
        added_tokens=facts.added(),
    )
