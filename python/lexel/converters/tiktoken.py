"""tiktoken's rank files, as a specification.

A line is a token in base64 and its rank, which is its id. How texts are split and which special tokens there are stands
elsewhere: for published files it is known by their content, for others the caller says it.
"""

from __future__ import annotations

import hashlib
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from lexel.added_token import AddedToken
from lexel.converters.byte_ranks import byte_pair_spec
from lexel.converters.tiktoken_encodings import ENCODINGS, TiktokenEncoding, by_hash
from lexel.errors import FormatError, LoadError, UnsupportedError

if TYPE_CHECKING:
    import os

    from lexel.spec import Spec

__all__ = ["SpecialTokens", "convert", "matches", "read_ranks", "resolve"]

# Text → id; or texts, which get the ids behind the last rank; or the name of an encoding that has them.
SpecialTokens: TypeAlias = Mapping[str, int] | Iterable[str | AddedToken] | str


def matches(head: bytes, name: str) -> bool:
    """Return whether a file is lines of base64 and rank, by its first line."""
    del name
    parts = head.split(b"\n", 1)[0].split()
    try:
        return len(parts) == 2 and parts[1].isdigit() and bool(a2b_base64(parts[0], strict_mode=True))
    except Base64Error:
        return False


def convert(
    path: str | os.PathLike[str], pattern: str | None = None, special_tokens: SpecialTokens | None = None
) -> Spec:
    """Read a rank file.

    Args:
        path: the file.
        pattern: the regular expression texts are split by, or the name of an encoding that has it ("llama3",
            "cl100k_base" …); None: that of the published file with this content.
        special_tokens: text → id, where gaps between ids may stay; or texts, which get the ids behind the last rank; or
            the name of an encoding that has them; None: those of the published file, or none.

    Returns:
        The specification. Its `config` says `split_special_tokens`: like tiktoken, it takes special tokens in a text
        for plain text unless told otherwise.

    Raises:
        LoadError: the file is not there.
        FormatError: a line is no token and rank, or a token or rank stands twice; says which line. A pattern that is
            no regular expression.
        UnsupportedError: the file is not a published one and `pattern` was not given; or the pattern is one that our
            core does not reproduce.

    Example:
        `Tokenizer.from_file("x.tiktoken", pattern="[a-z]+|[^a-z]", special_tokens={"<|end|>": 1000})`
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror or error}") from error
    ranks = read_ranks(data, str(path))
    encoding = _encoding(hashlib.sha256(data).hexdigest(), pattern, special_tokens, str(path))
    special = resolve(special_tokens, ranks.values(), encoding.special_tokens)
    made = byte_pair_spec(list(ranks), ranks.values(), encoding.pattern, special, where=str(path))
    made.config = {
        "split_special_tokens": True,
        "clean_up_tokenization_spaces": False,
        **{f"{role}_token": token for role, token in encoding.named.items() if token in special},
    }
    return made


def resolve(special_tokens: SpecialTokens | None, ranks: Iterable[int], default: Mapping[str, int]) -> dict[str, int]:
    """Return special tokens as text → id, however they were given.

    Raises:
        TypeError: something else.
        ValueError: the name of an encoding that is not known.
    """
    if special_tokens is None:
        return dict(default)
    if isinstance(special_tokens, str):
        return dict(_named(special_tokens).special_tokens)
    if isinstance(special_tokens, Mapping):
        for text, index in special_tokens.items():
            if not isinstance(index, int) or isinstance(index, bool) or index < 0:
                raise TypeError(f"special_tokens gives {text!r} the id {index!r}, which is no number from 0 on")
        return {str(text): int(index) for text, index in special_tokens.items()}
    first = max(ranks, default=-1) + 1
    return {str(text): first + offset for offset, text in enumerate(dict.fromkeys(map(str, special_tokens)))}


def _named(name: str) -> TiktokenEncoding:
    found = ENCODINGS.get(name)
    if found is None:
        raise ValueError(f"there is no encoding {name!r}; known are {', '.join(ENCODINGS)}")
    return found


def _encoding(sha256: str, pattern: str | None, special_tokens: object, where: str) -> TiktokenEncoding:
    """Return what is said of a file: by the caller, else by what is published of its content."""
    known = by_hash(sha256)
    if isinstance(special_tokens, str) and pattern is None and known is not None:
        other = _named(special_tokens)
        return other if other.sha256 == sha256 else known
    if pattern is None:
        if known is not None:
            return known
        raise UnsupportedError(
            f"{where} is a tiktoken rank file that is not a published one, and does not say how texts are split; pass "
            "pattern=, the regular expression of its encoding or the name of one that has it "
            f"({', '.join(ENCODINGS)}), and special_tokens=, text → id"
        )
    named = ENCODINGS.get(pattern)
    if named is not None and named.sha256 == sha256:
        return named
    special = known.special_tokens if known is not None else {}
    roles = known.named if known is not None else {}
    return TiktokenEncoding(where, named.pattern if named is not None else pattern, special, sha256, roles)


def read_ranks(data: bytes, where: str) -> dict[bytes, int]:
    """Return the tokens of a rank file with their ranks, in the order of the file.

    Args:
        data: the content.
        where: the file, for messages.

    Raises:
        FormatError: a line is no token and rank, or a token or rank stands twice; says which line.
    """
    fields = data.split()
    try:
        tokens = [_token(field) for field in fields[::2]]
        ranks = list(map(int, fields[1::2]))
        made = dict(zip(tokens, ranks, strict=True))
    except ValueError:
        _complain(data, where)
        raise
    # Lines of other numbers of fields, and numbers that only Python reads, are found by going through them one by one.
    regular = 2 * sum(map(bool, data.splitlines())) == len(fields) and not any(map(data.__contains__, _ODD_NUMBERS))
    if not regular or not made or len(made) != len(tokens) or len(set(ranks)) != len(ranks):
        _complain(data, where)
    return made


def _token(field: bytes) -> bytes:
    # Nothing but padding is the token of no bytes, which holds a place in some files (Whisper's) and is in no text.
    return a2b_base64(field, strict_mode=True) if field != b"=" else b""


# A sign, or digits in groups.
_ODD_NUMBERS = (b" +", b" -", b"\t+", b"\t-", b"_")


def _complain(data: bytes, where: str) -> None:
    """Raise for the first line that is wrong."""
    tokens: dict[bytes, int] = {}
    ranks: dict[int, int] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line:
            continue
        place = f"{where}, line {number}"
        parts = line.split()
        if len(parts) != 2:
            raise FormatError(f"{place}: expected a token in base64 and its rank, found {line!r:.80}")
        try:
            token = _token(parts[0])
        except Base64Error as error:
            raise FormatError(f"{place}: {parts[0]!r:.80} is not base64 ({error})") from error
        if not parts[1].isdigit() or len(parts[1]) > 10:
            raise FormatError(f"{place}: the rank is no number from 0 on: {parts[1]!r:.80}")
        rank = int(parts[1])
        if token in tokens:
            raise FormatError(f"{place}: the token {token!r} stands on line {tokens[token]} already")
        if rank in ranks:
            raise FormatError(f"{place}: the rank {rank} is that of line {ranks[rank]} already")
        tokens[token] = ranks[rank] = number
    if not tokens:
        raise FormatError(f"{where} has no tokens")
