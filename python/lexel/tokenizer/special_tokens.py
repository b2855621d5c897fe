"""The special tokens of a tokenizer by name: which there are, what they are called, what is written about them.

Three families: the *named* seven every tokenizer may have, names of the model's own (`image_token`), and the *extra*
ones, which have no name. Ids are the tokenizer's business; here are only texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.added_token import AddedToken, SpecialToken, as_added_token, is_special_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["NAMED", "SpecialTokens", "token_name"]

# The seven names, in the order in which they are listed.
NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def token_name(attribute: str) -> str:
    """Return the name of the token an attribute is about: `bos_token` for `bos_token` and for `bos_token_id`."""
    if attribute.endswith("_id"):
        return attribute[:-3]
    return attribute[:-4] if attribute.endswith("_ids") else attribute


class SpecialTokens:
    """Named and extra special tokens of one tokenizer.

    Attributes:
        names: the known names: the seven, then the model's own.
        named: name → token, None where unset.
        extra: the tokens without a name.
    """

    __slots__ = ("extra", "named", "names")

    def __init__(self, names: Iterable[str] = NAMED) -> None:
        self.names: list[str] = list(names)
        self.named: dict[str, SpecialToken | None] = dict.fromkeys(self.names)
        self.extra: list[SpecialToken] = []

    def take(self, options: dict[str, Any]) -> None:
        """Take every special token out of constructor arguments.

        Args:
            options: the arguments; those that are special tokens are removed.

        Raises:
            TypeError: a special token that is neither a string nor an added token.
        """
        own = options.pop("model_specific_special_tokens", None)
        if own is not None and not isinstance(own, dict):
            raise TypeError(
                f"model_specific_special_tokens is a dictionary of token names to tokens, not {type(own).__name__}"
            )
        found: dict[str, Any] = {}
        for key in list(options):
            if key in self.named:
                value = options.pop(key)
                if value is not None:
                    self.named[key] = _checked(key, value)
            elif key == "extra_special_tokens":
                self._take_extra(options.pop(key))
            elif key.endswith("_token") and is_special_value(options[key]):
                found[key] = options.pop(key)
        self.name_own({**found, **(own or {})})

    def _take_extra(self, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, dict):
            self.name_own(value)
        elif isinstance(value, (list, tuple)):
            self.extra = [_checked("extra_special_tokens", item) for item in value]
        else:
            raise TypeError(
                "extra_special_tokens must be a list/tuple of tokens or a dict of named tokens, "
                f"not {type(value).__name__}: {value!r}"
            )

    def name_own(self, tokens: Mapping[str, Any]) -> None:
        """Add names of the model's own, each with its token."""
        for name, value in tokens.items():
            if name not in self.named:
                self.names.append(name)
            token = _checked(name, value)
            self.named[name] = token if isinstance(token, str) else as_added_token(token, special=True)

    def set_named(self, name: str, value: object) -> None:
        """Set or clear (None) a named token.

        Raises:
            ValueError: neither a string nor an added token.
        """
        if value is None:
            self.named[name] = None
        elif is_special_value(value):
            self.named[name] = _plain(value)
        else:
            raise ValueError(f"cannot set a non-string value as the {name}: {value!r} ({type(value).__name__})")

    def set_extra(self, value: object) -> None:
        """Replace the tokens without a name; None clears them.

        Raises:
            ValueError: no list or tuple.
        """
        if value is not None and not isinstance(value, (list, tuple)):
            raise ValueError(f"extra_special_tokens must be a list or tuple, got {type(value).__name__}")
        self.extra = [_checked("extra_special_tokens", item) for item in value or ()]

    def as_map(self) -> dict[str, str]:
        """Return name → text of the named tokens that are set."""
        return {name: str(value) for name, value in self.named.items() if value is not None}

    def texts(self) -> list[str]:
        """Return the text of every special token once: the named first, then the extra."""
        return list(dict.fromkeys([*self.as_map().values(), *(str(token) for token in self.extra)]))

    def tokens(self) -> list[AddedToken]:
        """Return every special token as an added token, in the order of `texts`; the flags of an extra one count."""
        found: dict[str, AddedToken] = {}
        for value in self.named.values():
            if value is not None:
                found.setdefault(str(value), as_added_token(value, special=True))
        found.update({str(value): as_added_token(value, special=True) for value in self.extra})
        return list(found.values())

    def copy(self) -> SpecialTokens:
        """Return an independent copy."""
        made = SpecialTokens(self.names)
        made.named.update(self.named)
        made.extra = list(self.extra)
        return made

    def __getstate__(self) -> tuple[Any, ...]:
        return (self.names, self.named, self.extra)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.names, self.named, self.extra = state


def _plain(value: object) -> SpecialToken:
    """Return a value as a string or an added token of ours."""
    return str(value) if isinstance(value, str) else as_added_token(value)


def _checked(name: str, value: object) -> SpecialToken:
    if not is_special_value(value):
        if isinstance(value, dict) and isinstance(value.get("content"), str):
            return as_added_token(value, special=True)
        raise TypeError(f"special token {name} has to be either str or AddedToken but got: {type(value).__name__}")
    return _plain(value)
