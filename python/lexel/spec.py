"""The specification of a tokenizer: what a `tokenizer.json` says, as Python data.

Converters and families build one of these; the core compiles its JSON. The small functions below write the stages,
one a stage, with the field names of the file format.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from lexel.added_token import AddedToken, SpecialToken, as_added_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "GPT2_SPLIT",
    "LLAMA3_SPLIT",
    "QWEN2_SPLIT",
    "Json",
    "Spec",
    "bert_normalizer",
    "bpe",
    "byte_alphabet",
    "byte_level",
    "id_below",
    "index_of",
    "leaves",
    "metaspace",
    "precompiled",
    "regex_split",
    "replace",
    "roberta",
    "sequence",
    "special_entries",
    "template",
    "texts_alone",
    "unigram",
    "wordpiece",
]

Json: TypeAlias = dict[str, Any]

# The split patterns of the field, each one string (the bar starts every alternative).
GPT2_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(slots=True)
class Spec:
    """One tokenizer: its model, the stages around it, and its added tokens.

    Attributes:
        model: the model with its vocabulary.
        added_tokens: (id, token), ascending by id.
        config: what a `tokenizer_config.json` beside the file would say (special tokens by name, chat template …).
    """

    model: Json
    normalizer: Json | None = None
    pre_tokenizer: Json | None = None
    post_processor: Json | None = None
    decoder: Json | None = None
    truncation: Json | None = None
    padding: Json | None = None
    added_tokens: list[tuple[int, AddedToken]] = field(default_factory=list)
    config: Json = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the text of the `tokenizer.json`, keys in the order that file format uses."""
        return json.dumps(
            {
                "version": "1.0",
                "truncation": self.truncation,
                "padding": self.padding,
                "added_tokens": [{"id": index, **token.__getstate__()} for index, token in self.added_tokens],
                "normalizer": self.normalizer,
                "pre_tokenizer": self.pre_tokenizer,
                "post_processor": self.post_processor,
                "decoder": self.decoder,
                "model": self.model,
            },
            ensure_ascii=False,
        )


def bpe(
    vocab: Mapping[str, int],
    merges: Iterable[Sequence[str]] = (),
    *,
    unk_token: str | None = None,
    continuing_subword_prefix: str | None = None,
    end_of_word_suffix: str | None = None,
    fuse_unk: bool = False,
    byte_fallback: bool = False,
    ignore_merges: bool = False,
) -> Json:
    """Return a byte-pair-encoding model."""
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": unk_token,
        "continuing_subword_prefix": continuing_subword_prefix,
        "end_of_word_suffix": end_of_word_suffix,
        "fuse_unk": fuse_unk,
        "byte_fallback": byte_fallback,
        "ignore_merges": ignore_merges,
        "vocab": dict(vocab),
        "merges": [list(pair) for pair in merges],
    }


def wordpiece(vocab: Mapping[str, int], *, unk_token: str) -> Json:
    """Return a WordPiece model with the usual prefix `##` and at most 100 characters a word."""
    return {
        "type": "WordPiece",
        "unk_token": unk_token,
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": dict(vocab),
    }


def unigram(pieces: Iterable[tuple[str, float]], *, unk_id: int | None, byte_fallback: bool = False) -> Json:
    """Return a Unigram model of (piece, score) pairs in id order."""
    return {
        "type": "Unigram",
        "unk_id": unk_id,
        "vocab": [[piece, score] for piece, score in pieces],
        "byte_fallback": byte_fallback,
    }


def id_below(size: int, index: int) -> int | None:
    """Return an id that a class has fixed; None where its vocabulary is too small to have it."""
    return index if index < size else None


def index_of(pieces: Sequence[tuple[str, float]], token: Any, default: int) -> int | None:
    """Return the id of a token in a Unigram vocabulary; where it is not: the default if there is such an id."""
    found = next((index for index, (piece, _) in enumerate(pieces) if piece == str(token)), None)
    return found if found is not None else default if default < len(pieces) else None


def precompiled(charsmap: str | bytes | None) -> Json | None:
    """Return a normalizer of a SentencePiece character map (base64, or its bytes); None without one."""
    if not charsmap:
        return None
    text = charsmap if isinstance(charsmap, str) else b64encode(charsmap).decode("ascii")
    return {"type": "Precompiled", "precompiled_charsmap": text}


def replace(content: str, *, string: str | None = None, regex: str | None = None) -> Json:
    """Return a stage that replaces a string or what a regular expression matches."""
    pattern = {"String": string} if regex is None else {"Regex": regex}
    return {"type": "Replace", "pattern": pattern, "content": content}


def bert_normalizer(
    *,
    lowercase: bool = True,
    strip_accents: bool | None = None,
    clean_text: bool = True,
    handle_chinese_chars: bool = True,
) -> Json:
    """Return BERT's normalizer; `strip_accents` None: if texts become lower case."""
    return {
        "type": "BertNormalizer",
        "clean_text": clean_text,
        "handle_chinese_chars": handle_chinese_chars,
        "strip_accents": strip_accents,
        "lowercase": lowercase,
    }


def byte_level(*, add_prefix_space: bool = False, trim_offsets: bool = True, use_regex: bool = True) -> Json:
    """Return a byte-level stage (as pre-tokenizer, decoder or post-processor)."""
    return {
        "type": "ByteLevel",
        "add_prefix_space": add_prefix_space,
        "trim_offsets": trim_offsets,
        "use_regex": use_regex,
    }


def metaspace(prepend_scheme: str, *, split: bool = True, replacement: str = "▁") -> Json:
    """Return a metaspace stage; the scheme is "always", "first" or "never"."""
    return {"type": "Metaspace", "replacement": replacement, "prepend_scheme": prepend_scheme, "split": split}


def regex_split(pattern: str, behavior: str = "Isolated", *, invert: bool = False) -> Json:
    """Return a pre-tokenizer that splits by a regular expression."""
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def sequence(kind: str, *stages: Json) -> Json:
    """Return several stages as one; `kind` is the plural the format uses ("normalizers", "pretokenizers", …)."""
    return {"type": "Sequence", kind: list(stages)}


def leaves(stage: Json) -> list[Json]:
    """Return the stages that sequences within a stage are made of, in order; of any other stage, the stage itself."""
    for kind in ("normalizers", "pretokenizers", "decoders"):
        if kind in stage:
            return [leaf for inner in stage[kind] for leaf in leaves(inner)]
    return [stage]


def template(single: Sequence[tuple[str, int]], pair: Sequence[tuple[str, int]], ids: Mapping[str, int]) -> Json:
    """Return a post-processor that writes special tokens around one text and around two.

    Args:
        single: (piece, type id) in order; the pieces `$A` and `$B` are the texts, all others are tokens.
        pair: the same for two texts.
        ids: the id of every token the two name.

    Example:
        >>> template([("<s>", 0), ("$A", 0)], [("$A", 0), ("$B", 1)], {"<s>": 1})["single"][0]
        {'SpecialToken': {'id': '<s>', 'type_id': 0}}
    """
    used: dict[str, Json] = {}

    def piece(name: str, type_id: int) -> Json:
        if name in ("$A", "$B"):
            return {"Sequence": {"id": name[1], "type_id": type_id}}
        used[name] = {"id": name, "ids": [ids[name]], "tokens": [name]}
        return {"SpecialToken": {"id": name, "type_id": type_id}}

    stages = {"single": [piece(*part) for part in single], "pair": [piece(*part) for part in pair]}
    return {"type": "TemplateProcessing", **stages, "special_tokens": {name: used[name] for name in sorted(used)}}


def texts_alone() -> Json:
    """Return a post-processor that writes no special tokens; the second text has type id 1."""
    return template([("$A", 0)], [("$A", 0), ("$B", 1)], {})


def roberta(cls: tuple[str, int], sep: tuple[str, int], *, trim_offsets: bool, add_prefix_space: bool) -> Json:
    """Return a post-processor that writes `cls A sep` and `cls A sep sep B sep`."""
    return {
        "type": "RobertaProcessing",
        "sep": list(sep),
        "cls": list(cls),
        "trim_offsets": trim_offsets,
        "add_prefix_space": add_prefix_space,
    }


def byte_alphabet() -> list[str]:
    """Return the 256 characters that stand for the bytes in byte-level vocabularies, in byte order."""
    kept = {*range(33, 127), *range(161, 173), *range(174, 256)}
    shifted = iter(range(256, 256 + 256 - len(kept)))
    return [chr(byte) if byte in kept else chr(next(shifted)) for byte in range(256)]


def special_entries(tokens: Iterable[tuple[int, SpecialToken]]) -> list[tuple[int, AddedToken]]:
    """Return special added tokens at the given ids, one entry for each text, ascending by id."""
    entries: dict[str, tuple[int, AddedToken]] = {}
    for index, value in tokens:
        token = as_added_token(value, special=True)
        entries.setdefault(token.content, (index, token))
    return sorted(entries.values(), key=lambda entry: entry[0])
