"""Added tokens: entries that are looked for in the text itself, before the model sees it.

One class, and the ways in and out of it: the keyword form users write, the tuple the core takes, the dictionary that
configuration files hold, and the class of the `tokenizers` library, which is accepted wherever ours is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel._lexel import TokenFlags

__all__ = [
    "AddedToken",
    "SpecialToken",
    "as_added_token",
    "is_special_value",
    "plain_config",
    "read_config",
    "token_text",
]

_FIELDS = ("content", "single_word", "lstrip", "rstrip", "normalized", "special")


class AddedToken:
    """A token that is found in the text as a whole.

    Args:
        content: the text of the token.
        single_word: match only where no letter, digit or underscore touches it.
        lstrip: whitespace directly before the match belongs to the token.
        rstrip: whitespace directly after the match belongs to the token.
        special: skipped by `decode(..., skip_special_tokens=True)`, never lower-cased.
        normalized: compare after normalization; None: only if the token is not special.

    Example:
        >>> AddedToken("<mask>", lstrip=True, special=True)
        AddedToken("<mask>", rstrip=False, lstrip=True, single_word=False, normalized=False, special=True)
    """

    __slots__ = ("_normalized", "content", "lstrip", "rstrip", "single_word", "special")

    content: str
    single_word: bool
    lstrip: bool
    rstrip: bool
    special: bool
    _normalized: bool | None

    def __init__(
        self,
        content: str = "",
        *,
        single_word: bool = False,
        lstrip: bool = False,
        rstrip: bool = False,
        special: bool = False,
        normalized: bool | None = None,
    ) -> None:
        if not isinstance(content, str):
            raise TypeError(f"the content of an added token is a string, not {type(content).__name__}: {content!r}")
        self.content = content
        self.single_word = bool(single_word)
        self.lstrip = bool(lstrip)
        self.rstrip = bool(rstrip)
        self.special = bool(special)
        self._normalized = normalized if normalized is None else bool(normalized)

    @property
    def normalized(self) -> bool:
        """Whether the token is compared after normalization; where nothing was said, only if it is not special."""
        return not self.special if self._normalized is None else self._normalized

    @normalized.setter
    def normalized(self, value: bool) -> None:
        self._normalized = value

    @property
    def flags(self) -> TokenFlags:
        """The tuple the core takes: content, single_word, lstrip, rstrip, normalized, special."""
        return (self.content, self.single_word, self.lstrip, self.rstrip, self.normalized, self.special)

    @classmethod
    def from_flags(cls, flags: TokenFlags) -> AddedToken:
        """Build a token from the tuple the core gives."""
        content, single_word, lstrip, rstrip, normalized, special = flags
        return cls(
            content, single_word=single_word, lstrip=lstrip, rstrip=rstrip, normalized=normalized, special=special
        )

    def replace(self, **changes: Any) -> AddedToken:
        """Return a copy with some fields changed."""
        return AddedToken(**{**self.__getstate__(), "normalized": self._normalized, **changes})

    def to_config(self) -> dict[str, Any]:
        """Return the dictionary `tokenizer_config.json` holds, its type marked."""
        return {"__type": "AddedToken", **self.__getstate__()}

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name in _FIELDS:
            setattr(self, name, state[name])

    def __deepcopy__(self, memo: dict[int, Any]) -> AddedToken:
        # Settings are copied with every load, and large files add thousands of tokens.
        return self.replace()

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return (
            f'AddedToken("{self.content}", rstrip={self.rstrip}, lstrip={self.lstrip}, '
            f"single_word={self.single_word}, normalized={self.normalized}, special={self.special})"
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AddedToken):
            return self.flags == other.flags
        if _is_library_token(other):
            return all(getattr(self, name) == getattr(other, name) for name in _FIELDS)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.content)


# What a special token may be written as.
SpecialToken: TypeAlias = str | AddedToken


def _is_library_token(value: object) -> bool:
    """Tell a token of the `tokenizers` library without importing that library."""
    kind = type(value)
    return kind.__name__ == "AddedToken" and kind.__module__.partition(".")[0] == "tokenizers"


def is_special_value(value: object) -> TypeGuard[SpecialToken]:
    """Return whether a value can stand for a special token: a string, or an added token of any make."""
    return isinstance(value, (str, AddedToken)) or _is_library_token(value)


def _from_library(value: Any, *, special: bool) -> AddedToken:
    """Return a token of ours equal to a library one, special if that is asked for.

    The library keeps whether `normalized` was said, does not show it, and resolves it when it is read. So the value
    is read while the token is what it shall be, and the token is left as it was.
    """
    before = value.special
    value.special = before or special
    try:
        return AddedToken(**{name: getattr(value, name) for name in _FIELDS})
    finally:
        value.special = before


def as_added_token(value: object, *, special: bool | None = None) -> AddedToken:
    """Return `value` as an added token of ours.

    Args:
        value: a string, an added token (ours or of the `tokenizers` library), or the dictionary a configuration holds.
        special: for strings, whether the token is special; for tokens, True forces it and nothing unforces it.

    Raises:
        TypeError: anything else.
    """
    if isinstance(value, str):
        return AddedToken(str(value), special=bool(special))
    if isinstance(value, AddedToken):
        return value.replace(special=True) if special and not value.special else value
    if _is_library_token(value):
        return _from_library(value, special=special or False)
    if isinstance(value, dict) and isinstance(value.get("content"), str):
        # Old files carry fields of their time; the six we know are read and the others ignored.
        known = {name: value[name] for name in _FIELDS if name in value}
        if special:
            known["special"] = True
        return AddedToken(**known)
    raise TypeError(
        f"a token is a str or an AddedToken, not {type(value).__name__}: {value!r}"
        + ("; decode it to str first" if isinstance(value, (bytes, bytearray)) else "")
    )


def token_text(value: object) -> str:
    """Return the text of a special token as files state it: a string, an added token, or the dictionary of one."""
    return str(value["content"]) if isinstance(value, dict) else str(value)


def read_config(value: Any) -> Any:
    """Turn every dictionary marked as an added token, however deep, into an `AddedToken`."""
    if isinstance(value, dict):
        if value.get("__type") == "AddedToken":
            return as_added_token(value)
        return {key: read_config(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [read_config(item) for item in value]
    return as_added_token(value) if _is_library_token(value) else value


def plain_config(value: Any) -> Any:
    """Turn every added token, however deep, into its marked dictionary: the inverse of `read_config`."""
    if isinstance(value, AddedToken) or _is_library_token(value):
        return as_added_token(value).to_config()
    if isinstance(value, dict):
        return {key: plain_config(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_config(item) for item in value]
    return value
