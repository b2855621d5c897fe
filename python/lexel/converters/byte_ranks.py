"""Byte sequences with ranks to a specification: what tiktoken's files and Mistral's tekken files have in common.

The exact stages stand under the key `lexel` of the model: any two neighbours whose bytes together are a token merge,
the lowest id first; texts are split by the pattern in tiktoken's dialect, and what it does not match is left out. The
standard stages around them are what comes closest for other readers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lexel import spec
from lexel.added_token import AddedToken
from lexel.errors import FormatError, UnsupportedError
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["byte_pair_spec", "spell_all"]

_ALPHABET = dict(enumerate(spec.byte_alphabet()))
# The dialect of other readers takes this for a repeated repetition.
_COUNTED_POSSESSIVE = re.compile(r"(\{\d*,?\d*\})\+")
_NO_UNKNOWN = "<no token>"


def byte_pair_spec(
    tokens: Sequence[bytes],
    ids: Iterable[int],
    pattern: str,
    special_tokens: Mapping[str, int],
    *,
    where: str,
    parted: bool = False,
) -> Spec:
    """Return the tokenizer of byte sequences whose ids are their ranks.

    Args:
        tokens: the byte sequences, each once and none empty.
        ids: the id of each, none twice.
        pattern: the regular expression texts are split by, in tiktoken's dialect.
        special_tokens: text → id. Of several with one id the first is what it decodes to.
        where: the file, for messages.
        parted: whether special tokens that decoding leaves out part the bytes around them.

    Raises:
        FormatError: a special token has the id of another token.
        UnsupportedError: a special token is spelled like another token, or a token holds a byte that is none itself.
    """
    vocab = dict(zip(spell_all(tokens), ids, strict=True))
    special: dict[int, str] = {}
    taken = {index: token for token, index in vocab.items()} if special_tokens else {}
    for text, index in special_tokens.items():
        if index in taken:
            raise FormatError(
                f"{where}: the special token {text!r} and the token {taken[index]!r} share the id {index}"
            )
        if text in vocab:
            raise UnsupportedError(f"{where}: the special token {text!r} is spelled like the token of id {vocab[text]}")
        if not text:
            raise FormatError(f"{where}: the special token of id {index} is empty")
        special.setdefault(index, text)
    missing = [letter for letter in _ALPHABET.values() if letter not in vocab]
    if missing:
        _check_missing(tokens, missing, where)
    vocab |= {text: index for index, text in special.items()}
    model = spec.bpe({}, unk_token=_NO_UNKNOWN if missing else None, ignore_merges=True)
    # The list of merges follows from the vocabulary.
    model["vocab"] = vocab
    model["lexel"] = {
        "reference": "tiktoken",
        "pre_tokenizer": spec.sequence("pretokenizers", _exact_split(pattern), spec.byte_level(use_regex=False)),
        "decoder": {"type": "Bytes", "parted": parted},
        "model": {"merge_by": "ids", "special_ids": sorted(special)},
    }
    aliases = {text: index for text, index in special_tokens.items() if special[index] != text}
    if aliases:
        model["lexel"]["aliases"] = aliases
    split = spec.regex_split(_COUNTED_POSSESSIVE.sub(r"\1", pattern))
    return Spec(
        model,
        pre_tokenizer=spec.sequence("pretokenizers", split, spec.byte_level(use_regex=False)),
        post_processor=spec.texts_alone(),
        decoder=spec.byte_level(),
        added_tokens=[(index, AddedToken(special[index], special=True)) for index in sorted(special)],
    )


def spell_all(tokens: Sequence[bytes]) -> list[str]:
    """Return byte sequences in the letters of the byte alphabet."""
    # All at once: a translation each would take longer than everything else.
    letters = b"".join(tokens).decode("latin-1").translate(_ALPHABET)
    spelled = []
    start = 0
    for token in tokens:
        end = start + len(token)
        spelled.append(letters[start:end])
        start = end
    return spelled


def _exact_split(pattern: str) -> Json:
    split = spec.regex_split(pattern, "Removed", invert=True)
    split["pattern"]["dialect"] = "rust"
    return split


def _check_missing(tokens: Iterable[bytes], missing: Sequence[str], where: str) -> None:
    """Refuse tokens that hold bytes which are no tokens: nothing can be said of them until they have merged.

    Texts with other missing bytes fail when they are encoded, as they do in the library.
    """
    absent = bytes(byte for byte, letter in _ALPHABET.items() if letter in set(missing))
    bad = next((token for token in tokens if len(token) > 1 and not set(absent).isdisjoint(token)), None)
    if bad is not None:
        byte = next(bytes([byte]) for byte in bad if byte in absent)
        raise UnsupportedError(
            f"{where}: the token {bad!r} holds the byte {byte!r}, which is no token itself; a vocabulary of byte pairs "
            "has all bytes that its tokens hold"
        )
